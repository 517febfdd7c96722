// What the forge should show of a ticket: one status comment, our labels, assignees.
//
// A face is a desired state. It holds instants, never remaining time, so that it changes only when
// something happened. Whatever an outsider can read of a private customer's ticket equals that of a
// community ticket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/ids.h"

namespace retainer {

// An instant as the comment writes it: in the reader's zone and in UTC.
struct ShownTime {
  absl::Time at;
  std::string zone;  // IANA, the customer's
  friend bool operator==(const ShownTime&, const ShownTime&) = default;
};

struct PromiseRow {
  std::string claim;    // the customer's public name where several claims are shown, else empty
  std::string promise;  // `first reply`
  std::string target;   // `1h`
  std::string state;    // `met`, `running`, …
  std::optional<ShownTime> due;  // open ones that are not paused
  std::string took;              // finished ones: time against target, `42m`
  bool finished = false;         // met, missed, cancelled or excused
  bool late = false;             // missed, or past its due instant and open
  bool untimed = false;          // `took` says why no time was counted
  friend bool operator==(const PromiseRow&, const PromiseRow&) = default;
};

// What a status comment says, before it is words. Texts here are raw: the template escapes them.
struct CommentView {
  enum class Kind : std::uint8_t { kNeutral, kPromises, kLate, kWaiting, kResolved };
  Kind kind = Kind::kNeutral;
  std::string priority;               // `P1`
  std::string headline;               // our own words only: `first reply by`, …
  std::optional<ShownTime> due;       // what the headline is about
  std::string with;                   // login of who has it; rendered without a mention
  std::string next;                   // what comes next, our own words; may be empty
  std::optional<ShownTime> called;    // escalated: when the people it calls are told, if not yet
  std::string question_url;           // waiting: the comment that asks
  std::vector<std::string> refusals;  // reasons, our own words around people's input
  std::vector<PromiseRow> rows;       // of what has begun; a comment that is full shows fewer
  bool targets_only = false;          // nothing of it is owed: it is aimed at
  friend bool operator==(const CommentView&, const CommentView&) = default;
};

struct FaceLabel {
  std::string name;
  std::string color;  // six hex digits
  std::string description;
  friend auto operator<=>(const FaceLabel&, const FaceLabel&) = default;
};

// A promise that rides on a change.
struct CheckRow {
  std::string ticket;             // as the change's readers write it: `#12`, `owner/repo#12`
  std::string url;                // of the ticket
  std::string promise;            // `first reply`
  std::string state;              // `met`, `running`, …
  std::optional<absl::Time> due;  // open ones that are not paused
  bool late = false;              // missed, or past its due instant and open
  bool aim = false;               // nothing owed: it is aimed at
  friend bool operator==(const CheckRow&, const CheckRow&) = default;
};

// What the check on a change says, before it is words. Without rows it only takes back what an
// earlier one said of the same commit: nothing is shown anew.
struct CheckView {
  enum class Verdict : std::uint8_t { kNeutral = 1, kSuccess = 2, kFailure = 3 };
  std::string commit;
  Verdict verdict = Verdict::kNeutral;
  std::vector<CheckRow> rows;  // what is due first comes first
  friend bool operator==(const CheckView&, const CheckView&) = default;
};

// A sign on a comment that holds commands: what became of them. Reactions notify nobody.
struct FaceReaction {
  enum class Kind : std::uint8_t { kDone = 1, kRefused = 2 };
  std::string object;  // `comment/17`, `note/9`; empty: the opening text
  Kind kind = Kind::kDone;
  friend auto operator<=>(const FaceReaction&, const FaceReaction&) = default;
};

// One that we have set. `id`: the forge's; empty where the forge would not take it.
struct ShownReaction {
  FaceReaction reaction;
  std::string id;
  friend bool operator==(const ShownReaction&, const ShownReaction&) = default;
};

struct Face {
  std::optional<CommentView> comment;  // nullopt: there should be none
  // Who may read the comment at most: a face that lowers it is posted anew, for editing keeps
  // history.
  std::vector<std::string> discloses;      // customers whose data the comment holds, sorted
  std::vector<FaceLabel> labels;           // should be on the ticket (our namespaces), sorted
  std::vector<std::string> absent_labels;  // should not be on it: refused and stale ones, and ours
                                           // of other values; sorted
  std::vector<std::string> assignees;   // should be assigned too; sorted; nobody is ever unassigned
  std::optional<CheckView> check;       // of a change; nullopt: what is shown stays as it is
  std::vector<FaceReaction> reactions;  // ours on this ticket, all of them; sorted by object
  // People's labels that say what a command said: each is put on once and is theirs from then on.
  std::vector<FaceLabel> given_labels;
  friend bool operator==(const Face&, const Face&) = default;
};

// A label that the forge refused, and when that was said.
struct RefusedLabel {
  std::string name;
  std::string reason;
  absl::Time at;
  friend bool operator==(const RefusedLabel&, const RefusedLabel&) = default;
};

// What the forge was last made to show, as the store keeps it. What a call is about to change is
// written down before it, so that a lost answer or a crash leaves nothing behind that nobody knows
// of.
struct ShownFace {
  std::string comment_id;      // object id's number; empty: none posted
  std::string comment_digest;  // of the rendered body
  std::vector<std::string> discloses;
  std::string intent;  // marker of a comment being created: set before the call, cleared after
  absl::Time intent_at = absl::InfinitePast();  // of the last try
  std::vector<std::string> labels;              // that we put on and not yet took off; sorted
  std::string face_digest;                      // of the whole face, when it was reached
  int attempts = 0;                             // that failed in a row
  std::string check_commit;                     // of the check that was shown last; empty: none yet
  std::string check_id;                         // the forge's number of it
  std::string check_digest;                     // of its words
  std::string deleted_comment;  // the last that we deleted: a list may still hold it
  std::string check_intent;     // commit of a check being created, as `intent`
  absl::Time check_intent_at = absl::InfinitePast();
  // Labels of a call whose end is not known: they may be on or not; sorted.
  std::vector<std::string> unsure_labels;
  std::vector<std::string> assignees;         // that we assigned and still should be; sorted
  std::vector<std::string> unsure_assignees;  // of a call whose end is not known; sorted
  std::vector<RefusedLabel> refused_labels;   // by name
  std::vector<ShownReaction> reactions = {};  // sorted by object
  std::vector<std::string> given = {};        // of the face's `given_labels`, those put on; sorted
  friend bool operator==(const ShownFace&, const ShownFace&) = default;
};

// A short comment of its own that calls people to the ticket, for editing a comment calls nobody.
struct MentionView {
  enum class Kind : std::uint8_t { kSoon, kLate, kByHand, kWithdrawn };
  Kind kind = Kind::kLate;
  std::vector<std::string> logins;  // on the ticket's forge, sorted; rendered as mentions
  std::string promise;              // `first reply`; empty: by hand
  std::optional<ShownTime> due;
  friend bool operator==(const MentionView&, const MentionView&) = default;
};

// The words of a check: `summary` is Markdown, `title` one line of plain text.
struct CheckText {
  std::string title;
  std::string summary;
};

// Words for a face and for a mention. Implementations are pure and thread-safe. The result ends
// with the hidden marker.
class Renderer {
 public:
  virtual ~Renderer() = default;
  virtual std::string RenderComment(const CommentView& view, const std::string& marker) const = 0;
  virtual std::string RenderMention(const MentionView& view, const std::string& marker) const = 0;
  virtual CheckText RenderCheck(const CheckView& view) const = 0;
};

// A hidden HTML comment that stands in our status comment of this ticket and nowhere else; opaque
// to readers.
std::string CommentMarker(const TicketKey& ticket);
// The same for the mention of one notice.
std::string MentionMarker(const TicketKey& ticket, std::string_view notice_id);

}  // namespace retainer
