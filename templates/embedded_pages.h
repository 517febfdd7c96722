// The files of templates/pages, which are compiled in.
#pragma once

#include <string_view>

namespace retainer::templates {

// The text of a file, by its name (`join.mustache`, `style.css`); empty if there is none.
std::string_view PageText(std::string_view name);

}  // namespace retainer::templates
