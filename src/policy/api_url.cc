#include "src/policy/api_url.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "src/policy/config_value.h"

namespace retainer::policy {
namespace {

std::string GitHub(const std::string& origin, const std::string& host, const std::string& path) {
  if (host == "github.com" || host == "www.github.com") return "https://api.github.com";
  if (host == "gitlab.com") return "https://api.github.com, or kind: gitlab";
  // github.com, and enterprises on ghe.com, have the API on a host of its own.
  const bool own_host = host == "api.github.com" || absl::EndsWith(host, ".ghe.com");
  if (own_host && absl::StartsWith(host, "api.")) return path.empty() ? "" : origin;
  if (own_host) return absl::StrCat("https://api.", host);
  return absl::EndsWith(path, "/api/v3") ? "" : absl::StrCat(origin, "/api/v3");
}

std::string GitLab(const std::string& origin, const std::string& host, const std::string& path) {
  if (absl::EndsWith(host, "github.com")) return "https://gitlab.com/api/v4, or kind: github";
  if (absl::EndsWith(path, "/api/v4")) return "";
  absl::string_view prefix = path;  // GitLab may be installed below a path
  for (const char* end : {"/api/v3", "/api/graphql", "/api"}) {
    if (absl::ConsumeSuffix(&prefix, end)) break;
  }
  return absl::StrCat(origin, prefix, "/api/v4");
}

}  // namespace

std::string ApiUrlMend(ForgeKind kind, const std::string& url) {
  const std::size_t begin = url.find("://") + 3;
  const std::size_t slash = url.find('/', begin);
  const std::string origin = url.substr(0, slash);
  const std::string path = slash == std::string::npos ? "" : url.substr(slash);
  std::string host = absl::AsciiStrToLower(origin.substr(begin));
  host = host.substr(0, host.find(':', host.find(']') + 1));
  if (IsLoopback(host)) return "";
  return kind == ForgeKind::kGitHub ? GitHub(origin, host, path) : GitLab(origin, host, path);
}

}  // namespace retainer::policy
