// The fields of a ticket's record: part of records.h, which includes this.
#pragma once

#include "retainer/ticket_record.h"
#include "src/store/codec/fields.h"

namespace retainer::store {

// ---- Tickets

template <class Io>
void Describe(Io& io, OpenPromise& promise) {
  io(1, promise.metric);
  io(2, promise.kind);
  io(3, promise.paused);
  io(4, promise.at_risk_at);
  io(5, promise.due);
}

template <class Io>
void Describe(Io& io, Interval& span) {
  io(1, span.from);
  io(2, span.until);
}

template <class Io>
void Describe(Io& io, TicketUse& use) {
  io(1, use.open);
  io(2, use.this_month);
}

template <class Io>
void Describe(Io& io, AllowanceUse& use) {
  io(1, use.priorities);
  io(2, use.tickets);
}

template <class Io>
void Describe(Io& io, HoursLeft& left) {
  io(1, left.block);
  io(2, left.left);
  io(3, left.amount);
  io(4, left.until);
}

template <class Io>
void Describe(Io& io, ClaimRecord& claim) {
  io(1, claim.customer);
  io(2, claim.plan);
  io(3, claim.priority);
  io(4, claim.settled);
  io(5, claim.promises);
  io(6, claim.hidden);
  io(7, claim.trial);
  io(8, claim.request);
}

// The value of a row of a commitment that is owed: what its key does not contain.
struct OwedRecord {
  std::string url;
  std::vector<OpenPromise> promises;
};

template <class Io>
void Describe(Io& io, OwedRecord& owed) {
  io(1, owed.url);
  io(2, owed.promises);
}

template <class Io>
void Describe(Io& io, EndingCount& ending) {
  io(1, ending.customer);
  io(2, ending.metric);
  io(3, ending.ending);
  io(4, ending.day);
  io(5, ending.took);
  io(6, ending.count);
  io(7, ending.trial);
}

template <class Io>
void Describe(Io& io, PublicPromise& promise) {
  io(1, promise.metric);
  io(2, promise.kind);
  io(3, promise.state);
  io(4, promise.due);
}

template <class Io>
void Describe(Io& io, ChangeRecord& change) {
  io(1, change.state);
  io(2, change.base);
  io(3, change.head);
  io(4, change.merge);
  io(5, change.fixes);
  io(6, change.checked);
}

template <class Io>
void Describe(Io& io, HiddenSpan& span) {
  io(1, span.since);
  io(2, span.until);
}

template <class Io>
void Describe(Io& io, HiddenOwed& owed) {
  io(1, owed.shift_seconds);
  io(2, owed.broken);
  io(3, owed.at_risk);
}

// Fields of a TicketRecord that lists do not need.
inline constexpr FieldSet kUnlistedFields{13, 16, 20, 25, 27, 31, 37};

template <class Io>
void Describe(Io& io, Question& question) {
  io(1, question.kind);
  io(2, question.actor);
  io(3, question.organization);
  io(4, question.reference);
}

template <class Io>
void Describe(Io& io, OpenQuestions& open) {
  io(1, open.everybody);
  io(2, open.hidden);
  io(3, open.ask_everybody);
  io(4, open.ask_hidden);
  io(5, open.held);
  io(6, open.turn);
  io(7, open.joined);
}

template <class Io>
void Describe(Io& io, TicketRecord& record) {
  io(1, record.key);
  io(2, record.version);
  io(3, record.title);
  io(4, record.url);
  io(5, record.tracked);
  io(6, record.project_path);
  io(7, record.open);
  io(8, record.customers);
  io(9, record.priorities);
  io(10, record.worst);
  io(11, record.next_due);
  io(12, record.wake_at);
  io(13, record.clock_states);
  io(14, record.terms_id);
  io(15, record.claims);
  io(16, record.endings);
  io(17, record.questions);
  io(18, record.decided_at);
  io(19, record.change);
  io(20, record.promises);
  io(21, record.opened_at);
  io(22, record.updated_at);
  io(23, record.told_at);
  io(24, record.read_at);
  io(25, record.hidden_owed);
  io(26, record.outside_questions);
  io(27, record.asks);
  io(28, record.stage);
  io(29, record.stage_since);
  io(30, record.over);
  io(31, record.used);
  io(32, record.closed);
  io(33, record.with);
  io(34, record.teams);
  io(35, record.asked_since);
  io(36, record.waiting_since);
  io(37, record.hours);
}

}  // namespace retainer::store
