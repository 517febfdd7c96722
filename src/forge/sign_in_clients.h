// The adapters of the SignIn port (retainer/sign_in.h): GitHub and GitLab.
//
// GitHub: the authorize and token endpoints are on the web address that belongs to `api_url`
// (`https://github.com`, or an Enterprise host), the account and the revocation in the API. GitLab:
// everything is below the web address, the account in the API with the scope `read_user`.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "retainer/config.h"
#include "retainer/sign_in.h"
#include "src/forge/http.h"

namespace retainer::forge {

// The address of a forge's pages, without a trailing slash. Empty when `api_url` is no API's.
std::string WebUrl(ForgeKind kind, const std::string& api_url);

// REQUIRES: config.sign_in is set. InvalidArgument: `api_url` is not an address of the API.
absl::StatusOr<std::unique_ptr<SignIn>> MakeSignIn(const ForgeConfig& config);
// With transports to the web origin and to the API's origin instead of the network.
absl::StatusOr<std::unique_ptr<SignIn>> MakeSignInOver(const ForgeConfig& config,
                                                       std::unique_ptr<HttpTransport> web,
                                                       std::unique_ptr<HttpTransport> api);

}  // namespace retainer::forge
