#include "src/store/rocksdb_store.h"

#include <utility>

#include "src/store/rocksdb_engine.h"
#include "src/store/store_schema.h"
#include "src/store/table_store.h"

namespace retainer::store {

absl::StatusOr<std::unique_ptr<DiskStore>> OpenRocksDbStore(const std::string& folder,
                                                            const RocksDbOptions& options) {
  auto engine = RocksDbEngine::Open(folder, options);
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
