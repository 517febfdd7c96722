// Any bytes through the reader of comments: no crash, no limit passed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "retainer/core.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const retainer::TextFeatures features = retainer::ReadText(text, /*opening=*/true);
  if (features.commands.size() > 20 || (features.thanks && !features.substance)) std::abort();
  if (features.mistyped.size() > retainer::kMostMistyped) std::abort();
  for (const retainer::Command& command : features.commands) {
    if (command.argument.size() > 64) std::abort();
    if (!retainer::ParseCommand(retainer::ToString(command)).ok()) std::abort();
  }
  return 0;
}
