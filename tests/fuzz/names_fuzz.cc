// Names in the forms of people and policies: a printed name is read back as the same name, and
// patterns of projects match what a simple reference matcher matches.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "retainer/core.h"
#include "retainer/instant_text.h"
#include "retainer/policy.h"

namespace {

// A reference matcher: for each character of the pattern, the prefixes of `text` that are covered.
bool Matches(std::string_view pattern, std::string_view text) {
  std::vector<bool> reach(text.size() + 1, false);
  reach[0] = true;
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    std::vector<bool> next(text.size() + 1, false);
    if (pattern[p] == '*') {
      const bool deep = p + 1 < pattern.size() && pattern[p + 1] == '*';
      if (deep) ++p;
      for (std::size_t i = 0; i <= text.size(); ++i) {
        next[i] = reach[i] || (i > 0 && next[i - 1] && (deep || text[i - 1] != '/'));
      }
    } else {
      for (std::size_t i = 0; i < text.size(); ++i) {
        next[i + 1] = reach[i] && absl::ascii_tolower(static_cast<unsigned char>(text[i])) ==
                                      absl::ascii_tolower(static_cast<unsigned char>(pattern[p]));
      }
    }
    reach = next;
  }
  return reach[text.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const std::string pattern = text.substr(0, line).substr(0, 200);
  const std::string path = line == std::string::npos ? "" : text.substr(line + 1).substr(0, 400);
  if (retainer::MatchesProject({"github", pattern}, {"github", path}) != Matches(pattern, path)) {
    std::abort();
  }
  if (const auto ref = retainer::ParseTicketRef(text); ref.ok()) {
    const auto again = retainer::ParseTicketRef(retainer::ToString(*ref));
    if (!again.ok() || *again != *ref) std::abort();
  }
  if (const auto ref = retainer::ParseProjectRef(text); ref.ok()) {
    const auto again = retainer::ParseProjectRef(retainer::ToString(*ref));
    if (!again.ok() || *again != *ref) std::abort();
  }
  if (const auto command = retainer::ParseCommand(text); command.ok()) {
    const auto again = retainer::ParseCommand(retainer::ToString(*command));
    if (!again.ok() || again->name != command->name || again->argument != command->argument) {
      std::abort();
    }
  }
  return 0;
}
