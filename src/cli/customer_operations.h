// Invitations and contacts of customers, for `retainer customer`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// A customer of a request: the id, and the policy's entry if there is one.
struct NamedCustomer {
  std::string id;
  TermsHistory terms;               // keeps `entry`
  const Customer* entry = nullptr;  // nullptr: the policy lacks it, but something is on record
};
// The customer that the request names by id or alias. InvalidArgument: nothing is known of it.
absl::StatusOr<NamedCustomer> FindCustomer(pipeline::Desk& desk, Store& store,
                                           const nlohmann::ordered_json& request);

// `join_url`: what comes before an invitation's token, `https://HOST/join/`; empty if nobody can
// sign in. The answer has the token, which is stored nowhere. FailedPrecondition, with the remedy:
// nobody can sign in, or no policy is in force. InvalidArgument: the policy lacks the customer, or
// a limit is exceeded.
absl::StatusOr<OperationResult> InviteContact(pipeline::Desk& desk, Clock& clock,
                                              const std::string& join_url,
                                              const nlohmann::ordered_json& request);
absl::StatusOr<OperationResult> ListContacts(pipeline::Desk& desk, Store& store, Clock& clock,
                                             const nlohmann::ordered_json& request);
// NotFound: the account is no contact by having joined.
absl::StatusOr<OperationResult> RemoveContact(pipeline::Desk& desk, Store& store, Clock& clock,
                                              const nlohmann::ordered_json& request);
absl::StatusOr<OperationResult> ListInvitations(pipeline::Desk& desk, Store& store, Clock& clock,
                                                const nlohmann::ordered_json& request);
// NotFound.
absl::StatusOr<OperationResult> RevokeInvitation(pipeline::Desk& desk, Store& store, Clock& clock,
                                                 const nlohmann::ordered_json& request);
// All contacts that joined, and what is wrong with them under a policy with the customers that the
// request names: `{"contacts": […], "warnings": […]}`.
absl::StatusOr<OperationResult> JoinedContacts(Store& store, Clock& clock,
                                               const nlohmann::ordered_json& request);

}  // namespace retainer::cli
