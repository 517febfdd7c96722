#include "src/forge/response_headers.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace retainer::forge {
namespace {

// GitHub reports some limits only in words.
bool NamesALimit(const std::string& body) {
  const std::string words = absl::AsciiStrToLower(body);
  return absl::StrContains(words, "secondary rate limit") ||
         absl::StrContains(words, "rate limit exceeded") ||
         absl::StrContains(words, "abuse detection");
}

}  // namespace

std::optional<std::int64_t> NumberIn(const HttpResponse& response, std::string_view header) {
  const auto it = response.headers.find(header);
  std::int64_t number = 0;
  if (it == response.headers.end() || !absl::SimpleAtoi(it->second, &number)) return std::nullopt;
  return number;
}

std::optional<absl::Time> DateIn(const HttpResponse& response, std::string_view header) {
  const auto it = response.headers.find(header);
  absl::Time date;
  std::string error;
  if (it == response.headers.end() ||
      !absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", it->second, &date, &error)) {
    return std::nullopt;
  }
  return date;
}

std::optional<std::int64_t> RateRemaining(const HttpResponse& response, ForgeKind kind) {
  return NumberIn(response,
                  kind == ForgeKind::kGitHub ? "X-RateLimit-Remaining" : "RateLimit-Remaining");
}

std::optional<absl::Time> RateReset(const HttpResponse& response, ForgeKind kind) {
  const auto seconds =
      NumberIn(response, kind == ForgeKind::kGitHub ? "X-RateLimit-Reset" : "RateLimit-Reset");
  if (!seconds) return std::nullopt;
  return absl::FromUnixSeconds(*seconds);
}

bool IsRateLimit(const HttpResponse& response, ForgeKind kind) {
  if (response.status == 429) return true;
  if (response.status != 403) return false;
  return NumberIn(response, "Retry-After") || DateIn(response, "Retry-After") ||
         RateRemaining(response, kind).value_or(1) <= 0 ||
         (kind == ForgeKind::kGitHub && NamesALimit(response.body));
}

}  // namespace retainer::forge
