// The lowest number in each forge's inbox at which an entry can be pending.
//
// Rationale: each finished entry leaves a tombstone in the table until the next compaction. A
// reader that starts at the front of the queue after each delivery would walk over all of them each
// time. Kept only in memory: after a start the first reader walks once. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace retainer::store {

class InboxFronts {
 public:
  struct Front {
    std::uint64_t seq = 0;
    std::uint64_t returns = 0;  // number of PutBack calls before
  };
  // Call it before opening the view that is used for Raise.
  Front Get(const std::string& forge) const;

  // No entry below `seq` is pending in a view that was opened after `seen` was read. Does nothing
  // if an entry was put back since.
  void Raise(const std::string& forge, const Front& seen, std::uint64_t seq);

  // The entry `seq` is, or may be, pending again. Call it after the write, whatever its result.
  void PutBack(const std::string& forge, std::uint64_t seq);
  // Any entry may be pending again.
  void Forget();

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Front> fronts_;
  std::uint64_t forgotten_ = 0;  // `returns` for forges without an entry
};

}  // namespace retainer::store
