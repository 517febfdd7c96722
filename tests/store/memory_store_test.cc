#include "src/store/memory_store.h"

#include "tests/contract/store_contract.h"

namespace retainer {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract,
                         testing::Values(StoreMaker{
                             "memory", [] { return std::make_unique<MemoryStore>(); }}));

}  // namespace
}  // namespace retainer
