#include "src/store/rocksdb_store.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/store/rocksdb_engine.h"
#include "src/store/seal.h"
#include "src/store/store_schema.h"
#include "src/store/table_store.h"
#include "src/store/torn_tails.h"

namespace retainer::store {
namespace {

// A database that cannot be opened may only have lost, in a power cut, what was never synced.
absl::StatusOr<std::unique_ptr<RocksDbEngine>> OpenWithoutTornTails(const std::string& folder,
                                                                    const RocksDbOptions& options) {
  auto engine = RocksDbEngine::Open(folder, options);
  if (!absl::IsDataLoss(engine.status())) return engine;
  const std::vector<TornTail> tails = CutTornTails(folder);
  if (tails.empty()) return engine;
  auto again = RocksDbEngine::Open(folder, options);
  if (absl::IsDataLoss(again.status())) {
    PutBack(tails);
    return engine;
  }
  if (options.log != nullptr) {
    for (const TornTail& tail : tails) {
      options.log->Warning("the last write, which nobody was promised, was lost in a power cut",
                           {{"file", tail.file}, {"bytes", absl::StrCat(tail.size)}});
    }
  }
  return again;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DiskStore>> OpenRocksDbStore(const std::string& folder,
                                                            const RocksDbOptions& options) {
  std::vector<std::string> removed;
  if (absl::Status sealed = CheckSeal(folder, &removed); !sealed.ok()) {
    return sealed;
  }
  for (const std::string& name : removed) {
    if (options.log == nullptr) break;
    options.log->Warning("a file was damaged, and is made again from the store", {{"file", name}});
  }
  auto engine = OpenWithoutTornTails(folder, options);
  if (!engine.ok()) return engine.status();
  auto store = std::make_unique<TableStore>(*std::move(engine));
  if (absl::Status status = store->Open(folder, options.log); !status.ok()) return status;
  return store;
}

absl::StatusOr<std::uint64_t> SchemaOf(const std::string& folder) {
  auto engine = RocksDbEngine::OpenToRead(folder);
  if (!engine.ok()) return engine.status();
  const auto view = (*engine)->Read();
  return ReadSchema(*view);
}

}  // namespace retainer::store
