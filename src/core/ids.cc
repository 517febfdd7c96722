#include "retainer/ids.h"

#include <charconv>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"

namespace retainer {
namespace {

std::string_view KindWord(TicketKind kind) {
  switch (kind) {
    case TicketKind::kIssue:
      return "issue";
    case TicketKind::kChange:
      return "change";
  }
  return "";
}

using base::View;

}  // namespace

std::string ToString(const TicketKey& key) {
  return absl::StrCat(key.forge, "/", key.project, "/", View(KindWord(key.kind)), "/", key.number);
}

std::uint64_t Fingerprint(std::string_view text) {
  // FNV-1a, 64 bits.
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

std::string ToString(const TicketRef& ref) {
  return absl::StrCat(ref.forge, ":", ref.path, ref.kind == TicketKind::kIssue ? "#" : "!",
                      ref.number);
}

absl::StatusOr<TicketRef> ParseTicketRef(std::string_view text) {
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", View(text), "\" names no ticket: write FORGE:PATH#NUMBER for an issue, ",
                     "FORGE:PATH!NUMBER for a pull or merge request, e.g. github:acme/opendb#12"));
  };
  const std::size_t colon = text.find(':');
  const std::size_t mark = text.find_last_of("#!");
  if (colon == 0 || colon == text.npos || mark == text.npos || mark <= colon + 1) return wrong();
  TicketRef ref;
  ref.forge = text.substr(0, colon);
  ref.path = text.substr(colon + 1, mark - colon - 1);
  ref.kind = text[mark] == '#' ? TicketKind::kIssue : TicketKind::kChange;
  const std::string_view digits = text.substr(mark + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), ref.number);
  if (error != std::errc() || end != digits.data() + digits.size() || ref.number <= 0)
    return wrong();
  if (ref.path.find('/') == std::string::npos) return wrong();
  return ref;
}

std::string ToString(const ProjectRef& ref) { return absl::StrCat(ref.forge, ":", ref.path); }

absl::StatusOr<ProjectRef> ParseProjectRef(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == text.npos || colon + 1 == text.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", View(text), "\" names no project: write FORGE:PATH, e.g. github:acme/opendb"));
  }
  return ProjectRef{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

}  // namespace retainer
