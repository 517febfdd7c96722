#include "src/pipeline/draft.h"

#include <algorithm>

#include "retainer/names.h"
#include "src/pipeline/strays.h"

namespace retainer::pipeline {
namespace {

// True if a fact is an act of somebody other than us.
bool TellsOfPeople(const std::vector<const Fact*>& facts, const std::string& self_id) {
  return std::any_of(facts.begin(), facts.end(), [&](const Fact* fact) {
    switch (fact->kind) {
      case FactKind::kLabels:
      case FactKind::kChangeSeen:
      case FactKind::kOwnComment:
      case FactKind::kPermission:
      case FactKind::kMembership:
      case FactKind::kProfile:
      case FactKind::kReference:
      case FactKind::kWorkAnswered:
        return false;
      default:
        return self_id.empty() || fact->actor.id != self_id;
    }
  });
}

// The facts that no decision has used yet: those of the news, and those of held news.
std::vector<const Fact*> NewFacts(const Draft& draft) {
  std::vector<const Fact*> facts;
  const auto add = [&](const Fact* fact) {
    if (fact != nullptr && std::find(facts.begin(), facts.end(), fact) == facts.end()) {
      facts.push_back(fact);
    }
  };
  for (const Fact& fact : draft.decision.new_facts) add(draft.decision.facts.Find(fact.id));
  for (const std::string& id : draft.stored.record.asks.joined) add(draft.decision.facts.Find(id));
  return facts;
}

FaceTurn TurnOf(const Draft& draft) {
  if (draft.news.backlog) return FaceTurn::kBacklog;
  if (!draft.news.answers && !draft.news.facts.empty()) return FaceTurn::kNow;
  return draft.stored.record.asks.turn;
}

// The parts of the write that show and tell, and those for lists, the gate and the figures.
void TakeDecision(const Draft& draft, const TermsHistory& terms,
                  const std::vector<const Fact*>& new_facts, absl::Time now, DecisionWrite* write) {
  const Decision& decision = draft.decision;
  const Standing& standing = decision.standing;
  TicketRecord& record = write->record;
  record.tracked = Covers(terms, NamesOf(draft.context));
  record.open = standing.open && !standing.gone;
  record.customers.clear();
  record.priorities.clear();
  bool shows_payer = false;
  for (const ClaimRecord& claim : decision.claims) {
    record.customers.push_back(claim.customer);
    record.priorities.push_back(claim.priority);
    const Customer* customer =
        terms.empty() ? nullptr : terms.back()->policy.FindCustomer(claim.customer);
    shows_payer = shows_payer || (customer != nullptr && customer->is_public);
  }
  record.claims = decision.claims;
  record.over.clear();
  for (const OverAllowance& over : standing.over) record.over.push_back(over.customer);
  record.used = draft.context.used;
  record.hours = draft.context.hours;
  record.endings = decision.endings;
  // Questions that were not asked yet will be answered soon; everything else is known.
  const std::size_t asked =
      draft.asks.ask_hidden ? decision.outside_questions.size() : standing.questions.size();
  record.questions = decision.claims_hang ? static_cast<std::uint32_t>(asked) : 0;
  record.outside_questions = decision.outside_claims_hang
                                 ? static_cast<std::uint32_t>(decision.outside_questions.size())
                                 : 0;
  record.decided_at = now;
  record.stage = standing.stage;
  record.stage_since = standing.stage_since;
  record.closed = standing.closed;
  record.with = WithWhom(standing);
  record.teams = TeamsOf(standing, terms.back()->policy);
  record.asked_since = standing.asked_since;
  record.waiting_since.reset();
  if (standing.waiting.now) record.waiting_since = standing.waiting.since;
  record.worst = standing.worst;
  record.next_due = standing.next_due;
  record.clock_states = ClockStates(standing);
  record.terms_id = standing.terms_id;
  if (decision.promises) record.promises = *decision.promises;
  if (decision.change) record.change = decision.change;

  write->face = decision.face;
  // Rationale: the order of edits must not tell a private customer's ticket from a community one.
  write->face_rank = shows_payer ? 0 : 1;
  write->face_turn = TurnOf(draft);
  // Somebody removed a label of ours that is still wanted: show the same face again.
  if (decision.face) {
    for (const Fact* fact : new_facts) {
      const bool ours = !draft.context.self_id.empty() && fact->actor.id == draft.context.self_id;
      if (fact->kind != FactKind::kLabelRemoved || ours) continue;
      for (const FaceLabel& label : decision.face->labels) {
        if (SameName(label.name, fact->subject)) write->face_again = true;
      }
    }
  }
  // Our account has a comment that is not on record: the dispatcher looks at it.
  if (decision.face && !new_facts.empty()) {
    for (const Fact* stray : Strays(decision.facts, draft.context.self_id)) {
      write->face_look = write->face_look ||
                         std::find(new_facts.begin(), new_facts.end(), stray) != new_facts.end();
    }
  }
  for (const Notice& notice : decision.notices) {
    // Nobody can still meet what was due before we could know of it. An announcement that was wrong
    // is withdrawn all the same.
    const absl::Time due = notice.due == absl::InfiniteFuture() ? notice.at : notice.due;
    if (!notice.withdraws.empty() || due > record.read_at) write->notices.push_back(notice);
  }
  write->ledger.changes = decision.record.changes;
}

}  // namespace

DecisionWrite MakeWrite(const Draft& draft, const TermsHistory& terms, absl::Time now) {
  const Decision& decision = draft.decision;
  const std::vector<const Fact*> new_facts = NewFacts(draft);
  DecisionWrite write;
  write.record = draft.stored.record;
  TicketRecord& record = write.record;
  record.key = draft.key;
  if (draft.news.ticket) TakeTold(*draft.news.ticket, &record);
  record.project_path = draft.context.path;
  ForgetTimes(&record);
  for (const auto& [id, fact] : decision.facts) TakeTimes(fact, &record);
  const bool first = draft.stored.record.version == 0;
  if (draft.news.read_back && (first || TellsOfPeople(new_facts, draft.context.self_id))) {
    record.read_at = now;
  }
  absl::Time wake = std::min({decision.wake_at, draft.ask_again, draft.hours_change});
  // Rationale: a wake-up that is not in the future would stay due for ever.
  if (wake <= now) wake = now + absl::Seconds(1);
  record.wake_at.reset();
  if (wake != absl::InfiniteFuture()) record.wake_at = wake;

  write.facts = decision.new_facts;
  write.ledger = decision.record;
  write.ledger.changes.clear();
  record.asks = draft.asks;
  if (draft.asks.held) {
    record.asks.turn = TurnOf(draft);
    for (const Fact* fact : new_facts) record.asks.joined.push_back(fact->id);
  } else {
    TakeDecision(draft, terms, new_facts, now, &write);
  }
  if (draft.news.inbox_seq) {
    write.inbox_done = draft.news.inbox_seq;
    write.inbox_done_forge = draft.key.forge;
  }
  write.project = draft.news.project;
  write.pins = draft.pins;
  write.relies_on = draft.rides;
  for (const auto& [customer, added] : draft.customers) write.customers.push_back(added);
  return write;
}

}  // namespace retainer::pipeline
