#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "priority_words.h"
#include "replayer.h"
#include "retainer/names.h"
#include "src/core/text_commands.h"

namespace retainer::core {
namespace {

// How long refusals are shown to responders, and mistyped commands to anybody.
constexpr absl::Duration kReproachIsTold = absl::Hours(24);
// The forge's clock may be ahead of ours, and its answers carry our time.
constexpr absl::Duration kClocksDiffer = absl::Minutes(1);

// The fixed head of a label template: `support: ` of `support: {plan}`.
std::string Head(const std::string& label) { return FoldName(label.substr(0, label.find('{'))); }

}  // namespace

std::string Giver(const Fact& fact) {
  if (fact.provenance == Provenance::kPage) return fact.value.substr(0, fact.value.find(": "));
  return fact.kind == FactKind::kOperator ? "an operator" : "@" + fact.actor.login;
}

void Replayer::NoteRequest(absl::Time at) {
  const auto& kinds = labels().requests;
  if (kinds.empty() && t_.requests.empty()) return;
  // Of several kinds the first by name counts.
  const std::string* kind = nullptr;
  for (const auto& [name, state] : t_.labels) {
    const auto found = kinds.find(FoldName(name));
    if (found != kinds.end() && (kind == nullptr || found->second < *kind)) kind = &found->second;
  }
  const std::string now = kind == nullptr ? "" : *kind;
  if (now == (t_.requests.empty() ? "" : t_.requests.back().kind)) return;
  t_.requests.push_back({at, now});
}

bool Replayer::Managed(const std::string& lower_name) const {
  const TermsIndex::Labels& meaning = labels();
  return lower_name == meaning.waiting || lower_name == meaning.workaround ||
         meaning.priorities.contains(lower_name);
}

bool Replayer::OurLabel(const std::string& name) const {
  const std::string lower = FoldName(name);
  const auto ours = [&](const std::string& label) {
    const std::string head = Head(label);
    return label != "none" && !head.empty() && absl::StartsWith(lower, head);
  };
  return ours(policy().labels.support) || ours(policy().labels.state);
}

void Replayer::LabelAdded(const Fact& fact, const std::string& name, ActorIndex by) {
  t_.labels[name] = {fact.at, &fact};
  const std::string lower = FoldName(name);
  if (!Managed(lower)) return;
  // The meaning of the label depends on who set it, even if roles do not matter otherwise.
  const bool asks = by != kNobody && !roster_.IsBot(by, now_);
  const Judgement judgement =
      asks ? roster_.Judge(by, now_, claimants_, epoch_, fact.at) : Judge(fact);
  if (judgement.role == Role::kUnknown) return;
  const TermsIndex::Labels& meaning = labels();
  if (const auto it = meaning.priorities.find(lower); it != meaning.priorities.end()) {
    if (SetPriority(fact, it->second, name, absl::StrCat("label ", name), judgement)) {
      HandSays(lower);
    }
    return;
  }
  if (judgement.role != Role::kResponder) {
    Refuse(fact, judgement, absl::StrCat("label ", name),
           "only the people of the project set this label", name);
  } else if (lower == meaning.waiting) {
    HandSays(lower);
    StartWaiting(fact, std::string(last_answer_));
  } else {
    HandSays(lower);
    Say(HappeningKind::kWorkaroundLabel, fact, judgement);
  }
}

void Replayer::LabelRemoved(const Fact& fact, const std::string& name, bool by_hand) {
  t_.labels.erase(name);
  const std::string lower = FoldName(name);
  if (by_hand && OurLabel(name)) ++t_.removed_by_hand[lower];
  if (!Managed(lower)) return;
  if (by_hand) LabelTouched(name);
  if (lower == labels().waiting) {
    EndWaiting(fact, false);
  } else if (lower == labels().workaround) {
    Say(HappeningKind::kWorkaroundUnlabelled, fact, {});
  } else if (labels().priorities.contains(lower)) {
    t_.priorities.push_back(
        {fact.at, &fact, "", lower, ~Slots{0}, absl::StrCat("the label ", name, " was taken off")});
  }
}

void Replayer::Observed(const Fact& fact) {
  std::vector<std::string> missing;
  for (const auto& [name, state] : t_.labels) {
    // An observation does not contradict a label's own fact of the same second.
    if (state.at < fact.at && !std::binary_search(fact.labels.begin(), fact.labels.end(), name)) {
      missing.push_back(name);
    }
  }
  for (const std::string& name : missing) {
    if (own_removals_.contains({name, fact.at})) {
      t_.labels.erase(name);
    } else {
      LabelRemoved(fact, name, false);
    }
  }
  for (const std::string& name : fact.labels) {
    if (!t_.labels.try_emplace(name, LabelState{fact.at, nullptr}).second) continue;
    const auto renamed = renamed_.find(FoldName(name));
    if (renamed == renamed_.end()) continue;
    // The renamed label is seen on this ticket only now.
    auto seen = std::make_shared<Fact>(*renamed->second);
    seen->at = fact.at;
    LabelAdded(*seen, name, roster_.Find(seen->actor));
    t_.inferred.push_back(std::move(seen));
  }
}

void Replayer::LabelRenamed(const Fact& fact) {
  renamed_[FoldName(fact.subject)] = &fact;
  const auto named = [&](const std::string& name) {
    return std::find_if(t_.labels.begin(), t_.labels.end(),
                        [&](const auto& label) { return SameName(label.first, name); });
  };
  const auto old = named(fact.value);
  const auto there = named(fact.subject);
  const bool had = old != t_.labels.end();
  const bool unexplained = there != t_.labels.end() && there->second.add == nullptr;
  if (had) LabelRemoved(fact, std::string(old->first), false);
  if (had || unexplained) LabelAdded(fact, fact.subject, ActorOf(fact));
}

void Replayer::Refuse(const Fact& fact, const Judgement& judgement, std::string what,
                      std::string reason, std::string label) {
  Refusal refusal;
  refusal.actor = fact.actor;
  refusal.fact_id = fact.id;
  refusal.what = std::move(what);
  refusal.reason = std::move(reason);
  refusal.label = std::move(label);
  refusal.at = fact.at;
  // What is done on a page is answered there, never in the comment.
  const bool on_page = fact.provenance == Provenance::kPage;
  for (std::size_t slot = 0; slot < t_.customers.size() && refusal.customer.empty() && !on_page;
       ++slot) {
    if ((judgement.slots >> slot) & 1) refusal.customer = t_.customers[slot];
  }
  if (judgement.role == Role::kResponder && fact.kind != FactKind::kOperator) {
    refusal.until = fact.at + kReproachIsTold;
    // The comment does not mention an internal note, because the customer reads the comment.
    refusal.by_responder = !fact.internal;
  }
  t_.refusals.push_back(std::move(refusal));
}

bool Replayer::SetPriority(const Fact& fact, const std::string& wanted, const std::string& label,
                           std::string what, const Judgement& judgement) {
  if (judgement.role == Role::kUnknown) return false;
  const std::optional<std::size_t> rank = ReadPriority(policy(), wanted);
  if (!rank) {
    Refuse(fact, judgement, std::move(what),
           NoSuchPriority(policy(), wanted, UsablePriorities(judgement)), label);
    return false;
  }
  const std::string& name = policy().priorities[*rank].name;
  const std::string by = Giver(fact);
  PriorityInput input{
      fact.at,   &fact,
      name,      FoldName(label),
      ~Slots{0}, absl::StrCat(what, " by ", by, ", a ", View(RoleName(judgement.role)))};
  if (judgement.role == Role::kResponder) {
    if (label.empty()) CommandSays(LabelWish::Kind::kPriority, fact, name);
    t_.priorities.push_back(std::move(input));
    return true;
  }
  if (judgement.role != Role::kCustomer) {
    Refuse(fact, judgement, std::move(what), "only contacts and the project's people set it",
           label);
    return false;
  }
  input.slots = 0;
  std::string used_up;
  Judgement of_used_up = judgement;
  for (const Claimant& claimant : claimants_) {
    if (((judgement.slots >> claimant.slot) & 1) == 0) continue;
    const Customer* customer = policy().FindCustomer(claimant.customer);
    if (customer == nullptr) continue;
    if (!Serves(*customer, name)) continue;
    // A ticket that the opening itself gives this priority is looked at when it is claimed.
    const Stint* stint = InForce(customer->id);
    if (fact.at > stint->since && GivenPriority(*stint) != name) {
      std::string part = UsedUp(*customer, *PlanOf(*customer), name, /*total=*/false);
      if (!part.empty()) {
        used_up = std::move(part);
        // Only the readers of this customer's tickets may know of its allowance.
        of_used_up.slots = Slots{1} << claimant.slot;
        continue;
      }
    }
    input.slots |= Slots{1} << claimant.slot;
  }
  if (input.slots == 0 && !used_up.empty()) {
    Refuse(fact, of_used_up, std::move(what), absl::StrCat("the allowance is used up: ", used_up),
           label);
    return false;
  }
  if (input.slots == 0) {
    const std::vector<std::string> usable = UsablePriorities(judgement);
    Refuse(fact, judgement, std::move(what),
           absl::StrCat("the plan of this ticket has no ", name, usable.empty() ? "" : "; use ",
                        OneOf(usable)),
           label);
    return false;
  }
  if (label.empty()) CommandSays(LabelWish::Kind::kPriority, fact, name);
  t_.priorities.push_back(std::move(input));
  return true;
}

bool Replayer::Serves(const Customer& customer, const std::string& priority) const {
  const Plan* plan = PlanOf(customer);
  return plan != nullptr && plan->promises.contains(priority);
}

std::vector<std::string> Replayer::UsablePriorities(const Judgement& judgement) const {
  const auto usable = [&](const std::string& name) {
    if (judgement.role == Role::kResponder) return true;
    return std::any_of(claimants_.begin(), claimants_.end(), [&](const Claimant& claimant) {
      if (((judgement.slots >> claimant.slot) & 1) == 0) return false;
      const Customer* customer = policy().FindCustomer(claimant.customer);
      return customer != nullptr && Serves(*customer, name);
    });
  };
  std::vector<std::string> names;
  for (const Priority& priority : policy().priorities) {
    if (usable(priority.name)) names.push_back(priority.name);
  }
  return names;
}

std::string Replayer::Canonical(const Command& command) const {
  if (command.bare && !policy().bare_commands) return "";
  std::string argument = command.argument;
  if (command.name == CommandName::kPriority) {
    argument = CanonicalPriority(policy(), argument);
  } else if (command.name == CommandName::kAssign) {
    argument = FoldName(argument);
  } else if (command.name == CommandName::kClaim || command.name == CommandName::kRelease) {
    const Customer* customer = policy().FindCustomer(argument);
    if (customer != nullptr) argument = customer->id;
  }
  return absl::StrCat(static_cast<int>(command.name), " ", argument);
}

void Replayer::RunCommands(const Fact& fact, const std::vector<Command>& commands,
                           const Judgement& judgement) {
  if (judgement.role == Role::kUnknown || judgement.role == Role::kBot) return;
  std::set<std::string> done;
  logs_ = 0;
  for (const Command& command : commands) {
    if (command.bare && !policy().bare_commands) continue;
    if (!done.insert(Canonical(command)).second) continue;
    ForgetMistyped(fact);
    const std::size_t refusals = t_.refusals.size();
    const std::size_t questions = t_.questions.size();
    const std::size_t work = t_.work.size();
    RunCommand(fact, command, judgement);
    if (t_.work.size() > work) continue;  // neither refused nor logged yet
    const bool refused = t_.refusals.size() > refusals;
    // A command that depends on a question to the forge is neither refused nor carried out yet.
    if (!refused && t_.questions.size() > questions) continue;
    NoteCommand(fact, judgement, {command.name, Canonical(command), false, refused, refusals});
  }
}

void Replayer::Mistyped(const Fact& fact, const std::string& word, const Judgement& judgement) {
  const bool responder = judgement.role == Role::kResponder;
  // Only responders and customers can give commands here, so only they get an answer.
  if (word.empty() || (!responder && judgement.role != Role::kCustomer)) return;
  ForgetMistyped(fact);
  MistypedWords words = WordsOfMistyped(word, responder);
  const std::vector<std::string> usable = UsablePriorities(judgement);
  if (word == "priority" && !usable.empty()) {
    words.reason =
        absl::StrCat("write it as /support priority ", usable.front(), "; use ", OneOf(usable));
  } else if (const auto rank = policy().PriorityRank(word)) {
    words.reason = absl::StrCat("write it as /support priority ", policy().priorities[*rank].name);
  }
  Refuse(fact, judgement, std::move(words.what), std::move(words.reason));
  Refusal& refusal = t_.refusals.back();
  refusal.until = fact.at + kReproachIsTold;
  NoteCommand(fact, judgement, {CommandName::kSla, word, true, true, t_.refusals.size() - 1});
}

void Replayer::RunCommand(const Fact& fact, const Command& command, const Judgement& judgement) {
  const bool responder = judgement.role == Role::kResponder;
  const bool contact = judgement.role == Role::kCustomer;
  const auto refuse = [&](std::string_view what, std::string_view reason) {
    Refuse(fact, judgement, std::string(what), std::string(reason));
  };
  constexpr std::string_view kTheirs = "only the people of the project use this command";
  switch (command.name) {
    case CommandName::kPriority:
      SetPriority(fact, command.argument, "",
                  absl::StrCat("priority ", ShownPriority(command.argument)), judgement);
      return;
    case CommandName::kSla:
      if (responder || contact) t_.comment_deleted_by_hand = false;
      if (responder) t_.comment_deleted_for_all = false;
      return;
    case CommandName::kEscalate:
      if (!responder && !contact) return refuse("escalate", "only contacts use this command");
      t_.escalations.push_back({fact.at, &fact, responder ? ~Slots{0} : judgement.slots});
      return;
    case CommandName::kCommunity:
      if (!responder && !contact) return refuse("community", "only contacts use this command");
      for (Stint& stint : t_.stints) {
        if (!stint.ended && (responder || ((judgement.slots >> stint.slot) & 1) != 0) &&
            !IsUndone(fact, stint.customer)) {
          EndClaim(stint, fact.at, &fact, "handed to the community");
          stint.ended_by_hand = true;
        }
      }
      return;
    case CommandName::kWaiting:
      if (!responder) return refuse("waiting", kTheirs);
      if (!t_.waiting.now) CommandSays(LabelWish::Kind::kWaiting, fact);
      return StartWaiting(
          fact, std::string(fact.text.substance && !fact.internal ? std::string_view(fact.subject)
                                                                  : last_answer_));
    case CommandName::kResume:
      if (!responder && !contact) return refuse("resume", kTheirs);
      return EndWaiting(fact, false);
    case CommandName::kWorkaround:
      if (!responder) return refuse("workaround", kTheirs);
      CommandSays(LabelWish::Kind::kWorkaround, fact);
      return Say(HappeningKind::kWorkaround, fact, judgement);
    case CommandName::kClaim:
      if (!responder) return refuse("claim", kTheirs);
      return ClaimByCommand(fact, command.argument, judgement);
    case CommandName::kRelease:
      if (!responder) return refuse("release", kTheirs);
      return ReleaseByCommand(fact, command.argument, judgement);
    case CommandName::kGrant:
      return Grant(fact, command.argument, judgement);
    case CommandName::kLog:
      if (!responder) return refuse("log", kTheirs);
      return LogWork(fact, command.argument, judgement);
    case CommandName::kRate:
      if (!contact) return refuse("rate", "only contacts use this command");
      return Rate(fact, command.argument, judgement);
    case CommandName::kFollowUp:
      return FollowUp(fact, command.argument);
    case CommandName::kDuplicate:
      if (!responder) return refuse("duplicate", kTheirs);
      return Duplicate(fact, command.argument, judgement);
    case CommandName::kAssign: {
      if (!responder) return refuse("assign", kTheirs);
      const std::string wanted = FoldName(command.argument);
      const bool self = wanted == "me" || wanted == "myself";
      const std::string login = self ? FoldName(fact.actor.login) : wanted;
      if (login.empty()) return;
      if (const auto known = references_.find("@" + login);
          known != references_.end() && known->second.back()->value.empty() &&
          known->second.back()->at + kClocksDiffer >= fact.at) {
        return refuse(absl::StrCat("assign ", login), "nobody of that name can be assigned here");
      }
      const bool there =
          std::any_of(t_.assignees.begin(), t_.assignees.end(),
                      [&](const std::string& name) { return FoldName(name) == login; });
      if (!there) t_.assign_requests.insert(login);
      return;
    }
  }
}

void Replayer::ClaimByCommand(const Fact& fact, const std::string& alias,
                              const Judgement& judgement) {
  const Customer* customer = policy().FindCustomer(alias);
  const std::string what = absl::StrCat("claim ", alias);
  if (customer == nullptr) return Refuse(fact, judgement, what, "there is no such customer");
  if (InForce(customer->id) != nullptr || IsUndone(fact, customer->id)) return;
  if (customer->EntitlementAt(fact.at) == nullptr) {
    return Refuse(fact, judgement, what, "the customer's term does not cover today");
  }
  if (!CoveredByPlan(*customer, fact.at)) {
    return Refuse(fact, judgement, what, "the customer's plan does not cover this ticket");
  }
  const std::string by = Giver(fact);
  if (Claim(*customer, fact.at, fact.at, absl::StrCat("claimed by ", by), &fact, false)) {
    t_.stints.back().by_command = true;
  }
}

void Replayer::ReleaseByCommand(const Fact& fact, const std::string& alias,
                                const Judgement& judgement) {
  const Customer* customer = policy().FindCustomer(alias);
  for (Stint& stint : t_.stints) {
    if (!stint.ended && customer != nullptr && stint.customer == customer->id) {
      if (IsUndone(fact, customer->id)) return;
      EndClaim(stint, fact.at, &fact, "released");
      stint.ended_by_hand = true;
      return;
    }
  }
  Refuse(fact, judgement, absl::StrCat("release ", alias), "there is no such claim here");
}

void Replayer::Duplicate(const Fact& fact, const std::string& number, const Judgement& judgement) {
  const bool change = absl::StartsWith(number, "!");
  const std::string written = change ? number : absl::StrCat("#", number);
  // GitHub has one series of numbers for both kinds. The caller finds out which kind it is.
  const bool same_kind = context_.forge_kind == ForgeKind::kGitHub ||
                         change == (context_.key.kind == TicketKind::kChange);
  std::int64_t n = 0;
  if (!absl::SimpleAtoi(written.substr(1), &n) || n <= 0 ||
      (same_kind && n == context_.key.number)) {
    return Refuse(fact, judgement, absl::StrCat("duplicate ", written),
                  "name another ticket of this project");
  }
  if (!t_.successor.empty()) return;
  std::optional<std::string> key = Refer(written, fact.at);
  // Claims that move to an unknown ticket would be lost: they stay until it is known.
  if (!key) return;
  if (key->empty()) {
    return Refuse(fact, judgement, absl::StrCat("duplicate ", written), "there is no such ticket");
  }
  MoveAway(fact, written, *std::move(key));
}

Judgement Replayer::JudgeOperator(const Fact& fact) const {
  const auto contact =
      std::find_if(fact.labels.begin(), fact.labels.end(), [](const std::string& label) {
        return absl::StartsWith(label, View(kContactOf)) || absl::StartsWith(label, View(kLinkOf));
      });
  // Rationale: an operator has a responder's rights and is no actor of the forge. For a page it was
  // checked who acts before the fact was made, and the account may be of another forge.
  if (contact == fact.labels.end()) return {Role::kResponder, 0};
  // Their own claims alone: on any other ticket, and for who may not know of the customer, a
  // contact is a stranger.
  Judgement judgement{Role::kCommunity, 0};
  const bool by_link = IsByLink(fact);
  // The link is for the one question: it gives no other right of a contact.
  const bool rates =
      fact.text.commands.size() == 1 && fact.text.commands.front().name == CommandName::kRate;
  if (by_link && !rates) return judgement;
  const std::string customer = contact->substr(by_link ? kLinkOf.size() : kContactOf.size());
  for (const Claimant& claimant : claimants_) {
    if (claimant.customer != customer) continue;
    judgement.role = Role::kCustomer;
    judgement.slots |= Slots{1} << claimant.slot;
  }
  return judgement;
}

void Replayer::Operator(const Fact& fact) {
  const bool undoes =
      std::find(fact.labels.begin(), fact.labels.end(), kUndone) != fact.labels.end();
  if (!fact.subject.empty()) {
    const std::size_t space = fact.subject.find(' ');
    const auto metric = ParseMetric(std::string_view(fact.subject).substr(0, space));
    if (metric && space != std::string::npos) {
      std::string who = fact.subject.substr(space + 1);
      const Customer* customer = policy().FindCustomer(who);
      if (customer != nullptr) who = customer->id;
      if (undoes) return UndoExcuse(fact, *metric, who);
      t_.excuses.push_back({fact.at, &fact, *metric, who, fact.value});
    }
    return;
  }
  const Judgement judgement = JudgeOperator(fact);
  if (fact.provenance == Provenance::kPage && judgement.role == Role::kResponder) {
    Say(HappeningKind::kAct, fact, judgement);
  }
  for (const Command& command : fact.text.commands) {
    if (undoes) {
      UndoAct(fact, command);
      continue;
    }
    // A priority from a label or comment waits for a claim. An operator means an existing claim.
    if (command.name == CommandName::kPriority && claimants_.empty()) {
      Refuse(fact, judgement, absl::StrCat("priority ", command.argument),
             "no customer claims this ticket");
      continue;
    }
    RunCommand(fact, command, judgement);
  }
}

void Replayer::Settle() {
  const TermsIndex::Labels& meaning = labels();
  SettleLabels();
  for (const auto& [name, state] : t_.labels) {
    const std::string lower = FoldName(name);
    if (!Managed(lower)) continue;
    if (state.add == nullptr) {
      t_.flags.insert(absl::StrCat("the label ", name, " is on the ticket, but it is not known ",
                                   "who set it: it does not count"));
    } else if (lower == meaning.waiting && !t_.waiting.now && ended_by_word_) {
      t_.waiting.label_is_stale = true;
    }
  }
  for (Refusal& refusal : t_.refusals) {
    if (refusal.label.empty()) continue;
    // Only while the refused label itself is still on the ticket.
    const auto it = t_.labels.find(refusal.label);
    if (it == t_.labels.end() || it->second.add == nullptr ||
        it->second.add->id != refusal.fact_id) {
      refusal.label.clear();
    } else if (FoldName(refusal.label) == meaning.waiting) {
      t_.waiting.label_is_stale = false;
    }
  }
  std::stable_sort(t_.refusals.begin(), t_.refusals.end(), [](const Refusal& a, const Refusal& b) {
    return std::tie(a.at, a.fact_id, a.what) < std::tie(b.at, b.fact_id, b.what);
  });
  for (Stint& stint : t_.stints) {
    if (!stint.ended) stint.until = t_.happenings.size();
  }
}

}  // namespace retainer::core
