// Facts from plain values: the one place where a fact's id and its fields come together.
//
// A webhook and a later reading of the forge's API describe the same thing in different JSON. Both
// come through here, so that they end as one fact under one id. All functions are pure and
// thread-safe; texts may hold any bytes.
//
// Ids:
//   opened, moved, came, deleted          one a ticket
//   comment, comment-deleted              one an object id
//   comment-edited, text-edited           object id and the second of the new version
//   label+, label-, assigned, unassigned  label or login, and the forge's second
//   label-renamed                         the name now, and which delivery told
//   closed, reopened                      the forge's second
//   labels, visibility                    (value and) the second of the ticket's version
//   action                                what, who and the second
//   reference                             subject and the second of the answer
//
// Times: forges write whole seconds in webhooks and sometimes milliseconds in their APIs; a fact's
// `at` is the whole second, so that both read the same. What states no time takes its receipt
// (`at_receipt`); so does a time more than 10 minutes ahead of its receipt, under the id of the
// stated second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/fact.h"
#include "retainer/ids.h"

namespace retainer {

// How far ahead of our clock a forge's may be before it is not believed.
inline constexpr absl::Duration kMaxAhead = absl::Minutes(10);

// How and when a fact came to us.
struct Learnt {
  Provenance provenance = Provenance::kWebhook;
  absl::Time received = absl::UnixEpoch();
};

// When something happened, as far as the forge says.
struct Moment {
  std::optional<absl::Time> stated;
  // Where nothing is stated: what tells this occurrence from another of the same kind and subject
  // (e.g. a digest of what was signed). Not used where a time is stated.
  std::string version;

  static Moment At(absl::Time time) { return {time, {}}; }
  static Moment Unstated(std::string_view version = {}) { return {{}, std::string(version)}; }
};

// Object ids, as subjects of comment facts. `id` is the forge's decimal number.
std::string IssueCommentId(std::string_view id);  // `comment/17`: GitHub, issues and changes
std::string ReviewId(std::string_view id);        // `review/5`: GitHub
std::string ReviewCommentId(
    std::string_view id);                 // `review-comment/9`: GitHub, a comment on a line
std::string NoteId(std::string_view id);  // `note/9`: GitLab

// `text` is the opening text (Markdown). `labels`: those the ticket was opened with.
Fact MakeOpened(const Learnt& learnt, const Actor& author, const Moment& at, std::string_view text,
                std::vector<std::string> labels = {});

Fact MakeComment(const Learnt& learnt, std::string_view object_id, const Actor& author,
                 const Moment& created, std::string_view text, bool internal = false);

// A GitHub review. It says what its text says: a verdict without a word (`approved`,
// `changes_requested`) acknowledges, and answers nothing.
Fact MakeReview(const Learnt& learnt, std::string_view id, const Actor& author,
                const Moment& submitted, std::string_view text);

// A new version of a comment, review or note. `before` where the forge tells the text it replaced.
// An API that shows only the latest version: `editor` is left empty where it does not say who.
Fact MakeCommentEdited(const Learnt& learnt, std::string_view object_id, const Actor& editor,
                       const Actor& author, const Moment& edited, std::string_view text,
                       std::optional<std::string_view> before, std::optional<absl::Time> created,
                       bool internal = false);

// Forges tell no time of a deletion: give Unstated where there is none.
Fact MakeCommentDeleted(const Learnt& learnt, std::string_view object_id, const Actor& deleter,
                        const Actor& author, const Moment& at, bool internal = false);

// A new version of the opening text.
Fact MakeTextEdited(const Learnt& learnt, const Actor& editor, const Actor& author,
                    const Moment& edited, std::string_view text,
                    std::optional<std::string_view> before, std::optional<absl::Time> created);

Fact MakeLabelAdded(const Learnt& learnt, std::string_view label, const Actor& actor,
                    const Moment& at);
Fact MakeLabelRemoved(const Learnt& learnt, std::string_view label, const Actor& actor,
                      const Moment& at);

// A label of the project got another name, and with it the tickets that it is on.
Fact MakeLabelRenamed(const Learnt& learnt, std::string_view from, std::string_view to,
                      const Actor& actor, const Moment& at);

// The full set of labels that a body shows; `at` is when the ticket's version shown was made
// (`updated_at`). Of two sets within one second the larger is kept: labels put on in one go show
// one by one. Rationale: such a set says nothing against a label's own fact of the same second.
Fact MakeLabels(const Learnt& learnt, std::vector<std::string> labels, const Moment& at);

// The subject is the assignee's login.
Fact MakeAssigned(const Learnt& learnt, const Actor& assignee, const Actor& actor,
                  const Moment& at);
Fact MakeUnassigned(const Learnt& learnt, const Actor& assignee, const Actor& actor,
                    const Moment& at);

// `reason`: `completed`, `not_planned`, `duplicate`, `merged`; anything else is kept as empty. A
// merge is one closing: where an API lists `merged` and `closed` apart, only the former is built.
Fact MakeClosed(const Learnt& learnt, std::string_view reason, const Actor& actor,
                const Moment& at);
Fact MakeReopened(const Learnt& learnt, const Actor& actor, const Moment& at);

// `successor` is ToString(TicketKey), empty where the forge does not say.
Fact MakeMoved(const Learnt& learnt, std::string_view successor, const Actor& actor,
               const Moment& at);
Fact MakeDeleted(const Learnt& learnt, const Actor& actor, const Moment& at);

// The ticket came here by a transfer from `predecessor` (ToString(TicketKey), empty where the forge
// does not say): its opening, and what was said before, is to be read from the forge.
Fact MakeCame(const Learnt& learnt, std::string_view predecessor, const Moment& at);

Fact MakeVisibility(const Learnt& learnt, bool confidential, const Actor& actor, const Moment& at);

// What the forge says of which ticket is meant, as of now; subject and value as in fact.h.
Fact MakeReference(const Learnt& learnt, std::string_view subject, std::string_view value);

// Anything else that a person did on the ticket: `milestoned`, `review_requested`, …
Fact MakeAction(const Learnt& learnt, std::string_view what, const Actor& actor, const Moment& at);

}  // namespace retainer
