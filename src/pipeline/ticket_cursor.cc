#include "src/pipeline/ticket_cursor.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/base/digest.h"

namespace retainer::pipeline {
namespace {

constexpr std::size_t kLongestCursor = 1024;
constexpr char kNever[] = "never";

std::string FilterDigest(std::string_view filters) { return base::Sha256Hex(filters).substr(0, 8); }

}  // namespace

std::string WriteCursor(const TicketPlace& place, std::string_view filters) {
  const TicketKey& key = place.key;
  const std::string at = place.at == absl::InfiniteFuture()
                             ? std::string(kNever)
                             : absl::StrCat(absl::ToUnixNanos(place.at));
  return absl::WebSafeBase64Escape(absl::StrCat(FilterDigest(filters), "\n", at, "\n", key.forge,
                                                "\n", key.project, "\n", static_cast<int>(key.kind),
                                                "\n", key.number, "\n", place.priority));
}

std::optional<TicketPlace> ReadCursor(std::string_view cursor, std::string_view filters) {
  std::string text;
  if (cursor.size() > kLongestCursor ||
      !absl::WebSafeBase64Unescape(absl::string_view(cursor.data(), cursor.size()), &text)) {
    return std::nullopt;
  }
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('\n', 6));
  if (parts.size() != 7 || parts[0] != FilterDigest(filters)) return std::nullopt;
  TicketPlace place;
  std::int64_t nanos = 0;
  int kind = 0;
  if (parts[1] == kNever) {
    place.at = absl::InfiniteFuture();
  } else if (absl::SimpleAtoi(parts[1], &nanos)) {
    place.at = absl::FromUnixNanos(nanos);
  } else {
    return std::nullopt;
  }
  place.key.forge = parts[2];
  place.key.project = parts[3];
  if (!absl::SimpleAtoi(parts[4], &kind) || (kind != 1 && kind != 2) ||
      !absl::SimpleAtoi(parts[5], &place.key.number)) {
    return std::nullopt;
  }
  place.key.kind = static_cast<TicketKind>(kind);
  place.priority = parts[6];
  return place;
}

}  // namespace retainer::pipeline
