// The tests' own HTTP and cryptography, so that the sandbox is tested independently.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "src/sandbox/sandbox.h"
#include "tests/fakes/fake_clock.h"

namespace retainer::sandbox {

struct Reply {
  int status = 0;                              // 0: no answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  nlohmann::json Json() const { return nlohmann::json::parse(body, nullptr, false); }
  std::string Header(const std::string& lower_case_name) const {
    auto it = headers.find(lower_case_name);
    return it == headers.end() ? "" : it->second;
  }
};

using SentHeaders = std::vector<std::pair<std::string, std::string>>;

// Sends one request on a new connection. Escapes in `url` are sent unchanged.
Reply Send(const std::string& method, const std::string& url, const SentHeaders& headers = {},
           const std::string& body = "");

// A kept-alive connection, open until destroyed.
class OpenConnection {
 public:
  explicit OpenConnection(const std::string& url);
  ~OpenConnection();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The deliveries that a webhook receiver got.
struct Received {
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// A receiver on loopback that answers `status`.
class TestReceiver {
 public:
  explicit TestReceiver(int status = 202);
  ~TestReceiver();
  std::string url() const;
  std::vector<Received> received() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string TestJwt(const std::string& private_pem, const std::string& issuer, absl::Time issued,
                    absl::Time expires);
std::string TestHmac(const std::string& key, const std::string& text);  // the result is raw bytes
std::string Hex(const std::string& bytes);

// A project on each forge, people with roles, our app and tokens.
class SandboxTest : public testing::Test {
 protected:
  void SetUp() override;

  Reply GitHub(const std::string& method, const std::string& path, const std::string& body = "",
               SentHeaders headers = {}, const std::string& token = "");
  Reply GitLab(const std::string& method, const std::string& path, const std::string& body = "",
               SentHeaders headers = {}, const std::string& token = "");
  // A new installation token, got with a JWT.
  std::string InstallationToken();

  const ProjectRef github_{"github", "acme/opendb"};
  const ProjectRef gitlab_{"gitlab", "clients/eu/acme"};
  FakeClock clock_{absl::FromUnixSeconds(1772528520)};  // 2026-03-03T09:02:00Z
  Sandbox sandbox_{SandboxOptions{.clock = clock_}};
  SandboxApp app_;
  std::string app_token_;
  std::string alice_token_;   // GitHub, maintainer
  std::string gitlab_token_;  // of the bot, a maintainer
};

}  // namespace retainer::sandbox
