#include "src/base/version.h"

namespace retainer::base {

const char* const kVersion = RETAINER_VERSION;

}  // namespace retainer::base
