#include "webhooks/delivery_request.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/policy.h"
#include "src/base/digest.h"
#include "src/base/view.h"

namespace retainer::webhooks {
namespace {

using base::View;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> DecodeFormValue(std::string_view encoded) {
  std::string text;
  text.reserve(encoded.size());
  // The text may have 25 MiB and is decoded on the request's thread: runs without encoding are
  // copied as a whole.
  std::size_t plus = encoded.find('+');
  std::size_t percent = encoded.find('%');
  for (std::size_t i = 0; i < encoded.size();) {
    const std::size_t end = std::min({plus, percent, encoded.size()});
    text.append(encoded.substr(i, end - i));
    i = end;
    if (i == encoded.size()) break;
    if (i == plus) {
      text.push_back(' ');
      ++i;
      plus = encoded.find('+', i);
      continue;
    }
    if (i + 2 >= encoded.size()) return std::nullopt;
    const int high = HexValue(encoded[i + 1]);
    const int low = HexValue(encoded[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    text.push_back(static_cast<char>(high << 4 | low));
    i += 3;
    percent = encoded.find('%', i);
  }
  return text;
}

}  // namespace

std::string_view HeaderValue(const Headers& headers, std::string_view name) {
  const auto it = headers.find(name);
  if (it == headers.end()) return {};
  const absl::string_view trimmed = absl::StripAsciiWhitespace(View(it->second));
  return {trimmed.data(), trimmed.size()};
}

MediaType ReadMediaType(const Headers& headers) {
  std::string_view value = HeaderValue(headers, "Content-Type");
  value = value.substr(0, value.find(';'));
  const absl::string_view type = absl::StripAsciiWhitespace(View(value));
  if (type.empty() || absl::EqualsIgnoreCase(type, "application/json")) return MediaType::kJson;
  if (absl::EqualsIgnoreCase(type, "application/x-www-form-urlencoded")) return MediaType::kForm;
  return MediaType::kOther;
}

absl::StatusOr<std::string> DecodePayload(std::string_view form) {
  constexpr std::string_view kField = "payload=";
  if (!form.starts_with(kField)) {
    return absl::InvalidArgumentError("the form does not begin with `payload`");
  }
  // Rationale: the signature covers the bytes, not their media type. JSON that contains
  // `&payload=…&` must not become another delivery when it is sent with the content type of a form.
  if (form.find('&') != form.npos) {
    return absl::InvalidArgumentError("the form holds more than its `payload`");
  }
  std::optional<std::string> text = DecodeFormValue(form.substr(kField.size()));
  if (!text) return absl::InvalidArgumentError("the form's `payload` is not correctly encoded");
  return *std::move(text);
}

std::string ClaimedId(std::initializer_list<std::string_view> candidates) {
  const auto fits = [](std::string_view id) {
    return !id.empty() && id.size() <= 200 && std::all_of(id.begin(), id.end(), [](char c) {
      return absl::ascii_isgraph(static_cast<unsigned char>(c));
    });
  };
  const auto* const found = std::find_if(candidates.begin(), candidates.end(), fits);
  return found == candidates.end() ? std::string() : std::string(*found);
}

std::string DeliveryId(std::string_view candidate, std::string_view event_type,
                       std::string_view body) {
  std::string id = ClaimedId({candidate});
  if (!id.empty()) return id;
  return absl::StrCat("sha256:",
                      base::ToHex(base::Sha256({event_type, std::string_view("\0", 1), body})));
}

bool AnyUnbound(const std::vector<const WebhookSecret*>& verified) {
  return std::any_of(verified.begin(), verified.end(),
                     [](const WebhookSecret* secret) { return secret->projects.empty(); });
}

bool SecretsCover(const std::vector<const WebhookSecret*>& verified, std::string_view forge,
                  const std::vector<std::string>& paths) {
  if (AnyUnbound(verified)) return true;
  const auto covered = [&](const std::string& path) {
    const ProjectRef project{std::string(forge), path};
    return std::any_of(verified.begin(), verified.end(), [&](const WebhookSecret* secret) {
      return std::any_of(
          secret->projects.begin(), secret->projects.end(),
          [&](const ProjectRef& pattern) { return MatchesProject(pattern, project); });
    });
  };
  return !paths.empty() && std::all_of(paths.begin(), paths.end(), covered);
}

std::optional<Verified::OtherName> NamesToCompare(const std::vector<const WebhookSecret*>& verified,
                                                  const std::vector<std::string>& paths,
                                                  std::string project_id) {
  if (paths.size() != 1 || paths.front().empty() || project_id.empty()) return std::nullopt;
  Verified::OtherName name;
  for (const WebhookSecret* secret : verified) {
    for (const ProjectRef& pattern : secret->projects) {
      // A pattern with `*` covers whatever has such a name now; a project that left the name is no
      // longer covered.
      if (pattern.path.find('*') == std::string::npos) name.secrets_for.push_back(pattern);
    }
  }
  if (name.secrets_for.empty()) return std::nullopt;
  name.project_id = std::move(project_id);
  name.path = paths.front();
  return name;
}

Verified Refused(VerifyOutcome outcome, std::string reason) {
  Verified verified;
  verified.outcome = outcome;
  verified.reason = std::move(reason);
  return verified;
}

}  // namespace retainer::webhooks
