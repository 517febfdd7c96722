// What the configuration and the policy use of a forge. Nobody is asked for permissions and events
// that nothing uses.
#pragma once

#include <string>

namespace retainer::forge {

struct ForgeUse {
  // Path of the project with the policy's repository: its pushes are read, and its commits get
  // statuses. Empty: it is not on this forge.
  std::string policy;
  bool checks = true;  // changes show which promises depend on them
};

}  // namespace retainer::forge
