#include "src/sinks/words.h"

#include <cstdint>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "src/base/utf8.h"
#include "src/base/view.h"

namespace retainer::sinks {
namespace {

constexpr std::size_t kMostLine = 1000;

using base::View;

std::string KindWords(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kWarning:
      return "Due soon";
    case NoticeKind::kBreach:
      return "Promise broken";
    case NoticeKind::kEscalation:
      return "Escalation";
    case NoticeKind::kBreachWithdrawn:
      return "Taken back: in time after all";
    case NoticeKind::kMention:
      return "Mention";
    case NoticeKind::kHandOver:
      return "Handed over";
    case NoticeKind::kClosed:
      return "Closed";
    case NoticeKind::kHoursLow:
      return "Hours are low";
    case NoticeKind::kAllowanceLow:
      return "Allowance is low";
    case NoticeKind::kTermEnding:
      return "Term ends";
    case NoticeKind::kLowRating:
      return "Not content";
    case NoticeKind::kStandsOut:
      return "Stands out";
  }
  return std::string(NoticeKindName(kind));
}

std::string_view CountedWords(NoticeKind kind, bool several) {
  switch (kind) {
    case NoticeKind::kWarning:
      return "due soon";
    case NoticeKind::kBreach:
      return several ? "promises broken" : "promise broken";
    case NoticeKind::kEscalation:
      return several ? "escalations" : "escalation";
    case NoticeKind::kBreachWithdrawn:
      return "taken back";
    case NoticeKind::kMention:
      return several ? "mentions" : "mention";
    case NoticeKind::kHandOver:
      return "handed over";
    case NoticeKind::kClosed:
      return "closed";
    case NoticeKind::kHoursLow:
      return "hours low";
    case NoticeKind::kAllowanceLow:
      return several ? "allowances low" : "allowance low";
    case NoticeKind::kTermEnding:
      return several ? "terms ending" : "term ending";
    case NoticeKind::kLowRating:
      return several ? "low ratings" : "low rating";
    case NoticeKind::kStandsOut:
      return several ? "weeks that stand out" : "week that stands out";
  }
  return NoticeKindName(kind);
}

bool IsControl(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

bool SteersDirection(std::uint32_t code) {
  return code == 0x200e || code == 0x200f || code == 0x061c || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

TicketName NameOf(const Notice& notice) {
  return {notice.ref.empty() ? ToString(notice.ticket) : notice.ref, notice.url};
}

std::string HeadOf(const std::vector<Notice>& notices) {
  std::map<NoticeKind, std::size_t> counts;
  for (const Notice& notice : notices) ++counts[notice.kind];
  std::string head = absl::StrCat(notices.size(), " notices: ");
  bool first = true;
  for (const NoticeKind kind :
       {NoticeKind::kEscalation, NoticeKind::kBreach, NoticeKind::kWarning,
        NoticeKind::kBreachWithdrawn, NoticeKind::kHandOver, NoticeKind::kClosed,
        NoticeKind::kLowRating, NoticeKind::kTermEnding, NoticeKind::kHoursLow,
        NoticeKind::kAllowanceLow, NoticeKind::kStandsOut}) {
    const auto found = counts.find(kind);
    if (found == counts.end()) continue;
    absl::StrAppend(&head, first ? "" : ", ", found->second, " ",
                    View(CountedWords(kind, found->second > 1)));
    first = false;
  }
  return head;
}

bool HasPromise(const Notice& notice) {
  return !absl::StartsWith(notice.id, std::string(kEscalationByHand)) &&
         notice.due < absl::InfiniteFuture();
}

std::string OneLine(std::string_view text, std::size_t most) {
  std::string line;
  while (!text.empty()) {
    const base::CodePoint next = base::FirstCodePoint(text);
    const std::size_t length = next.length == 0 ? 1 : next.length;
    if (line.size() + length > most) break;
    if (next.length == 0 || IsControl(next.value)) {
      line += ' ';
    } else if (!SteersDirection(next.value)) {
      line += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return line;
}

std::string SafeLink(const std::string& url) {
  if (!absl::StartsWith(url, "https://") && !absl::StartsWith(url, "http://")) return "";
  for (const char c : url) {
    if (c <= ' ' || c >= 0x7f || absl::StrContains("<>|\"`\\()[]{}^*", absl::string_view(&c, 1))) {
      return "";
    }
  }
  return url;
}

Words WordsFor(const Notice& notice) {
  Words words;
  words.kind = KindWords(notice.kind);
  words.line = OneLine(notice.text, kMostLine);
  if (!HasPromise(notice)) return words;
  words.due = absl::FormatTime("%Y-%m-%d %H:%M UTC", notice.due, absl::UTCTimeZone());
  if (!absl::StrContains(words.line, Rfc3339(notice.due))) {
    absl::StrAppend(&words.line, " (due ", words.due, ")");
  }
  return words;
}

}  // namespace retainer::sinks
