// Commands that log work. Whether an entry fits into the customer's hours is known only at the
// moment of logging: the answer of that moment is a fact of the ticket (FactKind::kWorkAnswered).
// So a later replay gives the same.
#include "absl/strings/str_cat.h"
#include "replayer.h"
#include "retainer/hours.h"

namespace retainer::core {

void Replayer::LogWork(const Fact& fact, const std::string& argument, const Judgement& judgement) {
  const int number = logs_++;
  const std::size_t space = argument.find(' ');
  const std::string typed = argument.substr(0, space);
  const auto refuse = [&](std::string reason) {
    Refuse(fact, judgement, absl::StrCat("log ", typed), std::move(reason));
  };
  if (fact.kind == FactKind::kOperator) return refuse("use `retainer hours log`");
  const auto time = ParseWorkTime(typed);
  if (!time.ok()) return refuse(std::string(time.status().message()));
  if (const absl::Status fits = CheckAtOnce(*time); !fits.ok())
    return refuse(std::string(fits.message()));
  if (space == std::string::npos) return refuse("say what was done, after the time");

  // A private customer beside a public one must not change what the command does.
  std::vector<const Customer*> known;
  std::vector<const Customer*> hidden;
  for (const Claimant& claimant : claimants_) {
    const Customer* customer = policy().FindCustomer(claimant.customer);
    if (customer != nullptr) (customer->is_public ? known : hidden).push_back(customer);
  }
  const std::vector<const Customer*>& theirs = known.empty() ? hidden : known;
  if (theirs.empty()) {
    return refuse("no public customer claims this ticket: use `retainer hours log` or the API");
  }
  if (theirs.size() > 1) {
    return refuse("several customers claim this ticket: use `retainer hours log` or the API");
  }
  WorkCommand work;
  work.subject =
      absl::StrCat(fact.kind == FactKind::kComment ? fact.subject : std::string(), " ", number);
  const auto answer = work_answers_.find(work.subject);
  if (answer != work_answers_.end()) {
    if (!answer->second->value.empty()) refuse(answer->second->value);
    return;
  }
  work.customer = theirs.front()->id;
  work.by = fact.actor;
  work.at = fact.at;
  work.minutes = time->minutes;
  work.text = argument.substr(space + 1);
  work.hidden = known.empty();
  work.readable = work.hidden && !fact.internal;
  t_.work.push_back(std::move(work));
}

}  // namespace retainer::core
