// The Store port: what survives a crash.
//
// Every method is atomic, all of it or none, and what it wrote is visible at once. Thread-safe.
// Durable: what has returned OK is on disk (synced). Except what ends an entry of the inbox and
// what a decision writes (Commit, CommitAll, FinishDelivery, SetAside, Hold): the end of a process
// loses none of these, a power cut may lose the last of them, in the order of writing and with
// nothing else lost, until MakeDurable or any durable write returns OK. Rationale: what they rest
// on (the delivery, the wake-up) is on disk and is there again with them lost, so they are decided
// again.
// Errors:
//   Aborted             the ticket is no longer at the expected version: load, decide, commit again
//   NotFound            no such record
//   ResourceExhausted   the disk is full
//   FailedPrecondition  the store is read-only, belongs to another process, or holds a newer schema
//                       (the message says the mend)
//   Unavailable         any other I/O trouble
//   DataLoss            a record that cannot be read; names it
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/core.h"
#include "retainer/event.h"
#include "retainer/face.h"
#include "retainer/fact.h"
#include "retainer/ids.h"
#include "retainer/project.h"
#include "retainer/standing.h"
#include "retainer/ticket_record.h"
#include "retainer/webhook.h"

namespace retainer {

struct InboxEntry {
  std::uint64_t seq = 0;  // rising in the order of arrival
  Delivery delivery;
};

struct SetAsideEntry {
  InboxEntry entry;
  std::string reason;
  absl::Time at;
};

// Deliveries of a project that the policy does not cover.
struct HeldDeliveries {
  ProjectKey project;
  std::uint64_t count = 0;
};

// How far reading a project's tickets back from its forge's API has come.
struct ResyncRecord {
  ProjectKey project;
  std::string cause;                // for people: `adopted`, `outage`, `asked for`
  std::optional<absl::Time> since;  // what changed at or after it; nullopt: all that is open
  // The place in the forge's list, which goes by when a ticket was last updated.
  TicketKind kind = TicketKind::kIssue;
  absl::Time from = absl::UnixEpoch();
  std::uint32_t page = 1;  // of those from that instant on
  std::uint64_t read = 0;  // tickets
  absl::Time began = absl::UnixEpoch();
  std::optional<absl::Time> finished;
  std::string trouble;  // the last, while there is any
  // What changed at or after it is read when this is done.
  std::optional<absl::Time> then_since;
  bool covered = true;  // by the policy, when it was last looked at
  friend bool operator==(const ResyncRecord&, const ResyncRecord&) = default;
};

struct StoredTicket {
  TicketRecord record;
  FactSet facts;
};

// When a face that is new is shown.
enum class FaceTurn : std::uint8_t {
  kKeep,     // at once, unless it waits in the backlog: there it keeps its place
  kNow,      // at once: something has just happened on the ticket
  kBacklog,  // in its turn, at the dispatcher's steady pace
};

// One decision, one write: all of it or none.
struct DecisionWrite {
  TicketRecord record;      // its version is the one expected to be in the store now
  std::vector<Fact> facts;  // added or replaced
  std::optional<Face>
      face;  // marks the ticket's face dirty when set and different from the last desired one
  int face_rank = 1;        // the dispatcher's order: 0 before 1
  bool face_again = false;  // marks it dirty although it is the same: a person's hand changed
                            // what the forge shows
  bool face_look = false;   // likewise: there is a comment of our account that is not on record
  FaceTurn face_turn = FaceTurn::kKeep;
  std::vector<Notice> notices;  // those whose id was told before are passed over
  DecisionRecord ledger;        // written when it holds facts or changes
  std::optional<std::uint64_t> inbox_done;
  std::optional<std::string> inbox_done_forge;
  std::optional<ProjectRecord> project;
  std::vector<std::pair<Login, std::string>> pins;  // put if absent; kept in lower case
};

// Equal ones by key.
enum class TicketOrder : std::uint8_t {
  kDue,      // the next due instant; tickets without one last
  kOpened,   // when it was opened
  kUpdated,  // when something last happened to it
  kPriority  // the most urgent priority of a claim, then as kDue; tickets without one last
};

// A place in a list: of a ticket, in some order.
struct TicketPlace {
  std::string priority;  // kPriority alone
  absl::Time at = absl::InfiniteFuture();
  TicketKey key;
  friend bool operator==(const TicketPlace&, const TicketPlace&) = default;
};

// Which tickets; what is left out does not narrow. With `customer`, state, priority and due instant
// are those of that customer's claim, for the order too.
struct TicketQuery {
  TicketOrder order = TicketOrder::kDue;
  bool descending = false;  // exactly the other way round
  // kPriority: the most urgent first. Others that tickets have come after these, by name.
  std::vector<std::string> urgency;
  std::optional<ProjectKey> project;
  std::string customer;  // with a claim in force
  // One of these of a claim in force (of the customer's, together with `customer`); empty: any.
  std::vector<std::string> priorities;
  std::optional<Metric> metric;     // with an open cycle of it
  std::optional<ClockState> worst;  // at the instant `at`
  absl::Time at = absl::InfinitePast();
  std::optional<bool> open;
  // Due before it. InvalidArgument in the orders kOpened and kUpdated, which would have to read all
  // that is due later.
  std::optional<absl::Time> due_before;
  // Goes on after the last record of the page before.
  std::optional<TicketPlace> after;
  std::size_t limit = 100;
};

// What a ticket is due in a list: of the customer's claim where one is asked for.
absl::Time DueIn(const TicketRecord& record, const std::string& customer);
// Where a ticket stands in the list that a query asks for.
TicketPlace PlaceOf(const TicketQuery& query, const TicketRecord& record);

// Claims in force on open tickets of projects that the policy covers, counted together; tickets
// without one as if a claim without plan and priority were on each. By state as of the last
// decision.
struct OpenCount {
  std::string plan;
  std::string priority;
  std::optional<ClockState> state;  // nullopt: no clock
  std::uint64_t count = 0;          // 0: there were some once
};

// Commitments of a project that are owed now: the gate's question.
struct OwedQuery {
  ProjectKey project;
  std::vector<std::string> priorities;  // empty: all
  std::string customer;
  std::string plan;
  // Without the claims of customers of whom nobody outside may know; Owed::hidden says all that is
  // told of those. Together with `customer`: those of that customer all the same.
  bool outside = false;
  bool at_risk = false;  // broken or at risk; else broken
  bool next = true;      // look up what comes next even where something is owed already
  absl::Time at;
  std::size_t limit = 50;
};

struct Owed {
  // A claim with such a commitment; without the state of its settled clocks.
  struct Claim {
    TicketKey ticket;
    std::string url;  // the ticket's
    ClaimRecord claim;
  };
  std::vector<Claim> claims;  // the longest overdue first
  bool more = false;          // beyond the limit
  // The next instant at which one is added by time alone, and whose it is; not where it was not to
  // be looked up.
  absl::Time next = absl::InfiniteFuture();
  std::string next_customer;
  // Asked from outside: something owed to others is broken (or at risk), as far as that counts
  // there (hidden_owed.h), whatever the query's filters.
  bool hidden = false;
  // A ticket of the project waits for an answer of the forge; asked from outside: for one that is
  // asked for of every ticket alike.
  bool questions = false;
  // A ticket of the project was last judged under other terms than these.
  bool stale = false;
};

// How a customer's cycles ended, by metric.
struct EndingSums {
  struct Sum {
    std::uint64_t met = 0;
    std::uint64_t missed = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t excused = 0;
    std::uint64_t closed_unanswered = 0;  // not among the cancelled
  };
  std::map<Metric, Sum> metrics;
  std::map<std::uint8_t, std::uint64_t> first_responses;  // by TookStep
};

struct DirtyFace {
  TicketKey ticket;
  Face face;
  std::uint64_t generation = 0;  // rises with every new desired face
  absl::Time since;
  absl::Time not_before;
  int rank = 1;
  bool look = false;  // dirty because of DecisionWrite::face_look alone
};

// No face is put off for longer.
inline constexpr absl::Duration kLongestFaceWait = absl::Minutes(20);

struct StoredTerms {
  std::string id;
  absl::Time effective;
  std::map<std::string, std::string> files;  // name -> text of the policy
};

// A notice that waits to be told.
struct NoticeRecord {
  Notice notice;
  // Set before a comment is posted for it: from here on the comment may be there.
  std::optional<absl::Time> posting_since;
  std::optional<absl::Time> posted_at;  // the last try whose end is not known
  std::vector<std::string> told;        // the sinks that need not hear it again
  int attempts = 0;                     // that were in vain
  std::optional<absl::Time> again_at;
  std::optional<absl::Time> failing_since;  // the first of those, or of being told to wait
  // By sink: the digest that it went into, and goes into again until the sink has taken it.
  std::map<std::string, std::string> digests = {};
  // By sink: why it did not take it the last time.
  std::map<std::string, std::string> troubles = {};
};

// One that was given up: `record.told` has those who were told it all the same.
struct DeadNotice {
  NoticeRecord record;
  std::string reason;
  absl::Time at;
};

struct TokenRecord {
  std::string id;       // public, for list and revoke
  std::string hash;     // SHA-256 of the token, hex
  std::string scope;    // read, write, admin
  std::string project;  // empty: all
  std::string customer;
  absl::Time created;
  std::optional<absl::Time> expires;
  std::optional<absl::Time> revoked;
};

// A release that goes ahead whatever the gate finds: of what, who said so and why, from when until
// when.
struct GateOverride {
  std::string id;  // public, for list and withdraw
  ProjectKey project;
  std::string by;
  std::string reason;
  absl::Time from;
  absl::Time until;  // no longer in force at this instant
  std::optional<absl::Time> withdrawn;
  std::string withdrawn_by;
  friend bool operator==(const GateOverride&, const GateOverride&) = default;
};

// No override is in force for longer.
inline constexpr absl::Duration kLongestOverride = absl::Hours(7 * 24);

struct LedgerHead {
  std::uint64_t length = 0;
  std::string digest;  // hex of the last record's hash; empty for an empty ledger
};

struct DeadFace {
  TicketKey ticket;
  std::string reason;
  absl::Time at;
};

// Labels of a ticket that its forge refused.
struct RefusedLabels {
  TicketKey ticket;
  std::vector<RefusedLabel> labels;
};

// Tickets that are to be judged again, from where it was left.
struct Sweep {
  std::string forge;
  std::string project;  // its id; empty: all of the forge
  std::optional<TicketKey> after;
  friend bool operator==(const Sweep&, const Sweep&) = default;
};

// How far judging everything again has come.
struct Reevaluation {
  std::string cause;          // under what the tickets are judged again; empty: never began
  std::vector<Sweep> sweeps;  // still to do; empty: done
  std::uint64_t judged = 0;   // so far, for this cause
  friend bool operator==(const Reevaluation&, const Reevaluation&) = default;
};

struct StoreStats {
  std::uint64_t inbox = 0;
  std::optional<absl::Time> oldest_inbox;
  std::uint64_t set_aside = 0;
  std::optional<absl::Time> oldest_set_aside;  // as it was received
  std::uint64_t held = 0;                      // of projects that the policy does not cover
  std::uint64_t dirty_faces = 0;
  std::optional<absl::Time> oldest_dirty;
  std::uint64_t backlog_faces = 0;
  std::uint64_t dead_faces = 0;
  // As it was given up; of more than kDeadLooked dead ones, the oldest of that many of them.
  std::optional<absl::Time> oldest_dead_face;
  std::uint64_t pending_notices = 0;
  std::optional<absl::Time> oldest_notice;  // from when on it was to be told
  std::uint64_t dead_notices = 0;
  std::optional<absl::Time> oldest_dead_notice;  // likewise
  static constexpr std::size_t kDeadLooked = 1000;
};

// A step of a look at all that is stored.
struct ScrubStep {
  std::string next;                  // where to go on; empty: all of it was looked at
  std::vector<std::string> damaged;  // what cannot be read, in words
};

class Store {
 public:
  virtual ~Store() = default;

  // ---- Inbox
  enum class Put { kStored, kKnown };
  // Put if absent on (forge, id): the delivery's id and its inbox entry are one write.
  virtual absl::StatusOr<Put> PutDelivery(const Delivery& delivery) = 0;
  // Several in one write: all of them or none. One for each, in their order; of two with one id the
  // second is known.
  virtual absl::StatusOr<std::vector<Put>> PutDeliveries(
      const std::vector<Delivery>& deliveries) = 0;
  // The oldest undone entries of a forge after `after`, at most `limit`, fewer where their bodies
  // are large, none only where there are none. An entry never appears behind one that was returned
  // before. One whose record cannot be read is set aside.
  virtual absl::StatusOr<std::vector<InboxEntry>> ReadInbox(const std::string& forge,
                                                            std::uint64_t after,
                                                            std::size_t limit) = 0;
  // Done without a ticket's change (a ping, an ignored event). What is done already stays done.
  virtual absl::Status FinishDelivery(const std::string& forge, std::uint64_t seq,
                                      const std::optional<ProjectRecord>& project) = 0;
  virtual absl::Status SetAside(const std::string& forge, std::uint64_t seq,
                                const std::string& reason, absl::Time now) = 0;
  virtual absl::StatusOr<std::vector<SetAsideEntry>> ListSetAside(std::size_t limit) = 0;
  // Back into the inbox. NotFound.
  virtual absl::Status Requeue(const std::string& forge, std::uint64_t seq) = 0;
  // Out of the inbox: the policy does not cover its project, which is saved in the same write.
  // NotFound.
  virtual absl::Status Hold(const std::string& forge, std::uint64_t seq,
                            const ProjectRecord& project) = 0;
  // By project; none that has none. Costs a row a project that ever had one.
  virtual absl::StatusOr<std::vector<HeldDeliveries>> ListHeld() = 0;
  // The oldest of the project's held deliveries are back in the inbox; how many.
  virtual absl::StatusOr<std::size_t> ReleaseHeld(const ProjectKey& project, std::size_t limit) = 0;
  // Forgets delivery ids and set-aside and held bodies received before `before`, at most about
  // 10,000 a call, the oldest first. Returns how many; 0 when there are no more.
  virtual absl::StatusOr<std::size_t> Expire(absl::Time before) = 0;

  // ---- Tickets
  // Version 0 and no facts where there is none.
  virtual absl::StatusOr<StoredTicket> LoadTicket(const TicketKey& key) = 0;
  // Without their facts, in the order of `keys`; version 0 where there is none.
  virtual absl::StatusOr<std::vector<TicketRecord>> LoadRecords(
      const std::vector<TicketKey>& keys) = 0;
  virtual absl::Status Commit(const DecisionWrite& write) = 0;
  // Several tickets in one write (duplicates, transfers).
  virtual absl::Status CommitAll(const std::vector<DecisionWrite>& writes) = 0;
  // Tickets whose wake-up is at or before `until`, the earliest first.
  virtual absl::StatusOr<std::vector<std::pair<absl::Time, TicketKey>>> DueWakeups(
      absl::Time until, std::size_t limit) = 0;
  // The earliest wake-up, InfiniteFuture when there is none.
  virtual absl::StatusOr<absl::Time> NextWakeup() = 0;
  // Tickets of a forge (and project, where not empty) in key order, after `after`.
  virtual absl::StatusOr<std::vector<TicketRecord>> ListTickets(
      const std::string& forge, const std::string& project, const std::optional<TicketKey>& after,
      std::size_t limit, bool open_only) = 0;
  // As ListTickets, open and closed, by key alone: a record that cannot be read hides no other.
  virtual absl::StatusOr<std::vector<TicketKey>> ListTicketKeys(
      const std::string& forge, const std::string& project, const std::optional<TicketKey>& after,
      std::size_t limit) = 0;

  // Costs what a page holds, not what the store does, as far as the filters agree with each other.
  // What a list has no use for is left out of the records: `clock_states`, `endings`, `promises`.
  virtual absl::StatusOr<std::vector<TicketRecord>> FindTickets(const TicketQuery& query) = 0;
  // How many tickets a customer has open, at most `limit`.
  virtual absl::StatusOr<std::size_t> CountOpen(const std::string& customer,
                                                const std::optional<ProjectKey>& project,
                                                std::size_t limit) = 0;
  // Changes in this state that say they fix the ticket, by key.
  virtual absl::StatusOr<std::vector<TicketRecord>> FindFixes(const TicketKey& ticket,
                                                              ChangeState state,
                                                              std::size_t limit) = 0;
  // Costs as many rows as there are kinds, not tickets.
  virtual absl::StatusOr<std::vector<OpenCount>> CountOpenByState() = 0;
  virtual absl::StatusOr<Owed> FindOwed(const OwedQuery& query, const std::string& terms_id) = 0;
  // Another number than before whenever a write may have changed what is known of a project's
  // tickets and overrides; now and then also without. Not kept over a restart. Who keeps an answer
  // asks before he reads, and again before he uses it.
  virtual std::uint64_t ProjectVersion(const ProjectKey& project) = 0;
  // Of cycles that ended on the days from..until (DayOf), both inclusive.
  virtual absl::StatusOr<EndingSums> SumEndings(const std::string& customer,
                                                const std::optional<ProjectKey>& project,
                                                std::int32_t from, std::int32_t until) = 0;

  // ---- Faces
  // A ticket that never had a face set is as one whose face is Face{} and reached. A face that
  // changes while it is dirty keeps its age and its `not_before`.
  // Faces to be brought to a forge whose time has come, by rank, then age. One that was put off for
  // longer than kLongestFaceWait from `now` is among them: the clock was set back since. The cost
  // grows with those that are returned, not with those that wait or are another forge's.
  virtual absl::StatusOr<std::vector<DirtyFace>> ReadDirtyFaces(const std::string& forge,
                                                                absl::Time now,
                                                                std::size_t limit) = 0;
  virtual absl::StatusOr<ShownFace> LoadShown(const TicketKey& key) = 0;
  // Remembers what is shown now (an intent, a created comment); `facts` (our own comments) join the
  // ticket's and raise its version.
  virtual absl::Status SaveShown(const TicketKey& key, const ShownFace& shown,
                                 const std::vector<Fact>& facts) = 0;
  // The face of this generation was reached; a newer one stays dirty.
  virtual absl::Status FinishFace(const TicketKey& key, std::uint64_t generation,
                                  const ShownFace& shown) = 0;
  virtual absl::Status PostponeFace(const TicketKey& key, std::uint64_t generation,
                                    absl::Time not_before, const ShownFace& shown) = 0;
  virtual absl::Status BuryFace(const TicketKey& key, std::uint64_t generation,
                                const std::string& reason, absl::Time now) = 0;
  virtual absl::StatusOr<std::vector<DeadFace>> ListDeadFaces(std::size_t limit) = 0;
  // A dead face, or one with refused labels, is dirty again, as of `now`, with none of its tries
  // and refusals counted. NotFound where the ticket has neither.
  virtual absl::Status ReviveFace(const TicketKey& key, absl::Time now) = 0;
  // The face of this generation waits in the backlog: it was not to be shown yet. A newer one stays
  // dirty.
  virtual absl::Status PutIntoBacklog(const TicketKey& key, std::uint64_t generation) = 0;
  // Makes the oldest faces of a forge's backlog dirty as of `now`, at most `limit`; how many.
  virtual absl::StatusOr<std::size_t> TakeFromBacklog(const std::string& forge, std::size_t limit,
                                                      absl::Time now) = 0;
  // By ticket.
  virtual absl::StatusOr<std::vector<RefusedLabels>> ListRefusedLabels(std::size_t limit) = 0;

  // ---- Notices
  // Those that wait, by the instant at which they are to be told. `Notice::telling` is the store's:
  // it grows by one with every telling of the same id that was taken back, or dropped after
  // somebody may have heard it.
  virtual absl::StatusOr<std::vector<Notice>> ReadNotices(std::size_t limit) = 0;
  // Nullopt where no such notice waits.
  virtual absl::StatusOr<std::optional<NoticeRecord>> FindNotice(const std::string& id) = 0;
  // Replaces one that waits. NotFound.
  virtual absl::Status SaveNotice(const NoticeRecord& record) = 0;
  // Told, to the sinks named: its id is not told again. What it withdraws is forgotten in the same
  // write.
  virtual absl::Status FinishNotice(const std::string& id,
                                    const std::vector<std::string>& told) = 0;
  // As FinishNotice of `record` to those in `record.told`, with what was in vain remembered;
  // `record.troubles` has the sinks that could not be told.
  virtual absl::Status BuryNotice(const NoticeRecord& record, const std::string& reason,
                                  absl::Time now) = 0;
  // By id.
  virtual absl::StatusOr<std::vector<DeadNotice>> ListDeadNotices(std::size_t limit) = 0;
  // It waits again, for those who were not told, with none of its tries counted. NotFound.
  virtual absl::Status ReviveNotice(const std::string& id) = 0;
  // Takes back one that waits: it is as if it had never been. OK where none waits.
  virtual absl::Status DropNotice(const std::string& id) = 0;
  // Those of a ticket that were told as breaches (no warnings, and `at` not before `due`), by id.
  virtual absl::StatusOr<std::vector<Notice>> ReadToldNotices(const TicketKey& key) = 0;
  // Those of a run of one of its promises, whatever step, told or given up and not taken back, by
  // id: the notice, `told` and `troubles` as they were in the end. REQUIRES: run is not empty
  virtual absl::StatusOr<std::vector<NoticeRecord>> ReadToldSteps(const TicketKey& key,
                                                                  const std::string& run) = 0;

  // ---- Terms, projects, actors
  // In force from `effective` on; the same id as the newest changes nothing. Terms never run
  // backwards: an instant before the newest's is taken as the newest's.
  virtual absl::Status AppendTerms(const StoredTerms& terms) = 0;
  virtual absl::StatusOr<std::vector<StoredTerms>> LoadTerms() = 0;
  virtual absl::StatusOr<std::optional<ProjectRecord>> FindProject(const ProjectKey& key) = 0;
  // Without regard to case; of several projects that had this path one after another, the last. A
  // path that it has no more leads to it until another project takes that.
  virtual absl::StatusOr<std::optional<ProjectRecord>> FindProjectByPath(const ProjectRef& ref) = 0;
  // Joins it to what is known (JoinProject).
  virtual absl::Status SaveProject(const ProjectRecord& project) = 0;
  virtual absl::StatusOr<std::vector<ProjectRecord>> ListProjects() = 0;
  virtual absl::StatusOr<Pins> LoadPins() = 0;
  // The names and kinds of the forges that this store knows. FailedPrecondition, naming the mend,
  // when a name that holds tickets is missing from `forges` (name -> kind) or changed its kind;
  // else remembers new ones.
  virtual absl::Status RegisterForges(const std::map<std::string, std::string>& forges) = 0;

  // ---- Reading back
  virtual absl::Status SaveResync(const ResyncRecord& resync) = 0;
  // The last of each project that ever had one.
  virtual absl::StatusOr<std::vector<ResyncRecord>> ListResyncs() = 0;
  // The service lives at `now`; when it last did, nullopt where it never said so.
  virtual absl::Status MarkAlive(absl::Time now) = 0;
  virtual absl::StatusOr<std::optional<absl::Time>> LastAlive() = 0;

  // ---- Re-evaluation
  // Empty where none was ever saved.
  virtual absl::StatusOr<Reevaluation> LoadReevaluation() = 0;
  virtual absl::Status SaveReevaluation(const Reevaluation& reevaluation) = 0;

  // ---- Tokens, ledger, figures
  virtual absl::Status SaveToken(const TokenRecord& token) = 0;
  virtual absl::StatusOr<std::vector<TokenRecord>> ListTokens() = 0;
  virtual absl::StatusOr<std::optional<TokenRecord>> FindToken(const std::string& hash) = 0;
  // Put if absent, with a record in the ledger in the same write. InvalidArgument where it has no
  // reason, nobody's name, or no time between nothing and kLongestOverride; AlreadyExists.
  virtual absl::Status SaveOverride(const GateOverride& record) = 0;
  // From `at` on it is in force no more, and the ledger says so in the same write; one that is over
  // stays as it is. Returns it. NotFound.
  virtual absl::StatusOr<GateOverride> WithdrawOverride(const std::string& id,
                                                        const std::string& by, absl::Time at) = 0;
  // All there ever were, by project, then end.
  virtual absl::StatusOr<std::vector<GateOverride>> ListOverrides() = 0;
  // The one in force at an instant; of several, that which lasts longest. Costs what is in force.
  virtual absl::StatusOr<std::optional<GateOverride>> FindOverride(const ProjectKey& project,
                                                                   absl::Time at) = 0;
  // On disk: who keeps it for comparison finds it again.
  virtual absl::StatusOr<LedgerHead> ReadLedgerHead() = 0;
  // DataLoss, naming the first record whose hash does not follow from its predecessor.
  virtual absl::Status VerifyLedger() = 0;
  // Reads a file, or the next `rows` records of a table, from the disk and holds them against their
  // checksums and formats. `from`: empty to begin, else `next` of the step before.
  virtual absl::StatusOr<ScrubStep> Scrub(const std::string& from, std::size_t rows) = 0;
  virtual absl::StatusOr<StoreStats> Stats() = 0;
  // When it returns OK, everything that any read had shown before is on disk. Before the first
  // thing that leaves the house: a forge or a sink that is told, an answer that says it is done.
  // Nothing where everything is on disk already, else one sync, shared by those who ask at once.
  virtual absl::Status MakeDurable() = 0;
  // Writes a few bytes as everything is written: OK means that a delivery could be stored now.
  virtual absl::Status CheckWritable() = 0;
};

}  // namespace retainer
