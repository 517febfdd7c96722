// Seeding: a store as it looks after months of support, at any size, for measuring.
//
// Every ticket goes through the real judge and the real store: its facts are built as the webhooks'
// parsers build them, decided by the core under a policy of the folder, and committed with wake-up,
// face, index rows and ledger record; then its face counts as shown and its notices as told, as a
// service that kept up leaves them. So the bytes are those that `retainer serve` writes. Only the
// syncing of each write is left out; the whole is synced at the end.
//
// The same options (and `now`) give the same tickets.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace retainer {

struct SeedOptions {
  // Gets `retainer.yaml`, `policy/` and `data/`; what of the first two is there stays.
  std::string folder;
  // Used in place of `policy/` of the folder, which then becomes a copy of it. Its projects must
  // be of a forge named "github". Empty: a policy of our own (60 customers, three plans).
  std::string policy;
  std::uint64_t open = 10'000;
  std::uint64_t closed = 0;
  std::uint64_t projects = 200;
  int threads = 2;
  // As of when the tickets stand.
  absl::Time now;
  // After every 1% or so: how many tickets are done. May be empty; called by one thread at a time.
  std::function<void(std::uint64_t done)> progress;
};

// FailedPrecondition where the folder's store holds tickets already; else the store's errors.
absl::Status Seed(const SeedOptions& options);

// The configuration that Seed writes where there is none: one forge at which nothing listens,
// everything on loopback and port 0.
std::string SeededConfigYaml(std::string_view mode);

}  // namespace retainer
