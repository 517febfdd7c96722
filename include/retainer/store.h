// The Store port: everything that survives a crash.
//
// Every method is atomic: it writes everything or nothing, and readers see what it wrote at once.
// Thread-safe.
//
// Durability: when a method has returned OK, its data is on disk (synced). Exception: the methods
// that end an inbox entry or write a decision (Commit, CommitAll, FinishDelivery, SetAside, Hold)
// do not sync. The end of the process loses none of these writes. A power cut can lose the last of
// them, in the order of writing and nothing else, until MakeDurable or any durable write returns
// OK. Rationale: the delivery or wake-up behind them is on disk and reappears when they are lost,
// so they are decided again.
//
// Errors:
//   Aborted             version conflict (optimistic lock): load, decide and commit again
//   NotFound            no such record
//   ResourceExhausted   the disk is full
//   FailedPrecondition  the store is read-only, is used by another process, or has a newer schema
//                       (the message says what to do)
//   Unavailable         any other I/O error
//   DataLoss            a record that cannot be read; the message names it
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/core.h"
#include "retainer/event.h"
#include "retainer/face.h"
#include "retainer/fact.h"
#include "retainer/gaps.h"
#include "retainer/ids.h"
#include "retainer/noise.h"
#include "retainer/people_store.h"
#include "retainer/project.h"
#include "retainer/standing.h"
#include "retainer/text_store.h"
#include "retainer/ticket_record.h"
#include "retainer/webhook.h"

namespace retainer {

struct InboxEntry {
  std::uint64_t seq = 0;  // rises in the order of arrival
  Delivery delivery;
};

struct SetAsideEntry {
  InboxEntry entry;
  std::string reason;
  absl::Time at;
};

// How many deliveries are held for a project that the policy does not cover.
struct HeldDeliveries {
  ProjectKey project;
  std::uint64_t count = 0;
};

// The progress of a resync: reading a project's tickets from the forge's API.
struct ResyncRecord {
  ProjectKey project;
  std::string cause;  // for people: `adopted`, `outage`, `asked for`
  // Read tickets that changed at or after this instant. Nullopt: read all open tickets.
  std::optional<absl::Time> since;
  // The position in the forge's list, which is ordered by last update.
  TicketKind kind = TicketKind::kIssue;
  absl::Time from = absl::UnixEpoch();
  std::uint32_t page = 1;  // page of the tickets updated at or after `from`
  std::uint64_t read = 0;  // tickets read so far
  absl::Time began = absl::UnixEpoch();
  std::optional<absl::Time> finished;
  std::string trouble;  // the last error, until it is resolved
  // If set: when this resync is done, another one begins with this `since`.
  std::optional<absl::Time> then_since;
  bool covered = true;  // the policy covered the project when last checked
  friend bool operator==(const ResyncRecord&, const ResyncRecord&) = default;
};

struct StoredTicket {
  TicketRecord record;
  FactSet facts;
};

// All that one decision writes, atomically.
struct DecisionWrite {
  TicketRecord record;      // `version` is the version expected in the store
  std::vector<Fact> facts;  // facts to add or replace
  // The new desired face. Marks the ticket's face dirty if it differs from the last desired one.
  std::optional<Face> face;
  int face_rank = 1;  // the dispatcher shows rank 0 before rank 1
  // Marks the face dirty even if it is the same: a person changed what the forge shows.
  bool face_again = false;
  // Marks it dirty too: our account has a comment on the ticket that the store does not know.
  bool face_look = false;
  FaceTurn face_turn = FaceTurn::kKeep;
  std::vector<Notice> notices;  // notices whose id was told before are skipped
  DecisionRecord ledger;        // written only if it holds facts or changes
  std::optional<std::uint64_t> inbox_done;
  std::optional<std::string> inbox_done_forge;
  std::optional<ProjectRecord> project;
  std::vector<std::pair<Login, std::string>> pins;  // put if absent; stored in lower case
  std::vector<StoredCustomer> customers;  // facts to add, and the versions read: AddCustomerFacts
  // Other tickets whose records the decision used, with the versions read: checked like `record`'s.
  std::vector<std::pair<TicketKey, std::uint64_t>> relies_on;
};

// Tickets that compare equal are ordered by key.
enum class TicketOrder : std::uint8_t {
  kDue,      // next due instant; tickets without one come last
  kOpened,   // time of opening
  kUpdated,  // time of the last activity
  kPriority  // most urgent priority of its claims, then as kDue; tickets without one come last
};

// The position of a ticket in an ordered list.
struct TicketPlace {
  std::string priority;  // only for kPriority
  absl::Time at = absl::InfiniteFuture();
  TicketKey key;
  friend bool operator==(const TicketPlace&, const TicketPlace&) = default;
};

// Selects and orders tickets. A field that is not set does not filter. With `customer`, the state,
// priority and due instant are those of that customer's claim, also for the order.
struct TicketQuery {
  TicketOrder order = TicketOrder::kDue;
  bool descending = false;  // the exact reverse order
  // For kPriority: priority names, the most urgent first. Other priorities follow, ordered by name.
  std::vector<std::string> urgency;
  std::optional<ProjectKey> project;
  std::string customer;  // has a claim in force
  // A claim in force has one of these priorities (with `customer`: that customer's claim). Empty:
  // any.
  std::vector<std::string> priorities;
  std::optional<Metric> metric;     // has an open cycle of this metric
  std::optional<ClockState> worst;  // worst state at the instant `at`
  absl::Time at = absl::InfinitePast();
  std::optional<bool> open;
  std::optional<Turn> turn;
  std::string team;  // the ticket belongs to this team, or to no team
  // Due before this instant. InvalidArgument with kOpened and kUpdated, because these orders would
  // have to read all tickets that are due later.
  std::optional<absl::Time> due_before;
  // The page begins after this position: pass the last record of the previous page.
  std::optional<TicketPlace> after;
  std::size_t limit = 100;
};

// The `customer` of a query for the tickets that are over the customer's allowance. No id has a
// space.
std::string OverAllowanceOf(const std::string& customer);

// The due instant that a list uses for a ticket: that of the customer's claim if `customer` is set.
absl::Time DueIn(const TicketRecord& record, const std::string& customer);
// The position of a ticket in the list of `query`.
TicketPlace PlaceOf(const TicketQuery& query, const TicketRecord& record);
// Does the query take claims of this priority?
bool IsAskedFor(const TicketQuery& query, const std::string& priority);
// Of two priorities, the lesser comes first in the order kPriority.
std::pair<std::size_t, std::string> Urgency(const TicketQuery& query, const std::string& priority);

// A count of claims in force on open tickets of covered projects. A ticket without a claim counts
// as one claim with an empty plan and priority. States are as of the last decision.
struct OpenCount {
  std::string plan;
  std::string priority;
  std::optional<ClockState> state;  // nullopt: no clock
  std::uint64_t count = 0;          // 0: there were some earlier
};

// The gate's question: which commitments of a project are broken (or at risk)?
struct OwedQuery {
  ProjectKey project;
  std::vector<std::string> priorities;  // empty: all
  std::string customer;
  std::string plan;
  // The answer is for outsiders: leave out claims of private customers (Owed::hidden tells all that
  // outsiders may know of those). With `customer`: that customer's claims are included even if
  // private.
  bool outside = false;
  bool at_risk = false;  // true: broken or at risk; false: broken only
  // Look up the next instant (Owed::next) even if something is owed already.
  bool next = true;
  absl::Time at;
  std::size_t limit = 50;
};

struct Owed {
  // A claim with such a commitment. `settled` is not filled.
  struct Claim {
    TicketKey ticket;
    std::string url;  // URL of the ticket
    ClaimRecord claim;
  };
  std::vector<Claim> claims;  // the longest overdue first
  bool more = false;          // there are more than the limit
  // The next instant at which time alone adds a claim, and that claim's customer. Infinite if there
  // is none or it was not looked up.
  absl::Time next = absl::InfiniteFuture();
  std::string next_customer;
  // Only with `outside`: a commitment to a private customer is broken (or at risk), as far as it
  // counts there (hidden_owed.h). Ignores the query's filters.
  bool hidden = false;
  // A ticket of the project has an open question to the forge. With `outside`: only questions that
  // are asked for every ticket alike count.
  bool questions = false;
  // A ticket of the project was last judged under a different version of the terms.
  bool stale = false;
};

// How many of a customer's cycles ended in each way, by metric.
struct EndingSums {
  struct Sum {
    std::uint64_t met = 0;
    std::uint64_t missed = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t excused = 0;
    std::uint64_t closed_unanswered = 0;  // not included in `cancelled`
  };
  std::map<Metric, Sum> metrics;
  std::map<Metric, Sum> trials;  // of claims on trial; not included in `metrics`
  std::map<std::uint8_t, std::uint64_t> first_responses;  // count of first responses by TookStep
};

struct DirtyFace {
  TicketKey ticket;
  Face face;
  std::uint64_t generation = 0;  // version counter: rises with every new desired face
  absl::Time since;
  absl::Time not_before;
  int rank = 1;
  bool look = false;  // dirty only because of DecisionWrite::face_look
};

// The longest time by which PostponeFace may delay a face.
inline constexpr absl::Duration kLongestFaceWait = absl::Minutes(20);

// The commit from which a policy version was first read. Empty for a plain folder.
struct TermsSource {
  std::string commit;  // its id in hex
  std::string author;  // `Name <address>`
  std::string subject;
  std::optional<absl::Time> committed;
  friend bool operator==(const TermsSource&, const TermsSource&) = default;
};

struct StoredTerms {
  std::string id;
  absl::Time effective;
  std::map<std::string, std::string> files;  // file name -> text
  TermsSource source = {};
};

// A notice in the queue, and the progress of telling it.
struct NoticeRecord {
  Notice notice;
  // Set before a comment is posted for it: since then the comment may exist.
  std::optional<absl::Time> posting_since;
  // The last try to post whose result is unknown.
  std::optional<absl::Time> posted_at;
  std::vector<std::string> told;  // sinks that must not receive it again
  int attempts = 0;               // failed tries
  std::optional<absl::Time> again_at;
  // The first failed try, or the first time that a sink asked to wait.
  std::optional<absl::Time> failing_since;
  // Sink -> the digest that contains this notice. Each repetition uses the same digest until the
  // sink accepts it.
  std::map<std::string, std::string> digests = {};
  // Sink -> the error of the last try.
  std::map<std::string, std::string> troubles = {};
};

// A notice that was given up. `record.told` lists the sinks that had accepted it before.
struct DeadNotice {
  NoticeRecord record;
  std::string reason;
  absl::Time at;
};

struct TokenRecord {
  std::string id;       // public id, for `list` and `revoke`
  std::string hash;     // SHA-256 of the token in hex
  std::string scope;    // read, write, admin
  std::string project;  // empty: all projects
  std::string customer;
  absl::Time created;
  std::optional<absl::Time> expires;
  std::optional<absl::Time> revoked;
};

// A gate override: a person allows a project's releases for a time, whatever the gate finds.
struct GateOverride {
  std::string id;  // public id, for `list` and `withdraw`
  ProjectKey project;
  std::string by;
  std::string reason;
  absl::Time from;
  absl::Time until;  // exclusive: no longer in force at this instant
  std::optional<absl::Time> withdrawn;
  std::string withdrawn_by;
  friend bool operator==(const GateOverride&, const GateOverride&) = default;
};

// The longest time that an override can be in force.
inline constexpr absl::Duration kLongestOverride = absl::Hours(7 * 24);

struct LedgerHead {
  std::uint64_t length = 0;
  std::string digest;  // hash of the last record in hex; empty if the ledger is empty
};

struct DeadFace {
  TicketKey ticket;
  std::string reason;
  absl::Time at;
};

// Labels that the forge refused to put on a ticket.
struct RefusedLabels {
  TicketKey ticket;
  std::vector<RefusedLabel> labels;
};

// Tickets that have to be judged again, and the last one that was done.
struct Sweep {
  std::string forge;
  std::string project;  // project id; empty: all projects of the forge
  std::optional<TicketKey> after;
  std::string account = {};  // only tickets in which this account (an actor id) takes part
  friend bool operator==(const Sweep&, const Sweep&) = default;
};

// The progress of a re-evaluation: judging all tickets again.
struct Reevaluation {
  std::string cause;          // why the tickets are judged again; empty: never began
  std::vector<Sweep> sweeps;  // what is left to do; empty: done
  std::uint64_t judged = 0;   // tickets judged so far
  friend bool operator==(const Reevaluation&, const Reevaluation&) = default;
};

struct StoreStats {
  std::uint64_t inbox = 0;
  std::optional<absl::Time> oldest_inbox;
  std::uint64_t set_aside = 0;
  std::optional<absl::Time> oldest_set_aside;  // when the oldest was received
  std::uint64_t held = 0;                      // held deliveries of projects not covered
  std::uint64_t dirty_faces = 0;
  std::optional<absl::Time> oldest_dirty;
  std::uint64_t backlog_faces = 0;
  std::uint64_t dead_faces = 0;
  // When the oldest dead face was given up. Only the first kDeadLooked dead faces are looked at.
  std::optional<absl::Time> oldest_dead_face;
  std::uint64_t pending_notices = 0;
  std::optional<absl::Time> oldest_notice;  // when the oldest was due to be told
  std::uint64_t dead_notices = 0;
  std::optional<absl::Time> oldest_dead_notice;  // see oldest_dead_face
  static constexpr std::size_t kDeadLooked = 1000;
};

// The result of one step of Scrub.
struct ScrubStep {
  std::string next;                  // where to continue; empty: all data was read
  std::vector<std::string> damaged;  // what cannot be read, described for people
};

class Store : public PeopleStore, public TextStore, public GapStore, public NoiseStore {
 public:
  // ---- Inbox
  enum class Put { kStored, kKnown };
  // Puts the delivery if (forge, id) is absent, so deliveries are deduplicated. The id and the
  // inbox entry are one write.
  virtual absl::StatusOr<Put> PutDelivery(const Delivery& delivery) = 0;
  // Puts several deliveries in one write: all or none. Returns one result per delivery, in the same
  // order. If two have the same id, the second one is kKnown.
  virtual absl::StatusOr<std::vector<Put>> PutDeliveries(
      const std::vector<Delivery>& deliveries) = 0;
  // Returns the oldest pending entries of a forge after `after`: at most `limit`, fewer if their
  // bodies are large. Empty only if there are none. A new entry never appears before one that was
  // returned. An entry whose record cannot be read is set aside.
  virtual absl::StatusOr<std::vector<InboxEntry>> ReadInbox(const std::string& forge,
                                                            std::uint64_t after,
                                                            std::size_t limit) = 0;
  // Ends an entry that changes no ticket (a ping, an ignored event). Idempotent.
  virtual absl::Status FinishDelivery(const std::string& forge, std::uint64_t seq,
                                      const std::optional<ProjectRecord>& project) = 0;
  virtual absl::Status SetAside(const std::string& forge, std::uint64_t seq,
                                const std::string& reason, absl::Time now) = 0;
  virtual absl::StatusOr<std::vector<SetAsideEntry>> ListSetAside(std::size_t limit) = 0;
  // Puts a set-aside entry back into the inbox. NotFound.
  virtual absl::Status Requeue(const std::string& forge, std::uint64_t seq) = 0;
  // Takes an entry out of the inbox because the policy does not cover its project, and saves the
  // project in the same write. NotFound.
  virtual absl::Status Hold(const std::string& forge, std::uint64_t seq,
                            const ProjectRecord& project) = 0;
  // One entry per project with held deliveries, ordered by project. Cost: one row read per project
  // that ever had any.
  virtual absl::StatusOr<std::vector<HeldDeliveries>> ListHeld() = 0;
  // Puts the project's oldest held deliveries back into the inbox. Returns how many.
  virtual absl::StatusOr<std::size_t> ReleaseHeld(const ProjectKey& project, std::size_t limit) = 0;
  // Deletes delivery ids and the bodies of set-aside and held deliveries received before `before`,
  // the oldest first, at most about 10,000 per call. Returns how many; 0 when none are left.
  virtual absl::StatusOr<std::size_t> Expire(absl::Time before) = 0;

  // Version 0 and no facts if the ticket does not exist.
  virtual absl::StatusOr<StoredTicket> LoadTicket(const TicketKey& key) = 0;
  // The records without facts, in the order of `keys`. Version 0 if a ticket does not exist.
  virtual absl::StatusOr<std::vector<TicketRecord>> LoadRecords(
      const std::vector<TicketKey>& keys) = 0;
  virtual absl::Status Commit(const DecisionWrite& write) = 0;
  // Commits several tickets in one write (duplicates, transfers).
  virtual absl::Status CommitAll(const std::vector<DecisionWrite>& writes) = 0;
  // Tickets whose wake-up is at or before `until`, the earliest first.
  virtual absl::StatusOr<std::vector<std::pair<absl::Time, TicketKey>>> DueWakeups(
      absl::Time until, std::size_t limit) = 0;
  // The earliest wake-up, InfiniteFuture when there is none.
  virtual absl::StatusOr<absl::Time> NextWakeup() = 0;
  // Tickets of a forge (and of the project, if not empty) after `after`, in key order.
  virtual absl::StatusOr<std::vector<TicketRecord>> ListTickets(
      const std::string& forge, const std::string& project, const std::optional<TicketKey>& after,
      std::size_t limit, bool open_only) = 0;
  // Like ListTickets for open and closed tickets, but returns keys: a record that cannot be read
  // does not hide others.
  virtual absl::StatusOr<std::vector<TicketKey>> ListTicketKeys(
      const std::string& forge, const std::string& project, const std::optional<TicketKey>& after,
      std::size_t limit) = 0;

  // The cost grows with the page, not with the store, as long as few tickets match one filter and
  // not the others. Fields that a list does not need are not filled: `clock_states`, `endings`,
  // `promises`.
  virtual absl::StatusOr<std::vector<TicketRecord>> FindTickets(const TicketQuery& query) = 0;
  // The number of a customer's open tickets; counting stops at `limit`.
  virtual absl::StatusOr<std::size_t> CountOpen(const std::string& customer,
                                                const std::optional<ProjectKey>& project,
                                                std::size_t limit) = 0;
  // Changes in this state that say they fix the ticket, in key order.
  virtual absl::StatusOr<std::vector<TicketRecord>> FindFixes(const TicketKey& ticket,
                                                              ChangeState state,
                                                              std::size_t limit) = 0;
  // Tickets with a question to ask the forge now (OpenQuestions::ask_everybody, `ask_hidden`), in
  // key order, after `after`.
  virtual absl::StatusOr<std::vector<TicketRecord>> FindAsks(const std::string& forge,
                                                             const std::optional<TicketKey>& after,
                                                             std::size_t limit) = 0;
  // Cost: one row per combination of plan, priority and state, however many tickets there are.
  virtual absl::StatusOr<std::vector<OpenCount>> CountOpenByState() = 0;
  virtual absl::StatusOr<Owed> FindOwed(const OwedQuery& query, const std::string& terms_id) = 0;
  // A version counter of a project's tickets and overrides: differs from the last value if a write
  // may have changed them, sometimes also without a change. Not kept over a restart. To cache an
  // answer, read the counter before computing the answer, and compare it again before using the
  // answer.
  virtual std::uint64_t ProjectVersion(const ProjectKey& project) = 0;
  // Sums over cycles that ended on the days from..until (DayOf), both inclusive.
  virtual absl::StatusOr<EndingSums> SumEndings(const std::string& customer,
                                                const std::optional<ProjectKey>& project,
                                                std::int32_t from, std::int32_t until) = 0;

  // A ticket that never had a face counts as one with the face Face{} that was reached. A face that
  // changes while it is dirty keeps its age and its `not_before`.
  //
  // ReadDirtyFaces returns a forge's dirty faces whose time has come, ordered by rank, then age. A
  // face that was postponed further than kLongestFaceWait after `now` is included: the clock was
  // set back since. The cost grows with the faces returned, not with those that wait or belong to
  // other forges.
  virtual absl::StatusOr<std::vector<DirtyFace>> ReadDirtyFaces(const std::string& forge,
                                                                absl::Time now,
                                                                std::size_t limit) = 0;
  virtual absl::StatusOr<ShownFace> LoadShown(const TicketKey& key) = 0;
  // Saves what is shown now (an intent, a created comment). `facts` (our own comments) are added to
  // the ticket's and raise its version.
  virtual absl::Status SaveShown(const TicketKey& key, const ShownFace& shown,
                                 const std::vector<Fact>& facts) = 0;
  // The face of this generation was reached. A newer one stays dirty.
  virtual absl::Status FinishFace(const TicketKey& key, std::uint64_t generation,
                                  const ShownFace& shown) = 0;
  virtual absl::Status PostponeFace(const TicketKey& key, std::uint64_t generation,
                                    absl::Time not_before, const ShownFace& shown) = 0;
  virtual absl::Status BuryFace(const TicketKey& key, std::uint64_t generation,
                                const std::string& reason, absl::Time now) = 0;
  virtual absl::StatusOr<std::vector<DeadFace>> ListDeadFaces(std::size_t limit) = 0;
  // Makes a dead face, or one with refused labels, dirty again as of `now`, and resets its failed
  // tries and refusals. NotFound if the ticket has neither.
  virtual absl::Status ReviveFace(const TicketKey& key, absl::Time now) = 0;
  // Moves the face of this generation into the backlog. A newer one stays dirty.
  virtual absl::Status PutIntoBacklog(const TicketKey& key, std::uint64_t generation) = 0;
  // Makes the oldest faces of a forge's backlog dirty as of `now`, at most `limit`. Returns how
  // many.
  virtual absl::StatusOr<std::size_t> TakeFromBacklog(const std::string& forge, std::size_t limit,
                                                      absl::Time now) = 0;
  // Ordered by ticket.
  virtual absl::StatusOr<std::vector<RefusedLabels>> ListRefusedLabels(std::size_t limit) = 0;

  // The notices in the queue, ordered by the instant at which they are due to be told. The store
  // sets `Notice::telling`: it is one more than that of the last telling of the same id that was
  // taken back, or dropped after somebody may have received it.
  virtual absl::StatusOr<std::vector<Notice>> ReadNotices(std::size_t limit) = 0;
  virtual absl::Status AddNotices(const std::vector<Notice>& notices) = 0;  // of no ticket
  // Nullopt if no such notice is in the queue.
  virtual absl::StatusOr<std::optional<NoticeRecord>> FindNotice(const std::string& id) = 0;
  // Replaces a notice in the queue. NotFound.
  virtual absl::Status SaveNotice(const NoticeRecord& record) = 0;
  // The notice was told, to the sinks in `told`. Its id is not told again. Tellings that it takes
  // back are deleted in the same write.
  virtual absl::Status FinishNotice(const std::string& id,
                                    const std::vector<std::string>& told) = 0;
  // Gives the notice up: like FinishNotice with `record.told`, and also keeps it among the dead
  // notices. `record.troubles` names the sinks that could not be told.
  virtual absl::Status BuryNotice(const NoticeRecord& record, const std::string& reason,
                                  absl::Time now) = 0;
  // Ordered by id.
  virtual absl::StatusOr<std::vector<DeadNotice>> ListDeadNotices(std::size_t limit) = 0;
  // Puts a dead notice back for the sinks that did not get it, without its failed tries. NotFound.
  virtual absl::Status ReviveNotice(const std::string& id) = 0;
  // Deletes a notice from the queue, as if it had never been made. OK if it is not there.
  virtual absl::Status DropNotice(const std::string& id) = 0;
  // The ticket's notices that were told as breaches (no warnings; `at` not before `due`), ordered
  // by id.
  virtual absl::StatusOr<std::vector<Notice>> ReadToldNotices(const TicketKey& key) = 0;
  // The told or given up notices of a run of one of the ticket's promises, all steps, without those
  // that were taken back, ordered by id. Filled: the notice, and the final `told` and `troubles`.
  // REQUIRES: `run` is not empty.
  virtual absl::StatusOr<std::vector<NoticeRecord>> ReadToldSteps(const TicketKey& key,
                                                                  const std::string& run) = 0;

  // The terms are in force from `effective` on. Nothing changes if the newest version has the same
  // id. An `effective` before that of the newest version is raised to it: terms never run
  // backwards.
  virtual absl::Status AppendTerms(const StoredTerms& terms) = 0;
  virtual absl::StatusOr<std::vector<StoredTerms>> LoadTerms() = 0;
  virtual absl::StatusOr<std::optional<ProjectRecord>> FindProject(const ProjectKey& key) = 0;
  // Ignores case. If several projects had this path one after another, returns the last one. A
  // project's earlier path still leads to it until another project takes that path.
  virtual absl::StatusOr<std::optional<ProjectRecord>> FindProjectByPath(const ProjectRef& ref) = 0;
  // Merges it with what is known (JoinProject).
  virtual absl::Status SaveProject(const ProjectRecord& project) = 0;
  virtual absl::StatusOr<std::vector<ProjectRecord>> ListProjects() = 0;
  // Pinned logins, and the accounts that joined customers (customer_fact.h).
  virtual absl::StatusOr<Pins> LoadPins() = 0;
  // Compares the configured forges (name -> kind) with those that the store knows, and remembers
  // new ones. FailedPrecondition, with what to do, if a name that holds tickets is missing or has
  // another kind.
  virtual absl::Status RegisterForges(const std::map<std::string, std::string>& forges) = 0;

  // ---- Reading back
  virtual absl::Status SaveResync(const ResyncRecord& resync) = 0;
  // The last resync of each project that ever had one.
  virtual absl::StatusOr<std::vector<ResyncRecord>> ListResyncs() = 0;
  // MarkAlive saves that the service runs at `now`. LastAlive returns the last such instant,
  // nullopt if there is none.
  virtual absl::Status MarkAlive(absl::Time now) = 0;
  virtual absl::StatusOr<std::optional<absl::Time>> LastAlive() = 0;

  // Empty if none was ever saved.
  virtual absl::StatusOr<Reevaluation> LoadReevaluation() = 0;
  virtual absl::Status SaveReevaluation(const Reevaluation& reevaluation) = 0;

  // ---- Tokens, ledger, figures
  virtual absl::Status SaveToken(const TokenRecord& token) = 0;
  virtual absl::StatusOr<std::vector<TokenRecord>> ListTokens() = 0;
  virtual absl::StatusOr<std::optional<TokenRecord>> FindToken(const std::string& hash) = 0;
  // Puts it if absent, with a ledger record in the same write. InvalidArgument if the reason or the
  // name of the person is missing, or if its length is not between zero and kLongestOverride.
  // AlreadyExists.
  virtual absl::Status SaveOverride(const GateOverride& record) = 0;
  // Ends the override at `at`, with a ledger record in the same write, and returns it. One that has
  // ended already does not change. NotFound.
  virtual absl::StatusOr<GateOverride> WithdrawOverride(const std::string& id,
                                                        const std::string& by, absl::Time at) = 0;
  // All overrides ever made, ordered by project, then end.
  virtual absl::StatusOr<std::vector<GateOverride>> ListOverrides() = 0;
  // The override in force at an instant; if there are several, the one that ends last. Cost: one
  // row per override in force.
  virtual absl::StatusOr<std::optional<GateOverride>> FindOverride(const ProjectKey& project,
                                                                   absl::Time at) = 0;
  // Returned only when it is on disk, so a copy kept for comparison can be found again later.
  virtual absl::StatusOr<LedgerHead> ReadLedgerHead() = 0;
  // The head that the ledger had at an instant: of the records that are not later. Durable like the
  // above. Cost: the logarithm of the ledger's length.
  virtual absl::StatusOr<LedgerHead> ReadLedgerHeadAt(absl::Time at) = 0;
  // DataLoss, naming the first record whose hash does not match its predecessor.
  virtual absl::Status VerifyLedger() = 0;
  // Reads one file, or the next `rows` records of a table, from disk and verifies checksums and
  // formats. `from`: empty to begin, else `next` of the last step.
  virtual absl::StatusOr<ScrubStep> Scrub(const std::string& from, std::size_t rows) = 0;
  virtual absl::StatusOr<StoreStats> Stats() = 0;
  // After OK, everything that any read returned before this call is on disk. Call it before
  // anything becomes visible outside: a call to a forge or sink, or an answer that something is
  // done. No I/O if everything is on disk already; else one sync, shared by concurrent callers.
  virtual absl::Status MakeDurable() = 0;
  // Writes a few bytes the same way as other data. OK means that a delivery could be stored now.
  virtual absl::Status CheckWritable() = 0;
};

}  // namespace retainer
