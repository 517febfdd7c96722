// An engine in memory on a simulated disk. A test can cut its power: the last unsynced writes are
// lost, as many as the test wants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "src/store/memory_engine.h"

namespace retainer {

// The writes on the disk, in the order of writing. Thread-safe.
class PowerCutDisk {
 public:
  PowerCutDisk() = default;
  PowerCutDisk(const PowerCutDisk& other) : writes_(other.writes()), synced_(other.synced()) {}
  PowerCutDisk& operator=(const PowerCutDisk&) = delete;

  void Write(const store::Batch& batch, bool sync) {
    const std::lock_guard lock(mutex_);
    writes_.push_back(batch);
    if (sync) synced_ = writes_.size();
  }
  void Sync() {
    const std::lock_guard lock(mutex_);
    synced_ = writes_.size();
    ++syncs_;
  }
  // Keeps the first `kept` of the unsynced writes and loses the others.
  void Cut(std::size_t kept) {
    const std::lock_guard lock(mutex_);
    if (synced_ + kept < writes_.size()) writes_.resize(synced_ + kept);
    synced_ = writes_.size();
  }
  std::size_t unsynced() const {
    const std::lock_guard lock(mutex_);
    return writes_.size() - synced_;
  }
  // Number of syncs without a write.
  int syncs() const {
    const std::lock_guard lock(mutex_);
    return syncs_;
  }
  std::vector<store::Batch> writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
  }

 private:
  std::size_t synced() const {
    const std::lock_guard lock(mutex_);
    return synced_;
  }

  mutable std::mutex mutex_;
  std::vector<store::Batch> writes_;
  std::size_t synced_ = 0;
  int syncs_ = 0;
};

// A new object starts with the content of the disk. Thread-safe.
class PowerCutEngine final : public store::Engine {
 public:
  explicit PowerCutEngine(std::shared_ptr<PowerCutDisk> disk) : disk_(std::move(disk)) { Load(); }

  std::unique_ptr<store::View> Read() override { return tables_->Read(); }
  absl::Status Prepare() override { return absl::OkStatus(); }
  absl::Status Write(const store::Batch& batch) override { return Write(batch, true); }
  absl::Status WriteUnsynced(const store::Batch& batch) override { return Write(batch, false); }
  absl::Status MakeDurable() override {
    if (disk_->unsynced() > 0) disk_->Sync();
    return absl::OkStatus();
  }
  std::uint64_t Losses() const override { return losses_; }

  // The disk loses unsynced writes while the program continues, as after a failed sync. REQUIRES:
  // no other thread uses this object meanwhile.
  void Lose() {
    disk_->Cut(0);
    Load();
    ++losses_;
  }

 private:
  absl::Status Write(const store::Batch& batch, bool sync) {
    const std::lock_guard lock(mutex_);
    disk_->Write(batch, sync);
    return tables_->Write(batch);
  }
  void Load() {
    tables_ = std::make_unique<store::MemoryEngine>();
    for (const store::Batch& batch : disk_->writes()) tables_->Write(batch).IgnoreError();
  }

  const std::shared_ptr<PowerCutDisk> disk_;
  std::mutex mutex_;  // keeps the order on the disk equal to that in the tables
  std::unique_ptr<store::MemoryEngine> tables_;
  std::uint64_t losses_ = 0;
};

}  // namespace retainer
