#include "src/policy/config_parser.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/policy/api_url.h"
#include "src/policy/config_git.h"
#include "src/policy/config_sinks.h"
#include "src/policy/config_tracing.h"
#include "src/policy/config_value.h"
#include "src/policy/duration.h"
#include "src/policy/policy_keys.h"
#include "src/policy/reader.h"

namespace retainer::policy {
namespace {

using Keys = std::vector<std::string_view>;

// A shorter secret can be guessed; forges recommend far longer ones.
constexpr std::size_t kShortSecret = 16;

class ConfigReader {
 public:
  ConfigReader(const std::string& folder, const ConfigSources& sources, ConfigResult* result)
      : reader_(&result->problems),
        warnings_(result->warnings),
        policy_(result->policy),
        values_(folder, sources, &reader_, &result->warnings) {
    config_.folder = values_.Path(".");
    if (config_.folder.size() > 1 && config_.folder.back() == '/') config_.folder.pop_back();
  }

  Config Read(const YamlNode& root) {
    reader_.AddDocument(&root);
    if (!reader_.Map(root, "a configuration", policy_keys::Configuration(),
                     {policy_keys::Root(), "into the policy, a file of the folder `policy`"})) {
      return {};
    }
    if (const YamlNode* n = root.Find("listen")) ReadListen(*n, "listen", &config_.listen);
    if (const YamlNode* n = root.Find("metrics_listen")) {
      ReadListen(*n, "metrics_listen", &config_.metrics_listen);
    }
    if (const YamlNode* n = root.Find("public_url")) {
      config_.public_url = values_.Url(*n, "public_url", false).value_or("");
      // Pages, cookies and the addresses of webhooks begin at the root.
      const std::size_t host = config_.public_url.find("://");
      if (host != std::string::npos &&
          config_.public_url.find_first_of("/?#", host + 3) != std::string::npos) {
        reader_.Error(*n, "public_url has a path, and the service answers at the root of a host",
                      "write https://HOST, and give the service a host name of its own");
      }
    }
    if (const YamlNode* n = root.Find("trusted_proxies")) ReadProxies(*n);
    ReadStore(root);
    if (const YamlNode* n = root.Find("policy")) {
      policy_ = reader_.PlaceOf(*n);
      if (const auto place = values_.Text(*n, "policy")) {
        ReadPolicyPlace(*n, *place, root.Find("policy_git"));
      }
    } else {
      reader_.Error(root, "no policy", "write e.g. policy: ./policy");
    }
    if (const YamlNode* n = root.Find("mode")) ReadMode(*n);
    if (const YamlNode* n = root.Find("forges")) {
      for (const YamlNode& item : reader_.List(*n, "forges")) ReadForge(item);
      if (n->IsSequence() && n->items.empty()) reader_.Error(*n, "no forge", "name at least one");
    } else {
      reader_.Error(root, "no forges", "write e.g. forges: [{name: github, kind: github, …}]");
    }
    if (const YamlNode* n = root.Find("admins")) ReadAdmins(*n);
    if (const YamlNode* n = root.Find("oidc")) {
      for (const YamlNode& item : reader_.List(*n, "oidc")) ReadOidc(item);
    }
    if (const YamlNode* n = root.Find("sinks")) {
      config_.sinks = ReadSinks(*n, values_, &reader_);
    }
    if (const YamlNode* n = root.Find("tracing")) {
      config_.tracing = ReadTracing(*n, values_, &reader_);
    }
    return std::move(config_);
  }

 private:
  void Warn(const YamlNode& at, std::string what, std::string mend) {
    warnings_.push_back(ProblemAt(reader_.PlaceOf(at), std::move(what), std::move(mend)));
  }

  void ReadListen(const YamlNode& node, std::string_view what, HostPort* listen) {
    const auto text = values_.Text(node, what);
    if (!text) return;
    const auto parsed = ParseHostPort(*text);
    if (!parsed) {
      reader_.Error(node, absl::StrCat(std::string(what), " is not an address to listen on"),
                    "write HOST:PORT, e.g. 127.0.0.1:8080, [::1]:8080, or port 0 for any free one");
      return;
    }
    *listen = *parsed;
  }

  void ReadProxies(const YamlNode& node) {
    for (const YamlNode& item : reader_.List(node, "trusted_proxies")) {
      const auto text = values_.Text(item, "a trusted proxy");
      if (!text) continue;
      unsigned char address[16];
      if (inet_pton(AF_INET, text->c_str(), address) == 1 ||
          inet_pton(AF_INET6, text->c_str(), address) == 1) {
        config_.trusted_proxies.push_back(*text);
      } else {
        reader_.Error(item, "a trusted proxy must be an IP address", "write e.g. 127.0.0.1 or ::1");
      }
    }
  }

  void ReadStore(const YamlNode& root) {
    const YamlNode* node = root.Find("store");
    if (node == nullptr) {
      reader_.Error(root, "no store", "write e.g. store: rocksdb:./data");
      return;
    }
    const auto text = values_.Text(*node, "store");
    if (!text) return;
    if (!absl::StartsWith(*text, "rocksdb:") || text->size() == 8) {
      reader_.Error(*node, "unknown kind of store", "write rocksdb:FOLDER");
      return;
    }
    config_.data = values_.Path(text->substr(8));
  }

  void ReadPolicyPlace(const YamlNode& node, const std::string& place, const YamlNode* git) {
    if (IsGitAddress(place)) {
      config_.policy_git = ReadPolicyGit(node, place, git, values_, &reader_, &warnings_);
      return;
    }
    if (absl::StrContains(place, "://")) {
      reader_.Error(node, "a policy can only come from a folder or a git repository",
                    "write the path of a folder, or git+https://HOST/PATH.git#BRANCH");
      return;
    }
    if (git != nullptr) {
      reader_.Error(*git,
                    "policy_git is for a policy in a git repository, and `policy` is a folder",
                    "leave it out, or write policy: git+https://HOST/PATH.git#BRANCH");
      return;
    }
    config_.policy = values_.Path(place);
  }

  void ReadMode(const YamlNode& node) {
    const auto text = values_.Text(node, "mode");
    if (!text) return;
    config_.observe = *text == "observe";
    if (!config_.observe && *text != "full") {
      reader_.Error(node, "unknown mode", "write full, or observe to write nothing to any forge");
    }
  }

  void ReadForge(const YamlNode& node) {
    const Keys keys = {"name",  "kind",           "api_url",           "webhook_secrets", "app",
                       "token", "signing_tokens", "mutation_interval", "sign_in"};
    if (!reader_.Map(node, "a forge", keys)) return;
    ForgeConfig forge;
    if (!ReadForgeName(node, &forge)) return;
    const YamlNode* kind = node.Find("kind");
    if (kind == nullptr || (kind->scalar != "github" && kind->scalar != "gitlab")) {
      reader_.Error(kind != nullptr ? *kind : node,
                    absl::StrCat("forge \"", forge.name, "\" is of no known kind"),
                    "write kind: github or kind: gitlab");
      return;
    }
    forge.kind = kind->scalar == "github" ? ForgeKind::kGitHub : ForgeKind::kGitLab;
    const bool github = forge.kind == ForgeKind::kGitHub;
    forge.api_url = github ? "https://api.github.com" : "https://gitlab.com/api/v4";
    if (const YamlNode* url = node.Find("api_url")) {
      forge.api_url = values_.Url(*url, "api_url", false).value_or("");
      CheckApiUrl(*url, forge);
    }
    ReadSecrets(node, &forge);
    ReadCredentials(node, &forge);
    if (const YamlNode* sign_in = node.Find("sign_in")) ReadSignIn(*sign_in, &forge);
    if (const YamlNode* interval = node.Find("mutation_interval")) {
      const auto text = values_.Text(*interval, "mutation_interval");
      if (text && *text == "0s") {
        forge.mutation_interval = absl::ZeroDuration();
      } else if (text) {
        const auto parsed = ParseDuration(*text);
        if (parsed.ok()) forge.mutation_interval = *parsed;
        if (!parsed.ok()) {
          reader_.Error(*interval, "mutation_interval is not a duration", "write e.g. 1s");
        }
      }
    }
    config_.forges.push_back(std::move(forge));
  }

  void CheckApiUrl(const YamlNode& node, const ForgeConfig& forge) {
    if (forge.api_url.empty()) return;
    const std::string mend = ApiUrlMend(forge.kind, forge.api_url);
    if (mend.empty()) return;
    reader_.Error(node,
                  absl::StrCat("api_url of \"", forge.name, "\" is not the address of ",
                               forge.kind == ForgeKind::kGitHub ? "GitHub" : "GitLab", "'s API"),
                  absl::StrCat("write api_url: ", mend));
  }

  bool ReadForgeName(const YamlNode& node, ForgeConfig* forge) {
    const YamlNode* name = node.Find("name");
    if (name == nullptr) {
      reader_.Error(node, "a forge without name", "write e.g. name: github");
      return false;
    }
    const auto text = reader_.Text(*name, "the name of a forge");
    if (!text) return false;
    if (!IsForgeName(*text) || text->size() > 64) {
      reader_.Error(*name, "no name for a forge", "use up to 64 of a-z, 0-9 and -");
      return false;
    }
    for (const ForgeConfig& other : config_.forges) {
      if (other.name != *text) continue;
      reader_.Error(*name, absl::StrCat("forge \"", *text, "\" is configured twice"),
                    "give each forge a name of its own");
      return false;
    }
    forge->name = *text;
    return true;
  }

  // Reads `env:NAME`, or `{secret: env:NAME, projects: […]}`.
  std::vector<WebhookSecret> ReadSecretList(const YamlNode& node, const std::string& forge,
                                            std::string_view list, std::string_view what) {
    std::vector<WebhookSecret> secrets;
    for (const YamlNode& item : reader_.List(node, list)) {
      WebhookSecret secret;
      const YamlNode* value = &item;
      if (item.IsMap()) {
        if (!reader_.Map(item, "a secret", {"secret", "projects"})) continue;
        value = item.Find("secret");
        if (value == nullptr) {
          reader_.Error(item, "no secret here", "write secret: env:NAME");
          continue;
        }
        if (const YamlNode* projects = item.Find("projects")) {
          secret.projects = reader_.ProjectPatterns(*projects);
          // An empty list would cover every project.
          if (projects->IsSequence() && projects->items.empty()) {
            reader_.Error(*projects, "a secret bound to no project",
                          "name projects, or leave `projects` out");
          }
          for (const ProjectRef& project : secret.projects) {
            if (project.forge == forge) continue;
            reader_.Error(*projects, absl::StrCat(ToString(project), " is on another forge"),
                          absl::StrCat("write ", forge, ":PATH"));
          }
        }
      }
      const auto text = values_.Secret(*value, what);
      if (!text) continue;
      secret.secret = *text;
      if (text->size() < kShortSecret) {
        Warn(*value, "a short secret can be guessed", "use 32 random bytes: openssl rand -hex 32");
      }
      secrets.push_back(std::move(secret));
    }
    return secrets;
  }

  void ReadSecrets(const YamlNode& node, ForgeConfig* forge) {
    const YamlNode* secrets = node.Find("webhook_secrets");
    const YamlNode* tokens = node.Find("signing_tokens");
    if (secrets != nullptr) {
      forge->webhook_secrets =
          ReadSecretList(*secrets, forge->name, "webhook_secrets", "a webhook secret");
    }
    if (tokens != nullptr && forge->kind == ForgeKind::kGitHub) {
      reader_.Error(*tokens, "signing_tokens are GitLab's", "write webhook_secrets");
    } else if (tokens != nullptr) {
      forge->signing_tokens =
          ReadSecretList(*tokens, forge->name, "signing_tokens", "a signing token");
      for (const WebhookSecret& token : forge->signing_tokens) {
        std::string key;
        if (!absl::StartsWith(token.secret, "whsec_") ||
            !absl::Base64Unescape(token.secret.substr(6), &key) || key.empty()) {
          reader_.Error(*tokens, "a signing token is not of the form whsec_BASE64",
                        "copy it again from GitLab's webhook settings");
        }
      }
    }
    const bool none = (secrets == nullptr || (secrets->IsSequence() && secrets->items.empty())) &&
                      (tokens == nullptr || (tokens->IsSequence() && tokens->items.empty()));
    if (none) {
      reader_.Error(
          node, absl::StrCat("forge \"", forge->name, "\" has no secret: anybody could send to it"),
          "write webhook_secrets: [env:NAME]");
    }
  }

  void ReadCredentials(const YamlNode& node, ForgeConfig* forge) {
    const YamlNode* app = node.Find("app");
    const YamlNode* token = node.Find("token");
    if (app != nullptr && token != nullptr) {
      reader_.Error(*token, absl::StrCat("forge \"", forge->name, "\" has an app and a token"),
                    "keep one of them");
    } else if (app == nullptr && token == nullptr) {
      reader_.Error(node, absl::StrCat("forge \"", forge->name, "\" has no way to sign in"),
                    forge->kind == ForgeKind::kGitHub
                        ? "write app: {id: ID, private_key: file:app.pem}, or token: env:NAME"
                        : "write token: env:NAME");
    }
    if (token != nullptr) forge->token = values_.Secret(*token, "token").value_or("");
    if (app == nullptr) return;
    if (forge->kind != ForgeKind::kGitHub) {
      reader_.Error(*app, "apps are GitHub's", "write token: env:NAME");
      return;
    }
    if (!reader_.Map(*app, "an app", {"id", "private_key"})) return;
    const YamlNode* id = app->Find("id");
    const YamlNode* key = app->Find("private_key");
    if (id == nullptr || key == nullptr) {
      reader_.Error(*app, "an app needs its id and its private key",
                    "write {id: 123, private_key: file:app.pem}");
      return;
    }
    forge->app_id = values_.Text(*id, "the app's id").value_or("");
    forge->private_key = values_.Secret(*key, "private_key").value_or("");
    if (!forge->private_key.empty() && !absl::StrContains(forge->private_key, "PRIVATE KEY-----")) {
      reader_.Error(*key, "private_key is not PEM", "download the app's key again (.pem)");
    }
  }

  void ReadSignIn(const YamlNode& node, ForgeConfig* forge) {
    if (!reader_.Map(node, "sign_in", {"client_id", "client_secret"})) return;
    const YamlNode* id = node.Find("client_id");
    const YamlNode* secret = node.Find("client_secret");
    if (id == nullptr || secret == nullptr) {
      reader_.Error(node, "sign_in needs a client id and a client secret",
                    "write {client_id: ID, client_secret: env:NAME}");
      return;
    }
    if (config_.public_url.empty()) {
      reader_.Error(node, "people cannot sign in without a public_url",
                    "write public_url: https://HOST, the address of this service");
    }
    forge->sign_in.emplace();
    forge->sign_in->client_id = values_.Text(*id, "client_id").value_or("");
    forge->sign_in->client_secret = values_.Secret(*secret, "client_secret").value_or("");
  }

  void ReadAdmins(const YamlNode& node) {
    config_.admins = reader_.Logins(node, "admins", "a login");
    for (const Login& admin : config_.admins) {
      const auto forge =
          std::find_if(config_.forges.begin(), config_.forges.end(),
                       [&](const ForgeConfig& each) { return each.name == admin.forge; });
      if (forge != config_.forges.end() && forge->sign_in) continue;
      reader_.Error(node,
                    absl::StrCat("the admin ", admin.forge, ":", admin.name,
                                 " cannot sign in: the forge has no sign_in"),
                    "write sign_in: {client_id: ID, client_secret: env:NAME} in that forge");
    }
  }

  void ReadIds(const YamlNode& node, std::string_view what, std::vector<std::int64_t>* ids) {
    for (const YamlNode& item : reader_.List(node, what)) {
      std::int64_t id = 0;
      const auto text = values_.Text(item, what);
      if (!text) continue;
      if (!absl::SimpleAtoi(*text, &id) || id <= 0) {
        reader_.Error(item, absl::StrCat(std::string(what), " must be numbers"),
                      "names can change hands; write the id that the forge's API shows");
        continue;
      }
      ids->push_back(id);
    }
  }

  void ReadOidc(const YamlNode& node) {
    const Keys keys = {"issuer", "audience", "repository_ids", "project_ids", "projects", "scope"};
    if (!reader_.Map(node, "an OIDC issuer", keys)) return;
    OidcConfig oidc;
    for (const char* key : {"issuer", "audience", "projects"}) {
      if (node.Find(key) == nullptr) {
        reader_.Error(node, absl::StrCat("an OIDC issuer without ", key),
                      absl::StrCat("write ", key));
      }
    }
    if (const YamlNode* n = node.Find("issuer")) {
      oidc.issuer = values_.Url(*n, "issuer", false).value_or("");
    }
    if (const YamlNode* n = node.Find("audience")) {
      oidc.audience = values_.Text(*n, "audience").value_or("");
    }
    if (const YamlNode* n = node.Find("repository_ids")) {
      ReadIds(*n, "repository_ids", &oidc.repository_ids);
    }
    if (const YamlNode* n = node.Find("project_ids")) ReadIds(*n, "project_ids", &oidc.project_ids);
    const auto no_ids = [&node](const char* key) {
      const YamlNode* n = node.Find(key);
      return n == nullptr || (n->IsSequence() && n->items.empty());
    };
    if (no_ids("repository_ids") && no_ids("project_ids")) {
      reader_.Error(node, "an OIDC issuer without repository_ids or project_ids trusts everybody",
                    "name the repositories whose jobs may ask");
    }
    if (const YamlNode* n = node.Find("projects")) {
      oidc.projects = reader_.ProjectPatterns(*n);
      if (n->IsSequence() && n->items.empty()) {
        reader_.Error(*n, "an OIDC issuer for no project", "name the projects it may ask about");
      }
    }
    if (const YamlNode* n = node.Find("scope")) {
      oidc.scope = values_.Text(*n, "scope").value_or("gate");
      if (oidc.scope != "gate" && oidc.scope != "read" && oidc.scope != "write") {
        reader_.Error(*n, "unknown scope",
                      "write gate, read or write; admin needs a token of ours");
      }
    }
    config_.oidc.push_back(std::move(oidc));
  }

  Reader reader_;
  std::vector<Problem>& warnings_;
  Place& policy_;
  ConfigValues values_;
  Config config_;
};

}  // namespace

ConfigResult ParseConfig(const std::string& name, const std::string& text,
                         const std::string& folder, const ConfigSources& sources) {
  ConfigResult result;
  const std::optional<YamlNode> tree = ParseYaml(name, text, &result.problems);
  if (!tree) return result;
  Config config = ConfigReader(folder, sources, &result).Read(*tree);
  result.data = config.data;
  if (result.problems.empty()) result.config = std::move(config);
  return result;
}

ConfigResult LoadConfig(const std::string& path, const ConfigSources& sources) {
  const absl::StatusOr<std::string> text = sources.read_file(path);
  if (!text.ok()) {
    ConfigResult result;
    result.problems.push_back(
        {path, 1, 1, absl::StrCat("cannot read the configuration (", text.status().message(), ")"),
         "check the path, and that it may be read"});
    return result;
  }
  return ParseConfig(path, *text, std::filesystem::path(path).parent_path().string(), sources);
}

}  // namespace retainer::policy
