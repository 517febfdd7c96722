// Handles a renamed label of a project. It changes on all tickets at once, and the forge sends no
// event for the tickets.
#pragma once

#include "absl/status/status.h"
#include "retainer/event.h"
#include "retainer/policy.h"
#include "retainer/store.h"
#include "retainer/webhook.h"
#include "src/pipeline/judge.h"

namespace retainer::pipeline {

// Judges the open tickets of the project with the renaming, if either name has a meaning in the
// policy in force. Idempotent. Errors as Judge::Decide, but an error of a single ticket does not
// stop the others.
absl::Status TellLabelRenamed(const Event& event, const Delivery& delivery, const Terms& terms,
                              Store& store, Judge& judge);

}  // namespace retainer::pipeline
