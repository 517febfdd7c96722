#include "src/pages/page_words.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "src/base/utf8.h"
#include "src/pages/cookies.h"

namespace retainer::pages {

std::string InstantWords(absl::Time at, absl::Time now, absl::TimeZone zone) {
  if (at == absl::InfiniteFuture() || at == absl::InfinitePast()) return "";
  const absl::CivilDay day = absl::ToCivilDay(at, zone);
  const absl::CivilDay today = absl::ToCivilDay(now, zone);
  const char* form = day.year() == today.year() ? "%a %e %b %H:%M" : "%a %e %b %Y %H:%M";
  if (day == today) form = "today %H:%M";
  if (day == today + 1) form = "tomorrow %H:%M";
  if (day == today - 1) form = "yesterday %H:%M";
  std::string text = absl::FormatTime(form, at, zone);
  // A day of one digit is padded.
  if (const std::size_t twice = text.find("  "); twice != std::string::npos) text.erase(twice, 1);
  return text;
}

std::string SpanWords(absl::Duration span) {
  const std::int64_t minutes = absl::ToInt64Minutes(span);
  const std::int64_t hours = minutes / 60;
  if (hours >= 48) return absl::StrCat(hours / 24, "d ", hours % 24, "h");
  if (hours > 0) return absl::StrFormat("%dh %02dm", hours, minutes % 60);
  return absl::StrCat(minutes, "m");
}

std::string LeftWords(absl::Time due, absl::Time now) {
  return due > now ? absl::StrCat("in ", SpanWords(due - now))
                   : absl::StrCat(SpanWords(now - due), " late");
}

std::string TargetWords(const Target& target) {
  const std::string& text = target.text;
  if (!absl::EndsWith(text, "bd")) return text;
  const std::string days = text.substr(0, text.size() - 2);
  return absl::StrCat(days, days == "1" ? " business day" : " business days");
}

std::string_view StateClass(ClockState state) {
  switch (state) {
    case ClockState::kBreached:
      return "late";
    case ClockState::kAtRisk:
      return "risk";
    case ClockState::kRunning:
      return "going";
    case ClockState::kPending:
    case ClockState::kPaused:
      return "still";
    case ClockState::kMet:
      return "kept";
    case ClockState::kMissed:
      return "missed";
    case ClockState::kCancelled:
    case ClockState::kExcused:
      return "over";
  }
  return "";
}

TicketRef RefOf(const TicketRecord& record) {
  return {record.key.forge, record.project_path, record.key.kind, record.key.number};
}

std::string AddressOf(std::string_view page, const TicketRef& ref) {
  return absl::StrCat(std::string(page), "?ref=", EscapeQuery(ToString(ref)));
}

std::string SafeUrl(const std::string& url) {
  return absl::StartsWith(url, "https://") || absl::StartsWith(url, "http://") ? url : "";
}

std::string TitleOf(const TicketRecord& record) {
  return record.title.empty() ? ToString(RefOf(record)) : record.title;
}

std::string CustomerName(const Policy& policy, const std::string& id) {
  const Customer* customer = policy.FindCustomer(id);
  return customer == nullptr ? id : customer->name;
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string OneLine(std::string_view typed) {
  std::string line;
  if (!base::IsUtf8(typed)) return line;
  for (const char c : typed) {
    const bool control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    if (c != ' ' && !control) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

templates::PageValues Option(const std::string& value, const std::string& name, bool chosen) {
  templates::PageValues option;
  option.texts = {{"value", value}, {"name", name}};
  if (chosen) option.Show("chosen");
  return option;
}

}  // namespace retainer::pages
