// What happened to a ticket, in order and judged: the facts replayed once. Claims, clocks and
// notices are worked out from this; nothing looks at the facts again.
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
  kAct,         // anything else that a responder did
  kSpeech,      // a customer said something that wants an answer
  kClose,       // by a person
  kReopen,      // by anybody
  kWorkaround,  // by a responder's command
  kWorkaroundLabel,
  kWorkaroundUnlabelled,
  kTakenBack,  // somebody deleted a comment of their own
  kArrived,    // a claim came from another ticket
  kDeleted,
};

struct Happening {
  HappeningKind kind;
  absl::Time at;
  const Fact* fact = nullptr;
  ActorIndex actor = kNobody;
  Role role = Role::kUnknown;
  Slots slots = 0;         // of the claims that the actor speaks for
  bool by_author = false;  // the ticket's author
  int arrival = -1;        // kArrived: which
  bool joined = false;     // said before the actor was in the team: it counts from the joining on
};

// A stretch of time for which a customer's claim is in force.
struct Stint {
  int slot = 0;
  std::string customer;
  absl::Time since;
  std::string reason;
  const Fact* start_fact = nullptr;
  std::size_t from = 0;   // happenings before this one came before the claim
  std::size_t until = 0;  // … and from this one on after it; the number of all while in force
  std::optional<absl::Time> ended;
  const Fact* end_fact = nullptr;
  std::string end_note;  // `released`, `moved to …`
  bool moved = false;
  bool away = false;  // the ticket itself went, nobody knows where to
  bool by_project = false;
  bool arrived = false;        // it came from another ticket: what it brings starts its clocks
  bool by_command = false;     // begun by a person's act, which can be undone
  bool ended_by_hand = false;  // likewise ended
};

// A claim that came from another ticket.
struct Arrival {
  CarriedClaim claim;
  bool transfer = false;  // the ticket itself came; else a duplicate of this one
};

// Somebody's word on the priority; `priority` is empty where a label was taken off.
struct PriorityInput {
  absl::Time at;
  const Fact* fact = nullptr;
  std::string priority;
  std::string label;  // lower case; empty for a command or a form
  Slots slots = 0;    // the claims it is for
  std::string reason;
  bool raises_only = false;  // counts where it is more urgent than what is in force
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

// Acts that were taken back afterwards: they are passed over as if they had never been.
struct Undone {
  std::set<std::pair<std::string, std::string>> acts;  // fact's id, customer
  std::set<std::string> undos;  // the facts that took them back, by id: done with
  bool empty() const { return undos.empty(); }
};

struct LabelState {
  absl::Time at;
  const Fact* add = nullptr;  // nullptr: only seen in an observation
  bool own = false;           // we put it on
};

struct Timeline {
  bool opened = false;
  bool open = true;
  bool gone = false;
  bool confidential = false;
  bool opened_by_responder = false;
  Actor author;
  ActorIndex author_index = kNobody;
  absl::Time opened_at = absl::InfiniteFuture();
  const Fact* opening = nullptr;
  std::vector<Happening> happenings;
  std::vector<Arrival> arrivals;
  // Facts of the replay's own: first versions of comments that are known by a later edit only, and
  // comments that are one act with a closing.
  std::vector<std::shared_ptr<const Fact>> inferred;
  std::vector<std::string> customers;  // by slot
  std::vector<Stint> stints;           // by start
  std::vector<PriorityInput> priorities;
  std::vector<Interval> waits;
  std::vector<std::pair<const Fact*, const Fact*>> wait_facts;  // in step: began it, ended it
  Waiting waiting;
  std::map<std::string, LabelState> labels;
  std::set<std::string> assignees;
  std::set<std::string> assign_requests;
  std::vector<Refusal> refusals;
  std::vector<Acknowledgement> acknowledged;  // by object
  std::vector<LabelWish> label_wishes;
  std::vector<std::string> stale_labels;
  std::vector<Excuse> excuses;
  std::vector<Escalation> escalations;
  std::string successor;
  std::string successor_key;
  std::set<Question> questions;  // which tickets are meant
  absl::Time moved_at = absl::InfiniteFuture();
  std::set<std::string> own_comments;
  std::set<std::string> own_mentions;  // those that are no status comment
  bool comment_deleted_by_hand = false;
  bool comment_deleted_for_all = false;
  std::map<std::string, int> removed_by_hand;
  std::set<std::string> flags;
  // When the ticket came here by a transfer; what there was to tell before was told there.
  absl::Time came_at = absl::InfinitePast();
  // A claim began after something whose actor nobody judged: replay again, judging all.
  bool unjudged = false;
  // An act was taken back: replay again, passing over it too.
  Undone undone;
};

// Is the day of `at` within the customer's term, in the customer's time zone?
bool InTerm(const Customer& customer, absl::Time at);

// Replays `order`, which is the ticket's facts by time, then by id. `judge_all`: work out the role
// of everybody who did anything, not only where a claim in force or a command needs it. `undone`:
// what earlier replays of the same facts found taken back.
Timeline Replay(const TicketContext& context, const TermsHistory& terms, Roster& roster,
                const std::vector<const Fact*>& order, const Undone& undone, bool judge_all);

}  // namespace retainer::core
