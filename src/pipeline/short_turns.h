// Short turns on the processor for the threads that take deliveries: the system then starts them at
// once, also while another thread is in the middle of a decision. Rationale: an answer would
// otherwise wait until the decision or its turn ends, several times as long as the answer takes.
// This is no priority: no thread gets less time overall.
#pragma once

namespace retainer::pipeline {

// Applies to the calling thread. Does nothing on systems that cannot do it (Linux before 6.12).
void TakeShortTurns();

}  // namespace retainer::pipeline
