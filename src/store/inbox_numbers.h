// Numbers of inbox entries: rising, never given twice, not even after a crash.
//
// Rationale: entries of several threads reach the disk in any order. A reader that goes on after
// the last number that it saw would miss one that arrives behind it; so numbers from the first one
// still on its way are hidden. Numbers are reserved on disk by blocks, so that giving one costs no
// write. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "src/store/engine.h"

namespace retainer {

class InboxNumbers {
 public:
  // REQUIRES: `engine` outlives this.
  explicit InboxNumbers(Engine& engine) : engine_(engine) {}

  // Where the store was left. Once, before anything else.
  absl::Status Load();

  // A number on its way to the disk. Where Arrived() was not called before it is destroyed, nobody
  // knows whether its entry is there, or will be once the engine is well again: it stays on its way
  // until SettleDoubts.
  class Taken {
   public:
    Taken(InboxNumbers* owner, std::uint64_t seq) : owner_(owner), seq_(seq) {}
    Taken(Taken&& other) noexcept : owner_(other.owner_), seq_(other.seq_) {
      other.owner_ = nullptr;
    }
    Taken& operator=(Taken&&) = delete;
    ~Taken();
    std::uint64_t seq() const { return seq_; }
    // Its entry is on disk. Returns once every lower number has arrived too or is in doubt, so that
    // what is acknowledged can be read at once.
    void Arrived();

   private:
    InboxNumbers* owner_;
    std::uint64_t seq_;
  };
  absl::StatusOr<Taken> Take();

  // Every entry below it that will ever be there is on disk already.
  std::uint64_t Settled() const;

  // The numbers in doubt so far. Once the engine is well (Engine::Prepare) after they were asked
  // for, what they left behind is visible or gone for good: then they can be settled.
  std::vector<std::uint64_t> Doubts() const;
  void SettleDoubts(const std::vector<std::uint64_t>& doubts);

 private:
  Engine& engine_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 1;
  std::uint64_t reserved_ = 1;  // numbers below it are ours to give
  std::set<std::uint64_t> on_their_way_;
  std::set<std::uint64_t> doubtful_;  // of those on their way
};

}  // namespace retainer
