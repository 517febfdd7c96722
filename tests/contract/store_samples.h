// Records with every field set, for the tests of stores.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "retainer/store.h"

namespace retainer {

inline absl::Time At(int seconds) { return absl::FromUnixSeconds(1'767'225'600 + seconds); }

inline TicketKey SampleTicket(std::int64_t number, const std::string& project = "1296269") {
  return TicketKey{"github", project, TicketKind::kIssue, number};
}

inline Delivery SampleDelivery(const std::string& id, const std::string& forge = "github") {
  Delivery delivery;
  delivery.forge = forge;
  delivery.id = id;
  delivery.event_type = "issues";
  delivery.body = "{\"action\":\"opened\",\"id\":\"" + id + "\"}";
  delivery.received = At(0);
  return delivery;
}

inline Fact SampleFact(const std::string& subject) {
  Fact fact;
  fact.kind = FactKind::kComment;
  fact.id = MakeFactId(fact.kind, subject, "");
  fact.at = At(5) + absl::Nanoseconds(7);
  fact.actor = Actor{"583231", "alice", false};
  fact.author = Actor{"583231", "alice", false};
  fact.subject = subject;
  fact.text.substance = true;
  fact.text.commands = {Command{CommandName::kPriority, "P1", true}};
  fact.text.form_priority = "P2";
  fact.text.mistyped = "waitng";
  fact.text.asks = true;
  fact.before = TextFeatures{};
  fact.created = At(4);
  fact.labels = {"bug", ""};
  fact.expires = absl::InfiniteFuture();
  fact.revision = 3;
  return fact;
}

inline DecisionWrite SampleWrite(const TicketKey& key, std::uint64_t version) {
  DecisionWrite write;
  write.record.key = key;
  write.record.version = version;
  write.record.title = "It crashes";
  write.record.url = "https://github.com/acme/opendb/issues/12";
  write.record.project_path = "acme/opendb";
  write.ledger.ticket = key;
  write.ledger.at = At(10);
  return write;
}

inline Face SampleFace(const std::string& headline) {
  Face face;
  face.comment.emplace();
  face.comment->kind = CommentView::Kind::kPromises;
  face.comment->headline = headline;
  face.comment->due = ShownTime{At(3600), "Europe/Paris"};
  face.comment->rows = {
      PromiseRow{"", "first reply", "1h", "running", ShownTime{At(3600), "Europe/Paris"}, ""}};
  face.discloses = {"acme"};
  face.labels = {FaceLabel{"support: gold", "ffcc00", "A paid plan"}};
  face.absent_labels = {"priority: P2"};
  face.assignees = {"alice"};
  return face;
}

inline Notice SampleNotice(const std::string& id) {
  Notice notice;
  notice.id = id;
  notice.kind = NoticeKind::kBreach;
  notice.ticket = SampleTicket(1);
  notice.customer = "acme";
  notice.metric = Metric::kUpdate;
  notice.at = At(20);
  notice.due = At(10);
  notice.teams = {"lead"};
  notice.text = "late";
  notice.is_private = false;
  return notice;
}

// A claim with one open commitment.
inline ClaimRecord SampleClaim(const std::string& customer, const std::string& priority,
                               absl::Time at_risk_at, absl::Time due) {
  ClaimRecord claim;
  claim.customer = customer;
  claim.plan = "gold";
  claim.priority = priority;
  claim.settled = ClockState::kMet;
  claim.promises = {{Metric::kFirstResponse, PromiseKind::kCommitment, false, at_risk_at, due}};
  return claim;
}

inline DecisionWrite SampleClaimed(const TicketKey& key, std::uint64_t version,
                                   std::vector<ClaimRecord> claims) {
  DecisionWrite write = SampleWrite(key, version);
  write.record.tracked = true;
  write.record.terms_id = "terms-1";
  write.record.decided_at = At(0);
  for (const ClaimRecord& claim : claims) {
    write.record.customers.push_back(claim.customer);
    write.record.priorities.push_back(claim.priority);
    const absl::Time due = DueOf(claim);
    if (due == absl::InfiniteFuture()) continue;
    write.record.next_due = std::min(write.record.next_due.value_or(due), due);
  }
  write.record.claims = std::move(claims);
  write.record.worst = StateAt(write.record, write.record.decided_at);
  return write;
}

}  // namespace retainer
