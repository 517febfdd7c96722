// Seeding: makes a store as it is after months of support, of any size, for benchmarks.
//
// Every ticket goes through the real judge and the real store. Its facts are built as the webhooks'
// parsers build them, decided by the core under the folder's policy, and committed with wake-up,
// face, index rows and ledger record. Then its face counts as shown and its notices as sent, as
// after a service that kept up. So the bytes are those that `retainer serve` writes. Only the sync
// of each write is left out; everything is synced at the end.
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
  // Gets `retainer.yaml`, `policy/` and `data/`. Existing files of the first two are kept.
  std::string folder;
  // Used instead of the folder's `policy/`, which becomes a copy of it. Its projects must belong to
  // a forge named "github". Empty: our own policy (60 customers, three plans).
  std::string policy;
  std::uint64_t open = 10'000;
  std::uint64_t closed = 0;
  std::uint64_t projects = 200;
  int threads = 2;
  // The instant of the tickets' state.
  absl::Time now;
  // Called after every 1% or so with the number of finished tickets. May be empty; called by one
  // thread at a time.
  std::function<void(std::uint64_t done)> progress;
};

// FailedPrecondition when the folder's store already has tickets; otherwise the store's errors.
absl::Status Seed(const SeedOptions& options);

// The configuration that Seed writes where there is none: one forge at which nothing listens,
// everything on loopback and port 0.
std::string SeededConfigYaml(std::string_view mode);

}  // namespace retainer
