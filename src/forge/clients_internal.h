// What the clients share inside this room. Tests use it to pass a transport of their own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/forge.h"
#include "retainer/log.h"
#include "src/base/view.h"
#include "src/forge/api_client.h"
#include "src/forge/credentials.h"
#include "src/forge/forge_use.h"
#include "src/forge/http.h"

namespace retainer::forge {

// Like MakeForge, with `transport` instead of the network.
absl::StatusOr<std::unique_ptr<Forge>> MakeForgeOver(const ForgeConfig& config, const Clock& clock,
                                                     Log& log,
                                                     std::unique_ptr<HttpTransport> transport,
                                                     const ForgeUse& use = {});

std::unique_ptr<Forge> MakeGitHub(std::unique_ptr<ApiClient> client,
                                  std::unique_ptr<Credentials> credentials, bool is_app, Log& log,
                                  const ForgeUse& use);
std::unique_ptr<Forge> MakeGitLab(std::unique_ptr<ApiClient> client,
                                  std::unique_ptr<Credentials> credentials, Log& log,
                                  const ForgeUse& use);

// Characters of a comment that we write; GitHub takes no more, GitLab does.
inline constexpr std::size_t kLongestComment = 65536;
// More than the difference that is to be expected between our clock and the forge's.
inline constexpr absl::Duration kSinceSlack = absl::Minutes(2);

// InvalidArgument when `body` holds more than `limit` characters (code points).
absl::Status CheckLength(std::string_view body, std::size_t limit);

// What the forge's last answers said of its clock and of our budget.
inline void AddLimits(const ApiClient& client, ForgeHealth* health) {
  health->clock_skew = client.skew();
  health->rate_remaining = client.gate().remaining();
}

using base::View;

}  // namespace retainer::forge
