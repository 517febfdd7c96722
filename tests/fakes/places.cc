#include "tests/fakes/places.h"

namespace retainer {

std::string SourceDir() { return RETAINER_SOURCE_DIR; }
std::string SharedDir() { return RETAINER_SOURCE_DIR "/../shared"; }
std::string Binary() { return RETAINER_BINARY; }

}  // namespace retainer
