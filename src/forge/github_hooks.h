// GitHub's record of our webhooks: their address, the result of each delivery, and redelivery.
// Private to this room.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/forge.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

// The one webhook of a GitHub App, and what GitHub's log says about its last day.
absl::StatusOr<HookHealth> HooksOfApp(const ApiCalls& calls, const std::string& forge,
                                      const std::string& url, absl::Time now);
// The webhooks of repositories, as far as the token's account may read them.
absl::StatusOr<HookHealth> HooksOfRepositories(const ApiCalls& calls, const std::string& forge,
                                               const std::string& url,
                                               const std::vector<std::string>& projects);

// As Forge::Redeliver, for a GitHub App. Redelivery of a delivery that keeps failing is requested
// with growing pauses, at most until kMostAttempts: a delivery that we refuse for good must not
// cost an endless loop.
inline constexpr std::size_t kMostAttempts = 5;
absl::StatusOr<Redelivered> RedeliverOfApp(const ApiCalls& calls, const std::string& forge,
                                           const RedeliverRequest& request, absl::Time now);
// Unimplemented: the account of a token has no log.
absl::Status NoLogForTokens(const std::string& forge);
// As Forge::ReadDelivery, for a GitHub App.
absl::StatusOr<LoggedDelivery> ReadDeliveryOfApp(const ApiCalls& calls, const std::string& forge,
                                                 const std::string& log_id);

}  // namespace retainer::forge
