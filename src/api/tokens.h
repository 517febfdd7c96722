// Who may read what through the API: bearer tokens of our own, and those of CI jobs (oidc.h).
//
// A token of ours is found by its hash, so that the store holds nothing that opens a door.
// Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/store.h"
#include "src/api/oidc.h"

namespace retainer {

// Who asks, and what is theirs to see.
struct Caller {
  std::string id;                    // for the log
  std::string scope;                 // gate: the gate and badges alone; read, write or admin: all
  std::vector<ProjectRef> projects;  // empty: all
  // Those of `projects` that name one project which is known: whatever it is called now.
  std::vector<ProjectKey> keys = {};
  std::string customer;  // empty: all

  bool for_gate_alone() const { return scope == "gate"; }
  // Their answers end where anybody reads: who asks for projects alone or for the gate alone, as CI
  // jobs do.
  bool outside() const { return !projects.empty() || for_gate_alone(); }
  bool bound() const { return !projects.empty() || !customer.empty(); }
};

// The token of an `Authorization: Bearer …` header. `oidc`: judges tokens of CI jobs; nullptr where
// no issuer is configured.
// Unauthenticated: none, or one that does not count: the same message whatever the reason, since
// anybody can make up a token and would learn what is configured. `why` (nullptr: nobody asks) gets
// the reason for the log, of a job's token alone. Unavailable: an issuer's keys cannot be had. The
// store's errors otherwise.
absl::StatusOr<Caller> Authenticate(Store& store, OidcVerifier* oidc,
                                    std::string_view authorization, absl::Time now,
                                    std::string* why = nullptr);

// May they read of this project at all, and of this ticket? Who is bound to a customer sees tickets
// on which it has a claim in force.
// `known`: the project that the name leads to, nullopt where there is none.
bool MayReadProject(const Caller& caller, const ProjectRef& project,
                    const std::optional<ProjectRecord>& known);
bool MayRead(const Caller& caller, const ProjectRef& project,
             const std::optional<ProjectRecord>& known, const TicketRecord& ticket);

}  // namespace retainer
