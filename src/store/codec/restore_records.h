// The fields of the records about a restore, by tag (format: codec/fields.h). Tags are never
// reused; a new field gets the next number.
#pragma once

#include "retainer/restored.h"
#include "src/store/codec/fields.h"
#include "src/store/codec/records.h"

namespace retainer::store {

template <class Io>
void Describe(Io& io, Restored& restored) {
  io(1, restored.made_at);
  io(2, restored.at);
}

}  // namespace retainer::store
