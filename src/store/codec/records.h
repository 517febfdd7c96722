// The fields of every persisted type, by tag (format: codec/fields.h). Tags are never reused; a new
// field gets the next number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "retainer/store.h"
#include "src/store/codec/fields.h"
#include "src/store/codec/ledger_records.h"
#include "src/store/codec/ticket_records.h"

namespace retainer::store {

// ---- Enumerations: the numbers that this version knows

inline NumberRange KnownNumbers(Enumeration<TicketKind>) { return {1, 2}; }
inline NumberRange KnownNumbers(Enumeration<Stage>) { return {1, 6}; }
inline NumberRange KnownNumbers(Enumeration<FactKind>) { return {1, 28}; }
inline NumberRange KnownNumbers(Enumeration<Provenance>) { return {1, 5}; }
inline NumberRange KnownNumbers(Enumeration<CommandName>) { return {1, 15}; }
inline NumberRange KnownNumbers(Enumeration<ClockState>) { return {1, 9}; }
inline NumberRange KnownNumbers(Enumeration<NoticeKind>) { return {1, 12}; }
inline NumberRange KnownNumbers(Enumeration<Metric>) { return {1, 6}; }
inline NumberRange KnownNumbers(Enumeration<PromiseKind>) { return {1, 2}; }
inline NumberRange KnownNumbers(Enumeration<Ending>) { return {1, 5}; }
inline NumberRange KnownNumbers(Enumeration<CommentView::Kind>) { return {0, 4}; }
inline NumberRange KnownNumbers(Enumeration<CheckView::Verdict>) { return {1, 3}; }
inline NumberRange KnownNumbers(Enumeration<FaceReaction::Kind>) { return {1, 2}; }
inline NumberRange KnownNumbers(Enumeration<ChangeState>) { return {1, 3}; }
inline NumberRange KnownNumbers(Enumeration<Question::Kind>) { return {0, 5}; }
inline NumberRange KnownNumbers(Enumeration<FaceTurn>) { return {0, 2}; }
inline NumberRange KnownNumbers(Enumeration<DeliveryOrigin>) { return {0, 1}; }

// ---- Names

template <class Io>
void Describe(Io& io, TicketKey& key) {
  io(1, key.forge);
  io(2, key.project);
  io(3, key.kind);
  io(4, key.number);
}

template <class Io>
void Describe(Io& io, ProjectKey& key) {
  io(1, key.forge);
  io(2, key.id);
}

template <class Io>
void Describe(Io& io, Actor& actor) {
  io(1, actor.id);
  io(2, actor.login);
  io(3, actor.machine);
}

// ---- Facts

template <class Io>
void Describe(Io& io, Command& command) {
  io(1, command.name);
  io(2, command.argument);
  io(3, command.bare);
}

template <class Io>
void Describe(Io& io, TextFeatures& text) {
  io(1, text.substance);
  io(2, text.thanks);
  io(3, text.commands);
  io(4, text.form_priority);
  io(5, text.mistyped);
  io(6, text.asks);
}

// A fact stores only the features of a text, with the version of the reader that found them (tag
// 18). Only an inbox body contains the text itself.
struct StoredFact {
  Fact fact;
  std::uint32_t features_version = kTextFeaturesVersion;
};

template <class Io>
void Describe(Io& io, StoredFact& stored) {
  Fact& fact = stored.fact;
  io(1, fact.id);
  io(2, fact.kind);
  io(3, fact.provenance);
  io(4, fact.at);
  io(5, fact.at_receipt);
  io(6, fact.actor);
  io(7, fact.author);
  io(8, fact.assignee);
  io(9, fact.subject);
  io(10, fact.value);
  io(11, fact.internal);
  io(12, fact.text);
  io(13, fact.before);
  io(14, fact.created);
  io(15, fact.labels);
  io(16, fact.expires);
  io(17, fact.revision);
  io(18, stored.features_version);
}

// ---- Faces

template <class Io>
void Describe(Io& io, ShownTime& time) {
  io(1, time.at);
  io(2, time.zone);
}

template <class Io>
void Describe(Io& io, PromiseRow& row) {
  io(1, row.claim);
  io(2, row.promise);
  io(3, row.target);
  io(4, row.state);
  io(5, row.due);
  io(6, row.took);
  io(7, row.finished);
  io(8, row.late);
  io(9, row.untimed);
}

template <class Io>
void Describe(Io& io, CommentView& view) {
  io(1, view.kind);
  io(2, view.priority);
  io(3, view.headline);
  io(4, view.due);
  io(5, view.with);
  io(6, view.next);
  io(7, view.question_url);
  io(8, view.refusals);
  io(9, view.rows);
  io(10, view.targets_only);
  io(11, view.called);
  io(12, view.stage);
  io(13, view.trial);
  io(14, view.hours);
  io(15, view.rate);
}

template <class Io>
void Describe(Io& io, FaceLabel& label) {
  io(1, label.name);
  io(2, label.color);
  io(3, label.description);
}

template <class Io>
void Describe(Io& io, CheckRow& row) {
  io(1, row.ticket);
  io(2, row.url);
  io(3, row.promise);
  io(4, row.state);
  io(5, row.due);
  io(6, row.late);
  io(7, row.aim);
}

template <class Io>
void Describe(Io& io, CheckView& view) {
  io(1, view.commit);
  io(2, view.verdict);
  io(3, view.rows);
}

template <class Io>
void Describe(Io& io, FaceReaction& reaction) {
  io(1, reaction.object);
  io(2, reaction.kind);
}

template <class Io>
void Describe(Io& io, ShownReaction& shown) {
  io(1, shown.reaction);
  io(2, shown.id);
}

template <class Io>
void Describe(Io& io, Face& face) {
  io(1, face.comment);
  io(2, face.discloses);
  io(3, face.labels);
  io(4, face.absent_labels);
  io(5, face.assignees);
  io(6, face.check);
  io(7, face.reactions);
  io(8, face.given_labels);
}

// Whether the forge shows the last desired face of a ticket.
enum class FaceState : std::uint8_t {
  kReached = 1,
  kDirty = 2,
  kDead = 3,  // given up: it is in the dead-letter table
  kBacklog = 4,
};
inline NumberRange KnownNumbers(Enumeration<FaceState>) { return {1, 4}; }

struct FaceRecord {
  Face face;
  std::uint64_t generation = 0;
  FaceState state = FaceState::kReached;
  // Since when it is dirty or in the backlog. Does not change when the face changes meanwhile.
  absl::Time since;
  absl::Time not_before;
  std::uint8_t rank = 1;
  bool look = false;
};

template <class Io>
void Describe(Io& io, FaceRecord& record) {
  io(1, record.face);
  io(2, record.generation);
  io(3, record.state);
  io(4, record.since);
  io(5, record.not_before);
  io(6, record.rank);
  io(7, record.look);
}

template <class Io>
void Describe(Io& io, RefusedLabel& label) {
  io(1, label.name);
  io(2, label.reason);
  io(3, label.at);
}

template <class Io>
void Describe(Io& io, ShownFace& shown) {
  io(1, shown.comment_id);
  io(2, shown.comment_digest);
  io(3, shown.discloses);
  io(4, shown.intent);
  io(5, shown.intent_at);
  io(6, shown.labels);
  io(7, shown.face_digest);
  io(8, shown.attempts);
  io(9, shown.check_commit);
  io(10, shown.check_id);
  io(11, shown.check_digest);
  io(12, shown.check_intent);
  io(13, shown.check_intent_at);
  io(14, shown.unsure_labels);
  io(15, shown.assignees);
  io(16, shown.unsure_assignees);
  io(17, shown.refused_labels);
  io(18, shown.deleted_comment);
  io(30, shown.reactions);
  io(31, shown.given);
}

template <class Io>
void Describe(Io& io, Sweep& sweep) {
  io(1, sweep.forge);
  io(2, sweep.project);
  io(3, sweep.after);
  io(4, sweep.account);
}

template <class Io>
void Describe(Io& io, Reevaluation& reevaluation) {
  io(1, reevaluation.cause);
  io(2, reevaluation.sweeps);
  io(3, reevaluation.judged);
}

template <class Io>
void Describe(Io& io, DeadFace& dead) {
  io(1, dead.ticket);
  io(2, dead.reason);
  io(3, dead.at);
}

// ---- Notices

template <class Io>
void Describe(Io& io, Notice& notice) {
  io(1, notice.id);
  io(2, notice.kind);
  io(3, notice.ticket);
  io(4, notice.customer);
  io(5, notice.metric);
  io(6, notice.at);
  io(7, notice.due);
  io(8, notice.teams);
  io(9, notice.text);
  io(10, notice.is_private);
  io(11, notice.withdraws);
  io(12, notice.ref);
  io(13, notice.url);
  io(14, notice.run);
  io(15, notice.step);
  io(16, notice.telling);
  io(17, notice.told_since);
  io(18, notice.crm);
}

// Contains the fields of Notice directly, so a stored Notice can be read as the record of one that
// is not being posted.
template <class Io>
void Describe(Io& io, NoticeRecord& record) {
  Describe(io, record.notice);
  io(20, record.posting_since);
  io(21, record.told);
  io(22, record.attempts);
  io(23, record.again_at);
  io(24, record.failing_since);
  io(25, record.posted_at);
  io(26, record.digests);
  io(27, record.troubles);
}

template <class Io>
void Describe(Io& io, DeadNotice& dead) {
  Describe(io, dead.record);
  io(30, dead.reason);
  io(31, dead.at);
}

// ---- Inbox

// A delivery without its body.
struct DeliveryRecord {
  std::string id;
  std::string event_type;
  absl::Time received;
  // Only for one that is set aside:
  std::string reason;
  absl::Time set_aside_at;
  bool bound = false;
  std::string project;  // only for a held one: the id of its project
  DeliveryOrigin origin = DeliveryOrigin::kReceived;
  std::string trace;
};

template <class Io>
void Describe(Io& io, DeliveryRecord& record) {
  io(1, record.id);
  io(2, record.event_type);
  io(3, record.received);
  io(4, record.reason);
  io(5, record.set_aside_at);
  io(6, record.bound);
  io(7, record.project);
  io(8, record.origin);
  io(9, record.trace);
}

// ---- Terms, projects, tokens

template <class Io>
void Describe(Io& io, StoredTerms& terms) {
  io(1, terms.id);
  io(2, terms.effective);
  io(3, terms.files);
  io(4, terms.source.commit);
  io(5, terms.source.author);
  io(6, terms.source.subject);
  io(7, terms.source.committed);
}

template <class Io>
void Describe(Io& io, FormerName& name) {
  io(1, name.path);
  io(2, name.terms_id);
}

template <class Io>
void Describe(Io& io, ProjectRecord& project) {
  io(1, project.key);
  io(2, project.path);
  io(3, project.url);
  io(4, project.is_private);
  io(5, project.installation_id);
  io(6, project.first_seen);
  io(7, project.told_at);
  io(8, project.former);
  io(9, project.members_only);
}

template <class Io>
void Describe(Io& io, ResyncRecord& resync) {
  io(1, resync.project);
  io(2, resync.cause);
  io(3, resync.since);
  io(4, resync.kind);
  io(5, resync.from);
  io(6, resync.page);
  io(7, resync.read);
  io(8, resync.began);
  io(9, resync.finished);
  io(10, resync.trouble);
  io(11, resync.covered);
  io(12, resync.then_since);
}

template <class Io>
void Describe(Io& io, TokenRecord& token) {
  io(1, token.id);
  io(2, token.hash);
  io(3, token.scope);
  io(4, token.project);
  io(5, token.customer);
  io(6, token.created);
  io(7, token.expires);
  io(8, token.revoked);
}

template <class Io>
void Describe(Io& io, GateOverride& record) {
  io(1, record.id);
  io(2, record.project);
  io(3, record.by);
  io(4, record.reason);
  io(5, record.from);
  io(6, record.until);
  io(7, record.withdrawn);
  io(8, record.withdrawn_by);
}

}  // namespace retainer::store
