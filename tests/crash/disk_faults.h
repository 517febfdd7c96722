// What a test tells the library `disk_faults` that is preloaded into a program, and what it learns
// from it: a structure in a file that both map. The library has none of the service's code.
#pragma once

#include <atomic>
#include <cstdint>

namespace retainer {

// What happens at the operation at which the program ends.
enum class DiskEnd : std::int32_t {
  kBefore,  // nothing of the operation happens
  kAfter,
  kTorn,   // a write: only its first half is in the file
  kPower,  // as kBefore, and files lose a part of what was not synced
  kZeros,  // as kPower, but what they lose becomes zeros, from the begin of a sector on
};
inline constexpr int kDiskEnds = 5;

// An operation that changes a file in the folder.
enum class DiskAct : std::int32_t { kWrite, kSync, kName };  // kName: create, rename, delete

// Zero is the state at the start.
struct DiskFaults {
  char folder[512];                // what happens elsewhere is not looked at
  std::atomic<std::int64_t> acts;  // how many operations there were
  // The number, counted from now, of the operation at which the program ends; 0: none.
  std::atomic<std::int64_t> end_at;
  std::atomic<DiskEnd> end;
  // Every operation that needs room (ENOSPC), or every change (EROFS, EIO), fails with this; 0:
  // none.
  std::atomic<int> error;
  std::atomic<std::int64_t> failed;  // how many failed
  std::uint64_t seed;                // how much of unsynced data stays

  // The operation at which it ended.
  DiskAct act;
  char file[64];
  // Of a write to the store's log: which tables it writes, by number.
  std::uint64_t tables;
};

// The program's environment.
inline constexpr char kDiskFaultsFile[] = "RETAINER_TEST_DISK_FAULTS";
// A file with a clock (shared_clock.h) that stands in for the system's real-time clock.
inline constexpr char kClockFile[] = "RETAINER_TEST_CLOCK";

}  // namespace retainer
