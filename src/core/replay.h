// The replay: what happened to a ticket, in order and with roles. The facts are read once; claims,
// clocks and notices are computed from this timeline.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "carried.h"
#include "retainer/core.h"
#include "roles.h"

namespace retainer::core {

enum class HappeningKind : std::uint8_t {
  kAnswer,      // a responder's comment with substance that the customer can read
  kAct,         // any other act of a responder
  kSpeech,      // a customer's comment that needs an answer
  kClose,       // closed by a person
  kReopen,      // reopened by anybody
  kWorkaround,  // declared by a responder's command
  kWorkaroundLabel,
  kWorkaroundUnlabelled,
  kTakenBack,  // a person deleted their own comment
  kArrived,    // a claim came from another ticket
  kDeleted,
};

struct Happening {
  HappeningKind kind;
  absl::Time at;
  const Fact* fact = nullptr;
  ActorIndex actor = kNobody;
  Role role = Role::kUnknown;
  Slots slots = 0;         // claims for which the actor speaks
  bool by_author = false;  // the actor is the ticket's author
  int arrival = -1;        // kArrived: index in Replayed::arrivals
  // Said before the actor joined the team: it counts from the joining on.
  bool joined = false;
};

// A period in which a customer's claim is in force.
struct Stint {
  int slot = 0;
  std::string customer;
  absl::Time since;
  std::string reason;
  const Fact* start_fact = nullptr;
  // Index of the first happening in the period.
  std::size_t from = 0;
  // Index after the last happening in the period; the number of all happenings while it is in
  // force.
  std::size_t until = 0;
  std::optional<absl::Time> ended;
  const Fact* end_fact = nullptr;
  std::string end_note;  // `released`, `moved to …`
  bool moved = false;
  bool away = false;  // the ticket itself went to an unknown place
  bool by_project = false;
  absl::Time accepted;         // the instant whose entitlement covers the claim
  bool arrived = false;        // came from another ticket: the carried clocks start its clocks
  bool by_command = false;     // began by a person's act, which can be undone
  bool ended_by_hand = false;  // ended by a person's act
};

// A claim that came from another ticket.
struct Arrival {
  CarriedClaim claim;
  bool transfer = false;  // true: this ticket was transferred; false: from a duplicate of this one
};

// A person's input about the priority. `priority` is empty if a label was taken off.
struct PriorityInput {
  absl::Time at;
  const Fact* fact = nullptr;
  std::string priority;
  std::string label;  // lower case; empty for a command or form
  Slots slots = 0;    // the claims that it applies to
  std::string reason;
  bool raises_only = false;  // counts only if more urgent than the one in force
};

// What kind of request the ticket is from `at` on; empty: none.
struct RequestInput {
  absl::Time at;
  std::string kind;
};

struct Excuse {
  absl::Time at;
  const Fact* fact = nullptr;
  Metric metric = Metric::kFirstResponse;
  std::string customer;
  std::string reason;
};

struct Escalation {
  absl::Time at;
  const Fact* fact = nullptr;
  Slots slots = 0;
};

// Acts that were undone later: they are ignored.
struct Undone {
  std::set<std::pair<std::string, std::string>> acts;  // fact id, customer
  std::set<std::string> undos;  // ids of the facts that undid them; already applied
  bool empty() const { return undos.empty(); }
};

struct LabelState {
  absl::Time at;
  const Fact* add = nullptr;  // nullptr: known only from an observation
  bool own = false;           // Retainer put it on
};

struct Replayed {
  bool opened = false;
  bool open = true;
  bool gone = false;
  bool confidential = false;
  bool opened_by_responder = false;
  std::vector<Interval> closed;  // see Standing
  Actor author;
  ActorIndex author_index = kNobody;
  absl::Time opened_at = absl::InfiniteFuture();
  const Fact* opening = nullptr;
  std::vector<Happening> happenings;
  std::vector<Arrival> arrivals;
  // Facts made by the replay: first versions of comments of which only a later edit is known, and
  // comments that are one act with a closing.
  std::vector<std::shared_ptr<const Fact>> inferred;
  std::vector<std::string> customers;         // index: slot
  std::vector<Stint> stints;                  // ordered by start
  std::map<std::string, OverAllowance> over;  // key: customer
  std::vector<PriorityInput> priorities;
  std::vector<RequestInput> requests;  // ordered by time
  std::vector<Interval> waits;
  // per wait: the facts that began and ended it
  std::vector<std::pair<const Fact*, const Fact*>> wait_facts;
  Waiting waiting;
  std::map<std::string, LabelState> labels;
  std::set<std::string> assignees;
  std::set<std::string> assign_requests;
  std::vector<Refusal> refusals;
  std::vector<Acknowledgement> acknowledged;  // ordered by object
  std::map<std::string, Rating> ratings;      // by customer
  std::vector<WorkCommand> work;
  std::vector<LabelWish> label_wishes;
  std::vector<std::string> stale_labels;
  std::vector<Excuse> excuses;
  std::vector<Escalation> escalations;
  std::string successor;
  std::string successor_key;
  std::set<Question> questions;  // open questions: which ticket is meant
  absl::Time moved_at = absl::InfiniteFuture();
  std::set<std::string> own_comments;
  std::set<std::string> own_mentions;  // our comments that are not the status comment
  bool comment_deleted_by_hand = false;
  bool comment_deleted_for_all = false;
  std::map<std::string, int> removed_by_hand;
  std::set<std::string> flags;
  // When the ticket was transferred here. Notices from before were told at the old place.
  absl::Time came_at = absl::InfinitePast();
  // A claim began after an act whose actor's role was not computed: replay again with judge_all.
  bool unjudged = false;
  // Acts that were undone: if it grew, replay again and ignore these too.
  Undone undone;
};

// Replays `order`: the ticket's facts ordered by time, then id. `judge_all`: compute the role of
// everybody who did anything, not only if a claim in force or a command needs it. `undone`: the
// undone acts that earlier replays of the same facts found.
Replayed Replay(const TicketContext& context, const TermsHistory& terms, Roster& roster,
                const std::vector<const Fact*>& order, const Undone& undone, bool judge_all);

}  // namespace retainer::core
