#include "src/cli/setup_gitlab.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/cli/hook_settings.h"
#include "src/cli/setup_files.h"
#include "src/forge/http.h"
#include "src/forge/url.h"
#include "src/policy/secret_text.h"

namespace retainer::cli {
namespace {

using nlohmann::json;

constexpr int kSecretBytes = 32;

// The names of the files beside the configuration.
std::string TokenHookFile(const GitLabSetup& setup) { return setup.name + ".webhook.secret"; }
std::string TokenClientFile(const GitLabSetup& setup) { return setup.name + ".client.secret"; }

std::string TextAt(const json& object, const char* name) {
  const auto value = object.find(name);
  return value != object.end() && value->is_string() ? value->get<std::string>() : "";
}

class GitLabCaller {
 public:
  struct Answer {
    int status = 0;
    json body;
  };

  static absl::StatusOr<GitLabCaller> Make(const GitLabSetup& setup) {
    const auto base = forge::ParseBaseUrl(setup.api_url);
    if (!base.ok()) return base.status();
    auto transport = forge::MakeHttplibTransport(setup.api_url, {});
    if (!transport.ok()) return transport.status();
    return GitLabCaller(setup, base->prefix, *std::move(transport));
  }

  // Unavailable also if GitLab has trouble of its own.
  absl::StatusOr<Answer> Call(const std::string& token, const std::string& method,
                              const std::string& path, const json& body = nullptr) {
    forge::HttpRequest request;
    request.method = method;
    request.target = prefix_ + path;
    request.headers = {
        {"PRIVATE-TOKEN", token}, {"Accept", "application/json"}, {"User-Agent", "retainer"}};
    if (!body.is_null()) {
      request.headers["Content-Type"] = "application/json";
      request.body = body.dump();
    }
    const auto response = transport_->Send(request);
    if (!response.ok()) return response.status();
    if (response->status >= 500 || response->status == 429) {
      return absl::UnavailableError(
          absl::StrCat(setup_.api_url, " answers ", response->status, ": try again later"));
    }
    if (response->status == 401) {
      return absl::PermissionDeniedError(
          absl::StrCat(setup_.api_url, " refuses the token: it is wrong, expired or revoked"));
    }
    return Answer{response->status, json::parse(response->body, nullptr, false)};
  }

 private:
  GitLabCaller(const GitLabSetup& setup, std::string prefix,
               std::unique_ptr<forge::HttpTransport> transport)
      : setup_(setup), prefix_(std::move(prefix)), transport_(std::move(transport)) {}

  const GitLabSetup& setup_;
  std::string prefix_;
  std::unique_ptr<forge::HttpTransport> transport_;
};

class GitLabSetter {
 public:
  GitLabSetter(const GitLabSetup& setup, std::string config, GitLabCaller caller)
      : setup_(setup), config_(std::move(config)), caller_(std::move(caller)) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    absl::Status done = LookAtToken();
    if (done.ok()) done = FindSecret();
    for (const std::string& project : setup_.projects) {
      if (done.ok()) done = MakeHook("projects", project);
    }
    for (const std::string& group : setup_.groups) {
      if (done.ok()) done = MakeHook("groups", group);
    }
    const bool known = HasForge(config_, setup_.name);
    std::string client;
    if (done.ok() && !known) done = MakeApplication(&client);
    if (done.ok() && !known) done = WriteEntry(config_, setup_.public_url, Entry(client));
    if (!done.ok()) return done;
    if (!known) said_.push_back(absl::StrCat(config_, " has its entry"));
    if (!known && client.empty()) SayHowToSignIn();
    return std::move(said_);
  }

 private:
  absl::Status LookAtToken() {
    const auto self = caller_.Call(setup_.token, "GET", "/personal_access_tokens/self");
    if (!self.ok()) return self.status();
    if (self->status != 200 || !self->body.is_object()) {
      return absl::UnavailableError(
          absl::StrCat(setup_.api_url,
                       " does not describe the token: is it the address of GitLab's API, "
                       "https://HOST/api/v4, and the token one of a project, group or user?"));
    }
    bool api = false;
    if (const auto scopes = self->body.find("scopes"); scopes != self->body.end()) {
      for (const json& scope : *scopes) api |= scope == "api";
    }
    if (!api) {
      return absl::PermissionDeniedError(
          absl::StrCat("the token in ", setup_.token_source,
                       " lacks the scope api, to comment, label and set statuses: make one with "
                       "it under Settings, Access tokens, with the role Developer"));
    }
    const std::string expires = TextAt(self->body, "expires_at");
    said_.push_back(absl::StrCat("the token in ", setup_.token_source, " has the scope api",
                                 expires.empty() ? "" : absl::StrCat(", until ", expires)));
    return absl::OkStatus();
  }

  // The one that was made before, or a new one.
  absl::Status FindSecret() {
    const std::string path = Beside(config_, TokenHookFile(setup_));
    if (const auto kept = ReadWhole(path); kept.ok()) {
      policy::ReferredValue read = policy::ReadReferredValue(*kept);
      if (!read.wrong.empty()) {
        return absl::FailedPreconditionError(absl::StrCat(path, " ", read.wrong, ": move it away"));
      }
      secret_ = std::move(read.value);
      return absl::OkStatus();
    }
    auto fresh = base::RandomHex(kSecretBytes);
    if (!fresh.ok()) return fresh.status();
    secret_ = *std::move(fresh);
    return WriteNew(path, secret_);
  }

  // `kind`: `projects` or `groups`.
  absl::Status MakeHook(const std::string& kind, const std::string& path) {
    const std::string hooks = absl::StrCat("/", kind, "/", forge::PercentEncode(path), "/hooks");
    // GitLab allows 100 webhooks of a project.
    const auto list = caller_.Call(setup_.owner_token, "GET", hooks + "?per_page=100");
    if (!list.ok()) return list.status();
    if (list->status != 200 || !list->body.is_array()) return Refused(kind, path, list->status);
    const std::string url = absl::StrCat(setup_.public_url, "/webhooks/", setup_.name);
    std::string id;
    for (const json& hook : list->body) {
      const auto number = hook.find("id");
      if (TextAt(hook, "url") != url || number == hook.end() || !number->is_number_integer()) {
        continue;
      }
      id = absl::StrCat(number->get<std::int64_t>());
    }
    json wanted = json::parse(kHookSettings);
    wanted["url"] = url;
    wanted["token"] = secret_;
    const auto made = id.empty()
                          ? caller_.Call(setup_.owner_token, "POST", hooks, wanted)
                          : caller_.Call(setup_.owner_token, "PUT", hooks + "/" + id, wanted);
    if (!made.ok()) return made.status();
    if (made->status == 400 || made->status == 422) {
      return absl::InvalidArgumentError(absl::StrCat(
          "GitLab refuses a webhook to ", url,
          ": it must be reachable from GitLab. If it is in GitLab's own network, an administrator "
          "allows that under Admin, Settings, Network, Outbound requests"));
    }
    if (made->status != 200 && made->status != 201) return Refused(kind, path, made->status);
    said_.push_back(absl::StrCat("the webhook of ", path, id.empty() ? " is made" : " is renewed"));
    return absl::OkStatus();
  }

  absl::Status Refused(const std::string& kind, const std::string& path, int status) const {
    const bool group = kind == "groups";
    if (status == 404) {
      return absl::PermissionDeniedError(absl::StrCat(
          path, " cannot be seen with the token: correct the name, or add the account there",
          group ? " (webhooks of groups take GitLab Premium; else name the projects: --project)"
                : ""));
    }
    return absl::PermissionDeniedError(absl::StrCat(
        "the token may not make webhooks of ", path, " (GitLab answers ", status, "): that takes ",
        group ? "an owner" : "a maintainer", ". Give one of theirs with --owner-token env:NAME"));
  }

  // `client`: the application's id; stays empty if only a person can make it.
  absl::Status MakeApplication(std::string* client) {
    const std::string path = Beside(config_, TokenClientFile(setup_));
    if (ReadWhole(path).ok()) {
      return absl::FailedPreconditionError(absl::StrCat(
          path, " is there, but the application that it belongs to is not known: move it away"));
    }
    const auto made =
        caller_.Call(setup_.owner_token, "POST", "/applications",
                     {{"name", "Retainer"},
                      {"redirect_uri", absl::StrCat(setup_.public_url, "/signed-in/", setup_.name)},
                      {"scopes", "read_user"},
                      {"confidential", true}});
    // Only administrators may.
    if (absl::IsPermissionDenied(made.status())) return absl::OkStatus();
    if (!made.ok()) return made.status();
    if (made->status != 200 && made->status != 201) return absl::OkStatus();
    const std::string id = TextAt(made->body, "application_id");
    const std::string secret = TextAt(made->body, "secret");
    if (id.empty() || secret.empty()) return absl::OkStatus();
    if (absl::Status written = WriteNew(path, secret); !written.ok()) return written;
    *client = id;
    said_.push_back("the application with which people sign in is made");
    return absl::OkStatus();
  }

  void SayHowToSignIn() {
    said_.push_back(absl::StrCat(
        "so that people can sign in, make an application: ", setup_.web_url,
        "/-/user_settings/applications (or Settings, Applications of the group), redirect URI ",
        setup_.public_url, "/signed-in/", setup_.name,
        ", Confidential, scope read_user. Write its secret into ",
        Beside(config_, TokenClientFile(setup_)), " (mode 0600), and into the entry of ", config_,
        ":\n    sign_in: {client_id: \"APPLICATION-ID\", client_secret: \"file:",
        TokenClientFile(setup_), "\"}"));
  }

  std::string Entry(const std::string& client) const {
    std::string entry =
        absl::StrCat("  - name: ", setup_.name, "\n    kind: gitlab\n    api_url: ", setup_.api_url,
                     "\n    webhook_secrets: [\"file:", TokenHookFile(setup_), "\"]\n    token: \"",
                     setup_.token_source, "\"\n");
    if (!client.empty()) {
      absl::StrAppend(&entry, "    sign_in: {client_id: \"", client,
                      "\", client_secret: \"file:", TokenClientFile(setup_), "\"}\n");
    }
    return entry;
  }

  const GitLabSetup& setup_;
  const std::string config_;
  GitLabCaller caller_;
  std::string secret_;
  std::vector<std::string> said_;
};

}  // namespace

absl::StatusOr<std::string> ReadSource(const std::string& source, const std::string& config) {
  std::string text;
  if (absl::StartsWith(source, "env:")) {
    const char* value = std::getenv(source.substr(4).c_str());
    if (value == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("the environment variable ", source.substr(4), " is not set"));
    }
    text = value;
  } else if (absl::StartsWith(source, "file:")) {
    const std::string path = Beside(config, source.substr(5));
    auto read = ReadWhole(path);
    if (!read.ok()) return absl::InvalidArgumentError(absl::StrCat(path, " cannot be read"));
    text = *std::move(read);
  } else {
    return absl::InvalidArgumentError(
        "write env:NAME or file:PATH: other users of this machine can read arguments");
  }
  policy::ReferredValue value = policy::ReadReferredValue(text);
  if (!value.wrong.empty())
    return absl::InvalidArgumentError(absl::StrCat(source, " ", value.wrong));
  return std::move(value.value);
}

absl::Status CheckConfigFor(const GitLabSetup& setup, const std::string& config) {
  std::error_code ignored;
  if (!HasForge(config, setup.name)) return CheckRoomForEntry(config);
  const std::string secret = Beside(config, TokenHookFile(setup));
  if (std::filesystem::exists(secret, ignored)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      config, " has a forge ", setup.name, " that was not set up by this command (there is no ",
      secret, "): take its entry out, or choose another --name"));
}

absl::StatusOr<std::vector<std::string>> SetUp(const GitLabSetup& setup,
                                               const std::string& config) {
  auto caller = GitLabCaller::Make(setup);
  if (!caller.ok()) return caller.status();
  return GitLabSetter(setup, config, *std::move(caller)).Run();
}

}  // namespace retainer::cli
