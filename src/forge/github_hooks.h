// GitHub's webhooks as seen from GitHub: where they go, what became of them, and sending again.
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

// The one webhook of a GitHub App, and what its log says of the last day.
absl::StatusOr<HookHealth> HooksOfApp(const ApiCalls& calls, const std::string& forge,
                                      const std::string& url, absl::Time now);
// The webhooks of repositories, as far as the token's account may look at them.
absl::StatusOr<HookHealth> HooksOfRepositories(const ApiCalls& calls, const std::string& forge,
                                               const std::string& url,
                                               const std::vector<std::string>& projects);

// As Forge::Redeliver, for a GitHub App. A delivery that fails again and again is asked for less
// and less often, and after kMostAttempts no more: one that we refuse for good costs no endless
// round.
inline constexpr std::size_t kMostAttempts = 5;
absl::StatusOr<std::size_t> RedeliverOfApp(const ApiCalls& calls, const std::string& forge,
                                           absl::Time since, std::size_t limit, absl::Time now);

}  // namespace retainer::forge
