#include "tests/contract/store_contract.h"

#include <memory>

#include "src/store/memory_store.h"
#include "src/store/rocksdb_store.h"
#include "tests/contract/store_face_contract.h"
#include "tests/contract/store_ledger_contract.h"
#include "tests/contract/store_notice_contract.h"
#include "tests/contract/store_people_contract.h"
#include "tests/contract/store_query_contract.h"
#include "tests/contract/store_text_contract.h"
#include "tests/contract/store_turns_contract.h"
#include "tests/contract/store_watch_contract.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::store {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract,
                         testing::Values(StoreMaker{
                             "memory", [] { return std::make_shared<MemoryStore>(); }}));

struct StoreInFolder {
  TemporaryFolder folder;
  std::unique_ptr<Store> store = *OpenRocksDbStore(folder.path() + "/data");
};

INSTANTIATE_TEST_SUITE_P(RocksDb, StoreContract,
                         testing::Values(StoreMaker{"rocksdb", [] {
                                                      const auto owner =
                                                          std::make_shared<StoreInFolder>();
                                                      return std::shared_ptr<Store>(
                                                          owner, owner->store.get());
                                                    }}));

}  // namespace
}  // namespace retainer::store
