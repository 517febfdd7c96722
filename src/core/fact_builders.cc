#include "retainer/fact_builders.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "retainer/core.h"
#include "src/base/utf8.h"
#include "src/base/view.h"

namespace retainer {
namespace {

using base::View;

absl::Time WholeSecond(absl::Time time) { return absl::FromUnixSeconds(absl::ToUnixSeconds(time)); }

// The part of an id that distinguishes occurrences: the stated second, else `~` and the version. No
// second begins with `~`.
std::string Occurrence(const Moment& moment) {
  if (moment.stated) return absl::StrCat(absl::ToUnixSeconds(*moment.stated));
  return absl::StrCat("~", moment.version);
}

Fact Start(const Learnt& learnt, FactKind kind, std::string_view subject,
           std::string_view discriminator, const Moment& moment) {
  Fact fact;
  fact.id = MakeFactId(kind, subject, discriminator);
  fact.kind = kind;
  fact.provenance = learnt.provenance;
  fact.at_receipt = !moment.stated || *moment.stated > learnt.received + kMaxAhead;
  fact.at = WholeSecond(fact.at_receipt ? learnt.received : *moment.stated);
  return fact;
}

// A fact that is identified by kind, subject and time.
Fact Timed(const Learnt& learnt, FactKind kind, std::string_view subject, const Actor& actor,
           const Moment& moment) {
  Fact fact = Start(learnt, kind, subject, Occurrence(moment), moment);
  fact.subject = subject;
  fact.actor = actor;
  return fact;
}

// A fact that exists at most once per subject.
Fact Once(const Learnt& learnt, FactKind kind, std::string_view subject, const Actor& actor,
          const Moment& moment) {
  Fact fact = Start(learnt, kind, subject, "", moment);
  fact.subject = subject;
  fact.actor = actor;
  return fact;
}

std::vector<std::string> Sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// Also an empty text is kept: it replaces what was said before.
Said Keep(std::string_view text) {
  if (!base::IsUtf8(text)) text = {};
  return {std::make_shared<const std::string>(base::CutToBytes(text, kMostSaid))};
}

void SetEdit(Fact* fact, const Learnt& learnt, const Actor& author, std::string_view text,
             std::optional<std::string_view> before, std::optional<absl::Time> created,
             bool opening) {
  fact->author = author;
  fact->text = ReadText(text, opening);
  fact->said = Keep(text);
  if (before) fact->before = ReadText(*before, opening);
  if (created) fact->created = WholeSecond(std::min(*created, learnt.received));
}

}  // namespace

std::string IssueCommentId(std::string_view id) { return absl::StrCat("comment/", View(id)); }
std::string ReviewId(std::string_view id) { return absl::StrCat("review/", View(id)); }
std::string ReviewCommentId(std::string_view id) {
  return absl::StrCat("review-comment/", View(id));
}
std::string NoteId(std::string_view id) { return absl::StrCat("note/", View(id)); }

Fact MakeOpened(const Learnt& learnt, const Actor& author, const Moment& at, std::string_view text,
                std::vector<std::string> labels) {
  Fact fact = Once(learnt, FactKind::kOpened, "", author, at);
  fact.author = author;
  fact.text = ReadText(text, /*opening=*/true);
  fact.said = Keep(text);
  fact.labels = Sorted(std::move(labels));
  return fact;
}

Fact MakeComment(const Learnt& learnt, std::string_view object_id, const Actor& author,
                 const Moment& created, std::string_view text, bool internal) {
  Fact fact = Once(learnt, FactKind::kComment, object_id, author, created);
  fact.author = author;
  fact.internal = internal;
  fact.text = ReadText(text, /*opening=*/false);
  fact.said = Keep(text);
  return fact;
}

Fact MakeReview(const Learnt& learnt, std::string_view id, const Actor& author,
                const Moment& submitted, std::string_view text) {
  return MakeComment(learnt, ReviewId(id), author, submitted, text);
}

Fact MakeCommentEdited(const Learnt& learnt, std::string_view object_id, const Actor& editor,
                       const Actor& author, const Moment& edited, std::string_view text,
                       std::optional<std::string_view> before, std::optional<absl::Time> created,
                       bool internal) {
  Fact fact = Timed(learnt, FactKind::kCommentEdited, object_id, editor, edited);
  fact.internal = internal;
  SetEdit(&fact, learnt, author, text, before, created, /*opening=*/false);
  return fact;
}

Fact MakeCommentDeleted(const Learnt& learnt, std::string_view object_id, const Actor& deleter,
                        const Actor& author, const Moment& at, bool internal) {
  Fact fact = Once(learnt, FactKind::kCommentDeleted, object_id, deleter, at);
  fact.author = author;
  fact.internal = internal;
  return fact;
}

Fact MakeTextEdited(const Learnt& learnt, const Actor& editor, const Actor& author,
                    const Moment& edited, std::string_view text,
                    std::optional<std::string_view> before, std::optional<absl::Time> created) {
  Fact fact = Timed(learnt, FactKind::kTextEdited, "", editor, edited);
  SetEdit(&fact, learnt, author, text, before, created, /*opening=*/true);
  return fact;
}

Fact MakeLabelAdded(const Learnt& learnt, std::string_view label, const Actor& actor,
                    const Moment& at) {
  return Timed(learnt, FactKind::kLabelAdded, label, actor, at);
}

Fact MakeLabelRemoved(const Learnt& learnt, std::string_view label, const Actor& actor,
                      const Moment& at) {
  return Timed(learnt, FactKind::kLabelRemoved, label, actor, at);
}

Fact MakeLabelRenamed(const Learnt& learnt, std::string_view from, std::string_view to,
                      const Actor& actor, const Moment& at) {
  Fact fact = Timed(learnt, FactKind::kLabelRenamed, to, actor, at);
  fact.value = from;
  return fact;
}

Fact MakeLabels(const Learnt& learnt, std::vector<std::string> labels, const Moment& at) {
  Fact fact = Timed(learnt, FactKind::kLabels, "", Actor(), at);
  fact.labels = Sorted(std::move(labels));
  fact.revision = fact.labels.size();
  return fact;
}

Fact MakeAssigned(const Learnt& learnt, const Actor& assignee, const Actor& actor,
                  const Moment& at) {
  Fact fact = Timed(learnt, FactKind::kAssigned, assignee.login, actor, at);
  fact.assignee = assignee;
  return fact;
}

Fact MakeUnassigned(const Learnt& learnt, const Actor& assignee, const Actor& actor,
                    const Moment& at) {
  Fact fact = Timed(learnt, FactKind::kUnassigned, assignee.login, actor, at);
  fact.assignee = assignee;
  return fact;
}

Fact MakeClosed(const Learnt& learnt, std::string_view reason, const Actor& actor,
                const Moment& at) {
  Fact fact = Timed(learnt, FactKind::kClosed, "", actor, at);
  const std::string word = absl::AsciiStrToLower(View(reason));
  for (const char* known : {"completed", "not_planned", "duplicate", "merged"}) {
    if (word == known) fact.value = word;
  }
  return fact;
}

Fact MakeReopened(const Learnt& learnt, const Actor& actor, const Moment& at) {
  return Timed(learnt, FactKind::kReopened, "", actor, at);
}

Fact MakeMoved(const Learnt& learnt, std::string_view successor, const Actor& actor,
               const Moment& at) {
  Fact fact = Once(learnt, FactKind::kMoved, "", actor, at);
  fact.value = successor;
  return fact;
}

Fact MakeCame(const Learnt& learnt, std::string_view predecessor, const Moment& at) {
  Fact fact = Once(learnt, FactKind::kCame, "", Actor(), at);
  fact.value = predecessor;
  return fact;
}

Fact MakeDeleted(const Learnt& learnt, const Actor& actor, const Moment& at) {
  return Once(learnt, FactKind::kDeleted, "", actor, at);
}

Fact MakeVisibility(const Learnt& learnt, bool confidential, const Actor& actor, const Moment& at) {
  const std::string_view value = confidential ? "confidential" : "public";
  Fact fact = Start(learnt, FactKind::kVisibility, value, Occurrence(at), at);
  fact.actor = actor;
  fact.value = value;
  return fact;
}

Fact MakeReference(const Learnt& learnt, std::string_view subject, std::string_view value) {
  Fact fact = Timed(learnt, FactKind::kReference, subject, Actor(), Moment::At(learnt.received));
  fact.value = value;
  return fact;
}

Fact MakeAction(const Learnt& learnt, std::string_view what, const Actor& actor, const Moment& at) {
  const std::string who = actor.id.empty() ? absl::StrCat("@", actor.login) : actor.id;
  Fact fact = Start(learnt, FactKind::kAction, what, absl::StrCat(Occurrence(at), " ", who), at);
  fact.actor = actor;
  fact.value = what;
  return fact;
}

}  // namespace retainer
