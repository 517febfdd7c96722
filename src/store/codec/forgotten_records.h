// The fields of the records about forgotten people, by tag (format: codec/fields.h). Tags are never
// reused; a new field gets the next number.
#pragma once

#include "retainer/forgotten.h"
#include "src/store/codec/fields.h"
#include "src/store/forget.h"

namespace retainer::store {

template <class Io>
void Describe(Io& io, Forgotten::Name& name) {
  io(1, name.pseudonym);
  io(2, name.length);
  io(3, name.any_account);
}

template <class Io>
void Describe(Io& io, Traces& traces) {
  io(1, traces.tickets);
  io(2, traces.facts);
  io(3, traces.texts);
  io(4, traces.customers);
  io(5, traces.policies);
  io(6, traces.deliveries);
  io(7, traces.notices);
  io(8, traces.rows);
  io(9, traces.ledger);
}

// Where an erasure is that was begun and is not finished.
struct ForgetProgress {
  std::string pseudonym;
  std::uint32_t phase = 0;
  std::string after;  // the last key of the phase that was done
  absl::Time at;
  Traces traces;
  std::string forge;
};

template <class Io>
void Describe(Io& io, ForgetProgress& progress) {
  io(1, progress.pseudonym);
  io(2, progress.phase);
  io(3, progress.after);
  io(4, progress.at);
  io(5, progress.traces);
  io(6, progress.forge);
}

}  // namespace retainer::store
