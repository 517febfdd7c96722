// Names of tickets as people write them and as commands accept them.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "retainer/ids.h"
#include "retainer/store.h"

namespace retainer::pipeline {

// `github:acme/opendb#12`, or the key if the store does not know the project.
std::string NameOf(Store& store, const TicketKey& key);

// Parses a name or a key. InvalidArgument, naming the expected form, for anything else. NotFound
// for a key of a project that the store does not know.
absl::StatusOr<TicketRef> FindRef(Store& store, std::string_view text);

}  // namespace retainer::pipeline
