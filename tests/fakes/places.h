// Where the tree, the shared cases beside it and the program lie. Only places.cc holds paths, so
// that a compiler cache serves the tests of every clone.
#pragma once

#include <string>

namespace retainer {

std::string SourceDir();
std::string SharedDir();  // may not be there
std::string Binary();     // of `retainer`

}  // namespace retainer
