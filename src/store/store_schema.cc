#include "src/store/store_schema.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/store/codec/tables.h"
#include "src/store/reads.h"

namespace retainer::store {
namespace {

constexpr std::string_view kSchemaKey = "schema";

absl::Status WriteSchema(Engine& engine, std::uint64_t version) {
  Batch batch;
  batch.Put(Table::kMeta, std::string(kSchemaKey), absl::StrCat(version));
  return engine.Write(batch);
}

}  // namespace

const Schema& PresentSchema() {
  static const Schema* const schema = new Schema{kSchemaVersion, {}};
  return *schema;
}

absl::StatusOr<std::uint64_t> ReadSchema(View& view) {
  auto stored = view.Get(Table::kMeta, kSchemaKey);
  if (!stored.ok()) return stored.status();
  if (!*stored) return 0;
  std::uint64_t version = 0;
  if (!absl::SimpleAtoi(**stored, &version)) return Unreadable(Table::kMeta, kSchemaKey);
  return version;
}

std::string CheckpointBefore(std::uint64_t schema) {
  return absl::StrCat("before-schema-", schema + 1);
}

absl::Status BringTo(const Schema& schema, Engine& engine, const std::string& folder, Log* log) {
  std::uint64_t stored = 0;
  {
    const auto view = engine.Read();
    const auto read = ReadSchema(*view);
    if (!read.ok()) return read.status();
    stored = *read;
  }
  if (stored == schema.version) return absl::OkStatus();
  if (stored > schema.version) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the store has schema ", stored, ", this program knows schemas up to ", schema.version,
        ": start the newer version of retainer that wrote it, or restore a backup made before. If "
        "a build from before the first release wrote it, start with an empty folder"));
  }
  if (stored == 0) return WriteSchema(engine, schema.version);
  if (!folder.empty()) {
    const std::filesystem::path copy = std::filesystem::absolute(folder) / CheckpointBefore(stored);
    std::error_code ignored;
    if (!std::filesystem::exists(copy, ignored)) {
      if (absl::Status copied = engine.Checkpoint(copy.string()); !copied.ok()) return copied;
    }
    if (log != nullptr) {
      log->Info("the store is upgraded; the copy is of before",
                {{"from", absl::StrCat(stored)},
                 {"to", absl::StrCat(schema.version)},
                 {"copy", copy.string()}});
    }
  }
  for (const SchemaUpgrade& upgrade : schema.upgrades) {
    if (upgrade.to <= stored) continue;
    if (absl::Status done = upgrade.run(engine); !done.ok()) return done;
    if (absl::Status written = WriteSchema(engine, upgrade.to); !written.ok()) return written;
  }
  return absl::OkStatus();
}

}  // namespace retainer::store
