#include "src/api/ticket_cursor.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/api/sha256.h"

namespace retainer {
namespace {

constexpr std::size_t kLongestCursor = 1024;
constexpr char kNever[] = "never";

std::string FilterDigest(std::string_view filters) { return Sha256Hex(filters).substr(0, 8); }

}  // namespace

std::string WriteCursor(const ListPlace& place, std::string_view filters) {
  const auto& [due, key] = place;
  const std::string at =
      due == absl::InfiniteFuture() ? std::string(kNever) : absl::StrCat(absl::ToUnixNanos(due));
  return absl::WebSafeBase64Escape(absl::StrCat(FilterDigest(filters), "\n", at, "\n", key.forge,
                                                "\n", key.project, "\n", static_cast<int>(key.kind),
                                                "\n", key.number));
}

std::optional<ListPlace> ReadCursor(std::string_view cursor, std::string_view filters) {
  std::string text;
  if (cursor.size() > kLongestCursor ||
      !absl::WebSafeBase64Unescape(absl::string_view(cursor.data(), cursor.size()), &text)) {
    return std::nullopt;
  }
  const std::vector<std::string> parts = absl::StrSplit(text, '\n');
  if (parts.size() != 6 || parts[0] != FilterDigest(filters)) return std::nullopt;
  ListPlace place;
  std::int64_t nanos = 0;
  int kind = 0;
  if (parts[1] == kNever) {
    place.first = absl::InfiniteFuture();
  } else if (absl::SimpleAtoi(parts[1], &nanos)) {
    place.first = absl::FromUnixNanos(nanos);
  } else {
    return std::nullopt;
  }
  place.second.forge = parts[2];
  place.second.project = parts[3];
  if (!absl::SimpleAtoi(parts[4], &kind) || (kind != 1 && kind != 2) ||
      !absl::SimpleAtoi(parts[5], &place.second.number)) {
    return std::nullopt;
  }
  place.second.kind = static_cast<TicketKind>(kind);
  return place;
}

}  // namespace retainer
