// Escapes text for an element or an attribute of XML. Pure.
#pragma once

#include <string>
#include <string_view>

namespace retainer::api {

std::string EscapeXml(std::string_view text);

}  // namespace retainer::api
