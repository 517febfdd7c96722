#include "news.h"

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asked_to_rate.h"
#include "retainer/names.h"
#include "roles.h"
#include "telling.h"

namespace retainer::core {
namespace {

// Long enough for a notice that waits for an opening after holidays.
constexpr absl::Duration kLongAgo = absl::Hours(14 * 24);

// A ticket passes from one person to another.
struct HandOver {
  Actor from;
  Actor to;
  const Fact* assigned = nullptr;  // the assignment of `to`; its id identifies the hand-over
  absl::Time at;                   // the later of the assignment and the unassignment
};

bool IsSame(const Actor& a, const Actor& b) {
  if (!a.id.empty() && !b.id.empty()) return a.id == b.id;
  return SameName(a.login, b.login);
}

bool IsAssignment(const Fact& fact) {
  return fact.kind == FactKind::kAssigned || fact.kind == FactKind::kUnassigned;
}

// The holder is the present assignee who was assigned first, or the last holder if nobody is
// assigned. So it does not matter whether the new person is added before the old one is removed.
std::vector<HandOver> HandOvers(const std::vector<const Fact*>& order) {
  std::vector<HandOver> found;
  std::vector<const Fact*> assigned;  // ordered by time
  const Fact* holder = nullptr;
  for (const Fact* fact : order) {
    if (!IsAssignment(*fact)) continue;
    const auto there = std::find_if(assigned.begin(), assigned.end(), [&](const Fact* other) {
      return IsSame(other->assignee, fact->assignee);
    });
    if (fact->kind == FactKind::kUnassigned) {
      if (there != assigned.end()) assigned.erase(there);
    } else if (there == assigned.end()) {
      assigned.push_back(fact);
    }
    if (assigned.empty() || assigned.front() == holder) continue;
    const Fact* next = assigned.front();
    if (holder != nullptr && !IsSame(holder->assignee, next->assignee)) {
      found.push_back({holder->assignee, next->assignee, next, fact->at});
    }
    holder = next;
  }
  return found;
}

// Nullptr while the ticket is open, and if it is gone instead of closed.
const Fact* LastClosing(const std::vector<const Fact*>& order, const Standing& standing) {
  if (standing.open || standing.gone) return nullptr;
  const Fact* closing = nullptr;
  for (const Fact* fact : order) {
    if (fact->kind == FactKind::kClosed) closing = fact;
  }
  return closing;
}

std::string NameOf(const Actor& actor) {
  return actor.login.empty() ? absl::StrCat("account ", actor.id) : actor.login;
}

class Finder {
 public:
  Finder(const TicketContext& context, const Standing& standing, const TermsHistory& terms,
         std::size_t current, absl::Time now)
      : context_(context), standing_(standing), terms_(*terms[current]), now_(now) {}

  // Tells the lead, who gets escalations, that a customer is not content.
  void TellRating(const Rating& rating, News* news) const {
    const auto claim = std::find_if(
        standing_.claims.begin(), standing_.claims.end(),
        [&](const auto& one) { return !one.released && one.customer == rating.customer; });
    if (claim == standing_.claims.end() || rating.at + kNewsWindow <= now_) return;
    const auto plan = terms_.policy.plans.find(claim->plan);
    const Customer* customer = terms_.policy.FindCustomer(rating.customer);
    Notice notice;
    notice.id = absl::StrCat(View(NoticeKindName(NoticeKind::kLowRating)), " ",
                             ToString(context_.key), " ", rating.customer, " ", rating.fact);
    notice.kind = NoticeKind::kLowRating;
    notice.ticket = context_.key;
    notice.customer = rating.customer;
    notice.at = rating.at;
    notice.due = absl::InfiniteFuture();
    if (plan != terms_.policy.plans.end() && !plan->second.escalation.empty()) {
      notice.teams = plan->second.escalation.back().notify;
    }
    if (notice.teams.empty()) notice.teams = TeamsFor(standing_.labels, terms_.policy);
    notice.text = absl::StrCat(rating.customer, ": rated ", rating.mark, " of ", rating.scale,
                               rating.text.empty() ? "" : ": ", rating.text);
    notice.is_private = customer == nullptr || !customer->is_public;
    news->notices.push_back(std::move(notice));
  }

  // Asks the public customers how it was, all by one comment. The id says nothing of the closing:
  // a ticket asks once.
  void AskToRate(News* news) const {
    const FeedbackRules& rules = terms_.policy.feedback;
    if (rules.ask != AskFeedback::kMention) return;
    const std::vector<std::string> asked = AskedToRate(standing_, terms_.policy, now_);
    if (asked.empty()) return;
    Notice notice;
    notice.at = AskedToRateAt(standing_, rules);
    if (notice.at + kNewsWindow <= now_) return;
    notice.id = absl::StrCat(View(kAskToRate), ToString(context_.key));
    notice.kind = NoticeKind::kMention;
    notice.ticket = context_.key;
    notice.customer = asked.front();
    notice.due = absl::InfiniteFuture();
    notice.text = absl::StrCat(asked.front(), ": asked how it was");
    notice.is_private = false;
    news->notices.push_back(std::move(notice));
  }

  // Adds one notice for each claim in force that existed at the time.
  void Tell(NoticeKind kind, const Fact& cause, absl::Time at, const std::string& what,
            News* news) const {
    if (at < terms_.policy.since.value_or(context_.adopted)) return;
    for (const ClaimStanding& claim : standing_.claims) {
      if (claim.released || claim.since > at) continue;
      const auto plan = terms_.policy.plans.find(claim.plan);
      if (plan == terms_.policy.plans.end()) continue;
      const Customer* customer = terms_.policy.FindCustomer(claim.customer);
      Notice notice;
      notice.at = Held(plan->second, customer, claim.priority, at + kBreachGrace);
      if (notice.at > now_) {
        news->wake_at = std::min(news->wake_at, notice.at);
        continue;
      }
      if (notice.at + kNewsWindow <= now_) continue;
      notice.id = absl::StrCat(View(NoticeKindName(kind)), " ", ToString(context_.key), " ",
                               claim.customer, " ", cause.id);
      notice.kind = kind;
      notice.ticket = context_.key;
      notice.customer = claim.customer;
      notice.due = absl::InfiniteFuture();
      notice.teams = TeamsFor(standing_.labels, terms_.policy);
      notice.text = absl::StrCat(claim.customer, ": ", what, " (", claim.priority, ")");
      notice.is_private = customer == nullptr || !customer->is_public;
      news->notices.push_back(std::move(notice));
    }
  }

 private:
  absl::Time Held(const Plan& plan, const Customer* customer, const std::string& priority,
                  absl::Time at) const {
    const std::vector<std::string>& names = CalendarsInForce(plan, customer, priority);
    return names.empty() ? at : HeldUntil(context_.key, plan, terms_.Calendar(names), at);
  }

  const TicketContext& context_;
  const Standing& standing_;
  const Terms& terms_;
  const absl::Time now_;
};

// The roles of assignees, who may have done nothing else on the ticket.
class Assigned {
 public:
  Assigned(const TicketContext& context, const TermsHistory& terms, std::size_t current,
           const Pins& pins, const Standing& standing, std::vector<const Fact*> order)
      : current_(current), people_(Introduce(&order)), roster_(context, terms, pins, order) {
    for (const ClaimStanding& claim : standing.claims) {
      if (claim.released || claimants_.size() >= kMaxSlots) continue;
      claimants_.push_back({static_cast<int>(claimants_.size()), claim.customer, false});
    }
  }

  Role RoleOf(const Actor& actor, absl::Time at) {
    const ActorIndex index = roster_.Find(actor);
    if (index == kNobody || roster_.IsSelf(index)) return Role::kCommunity;
    return roster_.Judge(index, current_, claimants_, 0, at).role;
  }
  const std::set<Question>& questions() const { return roster_.questions(); }

 private:
  // A roster knows only actors of facts. So this makes a fact with each assignee as its author.
  static std::deque<Fact> Introduce(std::vector<const Fact*>* order) {
    std::deque<Fact> people;
    for (std::size_t i = 0, end = order->size(); i < end; ++i) {
      if (!IsAssignment(*(*order)[i])) continue;
      people.push_back(*(*order)[i]);
      people.back().author = people.back().assignee;
      order->push_back(&people.back());
    }
    return people;
  }

  const std::size_t current_;
  const std::deque<Fact> people_;
  Roster roster_;
  std::vector<Claimant> claimants_;
};

}  // namespace

News FindNews(const TicketContext& context, const FactSet& facts, const Standing& standing,
              const TermsHistory& terms, std::size_t current, const Pins& pins, absl::Time now) {
  News news;
  const bool claimed = std::any_of(standing.claims.begin(), standing.claims.end(),
                                   [](const ClaimStanding& claim) { return !claim.released; });
  if (!claimed || !standing.opened) return news;
  // Rationale: most tickets are open and were never handed over, and sorting the facts is slow.
  int assignments = 0;
  for (const auto& [id, fact] : facts) assignments += fact.kind == FactKind::kAssigned ? 1 : 0;
  if (standing.open && assignments < 2 && standing.ratings.empty()) return news;
  const std::vector<const Fact*> order = facts.InOrder();
  const Finder finder(context, standing, terms, current, now);
  for (const Rating& rating : standing.ratings) {
    // Anybody may have said what is not verified: the team reads it in its list.
    const bool low = rating.mark <= kLowMark && rating.mark < rating.scale;
    if (low && rating.verified) finder.TellRating(rating, &news);
  }
  finder.AskToRate(&news);
  if (const Fact* closing = LastClosing(order, standing)) {
    const Actor& by = closing->actor;
    const bool is_known = !by.login.empty() || !by.id.empty();
    finder.Tell(NoticeKind::kClosed, *closing, closing->at,
                is_known ? absl::StrCat("closed by ", NameOf(by)) : "closed", &news);
  }
  const std::vector<HandOver> hand_overs = HandOvers(order);
  // Rationale: no question to the forge is asked only because of old events.
  const bool any = std::any_of(hand_overs.begin(), hand_overs.end(),
                               [&](const HandOver& one) { return one.at + kLongAgo > now; });
  if (!any) return news;
  Assigned assigned(context, terms, current, pins, standing, order);
  News unsure;
  for (const HandOver& one : hand_overs) {
    if (one.at + kLongAgo <= now) continue;
    // Compute both roles before testing them, so that both questions are asked at once.
    const Role from = assigned.RoleOf(one.from, one.at);
    const Role to = assigned.RoleOf(one.to, one.at);
    const auto may_be = [](Role role) {
      return role == Role::kResponder || role == Role::kUnknown;
    };
    if (!may_be(from) || !may_be(to)) continue;
    const bool sure = from == Role::kResponder && to == Role::kResponder;
    finder.Tell(NoticeKind::kHandOver, *one.assigned, one.at,
                absl::StrCat("handed over from ", NameOf(one.from), " to ", NameOf(one.to)),
                sure ? &news : &unsure);
  }
  news.wake_at = std::min(news.wake_at, unsure.wake_at);
  for (const Notice& notice : unsure.notices) news.held.insert(notice.id);
  news.questions.assign(assigned.questions().begin(), assigned.questions().end());
  return news;
}

}  // namespace retainer::core
