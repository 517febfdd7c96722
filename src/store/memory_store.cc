#include "src/store/memory_store.h"

#include <cstdlib>

#include "src/store/memory_engine.h"

namespace retainer::store {

MemoryStore::MemoryStore() : TableStore(std::make_unique<MemoryEngine>()) {
  if (!Open().ok()) std::abort();  // an empty store in memory always opens
}

}  // namespace retainer::store
