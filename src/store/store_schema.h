// The schema of a store: which it has, and how an older one becomes the present one.
//
// Before the first step of an upgrade the store is copied (Engine::Checkpoint) into its own folder,
// as `before-schema-N`. The program that wrote it can open the copy. An upgrade that was
// interrupted begins again, and keeps the copy that the first try made.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/log.h"
#include "src/store/engine.h"

namespace retainer::store {

// Changes a store of schema `to` - 1. May be repeated from any point.
struct SchemaUpgrade {
  std::uint64_t to = 0;
  std::function<absl::Status(Engine& engine)> run;
};

struct Schema {
  std::uint64_t version = 0;
  std::vector<SchemaUpgrade> upgrades;  // ordered by `to`, the last one to `version`
};

// The schema of this program.
const Schema& PresentSchema();

// The schema of a store; 0 for a new one. DataLoss if it cannot be read.
absl::StatusOr<std::uint64_t> ReadSchema(View& view);

// The name of the copy that is made before a store with this schema is upgraded.
std::string CheckpointBefore(std::uint64_t schema);

// Brings the store to `schema`. `folder`: its data folder, for the copy; empty for tables in
// memory. `log` may be null. FailedPrecondition, with what to do, for a newer schema.
absl::Status BringTo(const Schema& schema, Engine& engine, const std::string& folder, Log* log);

}  // namespace retainer::store
