// A client with prepared answers and a clock that the test sets.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "retainer/config.h"
#include "src/forge/clients_internal.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log.h"
#include "tests/forge/fake_transport.h"

namespace retainer::forge {

inline constexpr char kToken[] = "ghp_0123456789abcdefghijABCDEFGHIJ0123";

inline absl::Time Start() { return absl::FromUnixSeconds(1772323200); }  // 2026-03-01T00:00:00Z

// In the form of RFC 9110, as in the `Date` header.
inline std::string HttpDate(absl::Time time) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", time, absl::UTCTimeZone());
}

// A new RSA key in PEM. Made once per process, because it is slow.
const std::string& TestKey();
// Checks a JWT's signature with TestKey and decodes its payload; empty when it is not valid.
std::string VerifiedPayload(const std::string& jwt);

struct World {
  FakeClock clock{Start()};
  FakeLog log;
  Script script;
  std::unique_ptr<Forge> forge;
  RemoteTicket at;

  static ForgeConfig GitHubToken() {
    ForgeConfig config;
    config.name = "github";
    config.api_url = "https://api.github.test";
    config.token = kToken;
    return config;
  }
  static ForgeConfig GitHubApp() {
    ForgeConfig config = GitHubToken();
    config.token.clear();
    config.app_id = "123";
    config.private_key = TestKey();
    return config;
  }
  static ForgeConfig GitLabToken() {
    ForgeConfig config;
    config.name = "gitlab";
    config.kind = ForgeKind::kGitLab;
    config.api_url = "https://gitlab.test/api/v4";
    config.token = "glpat-0123456789abcdefghij";
    return config;
  }

  explicit World(const ForgeConfig& config, const ForgeUse& use = {}) {
    auto made = MakeForgeOver(config, clock, log, std::make_unique<FakeTransport>(script), use);
    EXPECT_TRUE(made.ok()) << made.status();
    if (made.ok()) forge = std::move(*made);
    at.key = {config.name, "7", TicketKind::kIssue, 12};
    at.path = config.kind == ForgeKind::kGitHub ? "acme/opendb" : "acme/sub/opendb";
    if (config.kind == ForgeKind::kGitHub)
      script.On("GET /repos/acme/opendb", 200,
                R"({"id":7,"full_name":"acme/opendb","html_url":"https://github.test/acme/opendb",
                    "private":false,"visibility":"public"})");
  }
};

}  // namespace retainer::forge
