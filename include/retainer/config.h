// The service's configuration as plain values. src/policy reads it from YAML.
//
// Secrets are already resolved (`env:NAME`, `file:PATH`) and must never be logged or printed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/ids.h"
#include "retainer/policy.h"
#include "retainer/standing.h"

namespace retainer {

struct HostPort {
  std::string host = "127.0.0.1";
  int port = 8080;  // 0: any free port
};

struct WebhookSecret {
  std::string secret;
  std::vector<ProjectRef> projects;  // patterns; empty: every project of the forge
};

// How people sign in with their account of a forge (OAuth 2.0).
struct SignInConfig {
  std::string client_id;      // of the GitHub App, or of a GitLab application
  std::string client_secret;  // empty only if secrets were not read
};

struct ForgeConfig {
  std::string name;  // also the webhook path: POST /webhooks/{name}
  ForgeKind kind = ForgeKind::kGitHub;
  std::string api_url;  // without a trailing slash
  std::vector<WebhookSecret> webhook_secrets;
  std::vector<WebhookSecret> signing_tokens;  // GitLab: `whsec_…`
  std::string app_id;                         // GitHub App; empty if a token is used
  std::string private_key;                    // PEM
  std::string token;
  absl::Duration mutation_interval = absl::Seconds(1);  // `mutation_interval: 1s`
  std::optional<SignInConfig> sign_in;                  // nullopt: nobody can sign in with it
};

struct OidcConfig {
  std::string issuer;
  std::string audience;
  std::vector<std::int64_t> repository_ids;
  std::vector<std::int64_t> project_ids;
  std::vector<ProjectRef> projects;
  std::string scope = "gate";  // gate, read or write
};

struct SinkConfig {
  std::string kind;    // slack, webhook, email
  std::string url;     // https://…; email: smtp://HOST:PORT or smtps://HOST:PORT
  std::string secret;  // webhook: signs; email: the password of `user`
  bool is_private = false;
  std::vector<std::string> allow_private;  // hosts that may have private addresses
  std::string user;                        // this, `from` and `to`: only for email
  std::string from;
  std::vector<std::string> to;
  std::vector<std::string> more_secrets;  // webhook: also sign, while `secret` is being rotated
  std::vector<NoticeKind> kinds;          // kinds that it receives; empty: all
};

// A policy that lies in a git repository: `policy: git+https://…#branch`, and `policy_git`.
struct PolicyGitConfig {
  // `https://HOST/PATH`, `ssh://USER@HOST[:PORT]/PATH` or `file:///PATH`. Never holds a password.
  std::string url;
  std::string branch;  // empty: the repository's default branch
  std::string path;    // the policy's folder in the repository: `a/b`; empty: its top
  absl::Duration poll = absl::Minutes(5);
  std::string token;        // https: the password; empty: none is sent
  std::string ssh_key;      // ssh: a private key, PEM or OpenSSH's format, without passphrase
  std::string known_hosts;  // ssh: the text of a known_hosts file
  // The project of a forge in which the repository lies. Nullopt: found by the address.
  std::optional<ProjectRef> project;
};

// Where traces of deliveries are exported to (OTLP over HTTP).
struct TracingConfig {
  std::string endpoint;                        // https://…; plain http only on this machine
  std::map<std::string, std::string> headers;  // sent with each request; secrets
  double sample = 1;                           // the share of deliveries that are traced
};

struct Config {
  // Folder of the configuration file; relative paths in the file start here.
  std::string folder;
  HostPort listen;
  HostPort metrics_listen{"127.0.0.1", 9090};
  std::string public_url;
  std::vector<std::string> trusted_proxies;
  std::string data;    // folder of `store: rocksdb:FOLDER`
  std::string policy;  // folder; empty if the policy lies in git
  std::optional<PolicyGitConfig> policy_git;
  bool observe = false;  // `mode: observe`
  std::vector<ForgeConfig> forges;
  std::vector<Login> admins;  // of the pages
  std::vector<OidcConfig> oidc;
  std::map<std::string, SinkConfig> sinks;
  std::optional<TracingConfig> tracing;  // nullopt: nothing is traced
};

}  // namespace retainer
