// Erasing a person's data, for `retainer forget`.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"
#include "src/similar/similar.h"
#include "src/store/disk_store.h"

namespace retainer::cli {

// Finishes the erasure that was begun. Cancelled when `stops` says so: the rest is done at the next
// start. `in_rows`: called once the policies of the past were changed; may be null, like `similar`.
absl::StatusOr<store::Traces> FinishForget(store::DiskStore& store, similar::Similar* similar,
                                           const std::function<absl::Status()>& in_rows,
                                           const Gone& stops);

struct ForgetParts {
  pipeline::Desk& desk;
  store::DiskStore& store;
  Clock& clock;
  similar::Similar* similar = nullptr;
  std::function<absl::Status()> read_terms;  // takes the stored policies into the desk again
};

// `{"forge", "login", "id", "emails": […], "by", "dry_run"}`: `{"pseudonym", "traces"}`. `gone`
// counts until the erasure begins. `stops`: the service ends. FailedPrecondition, with what to do:
// the person is in the policy in force. InvalidArgument: the login had several accounts.
absl::StatusOr<OperationResult> ForgetPerson(const ForgetParts& parts,
                                             const nlohmann::ordered_json& request,
                                             const Gone& gone, const Gone& stops);

}  // namespace retainer::cli
