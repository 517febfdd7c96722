// Any bytes through the reader of comments: no crash, no limit exceeded, and the properties of
// every text hold.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "retainer/change.h"
#include "retainer/core.h"
#include "src/core/priority_words.h"
#include "src/core/text_unicode.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

retainer::Policy Priorities() {
  retainer::Policy policy;
  policy.priorities = {{"P1", "Production down", ""},
                       {"P2", "Normal", ""},
                       {"high", "", ""},
                       {"very high", "Normal", ""}};
  return policy;
}

void CheckPriority(std::string_view written) {
  static const retainer::Policy policy = Priorities();
  const auto rank = retainer::core::ReadPriority(policy, written);
  const std::string canonical = retainer::core::CanonicalPriority(policy, written);
  if (rank) {
    // The canonical form has the same meaning.
    Check(retainer::core::ReadPriority(policy, canonical) == rank);
    // Invisible characters change nothing.
    Check(retainer::core::ReadPriority(policy, "\u200B" + std::string(written) + " ") == rank);
  }
  Check(retainer::core::ShownPriority(written).size() <= 51);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const retainer::TextFeatures features = retainer::ReadText(text, /*opening=*/true);
  Check(features == retainer::ReadText(text, /*opening=*/true));
  Check(features.commands.size() <= 20);
  Check(features.substance || !features.thanks);
  Check(!features.asks || !features.substance || features.thanks);
  Check(features.mistyped.size() <= retainer::kMostMistyped);
  Check(features.form_priority.size() <= retainer::kMostFormAnswer);
  for (const retainer::Command& command : features.commands) {
    const bool logs = command.name == retainer::CommandName::kLog;
    Check(command.argument.size() <= (logs ? retainer::kMostLog : 64));
    // The printed form is read back as the same.
    const auto again = retainer::ParseCommand(retainer::ToString(command));
    Check(again.ok() && again->name == command.name && again->argument == command.argument);
    if (command.name == retainer::CommandName::kPriority) CheckPriority(command.argument);
  }
  CheckPriority(features.form_priority);
  CheckPriority(text.substr(0, 300));

  // Words before the text still count, and an open fence before the text hides its commands.
  Check(retainer::ReadText("word\n\n" + std::string(text), false).substance);
  Check(retainer::ReadText("~~~~~~~~~~~~~\n" + std::string(text), false).commands.empty() ||
        text.find("~~~~~~~~~~~~~") != text.npos);
  const std::string plain = retainer::core::PlainText(text);
  Check(retainer::core::PlainText(plain) == plain || plain.find('&') != plain.npos);
  const std::string folded = retainer::core::FoldText(text.substr(0, 4096));
  Check(retainer::core::FoldText(folded) == folded);
  retainer::ReadFixes(retainer::ForgeKind::kGitHub, text, "acme/opendb",
                      "https://e.org/acme/opendb");
  retainer::ReadFixes(retainer::ForgeKind::kGitLab, text, "acme/a/b", "https://e.org/acme/a/b");
  return 0;
}
