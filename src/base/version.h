// The product's version.
#pragma once

namespace retainer::base {

// `0.1.0`: the project's version in CMakeLists.txt.
extern const char* const kVersion;

}  // namespace retainer::base
