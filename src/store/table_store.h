// The store's logic on an engine of ordered tables (engine.h). Formats: codec/tables.h,
// codec/records.h, codec/keys.h, codec/fields.h.
//
// Keeps what retainer/store.h promises. Thread-safe: a thread that changes a record holds the lock
// stripe of its name from reading to writing; readers hold no lock and see a snapshot (View).
// Derived rows (open tickets, indexes, wake-ups, the dirty queue, counters) change in the same
// write as their source, by the difference between the old and the new record. So there is never a
// second wake-up or a stale index row.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "retainer/log.h"
#include "src/store/codec/records.h"
#include "src/store/disk_store.h"
#include "src/store/engine.h"
#include "src/store/inbox_fronts.h"
#include "src/store/inbox_numbers.h"
#include "src/store/ledger.h"
#include "src/store/lock_stripes.h"
#include "src/store/pins_cache.h"
#include "src/store/ticket_shifts.h"

namespace retainer::store {

class TableStore : public DiskStore {
 public:
  explicit TableStore(std::unique_ptr<Engine> engine);

  // Brings the store to this program's schema (BringTo) and reads its state. Call it once, before
  // anything else.
  absl::Status Open(const std::string& folder = "", Log* log = nullptr);

  absl::StatusOr<Put> PutDelivery(const Delivery& delivery) override;
  absl::StatusOr<std::vector<Put>> PutDeliveries(const std::vector<Delivery>& deliveries) override;
  absl::StatusOr<std::vector<InboxEntry>> ReadInbox(const std::string& forge, std::uint64_t after,
                                                    std::size_t limit) override;
  absl::Status FinishDelivery(const std::string& forge, std::uint64_t seq,
                              const std::optional<ProjectRecord>& project) override;
  absl::Status SetAside(const std::string& forge, std::uint64_t seq, const std::string& reason,
                        absl::Time now) override;
  absl::StatusOr<std::vector<SetAsideEntry>> ListSetAside(std::size_t limit) override;
  absl::Status Requeue(const std::string& forge, std::uint64_t seq) override;
  absl::Status Hold(const std::string& forge, std::uint64_t seq,
                    const ProjectRecord& project) override;
  absl::StatusOr<std::vector<HeldDeliveries>> ListHeld() override;
  absl::StatusOr<std::size_t> ReleaseHeld(const ProjectKey& project, std::size_t limit) override;
  absl::StatusOr<std::size_t> Expire(absl::Time before) override;

  absl::StatusOr<StoredTicket> LoadTicket(const TicketKey& key) override;
  absl::StatusOr<std::vector<TicketRecord>> LoadRecords(
      const std::vector<TicketKey>& keys) override;
  absl::Status Commit(const DecisionWrite& write) override;
  absl::Status CommitAll(const std::vector<DecisionWrite>& writes) override;
  absl::StatusOr<std::vector<std::pair<absl::Time, TicketKey>>> DueWakeups(
      absl::Time until, std::size_t limit) override;
  absl::StatusOr<absl::Time> NextWakeup() override;
  absl::StatusOr<std::vector<TicketRecord>> ListTickets(const std::string& forge,
                                                        const std::string& project,
                                                        const std::optional<TicketKey>& after,
                                                        std::size_t limit, bool open_only) override;
  absl::StatusOr<std::vector<TicketKey>> ListTicketKeys(const std::string& forge,
                                                        const std::string& project,
                                                        const std::optional<TicketKey>& after,
                                                        std::size_t limit) override;
  absl::StatusOr<std::vector<TicketKey>> ListTicketKeysOf(const std::string& forge,
                                                          const std::string& account,
                                                          const std::optional<TicketKey>& after,
                                                          std::size_t limit) override;
  absl::StatusOr<std::vector<TicketRecord>> FindTickets(const TicketQuery& query) override;
  absl::StatusOr<std::size_t> CountOpen(const std::string& customer,
                                        const std::optional<ProjectKey>& project,
                                        std::size_t limit) override;
  absl::StatusOr<std::vector<TicketRecord>> FindFixes(const TicketKey& ticket, ChangeState state,
                                                      std::size_t limit) override;
  absl::StatusOr<std::vector<TicketRecord>> FindAsks(const std::string& forge,
                                                     const std::optional<TicketKey>& after,
                                                     std::size_t limit) override;
  absl::StatusOr<std::vector<OpenCount>> CountOpenByState() override;
  absl::StatusOr<Owed> FindOwed(const OwedQuery& query, const std::string& terms_id) override;
  std::uint64_t ProjectVersion(const ProjectKey& project) override;
  absl::StatusOr<EndingSums> SumEndings(const std::string& customer,
                                        const std::optional<ProjectKey>& project, std::int32_t from,
                                        std::int32_t until) override;

  absl::StatusOr<std::vector<DirtyFace>> ReadDirtyFaces(const std::string& forge, absl::Time now,
                                                        std::size_t limit) override;
  absl::StatusOr<ShownFace> LoadShown(const TicketKey& key) override;
  absl::Status SaveShown(const TicketKey& key, const ShownFace& shown,
                         const std::vector<Fact>& facts) override;
  absl::Status FinishFace(const TicketKey& key, std::uint64_t generation,
                          const ShownFace& shown) override;
  absl::Status PostponeFace(const TicketKey& key, std::uint64_t generation, absl::Time not_before,
                            const ShownFace& shown) override;
  absl::Status BuryFace(const TicketKey& key, std::uint64_t generation, const std::string& reason,
                        absl::Time now) override;
  absl::StatusOr<std::vector<DeadFace>> ListDeadFaces(std::size_t limit) override;
  absl::Status ReviveFace(const TicketKey& key, absl::Time now) override;
  absl::Status PutIntoBacklog(const TicketKey& key, std::uint64_t generation) override;
  absl::StatusOr<std::size_t> TakeFromBacklog(const std::string& forge, std::size_t limit,
                                              absl::Time now) override;
  absl::StatusOr<std::vector<RefusedLabels>> ListRefusedLabels(std::size_t limit) override;

  absl::StatusOr<std::vector<Notice>> ReadNotices(std::size_t limit) override;
  absl::Status AddNotices(const std::vector<Notice>& notices) override;
  absl::StatusOr<std::optional<NoticeRecord>> FindNotice(const std::string& id) override;
  absl::Status SaveNotice(const NoticeRecord& record) override;
  absl::Status FinishNotice(const std::string& id, const std::vector<std::string>& told) override;
  absl::Status DropNotice(const std::string& id) override;
  absl::Status BuryNotice(const NoticeRecord& record, const std::string& reason,
                          absl::Time now) override;
  absl::StatusOr<std::vector<DeadNotice>> ListDeadNotices(std::size_t limit) override;
  absl::Status ReviveNotice(const std::string& id) override;
  absl::StatusOr<std::vector<Notice>> ReadToldNotices(const TicketKey& key) override;
  absl::StatusOr<std::vector<NoticeRecord>> ReadToldSteps(const TicketKey& key,
                                                          const std::string& run) override;

  absl::Status AppendTerms(const StoredTerms& terms) override;
  absl::StatusOr<std::vector<StoredTerms>> LoadTerms() override;
  absl::StatusOr<std::optional<ProjectRecord>> FindProject(const ProjectKey& key) override;
  absl::StatusOr<std::optional<ProjectRecord>> FindProjectByPath(const ProjectRef& ref) override;
  absl::Status SaveProject(const ProjectRecord& project) override;
  absl::StatusOr<std::vector<ProjectRecord>> ListProjects() override;
  absl::StatusOr<Pins> LoadPins() override;
  absl::Status RegisterForges(const std::map<std::string, std::string>& forges) override;

  absl::Status SaveResync(const ResyncRecord& resync) override;
  absl::StatusOr<std::vector<ResyncRecord>> ListResyncs() override;
  absl::Status MarkAlive(absl::Time now) override;
  absl::StatusOr<std::optional<absl::Time>> LastAlive() override;

  absl::StatusOr<Reevaluation> LoadReevaluation() override;
  absl::Status SaveReevaluation(const Reevaluation& reevaluation) override;

  absl::Status SaveToken(const TokenRecord& token) override;
  absl::StatusOr<std::vector<TokenRecord>> ListTokens() override;
  absl::StatusOr<std::optional<TokenRecord>> FindToken(const std::string& hash) override;
  absl::Status SaveOverride(const GateOverride& record) override;
  absl::StatusOr<GateOverride> WithdrawOverride(const std::string& id, const std::string& by,
                                                absl::Time at) override;
  absl::StatusOr<std::vector<GateOverride>> ListOverrides() override;
  absl::StatusOr<std::optional<GateOverride>> FindOverride(const ProjectKey& project,
                                                           absl::Time at) override;

  absl::StatusOr<StoredCustomer> LoadCustomer(const std::string& customer) override;
  absl::StatusOr<std::vector<StoredCustomer>> ListStoredCustomers() override;
  absl::Status AddCustomerFacts(const std::string& customer, std::uint64_t version,
                                const std::vector<CustomerFact>& facts) override;
  absl::StatusOr<std::optional<std::string>> FindInvited(const std::string& hash) override;
  absl::Status SaveSession(const Session& session) override;
  absl::StatusOr<std::optional<Session>> FindSession(const std::string& hash) override;
  absl::Status EndSession(const std::string& hash) override;
  absl::Status EndSessionsOf(const Account& account) override;
  absl::Status PinLogin(const Login& login, const std::string& id) override;
  absl::Status SaveAdminLink(const AdminLink& link) override;
  absl::StatusOr<std::optional<AdminLink>> TakeAdminLink(const std::string& hash,
                                                         absl::Time now) override;

  absl::StatusOr<std::string> LinkKey() override;
  absl::StatusOr<std::vector<TicketText>> LoadTexts(const TicketKey& ticket,
                                                    std::size_t limit) override;
  absl::Status ForgetTexts(const TicketKey& ticket) override;

  absl::Status SaveGap(const Gap& gap) override;
  absl::StatusOr<std::vector<Gap>> ListGaps() override;
  absl::StatusOr<bool> HasDelivery(const std::string& forge, const std::string& id) override;
  absl::Status AddNoise(const TicketKey& ticket, NoiseKind kind, std::uint64_t count,
                        absl::Time at) override;
  absl::StatusOr<NoiseMonth> ReadNoise(std::int32_t month, std::size_t limit) override;
  absl::StatusOr<NoiseCounts> ReadNoiseOf(const TicketKey& ticket, std::int32_t month) override;

  absl::StatusOr<LedgerHead> ReadLedgerHead() override;
  absl::StatusOr<LedgerHead> ReadLedgerHeadAt(absl::Time at) override;
  absl::Status VerifyLedger() override;
  absl::StatusOr<ScrubStep> Scrub(const std::string& from, std::size_t rows) override;
  absl::StatusOr<StoreStats> Stats() override;
  absl::Status CheckWritable() override;
  absl::Status MakeDurable() override;

  absl::Status Checkpoint(const std::string& folder) override;
  absl::Status WalkLedger(std::uint64_t from,
                          const std::function<bool(LedgerLine&)>& visit) override;
  absl::Status VerifyLedgerWhile(const std::function<bool()>& goes_on) override;
  std::shared_ptr<const Forgotten> forgotten() const override;
  absl::StatusOr<Person> FindPerson(const Person& known,
                                    const std::function<bool()>& goes_on) override;
  absl::StatusOr<Traces> CountTraces(const Person& person,
                                     const std::function<bool()>& goes_on) override;
  absl::StatusOr<std::string> BeginForget(const Person& person, const std::string& by,
                                          absl::Time now) override;
  absl::StatusOr<ForgetState> ForgetSome() override;
  absl::StatusOr<ForgetState> ReadForgetState() override;
  absl::StatusOr<std::string> ForgettingWhom() override;
  absl::StatusOr<std::optional<Restored>> LoadRestored() override;
  absl::Status SaveRestored(const Restored& restored, absl::Time since) override;

 private:
  // What a write has staged so far; later parts of the same write must see it.
  struct Staged {
    Batch batch;
    std::set<std::string> notices;
    std::set<std::string> pins;
    std::vector<LedgerEntry> ledger;
  };

  // Calls Engine::Prepare and settles the inbox numbers that were in doubt.
  absl::Status Prepare();
  // Drops all caches if the engine may have lost writes.
  void ForgetLosses();
  absl::Status StageDecision(View& view, const DecisionWrite& write, Staged* staged) const;
  void StageTicket(const std::optional<TicketRecord>& old, TicketRecord record, Batch* batch) const;
  static absl::Status StageFace(View& view, const DecisionWrite& write, Batch* batch);
  // Changes a face's record under its ticket's lock, together with what `change` adds to the batch.
  // `change` returns true to replace the record, false to keep it. NotFound if there is no record.
  absl::Status ChangeFace(
      const TicketKey& key,
      absl::FunctionRef<absl::StatusOr<bool>(View& view, FaceRecord* record, Batch* batch)> change);
  struct Waiting {
    std::string key;  // key in the queue
    NoticeRecord record;
  };
  static absl::StatusOr<std::optional<Waiting>> FindWaiting(View& view, const std::string& id);
  absl::Status StageCustomerFacts(View& view, const StoredCustomer& added, Staged* staged) const;
  // Stages what new facts say or take out (text_store.h), and the removal of all that was said.
  static absl::Status StageTexts(View& view, const TicketKey& ticket,
                                 const std::vector<Fact>& facts, Batch* batch);
  static absl::Status StageForgotten(View& view, const TicketKey& ticket, Batch* batch);
  static absl::Status StageNotice(View& view, const Notice& notice, Staged* staged);
  // `ended`: the sinks that were told and those that could not be. `dead`: null if all were told.
  absl::Status EndNotice(const std::string& id, const NoticeRecord& ended, const DeadNotice* dead);
  static absl::Status StageInboxDone(View& view, const std::string& forge, std::uint64_t seq,
                                     Batch* batch);
  // Call it after a write, whatever its result.
  void RaiseProjectVersion(const ProjectKey& project);
  std::atomic<std::uint64_t>& VersionOf(const ProjectKey& project);
  // Adds the accounts that joined customers.
  static absl::Status ReadContacts(View& view, Pins* pins);
  static absl::Status StageProject(View& view, const ProjectRecord& project, Batch* batch);
  absl::Status MoveAside(const std::string& forge, std::uint64_t seq, const std::string& reason,
                         std::optional<absl::Time> now);
  // Stages the deletion of the held delivery with this number, if there is one.
  static absl::Status StageHeldForgotten(View& view, const std::string& forge, std::uint64_t seq,
                                         Batch* batch, bool* was_there);
  absl::StatusOr<std::size_t> ExpireSome(absl::Time before, std::size_t limit, bool* more);

  // ---- Erasing (table_store_forget.cc, table_store_forget_rows.cc)
  //
  // A part of an erasure. Without `write` it only counts. `after`: the last key that was done.
  struct ForgetPart {
    const Forgotten& who;
    std::string forge;
    std::string pseudonym;
    absl::Time at = absl::UnixEpoch();
    bool write = false;
    std::string after = {};
    Traces traces = {};
  };
  absl::Status LoadForgotten();
  // The names of a person, with a pseudonym for each. `pseudonym`: empty to make one.
  absl::StatusOr<std::map<std::string, Forgotten::Name>> NamesFor(const Person& person,
                                                                  std::string_view key,
                                                                  std::string* pseudonym);
  // Each does some rows. True when the phase has none left.
  absl::StatusOr<bool> ForgetPhase(std::uint32_t phase, ForgetPart* part);
  absl::StatusOr<bool> ForgetInTerms(ForgetPart* part);
  absl::StatusOr<bool> ForgetInTickets(ForgetPart* part);
  absl::Status ForgetInTicket(const TicketKey& key, ForgetPart* part);
  absl::StatusOr<bool> ForgetInCustomers(ForgetPart* part);
  absl::StatusOr<bool> ForgetInPeople(ForgetPart* part);
  absl::StatusOr<bool> ForgetInNotices(Table table, ForgetPart* part);
  absl::StatusOr<bool> ForgetInDeliveries(Table table, ForgetPart* part);
  absl::StatusOr<bool> ForgetInLedger(ForgetPart* part);

  std::unique_ptr<Engine> engine_;
  LockStripes locks_;
  InboxNumbers numbers_;
  InboxFronts fronts_;
  LedgerWriter ledger_;
  PinsCache pins_;
  TicketShifts shifts_;
  mutable std::mutex forgotten_mutex_;
  std::shared_ptr<const Forgotten> forgotten_ = std::make_shared<Forgotten>();  // guarded by it
  std::atomic<std::uint64_t> losses_ = 0;  // the value of Engine::Losses that was handled last
  // Index: hash of the project.
  std::array<std::atomic<std::uint64_t>, 64> project_versions_ = {};
};

// Names of lock stripes, used by all files of the store.
std::string LockName(const TicketKey& key);
std::string LockName(const ProjectKey& key);
std::string CustomerLockName(const std::string& customer);
std::string InboxLockName(const std::string& forge, std::uint64_t seq);
std::string DeliveryLockName(const std::string& forge, const std::string& id);

}  // namespace retainer::store
