// Names that people give to things (labels, priorities, teams, logins), compared as forges compare
// them. Pure and thread-safe; any bytes, linear time.
#pragma once

#include <string>
#include <string_view>

namespace retainer {

// Equal for names that differ in case or in how their letters are composed alone: full case folding
// and normal form C of Unicode. Of what is not UTF-8 only the ASCII letters are folded.
std::string FoldName(std::string_view name);

bool SameName(std::string_view a, std::string_view b);

}  // namespace retainer
