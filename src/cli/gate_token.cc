#include "src/cli/gate_token.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/cli/gate_report.h"
#include "src/cli/small_get.h"
#include "src/forge/url.h"

namespace retainer::cli {

namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : std::string(absl::StripAsciiWhitespace(value));
}

// Gets the token from GitHub's runner, at the address that it gives to the job.
absl::StatusOr<std::string> AskGitHub(const std::string& url, const std::string& audience) {
  auto body = SmallGet(
      absl::StrCat(url, absl::StrContains(url, '?') ? "&" : "?",
                   "audience=", forge::PercentEncode(audience)),
      {{"Authorization", absl::StrCat("bearer ", Variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))}});
  if (!body.ok()) return body.status();
  return JsonText(*body, "value");
}

}  // namespace

absl::StatusOr<std::string> GateToken(const std::string& file, const std::string& audience) {
  std::string token;
  std::string from;
  if (!file.empty()) {
    from = file;
    std::ifstream in(file);
    if (!in || !std::getline(in, token)) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot read a token from ", file, ": put it there on one line"));
    }
    token = std::string(absl::StripAsciiWhitespace(token));
  }
  for (const char* name : {"RETAINER_TOKEN", "RETAINER_ID_TOKEN"}) {
    if (!token.empty()) break;
    from = name;
    token = Variable(name);
  }
  if (const std::string url = Variable("ACTIONS_ID_TOKEN_REQUEST_URL");
      token.empty() && !url.empty()) {
    from = "GitHub";
    auto handed = AskGitHub(url, audience);
    if (!handed.ok()) return handed.status();
    token = *std::move(handed);
  }
  if (token.empty()) {
    return absl::NotFoundError(
        "there is no token: give the job `permissions: {id-token: write}` (GitHub) or `id_tokens: "
        "{RETAINER_ID_TOKEN: {aud: retainer}}` (GitLab) and the configuration an `oidc` entry; or "
        "set RETAINER_TOKEN or give --token-file: `retainer token create --scope gate --project P` "
        "makes one");
  }
  // The token goes into a header, so it must not contain line breaks.
  if (!std::all_of(token.begin(), token.end(),
                   [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); })) {
    return absl::FailedPreconditionError(absl::StrCat(from, " holds no token: it has odd bytes"));
  }
  return token;
}

}  // namespace retainer::cli
