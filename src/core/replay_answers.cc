// What people are told about their commands: which were carried out, which were refused, and which
// labels say the same as a command.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "replayer.h"
#include "retainer/names.h"

namespace retainer::core {
void Replayer::NoteCommand(const Fact& fact, const Judgement& judgement, AnsweredCommand answer) {
  const bool responder = judgement.role == Role::kResponder;
  // Only responders and customers can give commands here, so only they get an answer.
  if (!responder && judgement.role != Role::kCustomer) return;
  if (!answer.refused) ForgetReproaches(fact, answer);
  Answered& answered = answers_[fact.subject];
  answered.by_responder = responder;
  answered.customer.clear();
  for (std::size_t slot = 0; slot < t_.customers.size() && !responder; ++slot) {
    if ((judgement.slots >> slot) & 1) {
      answered.customer = t_.customers[slot];
      break;
    }
  }
  std::erase_if(answered.commands, [&](const AnsweredCommand& one) { return one.IsSame(answer); });
  answer.actor = fact.actor;
  answered.commands.push_back(std::move(answer));
}

void Replayer::EndReproach(const AnsweredCommand& command, absl::Time at) {
  if (!command.refused || command.refusal >= t_.refusals.size()) return;
  Refusal& refusal = t_.refusals[command.refusal];
  refusal.until = std::min(refusal.until, at);
}

void Replayer::ForgetReproaches(const Fact& fact, const AnsweredCommand& done) {
  for (auto& [object, answered] : answers_) {
    std::erase_if(answered.commands, [&](const AnsweredCommand& one) {
      if (!one.refused || one.mistyped) return false;
      const bool again = one.name == done.name && one.actor.id == fact.actor.id;
      if (!again && !one.IsSame(done)) return false;
      EndReproach(one, fact.at);
      return true;
    });
  }
}

void Replayer::ForgetMistyped(const Fact& fact) {
  for (auto& [object, answered] : answers_) {
    if (object == fact.subject) continue;
    std::erase_if(answered.commands, [&](const AnsweredCommand& one) {
      if (!one.mistyped || one.actor.id != fact.actor.id) return false;
      EndReproach(one, fact.at);
      return true;
    });
  }
}

void Replayer::Rewritten(const Fact& fact) {
  const auto found = answers_.find(fact.subject);
  if (found == answers_.end()) return;
  const bool deleted = fact.kind == FactKind::kCommentDeleted;
  std::erase_if(found->second.commands, [&](const AnsweredCommand& one) {
    const auto stands = [&](const Command& command) { return Canonical(command) == one.argument; };
    const std::vector<Command>& now = fact.text.commands;
    const bool is_there = one.mistyped ? one.argument == fact.text.mistyped
                                       : std::any_of(now.begin(), now.end(), stands);
    if (!deleted && is_there) return false;
    EndReproach(one, fact.at);
    return true;
  });
}

void Replayer::CommandSays(LabelWish::Kind kind, const Fact& fact, const std::string& priority) {
  wishes_[kind] = {&fact, fact.at, priority};
  if (kind == LabelWish::Kind::kPriority) said_priority_ = {fact.at, priority, false};
}

void Replayer::HandSays(const std::string& lower_label) {
  if (const auto it = labels().priorities.find(lower_label); it != labels().priorities.end()) {
    said_priority_ = {absl::InfinitePast(), it->second, true};
    wishes_.erase(LabelWish::Kind::kPriority);
  } else if (lower_label == labels().waiting) {
    wishes_.erase(LabelWish::Kind::kWaiting);
  } else if (lower_label == labels().workaround) {
    wishes_.erase(LabelWish::Kind::kWorkaround);
  }
}

void Replayer::LabelTouched(const std::string& name) {
  const std::string lower = FoldName(name);
  for (auto it = wishes_.begin(); it != wishes_.end();) {
    it = lower == FoldName(LabelOf(it->first, it->second.priority)) ? wishes_.erase(it)
                                                                    : std::next(it);
  }
}

void Replayer::OwnLabel(const Fact& fact) {
  if (fact.kind == FactKind::kLabelAdded) {
    t_.labels[fact.subject] = {fact.at, &fact, true};
    LabelTouched(fact.subject);  // it was set; from now on it belongs to people
  } else {
    t_.labels.erase(fact.subject);
  }
}

std::string Replayer::LabelOf(LabelWish::Kind kind, const std::string& priority) const {
  const LabelNames& names = policy().labels;
  switch (kind) {
    case LabelWish::Kind::kPriority:
      return absl::StrReplaceAll(names.priority, {{"{priority}", priority}});
    case LabelWish::Kind::kWaiting:
      return names.waiting;
    case LabelWish::Kind::kWorkaround:
      return names.workaround;
  }
  return "";
}

void Replayer::SettleLabels() {
  const TermsIndex::Labels& meaning = labels();
  if (!t_.waiting.now) wishes_.erase(LabelWish::Kind::kWaiting);
  for (const auto& [name, state] : t_.labels) {
    LabelTouched(name);  // the ticket has the label already
    const auto it = meaning.priorities.find(FoldName(name));
    if (it == meaning.priorities.end() || it->second == said_priority_.priority) continue;
    // A command removes labels that were there before it. Of later labels only ours are removed. If
    // no claim is in force also only ours are removed: no command would set one then.
    const bool replaced = !said_priority_.by_hand && state.at <= said_priority_.at;
    if (state.own || (replaced && !claimants_.empty())) {
      t_.stale_labels.push_back(name);
    }
  }
  for (const auto& [kind, wish] : wishes_) {
    std::string name = LabelOf(kind, wish.priority);
    if (name.empty() || name == "none") continue;
    t_.label_wishes.push_back({kind, std::move(name), wish.priority});
  }
  for (const auto& [object, answered] : answers_) {
    if (answered.commands.empty()) continue;
    const bool refused =
        std::any_of(answered.commands.begin(), answered.commands.end(),
                    [](const AnsweredCommand& command) { return command.refused; });
    t_.acknowledged.push_back({object, refused, answered.customer, answered.by_responder});
  }
}

}  // namespace retainer::core
