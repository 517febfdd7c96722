#include "differences.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"

namespace retainer::core {

std::string QuotedText(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::size_t end = std::min(text.size(), kMost);
  // Not within a character.
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  std::string shown;
  for (const char c : text.substr(0, end)) {
    shown += absl::ascii_iscntrl(static_cast<unsigned char>(c)) ? ' ' : c;
  }
  return absl::StrCat("\"", shown, end < text.size() ? "…" : "", "\"");
}

std::vector<std::string> OnlyIn(std::vector<std::string> list, std::vector<std::string> other) {
  std::sort(list.begin(), list.end());
  std::sort(other.begin(), other.end());
  std::vector<std::string> only;
  std::set_difference(list.begin(), list.end(), other.begin(), other.end(),
                      std::back_inserter(only));
  return only;
}

void Differences::Members(std::string_view name, std::vector<std::string> before,
                          std::vector<std::string> after) {
  const std::string prefix = name.empty() ? "" : absl::StrCat(base::View(name), " ");
  for (const std::string& member : OnlyIn(after, before)) {
    Say(absl::StrCat(prefix, member, " added"));
  }
  for (const std::string& member : OnlyIn(std::move(before), std::move(after))) {
    Say(absl::StrCat(prefix, member, " removed"));
  }
}

}  // namespace retainer::core
