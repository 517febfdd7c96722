// How customers are asked what they think of the support.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/policy/duration.h"
#include "src/policy/policy_keys.h"
#include "src/policy/policy_sections.h"

namespace retainer::policy {
namespace {

constexpr int kLongestScale = 10;
constexpr absl::Duration kLatestQuestion = absl::Hours(24 * 90);

}  // namespace

void ReadFeedback(const YamlNode& node, PolicyDraft* draft) {
  Reader& reader = draft->reader;
  FeedbackRules& rules = draft->policy.feedback;
  rules.ask = AskFeedback::kFold;
  if (!reader.Map(node, "feedback", policy_keys::Feedback())) return;
  if (const YamlNode* ask = node.Find("ask")) {
    if (ask->scalar == "never") {
      rules.ask = AskFeedback::kNever;
    } else if (ask->scalar == "mention") {
      rules.ask = AskFeedback::kMention;
    } else if (ask->scalar != "fold") {
      reader.Error(*ask, "`ask` says where customers are asked how it was",
                   DidYouMean(ask->scalar, {"never", "fold", "mention"}));
    }
  }
  if (const YamlNode* after = node.Find("after")) {
    const auto wait = ParseDuration(after->scalar);
    if (wait.ok() && *wait <= kLatestQuestion) {
      rules.after = *wait;
    } else {
      reader.Error(*after, "`after` is the time from the closing to the question",
                   "write e.g. 1d, at most 90d");
    }
  }
  if (const YamlNode* scale = node.Find("scale")) {
    if (!absl::SimpleAtoi(scale->scalar, &rules.scale) || rules.scale < 3 ||
        rules.scale > kLongestScale) {
      rules.scale = FeedbackRules().scale;
      reader.Error(*scale, "`scale` is the best mark",
                   absl::StrCat("write a whole number from 3 to ", kLongestScale, ", e.g. 5"));
    }
  }
}

}  // namespace retainer::policy
