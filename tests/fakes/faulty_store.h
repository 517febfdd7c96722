// The real store logic on an engine in memory whose writes fail on demand: a full disk, or a crash
// between two writes.
#pragma once

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "src/store/index_rows.h"
#include "src/store/memory_engine.h"
#include "src/store/table_store.h"

namespace retainer {

class FaultyStore final : public store::TableStore {
 public:
  FaultyStore() : FaultyStore(std::make_shared<Switch>()) {}

  // From now on every write fails with `status`; OK ends that.
  void FailWrites(absl::Status status) { FailWritesAfter(0, std::move(status)); }
  // The next `good` writes still succeed.
  void FailWritesAfter(int good, absl::Status status) {
    std::lock_guard lock(switch_->mutex);
    switch_->good = good;
    switch_->status = std::move(status);
  }
  absl::StatusOr<Owed> FindOwed(const OwedQuery& query, const std::string& terms_id) override {
    ++owed_asked_;
    return store::TableStore::FindOwed(query, terms_id);
  }
  // Number of FindOwed calls.
  int owed_asked() const { return owed_asked_; }
  absl::StatusOr<StoredTicket> LoadTicket(const TicketKey& key) override {
    ++tickets_loaded_;
    Interleave(&before_load);
    return store::TableStore::LoadTicket(key);
  }
  absl::Status CommitAll(const std::vector<DecisionWrite>& writes) override {
    Interleave(&before_commit);
    return store::TableStore::CommitAll(writes);
  }
  // Called once before the next LoadTicket or CommitAll: what another writer does meanwhile. Calls
  // made by the function itself do not count. For single-threaded tests.
  std::function<void()> before_load;
  std::function<void()> before_commit;
  // Number of LoadTicket calls.
  int tickets_loaded() const { return tickets_loaded_; }

  // Makes the ticket's record unreadable.
  void Spoil(const TicketKey& key) {
    store::Batch batch;
    batch.Put(store::Table::kTickets, store::TicketRowKey(key), "spoilt");
    if (!switch_->memory.Write(batch).ok()) std::abort();
  }

 private:
  static void Interleave(std::function<void()>* act) {
    if (*act) std::exchange(*act, nullptr)();
  }

  std::atomic<int> owed_asked_ = 0;
  std::atomic<int> tickets_loaded_ = 0;

  struct Switch {
    std::mutex mutex;
    int good = 0;
    absl::Status status;
    store::MemoryEngine memory;
  };
  class FaultyEngine final : public store::Engine {
   public:
    explicit FaultyEngine(std::shared_ptr<Switch> s) : switch_(std::move(s)) {}
    std::unique_ptr<store::View> Read() override { return switch_->memory.Read(); }
    absl::Status Prepare() override { return switch_->memory.Prepare(); }
    absl::Status Write(const store::Batch& batch) override {
      {
        std::lock_guard lock(switch_->mutex);
        if (switch_->good > 0) {
          --switch_->good;
        } else if (!switch_->status.ok()) {
          // A new Status, because copies share reference-counted data of a library that the thread
          // sanitizer does not instrument.
          return absl::Status(switch_->status.code(), switch_->status.message());
        }
      }
      return switch_->memory.Write(batch);
    }

   private:
    std::shared_ptr<Switch> switch_;
  };

  explicit FaultyStore(std::shared_ptr<Switch> s)
      : store::TableStore(std::make_unique<FaultyEngine>(s)), switch_(std::move(s)) {
    if (!Open().ok()) std::abort();
  }

  std::shared_ptr<Switch> switch_;
};

}  // namespace retainer
