// Compares names that people give (labels, priorities, teams, logins) the way forges do. Pure and
// thread-safe. Accepts any bytes. Linear time.
#pragma once

#include <string>
#include <string_view>

namespace retainer {

// Returns the folded form of a name. Names have the same folded form if they differ only in case or
// in the composition of letters (full case folding, Unicode normal form C). In text that is not
// UTF-8 only ASCII letters are folded.
std::string FoldName(std::string_view name);

bool SameName(std::string_view a, std::string_view b);

}  // namespace retainer
