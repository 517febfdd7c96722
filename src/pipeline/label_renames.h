// A label of a project that got another name: on all its tickets at once, of which the forge tells
// nothing more.
#pragma once

#include "absl/status/status.h"
#include "retainer/event.h"
#include "retainer/policy.h"
#include "retainer/store.h"
#include "retainer/webhook.h"
#include "src/pipeline/judge.h"

namespace retainer {

// Has the open tickets of the project judged with the renaming, where either name means something
// to the policy in force. Telling it twice is telling it once. Errors as Judge::Decide, but for
// those of single tickets, which hold up no other.
absl::Status TellLabelRenamed(const Event& event, const Delivery& delivery, const Terms& terms,
                              Store& store, Judge& judge);

}  // namespace retainer
