// From where on each forge's inbox is worth reading: nothing waits below.
//
// Rationale: what is done leaves a tombstone in the table until the next compaction, and a reader
// that comes back to the front of the queue after each delivery would walk over all of them each
// time. Kept in memory only: after a start the first reader walks once. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace retainer {

class InboxFronts {
 public:
  struct Front {
    std::uint64_t seq = 0;
    std::uint64_t returns = 0;  // how often something had been put back by then
  };
  // Before the view is opened from which it is to be raised.
  Front Get(const std::string& forge) const;

  // Nothing waits below `seq`, in a view opened after `seen` was got. Does nothing where an entry
  // was put back since.
  void Raise(const std::string& forge, const Front& seen, std::uint64_t seq);

  // The entry `seq` waits again, or may do so: after its write, whatever came of it.
  void PutBack(const std::string& forge, std::uint64_t seq);
  // Anything may wait again.
  void Forget();

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Front> fronts_;
  std::uint64_t forgotten_ = 0;  // returns of a forge that has no entry
};

}  // namespace retainer
