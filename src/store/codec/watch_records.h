// Records of gaps (retainer/gaps.h) and of noise (retainer/noise.h).
#pragma once

#include <cstdint>

#include "retainer/gaps.h"
#include "retainer/noise.h"
#include "src/store/codec/fields.h"

namespace retainer::store {

template <class Io>
void Describe(Io& io, Gap& gap) {
  io(1, gap.forge);
  io(2, gap.from);
  io(3, gap.to);
  io(4, gap.sent_again);
  io(5, gap.read);
  io(6, gap.lost);
  io(7, gap.missing);
  io(8, gap.unlogged);
  io(9, gap.found);
  io(10, gap.lost_ids);
}

// How many notifications we caused: on a ticket in a month, or in a month. A tag is the number of
// the kind.
struct NoiseRecord {
  std::uint64_t statuses = 0;
  std::uint64_t mentions = 0;
  std::uint64_t assignments = 0;
};

template <class Io>
void Describe(Io& io, NoiseRecord& noise) {
  io(1, noise.statuses);
  io(2, noise.mentions);
  io(3, noise.assignments);
}

}  // namespace retainer::store
