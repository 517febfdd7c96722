#include "src/pipeline/ticket_keys.h"

#include <charconv>

namespace retainer::pipeline {

std::optional<TicketKey> ParseTicketKey(std::string_view text) {
  TicketKey key;
  std::size_t slash = text.rfind('/');
  if (slash == text.npos) return std::nullopt;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), key.number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  text = text.substr(0, slash);
  if ((slash = text.rfind('/')) == text.npos) return std::nullopt;
  const std::string_view kind = text.substr(slash + 1);
  if (kind != "issue" && kind != "change") return std::nullopt;
  key.kind = kind == "issue" ? TicketKind::kIssue : TicketKind::kChange;
  text = text.substr(0, slash);
  if ((slash = text.rfind('/')) == text.npos) return std::nullopt;
  key.project = text.substr(slash + 1);
  key.forge = text.substr(0, slash);
  if (key.forge.empty() || key.project.empty() || key.number <= 0) return std::nullopt;
  return key;
}

std::optional<TicketKey> WrittenKey(const TicketKey& from, const std::string& reference) {
  TicketKey key = from;
  if (reference.empty() || (reference[0] != '#' && reference[0] != '!')) return std::nullopt;
  const char* end = reference.data() + reference.size();
  const auto [parsed, error] = std::from_chars(reference.data() + 1, end, key.number);
  if (error != std::errc() || parsed != end || key.number <= 0) return std::nullopt;
  key.kind = reference[0] == '!' ? TicketKind::kChange : TicketKind::kIssue;
  return key;
}

}  // namespace retainer::pipeline
