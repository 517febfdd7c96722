#include "src/policy/ics_lines.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "src/base/utf8.h"
#include "src/policy/encoding.h"

namespace retainer::policy {
namespace {

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
}

// `name *(";" param) ":" value`: the position of the value, after the first colon outside quotes; 0
// when the line does not have this form.
std::size_t ValueAt(const IcsLine& line) {
  bool quoted = false;
  for (std::size_t i = line.name.size(); i < line.text.size(); ++i) {
    if (line.text[i] == '"') quoted = !quoted;
    if (line.text[i] == ':' && !quoted) {
      const char after = line.text[line.name.size()];
      return !line.name.empty() && (after == ';' || after == ':') ? i + 1 : 0;
    }
  }
  return 0;
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return c != '\t' && absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

}  // namespace

std::optional<std::vector<IcsLine>> IcsLines(const std::string& file, std::string_view text,
                                             std::vector<Problem>* problems) {
  const auto wrong = [&](int line, std::string what, std::string mend) {
    problems->push_back({file, line, 1, std::move(what), std::move(mend)});
    return std::nullopt;
  };
  if (LooksLikeUtf16(text)) return wrong(1, "not UTF-8", "save the file as UTF-8");
  text = WithoutByteOrderMark(text);
  std::vector<IcsLine> lines;
  bool may_continue = false;
  int number = 0;
  for (absl::string_view raw : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    ++number;
    if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
    if (raw.empty()) {
      may_continue = false;
    } else if (raw[0] != ' ' && raw[0] != '\t') {
      lines.push_back({number, "", std::string(raw), 0});
      may_continue = true;
    } else if (may_continue) {
      lines.back().text.append(raw.data() + 1, raw.size() - 1);
    } else if (raw.find_first_not_of(" \t") != absl::string_view::npos) {
      return wrong(number, "a line that goes on, but no line before it", "export the file again");
    }
  }
  for (IcsLine& line : lines) {
    // Check after joining, because a fold may be inside a character.
    if (!base::IsUtf8(line.text)) return wrong(line.number, "not UTF-8", "save the file as UTF-8");
    if (HasControl(line.text)) {
      return wrong(line.number, "a control character", "export the file again, as plain text");
    }
    const auto end = std::find_if_not(line.text.begin(), line.text.end(), IsNameCharacter);
    line.name = absl::AsciiStrToUpper(std::string(line.text.begin(), end));
    line.value_at = ValueAt(line);
    if (line.value_at == 0) {
      return wrong(line.number, "no iCalendar line: NAME:VALUE is missing",
                   "export the file again, or take the line out");
    }
  }
  return lines;
}

}  // namespace retainer::policy
