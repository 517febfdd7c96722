#include <algorithm>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "priority_words.h"
#include "replayer.h"
#include "retainer/names.h"

namespace retainer::core {
namespace {

bool HasCommands(const TextFeatures& text) {
  return !text.commands.empty() || !text.mistyped.empty();
}

bool Moves(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kPermission:
    case FactKind::kMembership:
    case FactKind::kProfile:
    case FactKind::kReference:
    case FactKind::kWorkAnswered:
      return false;
    default:
      return true;
  }
}

// Forges state no time for deletions and moves. For other facts the id shows whether one was
// stated.
bool ShouldStateItsTime(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kComment:
    case FactKind::kOpened:
      return true;
    case FactKind::kCommentEdited:
    case FactKind::kTextEdited:
    case FactKind::kLabelAdded:
    case FactKind::kLabelRemoved:
    case FactKind::kAssigned:
    case FactKind::kUnassigned:
    case FactKind::kClosed:
    case FactKind::kReopened:
    case FactKind::kAction:
      return !absl::StartsWith(View(fact.id).substr(fact.id.rfind(':') + 1), "~");
    default:
      return false;
  }
}

}  // namespace

Replayed Replay(const TicketContext& context, const TermsHistory& terms, Roster& roster,
                const std::vector<const Fact*>& order, const Undone& undone, bool judge_all) {
  Replayer replayer(context, terms, roster, undone, judge_all);
  replayer.Run(order);
  return replayer.Take();
}

Replayer::Replayer(const TicketContext& context, const TermsHistory& terms, Roster& roster,
                   const Undone& undone, bool judge_all)
    : context_(context), terms_(terms), roster_(roster), undone_(undone), judge_all_(judge_all) {}

void Replayer::Run(const std::vector<const Fact*>& order) {
  std::vector<Step> steps;
  steps.reserve(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Fact* fact = order[i];
    if (fact->kind == FactKind::kOwnComment) {
      t_.own_comments.insert(fact->subject);
      if (fact->value == kOwnMention) t_.own_mentions.insert(fact->subject);
    }
    if (fact->kind == FactKind::kCommentEdited || fact->kind == FactKind::kTextEdited) {
      const bool opening = fact->kind == FactKind::kTextEdited;
      if (!opening) edited_.insert(fact->subject);
      const std::string_view object = opening ? std::string_view() : fact->subject;
      if (fact->before) before_edits_.try_emplace(object, &*fact->before);
    }
    if (fact->kind == FactKind::kReference) references_[fact->subject].push_back(fact);
    if (fact->kind == FactKind::kWorkAnswered) work_answers_[fact->subject] = fact;
    if (fact->kind == FactKind::kOpened) {
      t_.author =
          fact->author.id.empty() && fact->author.login.empty() ? fact->actor : fact->author;
      t_.author_index = roster_.Find(t_.author);
    }
    if (Moves(*fact)) steps.push_back({fact, roster_.DoerOf(i)});
    if (fact->kind == FactKind::kLabelRemoved && roster_.IsSelf(roster_.DoerOf(i))) {
      own_removals_.emplace(fact->subject, fact->at);
    }
  }
  joinings_ = roster_.JoinedAt(t_.author_index);
  std::reverse(joinings_.begin(), joinings_.end());
  if (!edited_.empty()) InferComments(&steps);
  JoinActs(&steps);
  t_.happenings.reserve(steps.size());
  std::vector<std::pair<int, Step>> instant;
  for (std::size_t i = 0; i < steps.size();) {
    const absl::Time at = steps[i].fact->at;
    Advance(at);
    std::size_t end = i + 1;
    while (end < steps.size() && steps[end].fact->at == at) ++end;
    if (end == i + 1) {
      Take(steps[i]);
    } else {
      // Rule 7: first stops, then pauses, then starts; then ordered by fact id, as in `order`. The
      // opening comes first of all, because roles may depend on it.
      instant.clear();
      for (std::size_t k = i; k < end; ++k) {
        if (steps[k].fact->kind == FactKind::kOpened) {
          Take(steps[k]);
        } else {
          instant.emplace_back(0, steps[k]);
        }
      }
      for (auto& [phase, step] : instant) phase = Phase(*step.fact);
      std::stable_sort(instant.begin(), instant.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      for (const auto& [phase, step] : instant) Take(step);
    }
    i = end;
  }
  Advance(absl::InfiniteFuture());
  if (!t_.opened && IsAbsent(order)) {
    t_.gone = true;
    t_.open = false;
  }
  Settle();
}

bool Replayer::IsAbsent(const std::vector<const Fact*>& order) const {
  const auto answers = references_.find("");
  if (answers == references_.end()) return false;
  // If the forge reports anything about the ticket, the ticket exists, whatever it said before.
  const auto told = std::find_if(order.rbegin(), order.rend(), [](const Fact* fact) {
    return fact->provenance == Provenance::kWebhook;
  });
  return told == order.rend() || (*told)->at <= answers->second.back()->at;
}

std::optional<std::string> Replayer::Refer(const std::string& subject, absl::Time at) {
  bool none = false;
  if (const auto answers = references_.find(subject); answers != references_.end()) {
    for (const Fact* answer : answers->second) {
      if (!answer->value.empty()) return answer->value;
      // A ticket that does not exist now may exist when somebody names it later.
      none = none || answer->at >= at;
    }
  }
  if (none) return std::string();
  t_.questions.insert(Question{Question::Kind::kReference, {}, {}, subject});
  return std::nullopt;
}

const TextFeatures& Replayer::FirstText(const Fact& fact) const {
  if (fact.provenance != Provenance::kBackfill || before_edits_.empty()) return fact.text;
  const auto before =
      before_edits_.find(fact.kind == FactKind::kOpened ? std::string_view() : fact.subject);
  return before == before_edits_.end() ? fact.text : *before->second;
}

int Replayer::Phase(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kLabels:
    case FactKind::kArrived:
    case FactKind::kOwnComment:
    case FactKind::kChangeSeen:
    case FactKind::kCame:
      return 0;
    case FactKind::kOperator:
      return std::find(fact.labels.begin(), fact.labels.end(), kUndone) == fact.labels.end() ? 1
                                                                                             : 9;
    case FactKind::kClosed:
      return 3;
    case FactKind::kLabelAdded:
      return FoldName(fact.subject) == labels().waiting ? 4 : 2;
    case FactKind::kReopened:
    case FactKind::kLabelRemoved:
      return 5;
    case FactKind::kComment:
    case FactKind::kCommentEdited:
      return Judge(fact).role == Role::kResponder ? 2 : 6;
    case FactKind::kCommentDeleted:
      return 7;
    case FactKind::kMoved:
    case FactKind::kDeleted:
      return 8;
    default:
      return 2;
  }
}

Judgement Replayer::Judge(const Fact& fact) {
  const ActorIndex actor = ActorOf(fact);
  if (actor == kNobody) return {Role::kCommunity, 0};
  if (roster_.IsBot(actor, now_)) return {Role::kBot, 0};
  if (SkipsRoles()) return {Role::kUnknown, 0};
  return roster_.Judge(actor, now_, claimants_, epoch_, fact.at);
}

bool Replayer::SkipsRoles() {
  if (Judged()) return false;
  skipped_ = true;
  return true;
}

ActorIndex Replayer::ActorOf(const Fact& fact) {
  if (&fact != looked_up_) {
    looked_up_ = &fact;
    actor_ = roster_.Find(fact.actor);
  }
  return actor_;
}

void Replayer::Say(HappeningKind kind, const Fact& fact, const Judgement& judgement) {
  const ActorIndex actor = ActorOf(fact);
  t_.happenings.push_back(
      {kind, fact.at, &fact, actor, judgement.role, judgement.slots, IsAuthor(actor)});
  if (kind == HappeningKind::kAnswer || kind == HappeningKind::kSpeech) unheard_.clear();
}

void Replayer::Take(const Step& step) {
  Understand(step);
  NoteRequest(step.fact->at);
}

void Replayer::Understand(const Step& step) {
  const Fact& fact = *step.fact;
  const ActorIndex actor = step.actor;
  looked_up_ = &fact;
  actor_ = actor;
  if (fact.at_receipt && ShouldStateItsTime(fact)) {
    t_.flags.insert(absl::StrCat(fact.id, ": the forge's time was missing or ahead of receipt; ",
                                 "the time of receipt counts"));
  }
  if (roster_.IsSelf(actor)) {
    // Our own acts change what is on the ticket, and have no other meaning.
    if (fact.kind == FactKind::kLabelAdded || fact.kind == FactKind::kLabelRemoved) OwnLabel(fact);
    if (fact.kind == FactKind::kAssigned) t_.assignees.insert(fact.subject);
    if (fact.kind == FactKind::kUnassigned) t_.assignees.erase(fact.subject);
    if (fact.kind != FactKind::kOpened) return;
  }
  switch (fact.kind) {
    case FactKind::kOpened:
      return Opened(fact);
    case FactKind::kComment:
      return Commented(fact);
    case FactKind::kCommentEdited:
      return Edited(fact, /*opening=*/false);
    case FactKind::kTextEdited:
      return Edited(fact, /*opening=*/true);
    case FactKind::kCommentDeleted:
      Rewritten(fact);
      if (!t_.own_mentions.contains(fact.subject) &&
          (t_.own_comments.contains(fact.subject) ||
           (fact.author != Actor() && roster_.IsSelf(roster_.Find(fact.author))))) {
        t_.comment_deleted_by_hand = true;
        t_.comment_deleted_for_all = true;
      }
      if (actor != kNobody && roster_.Find(fact.author) == actor) {
        Say(HappeningKind::kTakenBack, fact, {});
      }
      return Acted(fact, HappeningKind::kAct);
    case FactKind::kLabelAdded:
      Acted(fact, HappeningKind::kAct);
      return LabelAdded(fact, fact.subject, actor);
    case FactKind::kLabelRemoved:
      Acted(fact, HappeningKind::kAct);
      return LabelRemoved(fact, fact.subject, true);
    case FactKind::kLabels:
      return Observed(fact);
    case FactKind::kLabelRenamed:
      return LabelRenamed(fact);
    case FactKind::kAssigned:
      t_.assignees.insert(fact.subject);
      t_.assign_requests.erase(FoldName(fact.subject));
      return Acted(fact, HappeningKind::kAct);
    case FactKind::kUnassigned:
      t_.assignees.erase(fact.subject);
      t_.assign_requests.erase(FoldName(fact.subject));
      return Acted(fact, HappeningKind::kAct);
    case FactKind::kClosed:
    case FactKind::kReopened:
      return ClosedOrReopened(fact);
    case FactKind::kMoved:
      t_.gone = true;
      if (fact.value.empty()) FollowForge(fact, std::string(kMovedTo));
      return MoveAway(fact, fact.value, fact.value);
    case FactKind::kDeleted:
      t_.gone = true;
      t_.open = false;
      return Say(HappeningKind::kDeleted, fact, {});
    case FactKind::kVisibility:
      t_.confidential = fact.value == "confidential";
      return;
    case FactKind::kAction:
      return Acted(fact, HappeningKind::kAct);
    case FactKind::kOperator:
      return Operator(fact);
    case FactKind::kArrived:
      return Arrived(fact);
    case FactKind::kCame:
      t_.came_at = std::max(t_.came_at, fact.at);
      return;
    case FactKind::kOwnComment:
    case FactKind::kPermission:
    case FactKind::kMembership:
    case FactKind::kProfile:
    case FactKind::kReference:
    case FactKind::kChangeSeen:
    case FactKind::kWorkAnswered:
      return;
  }
}

void Replayer::Opened(const Fact& fact) {
  t_.opened = true;
  t_.opening = &fact;
  t_.opened_at = fact.at;
  ClaimFromOpening(now_, fact.at, &fact);
  const Judgement judgement = Judge(fact);
  t_.opened_by_responder = judgement.role == Role::kResponder;
  const TextFeatures& text = FirstText(fact);
  const bool commands = HasCommands(text) && fact.provenance != Provenance::kBackfill;
  for (const std::string& label : fact.labels) LabelAdded(fact, label, t_.author_index);
  for (const Command& command : text.commands) seen_commands_[""].insert(Canonical(command));
  seen_forms_[""] = text.form_priority;
  if (!text.mistyped.empty()) seen_mistyped_[""].insert(text.mistyped);
  if (!text.form_priority.empty() && !claimants_.empty()) {
    SetPriority(fact, text.form_priority, "",
                absl::StrCat("priority ", ShownPriority(text.form_priority)), judgement);
  }
  if (commands) {
    RunCommands(fact, text.commands, judgement);
    Mistyped(fact, text.mistyped, judgement);
  }
  // Only now it is known which priority the opening asks for.
  const std::vector<Stint> begun = std::exchange(t_.stints, {});
  for (const Stint& stint : begun) {
    t_.stints.push_back(stint);
    if (!stint.ended) CheckAllowance();
  }
}

void Replayer::TermsChanged(std::size_t to) {
  now_ = to;
  const absl::Time at = terms_[to]->effective;
  for (Stint& stint : t_.stints) {
    if (stint.ended) continue;
    const Customer* customer = policy().FindCustomer(stint.customer);
    if (customer == nullptr || customer->id != stint.customer) {
      EndClaim(stint, at, nullptr, "the customer is no longer in the policy");
    } else if (!CoveredByPlan(*customer, stint.accepted)) {
      EndClaim(stint, at, nullptr, "the plan no longer covers this");
    }
  }
  ++epoch_;
  NoteRequest(at);
  // The allowance of another version may be larger.
  t_.over.clear();
  if (t_.opened && t_.open && t_.successor.empty()) ClaimFromOpening(to, at, nullptr);
  HearJoiners(at);
}

void Replayer::Acted(const Fact& fact, HappeningKind kind) {
  if (SkipsRoles()) return;
  const Judgement judgement = Judge(fact);
  if (judgement.role == Role::kResponder) Say(kind, fact, judgement);
}

void Replayer::Commented(const Fact& fact) {
  if (t_.own_comments.contains(fact.subject)) return;
  const TextFeatures& text = FirstText(fact);
  for (const Command& command : text.commands) {
    seen_commands_[fact.subject].insert(Canonical(command));
  }
  if (!text.mistyped.empty()) seen_mistyped_[fact.subject].insert(text.mistyped);
  const ActorIndex actor = ActorOf(fact);
  const bool commands = HasCommands(text) && fact.provenance != Provenance::kBackfill &&
                        actor != kNobody && !roster_.IsBot(actor, now_);
  if (commands) roster_.Judge(actor, now_, claimants_, epoch_, fact.at);
  Judgement judgement = Judge(fact);
  if (commands && judgement.role == Role::kUnknown) {
    judgement = roster_.Judge(actor, now_, claimants_, epoch_, fact.at);
  }
  const bool heard = text.substance && !fact.internal;
  const bool asked = Asks(text) && !fact.internal;
  if (heard && !edited_.empty() && edited_.contains(fact.subject)) counted_.insert(fact.subject);
  if (judgement.role == Role::kResponder) {
    Say(heard ? HappeningKind::kAnswer : HappeningKind::kAct, fact, judgement);
    if (heard) last_answer_ = fact.subject;
  } else if (judgement.role != Role::kBot && judgement.role != Role::kUnknown) {
    const bool speaks = judgement.role == Role::kCustomer || IsAuthor(actor);
    if (asked && speaks) Say(HappeningKind::kSpeech, fact, judgement);
    if (speaks && !fact.internal) EndWaiting(fact, IsAuthor(actor));
    if (heard && !speaks) unheard_[actor] = &fact;
  } else if (judgement.role == Role::kUnknown && !Judged() && IsAuthor(actor) && !fact.internal) {
    // Rationale: the author's comment ends the waiting on every ticket, even if no role is asked
    // for. Else a private customer's ticket would differ from a community ticket.
    EndWaiting(fact, true);
  }
  if (commands) {
    RunCommands(fact, text.commands, judgement);
    Mistyped(fact, text.mistyped, judgement);
  }
}

void Replayer::ClosedOrReopened(const Fact& fact) {
  const bool closed = fact.kind == FactKind::kClosed;
  t_.open = !closed;
  const bool was_closed = !t_.closed.empty() && t_.closed.back().until == absl::InfiniteFuture();
  if (closed && !was_closed) t_.closed.push_back({fact.at, absl::InfiniteFuture()});
  if (!closed && was_closed) t_.closed.back().until = fact.at;
  const ActorIndex actor = ActorOf(fact);
  const bool bot = fact.actor.machine || roster_.IsBot(actor, now_);
  const Judgement judgement = bot ? Judgement{Role::kBot, 0} : Judge(fact);
  if (judgement.role == Role::kResponder) Say(HappeningKind::kAct, fact, judgement);
  if (closed && bot) return;
  Say(closed ? HappeningKind::kClose : HappeningKind::kReopen, fact, judgement);
  if (!closed && (judgement.role == Role::kCustomer || IsAuthor(actor))) {
    EndWaiting(fact, IsAuthor(actor));
  }
  if (closed && fact.value == "duplicate" && judgement.role == Role::kResponder) {
    FollowForge(fact, absl::StrCat(View(kDuplicateOf), absl::ToUnixSeconds(fact.at)));
  }
}

void Replayer::FollowForge(const Fact& fact, const std::string& subject) {
  // GitHub tells nobody. If there is no claim, nobody needs to know.
  if (context_.forge_kind != ForgeKind::kGitLab || claimants_.empty()) return;
  const std::optional<std::string> key = Refer(subject, fact.at);
  if (key && !key->empty() && *key != ToString(context_.key)) MoveAway(fact, *key, *key);
}

void Replayer::Arrived(const Fact& fact) {
  const std::string here = absl::StrCat(context_.key.forge, "/", context_.key.project, "/");
  for (CarriedClaim& carried : ReadCarried(fact.value)) {
    const Customer* customer = policy().FindCustomer(carried.customer);
    if (customer == nullptr || !CoveredByPlan(*customer, fact.at)) {
      t_.flags.insert(absl::StrCat("a claim of ", carried.customer, " came from ", fact.subject,
                                   ", but no plan here covers that customer"));
      continue;
    }
    const std::string reason = absl::StrCat("came with ", fact.subject);
    const bool had = InForce(customer->id) != nullptr;
    if (!had) {
      if (!Claim(*customer, fact.at, fact.at, reason, &fact, false)) continue;
      t_.stints.back().arrived = true;
    }
    const Slots slots = Slots{1} << InForce(customer->id)->slot;
    if (!carried.priority.empty()) {
      t_.priorities.push_back({fact.at, &fact, carried.priority, "", slots, reason, had});
    }
    t_.happenings.push_back({HappeningKind::kArrived, fact.at, &fact, kNobody, Role::kUnknown,
                             slots, false, static_cast<int>(t_.arrivals.size())});
    // A duplicate is in the same project unless marked otherwise. A transfer comes from another
    // project.
    const bool duplicate =
        absl::StartsWith(fact.subject, here) ||
        std::find(fact.labels.begin(), fact.labels.end(), kOfDuplicate) != fact.labels.end();
    if (!duplicate) t_.came_at = std::max(t_.came_at, fact.at);
    t_.arrivals.push_back({std::move(carried), !duplicate});
  }
}

void Replayer::MoveAway(const Fact& fact, std::string successor, std::string key) {
  if (!t_.successor.empty()) return;
  t_.moved_at = fact.at;
  for (Stint& stint : t_.stints) {
    if (stint.ended) continue;
    stint.moved = !key.empty();
    stint.away = key.empty();
    EndClaim(stint, fact.at, &fact,
             key.empty() ? std::string("moved away") : absl::StrCat("moved to ", successor));
  }
  t_.successor = std::move(successor);
  t_.successor_key = std::move(key);
}

void Replayer::StartWaiting(const Fact& fact, std::string question) {
  if (t_.waiting.now) return;
  t_.waiting.now = true;
  t_.waiting.since = fact.at;
  t_.waiting.question = std::move(question);
  t_.waiting.ended_by_author = false;
  ended_by_word_ = false;
  t_.waits.push_back({fact.at, absl::InfiniteFuture()});
  t_.wait_facts.emplace_back(&fact, nullptr);
}

void Replayer::EndWaiting(const Fact& fact, bool by_author) {
  // Everybody can see the author's comment, also if another contact had ended the waiting before.
  if (by_author) t_.waiting.ended_by_author = true;
  if (!t_.waiting.now) return;
  t_.waiting.now = false;
  t_.waiting.question.clear();
  t_.waiting.ended_by_author = by_author;
  ended_by_word_ = true;
  t_.waits.back().until = fact.at;
  t_.wait_facts.back().second = &fact;
}

}  // namespace retainer::core
