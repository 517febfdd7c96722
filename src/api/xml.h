// Text in XML: an element's or an attribute's. Pure.
#pragma once

#include <string>
#include <string_view>

namespace retainer {

std::string EscapeXml(std::string_view text);

}  // namespace retainer
