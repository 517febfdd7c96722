#include "src/forge/clients.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/utf8.h"
#include "src/forge/app_jwt.h"
#include "src/forge/clients_internal.h"
#include "src/forge/metered_transport.h"
#include "src/forge/url.h"

namespace retainer::forge {
absl::Status CheckLength(std::string_view body, std::size_t limit) {
  const std::size_t characters = base::CountCodePoints(body);
  if (characters <= limit) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a comment of ", characters, " characters is longer than the forge's ", limit));
}

absl::StatusOr<std::unique_ptr<Forge>> MakeForgeOver(const ForgeConfig& config, const Clock& clock,
                                                     Log& log,
                                                     std::unique_ptr<HttpTransport> transport,
                                                     const ForgeUse& use) {
  const auto wrong = [&](std::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("forge ", config.name, ": ", View(what)));
  };
  auto base = ParseBaseUrl(config.api_url);
  if (!base.ok()) return wrong({base.status().message().data(), base.status().message().size()});
  GateRules rules;
  rules.kind = config.kind;
  rules.mutation_interval = std::max(config.mutation_interval, absl::ZeroDuration());
  if (config.kind == ForgeKind::kGitLab) rules.content_per_minute = rules.content_per_hour = 0;
  auto client = std::make_unique<ApiClient>(config.name, *base, rules, clock, std::move(transport));

  if (config.kind == ForgeKind::kGitHub && !config.app_id.empty()) {
    auto signer = MakeAppSigner(config.app_id, config.private_key);
    if (!signer.ok())
      return wrong({signer.status().message().data(), signer.status().message().size()});
    auto credentials = MakeAppCredentials(*client, std::move(*signer));
    return MakeGitHub(std::move(client), std::move(credentials), /*is_app=*/true, log, use);
  }
  if (config.token.empty()) {
    return wrong(config.kind == ForgeKind::kGitHub
                     ? "no credentials: set app: {id, private_key} or token"
                     : "no credentials: set token");
  }
  // A line break would end the header and start another one.
  if (std::any_of(config.token.begin(), config.token.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; })) {
    return wrong("token holds white space: write it in one line without any");
  }
  client->redactor().Add("token", config.token);
  if (config.kind == ForgeKind::kGitHub) {
    auto credentials = MakeTokenCredentials("Authorization", config.token);
    return MakeGitHub(std::move(client), std::move(credentials), /*is_app=*/false, log, use);
  }
  auto credentials = MakeTokenCredentials("PRIVATE-TOKEN", config.token);
  return MakeGitLab(std::move(client), std::move(credentials), log, use);
}

absl::StatusOr<std::unique_ptr<Forge>> MakeForge(const ForgeConfig& config, const Clock& clock,
                                                 Log& log, const ForgeOptions& options) {
  TransportOptions transport_options;
  transport_options.connect_timeout = options.connect_timeout;
  transport_options.read_timeout = options.read_timeout;
  transport_options.total_timeout = options.total_timeout;
  transport_options.max_idle_connections = options.max_idle_connections;
  auto base = ParseBaseUrl(config.api_url);
  if (!base.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("forge ", config.name, ": ", base.status().message()));
  }
  auto transport = MakeHttplibTransport(base->origin, transport_options);
  if (!transport.ok()) return transport.status();
  if (options.metrics != nullptr) {
    *transport = MakeMeteredTransport(config.name, config.kind, std::move(*transport), clock,
                                      *options.metrics);
  }
  return MakeForgeOver(config, clock, log, std::move(*transport), options.use);
}

}  // namespace retainer::forge
