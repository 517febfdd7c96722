// Counts the notifications that we caused (retainer/noise.h), in the store and in the figures.
#pragma once

#include <cstdint>

#include "retainer/clock.h"
#include "retainer/ids.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/noise.h"
#include "retainer/store.h"

namespace retainer::pipeline {

struct NoiseParts {
  Store& store;
  Clock& clock;
  Log& log;
  Metrics& metrics;
};

// Call it when the forge has confirmed the act. An act that is found later counts then. If the
// store refuses, this is logged and the count is too low: what was done stays done.
void CountNoise(const NoiseParts& parts, const TicketKey& ticket, NoiseKind kind,
                std::uint64_t count = 1);

}  // namespace retainer::pipeline
