// Builds facts from plain values: the only place that sets a fact's id and fields.
//
// A webhook and the forge's API describe the same thing in different JSON. Both call these
// functions, so they produce the same fact with the same id. All functions are pure and
// thread-safe. Texts may hold any bytes.
//
// Ids:
//   opened, moved, came, deleted          one per ticket
//   comment, comment-deleted              one per object id
//   comment-edited, text-edited           object id and the second of the new version
//   label+, label-, assigned, unassigned  label or login, and the forge's second
//   label-renamed                         the present name, and a digest of the delivery
//   closed, reopened                      the forge's second
//   labels, visibility                    (value and) the second of the ticket's version
//   action                                what, who and the second
//   reference                             subject and the second of the answer
//
// Times: forges write whole seconds in webhooks and sometimes milliseconds in their APIs. A fact's
// `at` is the whole second, so that both give the same value. If no time is stated, `at` is the
// time of receipt (`at_receipt`). The same applies to a time more than 10 minutes ahead of its
// receipt; the id still uses the stated second.
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

// The most that a forge's time may be ahead of our clock before it is not believed.
inline constexpr absl::Duration kMaxAhead = absl::Minutes(10);

// How and when a fact was learnt.
struct Learnt {
  Provenance provenance = Provenance::kWebhook;
  absl::Time received = absl::UnixEpoch();
};

// When something happened, if the forge says so.
struct Moment {
  std::optional<absl::Time> stated;
  // Only if `stated` is not set: distinguishes this occurrence from others of the same kind and
  // subject (for example a digest of the signed data).
  std::string version;

  static Moment At(absl::Time time) { return {time, {}}; }
  static Moment Unstated(std::string_view version = {}) { return {{}, std::string(version)}; }
};

// Object ids, as subjects of comment facts. `id` is the forge's decimal number.
std::string IssueCommentId(std::string_view id);  // `comment/17`: GitHub, issues and changes
std::string ReviewId(std::string_view id);        // `review/5`: GitHub
// `review-comment/9`: GitHub, a comment on a line
std::string ReviewCommentId(std::string_view id);
std::string NoteId(std::string_view id);  // `note/9`: GitLab

// `text` is the opening text (Markdown). `labels`: those that the ticket was opened with.
Fact MakeOpened(const Learnt& learnt, const Actor& author, const Moment& at, std::string_view text,
                std::vector<std::string> labels = {});

Fact MakeComment(const Learnt& learnt, std::string_view object_id, const Actor& author,
                 const Moment& created, std::string_view text, bool internal = false);

// A GitHub review. Only its text counts: a verdict without a text (`approved`, `changes_requested`)
// acknowledges but answers nothing.
Fact MakeReview(const Learnt& learnt, std::string_view id, const Actor& author,
                const Moment& submitted, std::string_view text);

// A new version of a comment, review or note. `before`: the replaced text, if the forge tells it.
// `editor` is empty if the forge does not say who edited (an API that shows only the latest
// version).
Fact MakeCommentEdited(const Learnt& learnt, std::string_view object_id, const Actor& editor,
                       const Actor& author, const Moment& edited, std::string_view text,
                       std::optional<std::string_view> before, std::optional<absl::Time> created,
                       bool internal = false);

// Forges do not state the time of a deletion: pass Unstated then.
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

// A label of the project was renamed, which also renames it on the tickets.
Fact MakeLabelRenamed(const Learnt& learnt, std::string_view from, std::string_view to,
                      const Actor& actor, const Moment& at);

// The full set of labels that a body shows. `at` is the time of the ticket version that it shows
// (`updated_at`). Of two sets in the same second the larger one is kept, because labels that are
// added in one action appear one by one. Rationale: such a set does not contradict a label's own
// fact of the same second.
Fact MakeLabels(const Learnt& learnt, std::vector<std::string> labels, const Moment& at);

// The subject is the assignee's login.
Fact MakeAssigned(const Learnt& learnt, const Actor& assignee, const Actor& actor,
                  const Moment& at);
Fact MakeUnassigned(const Learnt& learnt, const Actor& assignee, const Actor& actor,
                    const Moment& at);

// `reason`: `completed`, `not_planned`, `duplicate`, `merged`; anything else becomes empty. A merge
// is one closing: if an API lists `merged` and `closed` separately, build only `merged`.
Fact MakeClosed(const Learnt& learnt, std::string_view reason, const Actor& actor,
                const Moment& at);
Fact MakeReopened(const Learnt& learnt, const Actor& actor, const Moment& at);

// `successor` is ToString(TicketKey), empty if the forge does not say.
Fact MakeMoved(const Learnt& learnt, std::string_view successor, const Actor& actor,
               const Moment& at);
Fact MakeDeleted(const Learnt& learnt, const Actor& actor, const Moment& at);

// The ticket was transferred here from `predecessor` (ToString(TicketKey), empty if the forge does
// not say). Its opening and earlier comments have to be read from the forge.
Fact MakeCame(const Learnt& learnt, std::string_view predecessor, const Moment& at);

Fact MakeVisibility(const Learnt& learnt, bool confidential, const Actor& actor, const Moment& at);

// The forge's present answer to the question which ticket is meant. Subject and value as in fact.h.
Fact MakeReference(const Learnt& learnt, std::string_view subject, std::string_view value);

// Anything else that a person did on the ticket: `milestoned`, `review_requested`, …
Fact MakeAction(const Learnt& learnt, std::string_view what, const Actor& actor, const Moment& at);

}  // namespace retainer
