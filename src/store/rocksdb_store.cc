#include "src/store/rocksdb_store.h"

#include <utility>

#include "src/store/rocksdb_engine.h"
#include "src/store/table_store.h"

namespace retainer::store {

absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStore(const std::string& folder,
                                                        const RocksDbOptions& options) {
  auto engine = RocksDbEngine::Open(folder, options);
  if (!engine.ok()) return engine.status();
  auto store = std::make_unique<TableStore>(*std::move(engine));
  if (absl::Status status = store->Open(); !status.ok()) return status;
  return store;
}

}  // namespace retainer::store
