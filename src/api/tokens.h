// Who may read what through the API: our own bearer tokens, and those of CI jobs (oidc.h).
//
// Our own tokens are found by their hash, so the store holds nothing that gives access.
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
#include "src/pipeline/may_read.h"

namespace retainer::api {

// The caller and its rights.
struct Caller {
  std::string id;  // for the log
  // gate: only the gate and badges. read, write or admin: everything.
  std::string scope;
  std::vector<ProjectRef> projects;  // empty: all
  // The keys of those `projects` that name one known project; they stay valid when it is renamed.
  std::vector<ProjectKey> keys = {};
  std::string customer;  // empty: all

  bool for_gate_alone() const { return scope == "gate"; }
  // True when the answers may become public: the token is limited to projects or to the gate, like
  // those of CI jobs.
  bool outside() const { return !projects.empty() || for_gate_alone(); }
  bool bound() const { return !projects.empty() || !customer.empty(); }
  pipeline::Reader reader() const;
};

// Authenticates the token of an `Authorization: Bearer …` header. `oidc` verifies tokens of CI
// jobs; nullptr when no issuer is configured.
//
// Unauthenticated: no token, or an invalid one. The message is the same for every reason, because a
// forger would otherwise learn what is configured. `why`, if not null, gets the reason for the log,
// but only for a CI job's token. Unavailable: an issuer's keys cannot be fetched. Otherwise the
// store's errors.
absl::StatusOr<Caller> Authenticate(Store& store, OidcVerifier* oidc,
                                    std::string_view authorization, absl::Time now,
                                    std::string* why = nullptr);

// The same for the caller's reader (src/pipeline/may_read.h).
bool MayReadProject(const Caller& caller, const ProjectRef& project,
                    const std::optional<ProjectRecord>& known);
bool MayRead(const Caller& caller, const ProjectRef& project,
             const std::optional<ProjectRecord>& known, const TicketRecord& ticket);

}  // namespace retainer::api
