// Numbers of inbox entries. They rise and are never used twice, not even after a crash.
//
// Rationale: entries of several threads reach the disk in any order. A reader that continues after
// the last number that it saw would miss one that arrives with a lower number. So all numbers from
// the first pending one on are hidden. Numbers are reserved on disk in blocks, so that taking one
// needs no write. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "src/store/engine.h"

namespace retainer::store {

class InboxNumbers {
 public:
  // REQUIRES: `engine` outlives this.
  explicit InboxNumbers(Engine& engine) : engine_(engine) {}

  // Reads the state of the store. Call it once, before anything else.
  absl::Status Load();

  // A number whose entry is being written. If it is destroyed without Arrived(), it is in doubt:
  // nobody knows whether the entry is there, or will be after a repair. It stays pending until
  // SettleDoubts.
  class Taken {
   public:
    Taken(InboxNumbers* owner, std::uint64_t seq) : owner_(owner), seq_(seq) {}
    Taken(Taken&& other) noexcept : owner_(other.owner_), seq_(other.seq_) {
      other.owner_ = nullptr;
    }
    Taken& operator=(Taken&&) = delete;
    ~Taken();
    std::uint64_t seq() const { return seq_; }
    // The entry is on disk. Returns when every lower number has arrived too or is in doubt, so that
    // acknowledged entries can be read at once.
    void Arrived();

   private:
    InboxNumbers* owner_;
    std::uint64_t seq_;
  };
  absl::StatusOr<Taken> Take();

  // Every entry below this number that will ever exist is on disk.
  std::uint64_t Settled() const;

  // The numbers in doubt. If Engine::Prepare succeeds after this call, their entries are visible or
  // will never exist: then settle them.
  std::vector<std::uint64_t> Doubts() const;
  void SettleDoubts(const std::vector<std::uint64_t>& doubts);

 private:
  Engine& engine_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 1;
  std::uint64_t reserved_ = 1;  // numbers below it are reserved
  std::set<std::uint64_t> on_their_way_;
  std::set<std::uint64_t> doubtful_;  // subset of on_their_way_
};

}  // namespace retainer::store
