// Face: what the forge should show of a ticket: one status comment, our labels, assignees.
//
// A face is a desired state. It holds instants, never remaining time, so it changes only when
// something happened. What an outsider can read of a private customer's ticket equals what a
// community ticket would show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/ids.h"

namespace retainer {

// An instant that the comment writes in the reader's zone and in UTC.
struct ShownTime {
  absl::Time at;
  std::string zone;  // IANA, the customer's
  friend bool operator==(const ShownTime&, const ShownTime&) = default;
};

struct PromiseRow {
  std::string claim;    // the customer's public name if several claims are shown, else empty
  std::string promise;  // `first reply`
  std::string target;   // `1h`
  std::string state;    // `met`, `running`, …
  std::optional<ShownTime> due;  // set for an open promise that is not paused
  std::string took;              // set for a finished promise: the time used, `42m`
  bool finished = false;         // met, missed, cancelled or excused
  bool late = false;             // missed, or open after its due instant
  bool untimed = false;          // no time was counted: `took` says why
  friend bool operator==(const PromiseRow&, const PromiseRow&) = default;
};

// The content of a status comment before it is put into words. Texts are raw: the template escapes
// them.
struct CommentView {
  enum class Kind : std::uint8_t { kNeutral, kPromises, kLate, kWaiting, kResolved };
  Kind kind = Kind::kNeutral;
  std::string priority;          // `P1`
  std::string headline;          // only our own words: `first reply by`, …
  std::optional<ShownTime> due;  // the instant of the headline
  // login of the person who handles it; rendered without a mention
  std::string with;
  std::string next;  // what comes next, in our own words; may be empty
  // If the claim was escalated: when people will be told. Nullopt if they were told already.
  std::optional<ShownTime> called;
  std::string question_url;           // kWaiting: the comment that asks
  std::vector<std::string> refusals;  // reasons, in our own words around people's input
  std::vector<PromiseRow> rows;       // promises that have begun; a full comment shows fewer
  bool targets_only = false;          // all promises are targets, not commitments
  std::string stage;                  // `analysed, 3 of 6`; empty: not shown
  bool trial = false;                 // every claim is a trial
  // The scale on which the customer is asked to rate the ticket; 0: it is not asked.
  int rate = 0;
  std::vector<std::string> hours;  // what is left of the customers' hours, one line per block
  friend bool operator==(const CommentView&, const CommentView&) = default;
};

struct FaceLabel {
  std::string name;
  std::string color;  // six hex digits
  std::string description;
  friend auto operator<=>(const FaceLabel&, const FaceLabel&) = default;
};

// A promise of a ticket that a change fixes.
struct CheckRow {
  std::string ticket;             // name for the change's readers: `#12`, `owner/repo#12`
  std::string url;                // URL of the ticket
  std::string promise;            // `first reply`
  std::string state;              // `met`, `running`, …
  std::optional<absl::Time> due;  // set for an open promise that is not paused
  bool late = false;              // missed, or open after its due instant
  bool aim = false;               // a target, not a commitment
  friend bool operator==(const CheckRow&, const CheckRow&) = default;
};

// The content of a change's check before it is put into words. Without rows it only replaces an
// earlier check on the same commit: no new one is made.
struct CheckView {
  enum class Verdict : std::uint8_t { kNeutral = 1, kSuccess = 2, kFailure = 3 };
  std::string commit;
  Verdict verdict = Verdict::kNeutral;
  std::vector<CheckRow> rows;  // ordered by due instant
  friend bool operator==(const CheckView&, const CheckView&) = default;
};

// A reaction on a comment with commands: it shows the result of the commands. Reactions notify
// nobody.
struct FaceReaction {
  enum class Kind : std::uint8_t { kDone = 1, kRefused = 2 };
  std::string object;  // `comment/17`, `note/9`; empty: the opening text
  Kind kind = Kind::kDone;
  friend auto operator<=>(const FaceReaction&, const FaceReaction&) = default;
};

// A reaction that we have set. `id`: the forge's id; empty if the forge refused the reaction.
struct ShownReaction {
  FaceReaction reaction;
  std::string id;
  friend bool operator==(const ShownReaction&, const ShownReaction&) = default;
};

struct Face {
  std::optional<CommentView> comment;  // nullopt: no comment should exist
  // Sorted ids of customers whose data the comment holds. If one is removed, the comment is deleted
  // and posted anew, because the forge keeps the edit history of a comment.
  std::vector<std::string> discloses;
  std::vector<FaceLabel> labels;  // labels of ours that should be on the ticket, sorted
  // Labels that should not be on the ticket: refused and stale ones, and ours with other values.
  // Sorted.
  std::vector<std::string> absent_labels;
  std::vector<std::string> assignees;   // should be assigned too; sorted. Nobody is ever unassigned
  std::optional<CheckView> check;       // for a change; nullopt: keep what is shown
  std::vector<FaceReaction> reactions;  // all of ours on this ticket, sorted by object
  // Labels that belong to people and say the same as a command. Retainer puts each on once; from
  // then on people own it.
  std::vector<FaceLabel> given_labels;
  friend bool operator==(const Face&, const Face&) = default;
};

// A label that the forge refused, why and when.
struct RefusedLabel {
  std::string name;
  std::string reason;
  absl::Time at;
  friend bool operator==(const RefusedLabel&, const RefusedLabel&) = default;
};

// What the forge was last made to show, as the store keeps it. The store has the intent of each
// call before the call is made, so a lost answer or a crash leaves nothing unknown on the forge.
struct ShownFace {
  std::string comment_id;      // the number in the object id; empty: none posted
  std::string comment_digest;  // digest of the rendered body
  std::vector<std::string> discloses;
  // Marker of a comment that is being created: set before the call, cleared after it.
  std::string intent;
  absl::Time intent_at = absl::InfinitePast();  // when the last try began
  std::vector<std::string> labels;              // that we put on and have not taken off; sorted
  std::string face_digest;                      // digest of the whole face when it was reached
  int attempts = 0;                             // consecutive failed tries
  std::string check_commit;                     // commit of the last check; empty: none yet
  std::string check_id;                         // the forge's id of that check
  std::string check_digest;                     // digest of its text
  std::string deleted_comment;  // the last one that we deleted: a forge's list may still contain it
  std::string check_intent;     // commit of a check that is being created; see `intent`
  absl::Time check_intent_at = absl::InfinitePast();
  // Labels of a call whose result is unknown: they may be on the ticket or not. Sorted.
  std::vector<std::string> unsure_labels;
  std::vector<std::string> assignees;         // assigned by us and still wanted; sorted
  std::vector<std::string> unsure_assignees;  // of a call whose result is unknown; sorted
  std::vector<RefusedLabel> refused_labels;   // sorted by name
  std::vector<ShownReaction> reactions = {};  // sorted by object
  std::vector<std::string> given = {};        // names from `given_labels` that were put on; sorted
  friend bool operator==(const ShownFace&, const ShownFace&) = default;
};

// A short separate comment that mentions people, or asks how it was. It is separate because editing
// a comment notifies nobody.
struct MentionView {
  enum class Kind : std::uint8_t { kSoon, kLate, kByHand, kWithdrawn, kRate };
  Kind kind = Kind::kLate;
  std::vector<std::string> logins;  // on the ticket's forge, sorted; rendered as mentions
  std::string promise;              // `first reply`; empty for kByHand
  std::optional<ShownTime> due;
  int rate = 0;               // kRate: the best mark
  std::string rate_url = {};  // kRate: where to give it; may be empty
  friend bool operator==(const MentionView&, const MentionView&) = default;
};

// The words of a check: `summary` is Markdown, `title` one line of plain text.
struct CheckText {
  std::string title;
  std::string summary;
};

// Renders comments, mentions and checks as text. Implementations are pure and thread-safe. Comments
// and mentions end with the hidden marker.
class Renderer {
 public:
  virtual ~Renderer() = default;
  // `rate_url`: where the customer can say how it was; shown only if the view asks. May be empty.
  virtual std::string RenderComment(const CommentView& view, const std::string& marker,
                                    const std::string& rate_url) const = 0;
  virtual std::string RenderMention(const MentionView& view, const std::string& marker) const = 0;
  virtual CheckText RenderCheck(const CheckView& view) const = 0;
};

// The hidden HTML comment that identifies our status comment of this ticket. Opaque to readers.
std::string CommentMarker(const TicketKey& ticket);
// The same for the mention that belongs to one notice.
std::string MentionMarker(const TicketKey& ticket, std::string_view notice_id);

}  // namespace retainer
