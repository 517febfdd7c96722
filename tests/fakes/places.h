// Paths of the source tree, of the shared cases beside it, and of the program. Only places.cc
// contains paths, so that a compiler cache works for the tests of every clone.
#pragma once

#include <string>

namespace retainer {

std::string SourceDir();
std::string SharedDir();  // may not exist
std::string Binary();     // path of `retainer`

}  // namespace retainer
