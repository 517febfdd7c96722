// The fields of the records about customers and people, by tag (format: codec/fields.h). Tags are
// never reused; a new field gets the next number.
#pragma once

#include <vector>

#include "retainer/customer_fact.h"
#include "retainer/people_store.h"
#include "retainer/pins.h"
#include "src/store/codec/fields.h"
#include "src/store/codec/records.h"

namespace retainer::store {

// The numbers that this version knows.
inline NumberRange KnownNumbers(Enumeration<CustomerFactKind>) { return {1, 11}; }
inline NumberRange KnownNumbers(Enumeration<SubscriptionAct>) { return {1, 7}; }

template <class Io>
void Describe(Io& io, Account& account) {
  io(1, account.forge);
  io(2, account.actor);
}

template <class Io>
void Describe(Io& io, Subscription& said) {
  io(1, said.act);
  io(2, said.sponsorable);
  io(3, said.id);
  io(4, said.began);
  io(5, said.tier);
  io(6, said.cents);
  io(7, said.tier_before);
  io(8, said.cents_before);
  io(9, said.one_time);
  io(10, said.trial);
  io(11, said.is_private);
  io(12, said.was_private);
  io(13, said.organization);
  io(14, said.effective);
}

template <class Io>
void Describe(Io& io, CustomerFact& fact) {
  io(1, fact.id);
  io(2, fact.customer);
  io(3, fact.kind);
  io(4, fact.at);
  io(5, fact.by);
  io(6, fact.account);
  io(7, fact.invitation);
  io(8, fact.hash);
  io(9, fact.uses);
  io(10, fact.expires);
  io(11, fact.entry);
  io(12, fact.ticket);
  io(13, fact.ticket_name);
  io(14, fact.text);
  io(15, fact.minutes);
  io(16, fact.accounted);
  io(17, fact.day);
  io(18, fact.subscription);
}

template <class Io>
void Describe(Io& io, JoinedTime& time) {
  io(1, time.customer);
  io(2, time.since);
  io(3, time.until);
}

// When an account was a contact of one customer. Derived from the customer's facts and changed in
// the same write.
struct ContactRow {
  std::vector<JoinedTime> times;
};

template <class Io>
void Describe(Io& io, ContactRow& row) {
  io(1, row.times);
}

template <class Io>
void Describe(Io& io, Session& session) {
  io(1, session.hash);
  io(2, session.account);
  io(3, session.created);
  io(4, session.expires);
  io(5, session.by_link);
}

template <class Io>
void Describe(Io& io, TicketText& text) {
  io(1, text.object);
  io(2, text.text);
  io(3, text.internal);
  io(4, text.at);
}

template <class Io>
void Describe(Io& io, AdminLink& link) {
  io(1, link.hash);
  io(2, link.by);
  io(3, link.created);
  io(4, link.expires);
}

}  // namespace retainer::store
