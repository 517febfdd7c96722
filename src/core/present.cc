#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "asked_to_rate.h"
#include "retainer/core.h"
#include "retainer/names.h"
#include "retainer/promise_words.h"
#include "src/base/view.h"
#include "src/core/hours_lines.h"

namespace retainer {
namespace {

constexpr std::size_t kMostRefusals = 2;  // so that the comment stays short

using base::View;

void SortUnique(std::vector<std::string>* names) {
  std::sort(names->begin(), names->end());
  names->erase(std::unique(names->begin(), names->end()), names->end());
}

// The ticket's label with this name, as spelled there; nullptr if there is none.
const std::string* FindLabel(const std::vector<std::string>& labels, const std::string& name) {
  const auto it = std::find_if(labels.begin(), labels.end(),
                               [&](const std::string& label) { return SameName(label, name); });
  return it == labels.end() ? nullptr : &*it;
}

// A claim that everybody may know.
struct PublicClaim {
  const ClaimStanding* claim = nullptr;
  const Customer* customer = nullptr;
};

// A customer that the policy no longer has is not shown.
std::vector<PublicClaim> PublicClaims(const Standing& standing, const Policy& policy) {
  std::vector<PublicClaim> claims;
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.released) continue;
    const auto it = std::find_if(policy.customers.begin(), policy.customers.end(),
                                 [&](const Customer& c) { return c.id == claim.customer; });
    if (it == policy.customers.end() || !it->is_public) continue;
    claims.push_back({&claim, &*it});
  }
  return claims;
}

// A breach is not shown before it is announced.
ClockState ShownState(const PromiseClock& clock, absl::Time now) {
  if (clock.state != ClockState::kBreached || clock.cycles.empty()) return clock.state;
  const Cycle& cycle = clock.cycles.back();
  if (now >= cycle.due + kBreachGrace) return clock.state;
  return cycle.at_risk_at <= cycle.due ? ClockState::kAtRisk : ClockState::kRunning;
}

std::string_view StateColor(ClockState state) {
  switch (state) {
    case ClockState::kBreached:
      return "cf222e";
    case ClockState::kAtRisk:
      return "d4a72c";
    case ClockState::kMissed:
      return "bc4c00";
    case ClockState::kRunning:
    case ClockState::kPending:
      return "0969da";
    case ClockState::kPaused:
      return "8250df";
    case ClockState::kMet:
      return "1a7f37";
    case ClockState::kExcused:
    case ClockState::kCancelled:
      return "6e7781";
  }
  return "6e7781";
}

bool IsLabel(const std::string& pattern) { return !pattern.empty() && pattern != "none"; }

std::string SupportLabel(const LabelNames& names, const std::string& plan) {
  return absl::StrReplaceAll(names.support, {{"{plan}", plan}});
}

std::string StateLabel(const LabelNames& names, ClockState state) {
  return absl::StrReplaceAll(names.state, {{"{state}", View(ClockStateName(state))}});
}

// `1h 5m`. Seconds are printed only if it is shorter than a minute.
std::string Length(absl::Duration length) {
  std::int64_t seconds = std::max<std::int64_t>(0, absl::ToInt64Seconds(length));
  if (seconds >= 60) seconds -= seconds % 60;
  std::string text;
  const std::array<std::pair<std::int64_t, std::string_view>, 4> units = {
      {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}}};
  int shown = 0;
  for (const auto& [size, unit] : units) {
    const std::int64_t n = seconds / size;
    seconds %= size;
    if (n == 0 || shown == 2) continue;
    absl::StrAppend(&text, text.empty() ? "" : " ", n, View(unit));
    ++shown;
  }
  return text.empty() ? "0s" : text;
}

// The URL of a comment.
std::string CommentUrl(const std::string& ticket_url, const std::string& object) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kAnchors = {{
      {"comment/", "#issuecomment-"},
      {"review/", "#pullrequestreview-"},
      {"review-comment/", "#discussion_r"},
      {"note/", "#note_"},
  }};
  for (const auto& [prefix, anchor] : kAnchors) {
    if (ticket_url.empty() || !object.starts_with(prefix)) continue;
    return absl::StrCat(ticket_url, View(anchor), object.substr(prefix.size()));
  }
  return "";
}

// `met`. For a promise that recurs, also how often it was broken: `met, 1 of 3 late`.
std::string StateOf(const PromiseClock& clock, absl::Time now) {
  const ClockState state = ShownState(clock, now);
  const bool aim = clock.kind == PromiseKind::kTarget;
  std::string words(aim ? AimStateWords(state) : StateWords(state));
  if (clock.cycles.size() < 2) return words;
  const auto missed = std::count_if(clock.cycles.begin(), clock.cycles.end(),
                                    [](const Cycle& c) { return c.outcome == Outcome::kMissed; });
  if (missed > 0) absl::StrAppend(&words, ", ", missed, " of ", clock.cycles.size(), " late");
  return words;
}

// REQUIRES: the clock has started.
PromiseRow Row(const PublicClaim& claim, const PromiseClock& clock, bool several, absl::Time now) {
  PromiseRow row;
  if (several) row.claim = claim.customer->name;
  row.promise = PromiseWords(clock.metric);
  row.state = StateOf(clock, now);
  const Cycle& cycle = clock.cycles.back();
  row.target = cycle.promise->as_written.text;
  row.finished = cycle.outcome != Outcome::kOpen;
  row.late = cycle.outcome == Outcome::kMissed || ShownState(clock, now) == ClockState::kBreached;
  if (!row.finished) {
    if (cycle.due != absl::InfiniteFuture()) {
      row.due = ShownTime{cycle.due, claim.customer->time_zone};
    }
  } else if (cycle.outcome == Outcome::kMet || cycle.outcome == Outcome::kMissed) {
    row.untimed = cycle.elapsed <= absl::ZeroDuration();
    row.took = row.untimed ? std::string(WithoutTimeWords(cycle)) : Length(cycle.elapsed);
  }
  return row;
}

PromiseRow RowBeforeAdoption(const PublicClaim& claim, const PromiseClock& clock, bool several) {
  PromiseRow row;
  if (several) row.claim = claim.customer->name;
  row.promise = PromiseWords(clock.metric);
  row.state = kBeforeAdoptionWords;
  row.finished = true;
  return row;
}

// The most important open promise: commitments before targets, then late ones, then the earliest.
struct Focus {
  const PublicClaim* claim = nullptr;
  const PromiseClock* clock = nullptr;
  absl::Time due = absl::InfiniteFuture();
  bool late = false;
  bool aim = false;

  auto Order() const { return std::make_tuple(clock == nullptr, aim, !late, due); }
};

Focus FindFocus(const std::vector<PublicClaim>& claims, absl::Time now) {
  Focus focus;
  for (const PublicClaim& claim : claims) {
    for (const PromiseClock& clock : claim.claim->clocks) {
      if (clock.cycles.empty()) continue;
      const Cycle& cycle = clock.cycles.back();
      if (cycle.outcome != Outcome::kOpen || cycle.due == absl::InfiniteFuture()) continue;
      const bool late = ShownState(clock, now) == ClockState::kBreached;
      if (cycle.paused_now && !late) continue;
      const Focus other = {&claim, &clock, cycle.due, late, clock.kind == PromiseKind::kTarget};
      if (other.Order() < focus.Order()) focus = other;
    }
  }
  return focus;
}

// True if people were called: for this run of the promise by the policy, or by hand.
bool IsEscalated(const Standing& standing, const Focus& focus) {
  return std::any_of(standing.notices.begin(), standing.notices.end(), [&](const Notice& n) {
    return n.kind == NoticeKind::kEscalation && n.customer == focus.claim->customer->id &&
           n.metric == focus.clock->metric && n.due == focus.due;
  });
}

// When people will be told of an escalation by hand; nullopt if they were told already.
std::optional<ShownTime> CalledAt(const std::vector<PublicClaim>& claims) {
  std::optional<ShownTime> called;
  for (const PublicClaim& claim : claims) {
    const std::optional<absl::Time>& told = claim.claim->by_hand_told_at;
    if (told && (!called || *told < called->at)) {
      called = ShownTime{*told, claim.customer->time_zone};
    }
  }
  return called;
}

bool IsEscalatedByHand(const std::vector<PublicClaim>& claims) {
  return std::any_of(claims.begin(), claims.end(),
                     [](const PublicClaim& claim) { return claim.claim->escalated_by_hand; });
}

std::string HighestPriority(const std::vector<PublicClaim>& claims, const Policy& policy) {
  std::string highest;
  std::size_t rank = policy.priorities.size() + 1;
  for (const PublicClaim& claim : claims) {
    const std::size_t of_claim =
        policy.PriorityRank(claim.claim->priority).value_or(policy.priorities.size());
    if (of_claim >= rank) continue;
    rank = of_claim;
    highest = claim.claim->priority;
  }
  return highest;
}

bool OfPublicClaim(const Refusal& refusal, const std::vector<PublicClaim>& claims) {
  return std::any_of(claims.begin(), claims.end(), [&](const PublicClaim& claim) {
    return claim.customer->id == refusal.customer;
  });
}

// The latest refusals of public customers' contacts, and mistyped commands of responders. Each
// reason once.
std::vector<std::string> Refusals(const Standing& standing, const std::vector<PublicClaim>& claims,
                                  absl::Time now) {
  std::vector<std::string> texts;
  for (auto it = standing.refusals.rbegin(); it != standing.refusals.rend(); ++it) {
    if (texts.size() == kMostRefusals) break;
    if (now >= it->until || !(it->by_responder || OfPublicClaim(*it, claims))) continue;
    std::string text = absl::StrCat(it->what, ": ", it->reason);
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) {
      texts.push_back(std::move(text));
    }
  }
  std::reverse(texts.begin(), texts.end());
  return texts;
}

// The text about what comes next, below a headline about `focus` (or about nothing that is due).
std::string NextWords(const Standing& standing, const std::vector<PublicClaim>& claims,
                      const Focus& focus) {
  std::string words;
  const auto say = [&](std::string_view more) {
    absl::StrAppend(&words, words.empty() ? "" : " ", View(more));
  };
  const bool late = focus.late && !focus.aim;
  // People who are called later are mentioned together with that time.
  const bool by_hand = IsEscalatedByHand(claims) && !CalledAt(claims);
  if (late && (by_hand || IsEscalated(standing, focus))) {
    say("It has been escalated, and stays open until it is kept.");
  } else if (late) {
    say("It stays open until it is kept.");
  } else if (by_hand) {
    say("It has been escalated.");
  }
  if (focus.late && focus.aim) say("That time has passed; the aim stands.");
  if (focus.clock != nullptr && standing.open && standing.waiting.now) {
    say("The other clocks wait for a comment by the customer.");
  }
  return words;
}

bool ClosedUnanswered(const std::vector<PublicClaim>& claims) {
  for (const PublicClaim& claim : claims) {
    for (const PromiseClock& clock : claim.claim->clocks) {
      if (clock.metric == Metric::kFirstResponse && !clock.cycles.empty() &&
          clock.cycles.back().note == kClosedUnanswered) {
        return true;
      }
    }
  }
  return false;
}

void AddRows(const std::vector<PublicClaim>& claims, absl::Time now, CommentView* view) {
  bool owed = false;
  for (const PublicClaim& claim : claims) {
    for (const PromiseClock& clock : claim.claim->clocks) {
      if (clock.before_adoption) {
        owed |= clock.kind == PromiseKind::kCommitment;
        view->rows.push_back(RowBeforeAdoption(claim, clock, claims.size() > 1));
      }
      if (clock.cycles.empty()) continue;  // not started: nothing to say yet
      owed |= clock.kind == PromiseKind::kCommitment;
      view->rows.push_back(Row(claim, clock, claims.size() > 1, now));
    }
  }
  view->targets_only = !view->rows.empty() && !owed;
}

// Time alone must not change a comment, so the review at the end is not shown.
std::string StageWords(const Standing& standing) {
  const Stage stage = std::min(standing.stage, Stage::kCarriedOut);
  std::string name(StageName(stage));
  std::replace(name.begin(), name.end(), '_', ' ');
  return absl::StrCat(name, ", ", static_cast<int>(stage), " of 6");
}

CommentView PromiseComment(const TicketContext& context, const Standing& standing,
                           const std::vector<PublicClaim>& claims, const Policy& policy,
                           absl::Time now) {
  CommentView view;
  view.priority = HighestPriority(claims, policy);
  view.with = standing.assignees.empty() ? standing.answered_by : standing.assignees.front();
  view.refusals = Refusals(standing, claims, now);
  AddRows(claims, now, &view);
  view.stage = StageWords(standing);
  for (const PublicClaim& claim : claims) {
    const std::string name = claims.size() > 1 ? claim.customer->name : "";
    core::AddHoursLines(context, standing, *claim.claim, name, policy, &view.hours);
    if (policy.feedback.ask == AskFeedback::kFold &&
        core::IsAskedToRate(standing, claim.customer->id, policy.feedback, now)) {
      view.rate = policy.feedback.scale;
    }
  }
  view.trial = std::all_of(claims.begin(), claims.end(),
                           [](const PublicClaim& claim) { return claim.claim->trial; });
  const Focus focus = FindFocus(claims, now);
  view.next = NextWords(standing, claims, focus);
  view.called = CalledAt(claims);
  if (focus.clock == nullptr) {
    if (!standing.open) {
      view.kind = CommentView::Kind::kResolved;
      view.headline = ClosedUnanswered(claims) ? "closed without an answer" : "closed";
      view.with.clear();
      view.next.clear();
      view.called.reset();
      view.refusals.clear();
    } else if (standing.waiting.now) {
      view.kind = CommentView::Kind::kWaiting;
      view.headline = "waiting for the customer";
      view.question_url = CommentUrl(context.url, standing.waiting.question);
    } else {
      view.kind = CommentView::Kind::kPromises;
      view.headline = "nothing is due now";
    }
    return view;
  }
  view.due = ShownTime{focus.due, focus.claim->customer->time_zone};
  const Metric metric = focus.clock->metric;
  if (focus.aim) {
    view.kind = CommentView::Kind::kPromises;
    view.headline =
        absl::StrCat(focus.late ? "the aim was " : "aiming at ", View(AimWords(metric)), " by");
  } else if (focus.late) {
    view.kind = CommentView::Kind::kLate;
    view.headline = absl::StrCat(View(PromiseWords(metric)), " was due");
  } else {
    view.kind = CommentView::Kind::kPromises;
    view.headline = absl::StrCat(View(PromiseWords(metric)), " by");
  }
  return view;
}

std::string_view GivenColor(const LabelWish& wish, const Policy& policy) {
  switch (wish.kind) {
    case LabelWish::Kind::kPriority:
      switch (policy.PriorityRank(wish.priority).value_or(policy.priorities.size())) {
        case 0:
          return "b60205";
        case 1:
          return "d93f0b";
        default:
          return "fbca04";
      }
    case LabelWish::Kind::kWaiting:
      return "8250df";
    case LabelWish::Kind::kWorkaround:
      return "1a7f37";
  }
  return "";
}

std::string GivenWords(const LabelWish& wish, const Policy& policy) {
  switch (wish.kind) {
    case LabelWish::Kind::kPriority: {
      const auto rank = policy.PriorityRank(wish.priority);
      return rank ? policy.priorities[*rank].title : "";
    }
    case LabelWish::Kind::kWaiting:
      return "Waiting for the customer";
    case LabelWish::Kind::kWorkaround:
      return "A workaround is given";
  }
  return "";
}

bool IsClaimed(const Standing& standing) {
  return std::any_of(standing.claims.begin(), standing.claims.end(),
                     [](const ClaimStanding& claim) { return !claim.released; });
}

// Adds people's labels that say the same as a command. Only on tickets of public customers.
void PresentGiven(const Standing& standing, const std::vector<PublicClaim>& claims,
                  const Policy& policy, Face* face) {
  const auto in_force = [&](const std::string& priority) {
    return std::any_of(claims.begin(), claims.end(),
                       [&](const PublicClaim& claim) { return claim.claim->priority == priority; });
  };
  for (const LabelWish& wish : standing.label_wishes) {
    if (claims.empty() || (wish.kind == LabelWish::Kind::kPriority && !in_force(wish.priority))) {
      continue;
    }
    face->given_labels.push_back(
        {wish.name, std::string(GivenColor(wish, policy)), GivenWords(wish, policy)});
  }
  for (const std::string& label : standing.stale_labels) {
    const bool still = std::any_of(
        policy.priorities.begin(), policy.priorities.end(), [&](const Priority& priority) {
          return in_force(priority.name) &&
                 SameName(label, absl::StrReplaceAll(policy.labels.priority,
                                                     {{"{priority}", priority.name}}));
        });
    if ((!claims.empty() || !IsClaimed(standing)) && !still) face->absent_labels.push_back(label);
  }
}

// Our labels: those of public claims should be there, other labels of ours should not.
void PresentLabels(const Standing& standing, const std::vector<PublicClaim>& claims,
                   const Policy& policy, absl::Time now, Face* face) {
  const LabelNames& names = policy.labels;
  std::vector<std::string> ours;  // every label that could be ours, wanted or not
  const auto want = [&](std::string name, std::string_view color, std::string description) {
    if (standing.label_restore_exhausted(name)) return;
    face->labels.push_back({std::move(name), std::string(color), std::move(description)});
  };
  if (IsLabel(names.support)) {
    for (const auto& [name, plan] : policy.plans) ours.push_back(SupportLabel(names, name));
    for (const PublicClaim& claim : claims) {
      want(SupportLabel(names, claim.claim->plan), "1f6feb", "Covered by a support plan");
    }
  }
  if (IsLabel(names.state)) {
    for (int i = 1; i <= static_cast<int>(ClockState::kBreached); ++i) {
      ours.push_back(StateLabel(names, static_cast<ClockState>(i)));
    }
    std::optional<ClockState> worst;
    for (const PublicClaim& claim : claims) {
      for (const PromiseClock& clock : claim.claim->clocks) {
        const ClockState state = ShownState(clock, now);
        worst = worst ? std::max(*worst, state) : state;
      }
    }
    if (worst) {
      want(StateLabel(names, *worst), StateColor(*worst),
           absl::StrCat("Support promises: ", View(StateWords(*worst))));
    }
  }
  std::sort(face->labels.begin(), face->labels.end());
  face->labels.erase(std::unique(face->labels.begin(), face->labels.end()), face->labels.end());

  for (const std::string& label : ours) {
    const bool wanted = std::any_of(face->labels.begin(), face->labels.end(),
                                    [&](const FaceLabel& l) { return SameName(l.name, label); });
    const std::string* there = FindLabel(standing.labels, label);
    if (!wanted && there != nullptr) face->absent_labels.push_back(*there);
  }
  // People's labels. A label that was refused because of a private customer stays, as it does on a
  // community ticket, where nobody is promised anything.
  for (const Refusal& refusal : standing.refusals) {
    if (refusal.label.empty() || !OfPublicClaim(refusal, claims)) continue;
    if (const std::string* there = FindLabel(standing.labels, refusal.label)) {
      face->absent_labels.push_back(*there);
    }
  }
  // Everybody can see that the ticket's author ended a waiting. If another person ended it, only a
  // public claim explains that.
  const bool stale =
      standing.waiting.label_is_stale && (standing.waiting.ended_by_author || !claims.empty());
  for (const std::string& label : standing.labels) {
    if (stale && SameName(label, names.waiting)) face->absent_labels.push_back(label);
  }
  PresentGiven(standing, claims, policy, face);
  SortUnique(&face->absent_labels);
}

// Reactions on commands. They must tell other readers nothing about a private customer.
void PresentReactions(const Standing& standing, const std::vector<PublicClaim>& claims,
                      Face* face) {
  for (const Acknowledgement& one : standing.acknowledged) {
    const bool known = one.by_responder ||
                       std::any_of(claims.begin(), claims.end(), [&](const PublicClaim& claim) {
                         return claim.customer->id == one.customer;
                       });
    if (!known) continue;
    face->reactions.push_back(
        {one.object, one.refused ? FaceReaction::Kind::kRefused : FaceReaction::Kind::kDone});
  }
  std::sort(face->reactions.begin(), face->reactions.end());
}

}  // namespace

std::optional<Face> Present(const TicketContext& context, const Standing& standing,
                            const Terms& terms, absl::Time now) {
  if (!standing.opened || standing.gone || !standing.questions.empty()) return std::nullopt;
  const Policy& policy = terms.policy;
  const std::vector<PublicClaim> claims = PublicClaims(standing, policy);
  Face face;
  if (!claims.empty() && !standing.comment_deleted_by_hand) {
    face.comment = PromiseComment(context, standing, claims, policy, now);
    for (const PublicClaim& claim : claims) face.discloses.push_back(claim.customer->id);
    SortUnique(&face.discloses);
  } else if (claims.empty() && policy.community.comment == CommunityComment::kNeutral &&
             !standing.author.machine && !standing.comment_deleted_for_all) {
    // No thank-you for a bot.
    face.comment = CommentView{};
    face.comment->refusals = Refusals(standing, claims, now);
  }
  PresentLabels(standing, claims, policy, now, &face);
  PresentReactions(standing, claims, &face);
  face.assignees = standing.assign_requests;
  return face;
}

std::optional<std::vector<PublicPromise>> PresentPromises(const Standing& standing,
                                                          const Terms& terms, absl::Time now) {
  if (standing.gone) return std::vector<PublicPromise>();
  if (!standing.opened || !standing.questions.empty()) return std::nullopt;
  std::vector<PublicPromise> promises;
  if (standing.confidential) return promises;
  for (const PublicClaim& claim : PublicClaims(standing, terms.policy)) {
    for (const PromiseClock& clock : claim.claim->clocks) {
      if (clock.cycles.empty()) continue;  // not started
      const Cycle& cycle = clock.cycles.back();
      PublicPromise promise;
      promise.metric = clock.metric;
      promise.kind = clock.kind;
      promise.state = ShownState(clock, now);
      if (cycle.outcome == Outcome::kOpen) promise.due = cycle.due;
      promises.push_back(promise);
    }
  }
  return promises;
}

std::optional<MentionView> PresentMention(const Notice& notice, const Policy& policy) {
  if (notice.kind != NoticeKind::kMention || notice.is_private) return std::nullopt;
  const Customer* customer = policy.FindCustomer(notice.customer);
  if (customer == nullptr || !customer->is_public) return std::nullopt;
  MentionView view;
  if (notice.id.starts_with(kAskToRate)) {
    view.kind = MentionView::Kind::kRate;
    view.rate = policy.feedback.scale;
    return view;
  }
  for (const std::string& name : notice.teams) {
    const auto team = policy.teams.find(name);
    if (team == policy.teams.end()) continue;
    for (const Login& member : team->second.members) {
      if (member.forge == notice.ticket.forge) view.logins.push_back(member.name);
    }
  }
  if (view.logins.empty()) return std::nullopt;
  SortUnique(&view.logins);
  if (notice.id.find(kEscalationByHand) != std::string::npos) {
    view.kind = MentionView::Kind::kByHand;
    return view;
  }
  view.kind = !notice.withdraws.empty() ? MentionView::Kind::kWithdrawn
              : notice.at < notice.due  ? MentionView::Kind::kSoon
                                        : MentionView::Kind::kLate;
  view.promise = PromiseWords(notice.metric);
  view.due = ShownTime{notice.due, customer->time_zone};
  return view;
}

}  // namespace retainer
