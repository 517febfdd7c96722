// A store in memory that lives as long as its object: for `retainer replay` and for tests.
//
// It keeps everything that retainer/store.h promises except durability. It has the same records and
// tables as the store on disk and runs the same logic (table_store.h), so tests with it are valid
// for both. Thread-safe.
#pragma once

#include "src/store/table_store.h"

namespace retainer::store {

class MemoryStore final : public TableStore {
 public:
  MemoryStore();
};

}  // namespace retainer::store
