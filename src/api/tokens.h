// Who may read what through the API: our own bearer tokens.
//
// A token is found by its hash, so that the store holds nothing that opens a door. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/store.h"

namespace retainer {

// The token of an `Authorization: Bearer …` header.
// Unauthenticated: none, unknown, revoked or expired, without saying which. The store's errors
// otherwise.
absl::StatusOr<TokenRecord> Authenticate(Store& store, std::string_view authorization,
                                         absl::Time now);

// May it read of this project at all, and of this ticket? A token can be bound to a project
// (`forge:path`) and to a customer with a claim in force.
bool MayReadProject(const TokenRecord& token, const ProjectRef& project);
bool MayRead(const TokenRecord& token, const ProjectRef& project, const TicketRecord& ticket);

}  // namespace retainer
