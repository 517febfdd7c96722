// A store that lives as long as its object: for `retainer replay` and for tests.
//
// Everything that retainer/store.h promises but durability. It keeps the same records in the same
// tables as the store on disk and runs the same logic (table_store.h), so what a test sees here is
// what happens there. Thread-safe.
#pragma once

#include "src/store/table_store.h"

namespace retainer {

class MemoryStore final : public TableStore {
 public:
  MemoryStore();
};

}  // namespace retainer
