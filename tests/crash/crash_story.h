// What the writer of the crash test writes, so that the test knows what to expect.
#pragma once

#include <string>

#include "retainer/store.h"

namespace retainer {

inline constexpr const char* kCrashForges[] = {"one", "two", "three"};
inline constexpr int kCrashTickets = 3;

inline TicketKey CrashTicket(const std::string& forge, int number) {
  return TicketKey{forge, "7", TicketKind::kIssue, number};
}

inline Delivery CrashDelivery(const std::string& forge, const std::string& id) {
  Delivery delivery;
  delivery.forge = forge;
  delivery.id = id;
  delivery.event_type = "issue_comment";
  delivery.body = "{\"id\":\"" + id + "\",\"padding\":\"" + std::string(500, 'x') + "\"}";
  delivery.received = absl::FromUnixSeconds(1'767'225'600);
  return delivery;
}

inline std::string CrashFactId(const std::string& delivery_id) {
  return MakeFactId(FactKind::kComment, delivery_id, "");
}

// All of its content follows from the version that it makes, so a partial write is noticed.
inline DecisionWrite CrashDecision(const StoredTicket& ticket, const InboxEntry& entry) {
  const std::uint64_t next = ticket.record.version + 1;
  DecisionWrite write;
  write.record = ticket.record;
  write.record.customers = {next % 2 == 0 ? "even" : "odd"};
  write.record.priorities = {"P1"};
  write.record.next_due = absl::FromUnixSeconds(static_cast<std::int64_t>(next));
  write.record.wake_at = absl::FromUnixSeconds(static_cast<std::int64_t>(next) * 2);
  Fact fact;
  fact.kind = FactKind::kComment;
  fact.subject = entry.delivery.id;
  fact.id = CrashFactId(entry.delivery.id);
  write.facts = {fact};
  write.face = Face();
  write.face->assignees = {std::to_string(next)};
  Notice notice;
  notice.id = ToString(ticket.record.key) + "/" + std::to_string(next);
  notice.ticket = ticket.record.key;
  write.notices = {notice};
  write.ledger.ticket = ticket.record.key;
  write.ledger.facts = {fact.id};
  write.inbox_done = entry.seq;
  write.inbox_done_forge = entry.delivery.forge;
  return write;
}

}  // namespace retainer
