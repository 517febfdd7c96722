// What customers say when a ticket is over, and what the team makes of it.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "replayer.h"

namespace retainer::core {

bool IsByLink(const Fact& fact) {
  return fact.kind == FactKind::kOperator &&
         std::any_of(fact.labels.begin(), fact.labels.end(), [](const std::string& label) {
           return absl::StartsWith(label, View(kLinkOf));
         });
}

void Replayer::Rate(const Fact& fact, const std::string& argument, const Judgement& judgement) {
  const std::size_t space = argument.find(' ');
  const std::string typed = argument.substr(0, space);
  const std::string what = absl::StrCat("rate ", typed);
  const int scale = policy().feedback.scale;
  int mark = 0;
  if (!absl::SimpleAtoi(typed, &mark) || mark < 1 || mark > scale) {
    return Refuse(fact, judgement, what, absl::StrCat("give a number from 1 to ", scale));
  }
  if (t_.open) return Refuse(fact, judgement, what, "rate the ticket when it is closed");
  const bool verified = !IsByLink(fact);
  for (std::size_t slot = 0; slot < t_.customers.size(); ++slot) {
    if (((judgement.slots >> slot) & 1) == 0) continue;
    Rating rating;
    rating.customer = t_.customers[slot];
    rating.mark = mark;
    rating.scale = scale;
    if (space != std::string::npos) rating.text = argument.substr(space + 1);
    rating.by = Giver(fact);
    rating.at = fact.at;
    rating.fact = fact.id;
    rating.verified = verified;
    const auto before = t_.ratings.find(rating.customer);
    // One answer by the link, and none beside a contact's own.
    if (!verified && before != t_.ratings.end() &&
        (before->second.verified || before->second.at >= t_.closed.back().from)) {
      Refuse(fact, judgement, what, "the ticket was rated already");
      continue;
    }
    t_.ratings[rating.customer] = std::move(rating);
  }
}

void Replayer::FollowUp(const Fact& fact, const std::string& argument) {
  const Judgement operators{Role::kResponder, 0};
  const std::vector<std::string> words = absl::StrSplit(argument, ' ', absl::SkipEmpty());
  const auto rating = words.empty() ? t_.ratings.end() : t_.ratings.find(words.front());
  if (fact.kind != FactKind::kOperator || rating == t_.ratings.end()) {
    return Refuse(fact, operators, "feedback", "this customer has not rated the ticket");
  }
  Rating& rated = rating->second;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "done") {
      rated.done = fact.at;
      rated.done_by = fact.value;
    } else if (std::find(rated.kinds.begin(), rated.kinds.end(), words[i]) == rated.kinds.end()) {
      rated.kinds.push_back(words[i]);
    }
  }
  std::sort(rated.kinds.begin(), rated.kinds.end());
}

}  // namespace retainer::core
