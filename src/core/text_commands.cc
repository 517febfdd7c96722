#include "src/core/text_commands.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "retainer/core.h"
#include "retainer/hours.h"
#include "src/base/view.h"
#include "src/core/text_foreign.h"
#include "src/core/text_unicode.h"

namespace retainer::core {
namespace {

using base::View;

enum class Takes { kNothing, kWords, kAlias, kNumber, kLogins, kWork, kMark };

struct Form {
  CommandName name;
  std::string_view word;
  Takes takes;
  std::string_view example;
  bool contacts = false;  // contacts may use it too
};

constexpr std::array<Form, 13> kForms = {{
    {CommandName::kPriority, "priority", Takes::kWords, "priority P1", true},
    {CommandName::kWaiting, "waiting", Takes::kNothing, "waiting"},
    {CommandName::kResume, "resume", Takes::kNothing, "resume", true},
    {CommandName::kWorkaround, "workaround", Takes::kNothing, "workaround"},
    {CommandName::kClaim, "claim", Takes::kAlias, "claim ALIAS"},
    {CommandName::kRelease, "release", Takes::kAlias, "release ALIAS"},
    {CommandName::kCommunity, "community", Takes::kNothing, "community", true},
    {CommandName::kEscalate, "escalate", Takes::kNothing, "escalate", true},
    {CommandName::kDuplicate, "duplicate", Takes::kNumber, "duplicate #12"},
    {CommandName::kAssign, "assign", Takes::kLogins, "assign @login"},
    {CommandName::kSla, "sla", Takes::kNothing, "sla", true},
    {CommandName::kLog, "log", Takes::kWork, "log 45m what was done"},
    {CommandName::kRate, "rate", Takes::kMark, "rate 4 and why", true},
}};

// Takes the next word off the front of `text`.
std::string_view TakeWord(std::string_view* text) {
  *text = TrimText(*text);
  std::size_t n = 0;
  while (n < text->size() && !absl::ascii_isspace(static_cast<unsigned char>((*text)[n]))) ++n;
  const std::string_view word = text->substr(0, n);
  *text = TrimText(text->substr(n));
  return word;
}

bool Same(std::string_view word, std::string_view lower) {
  return word.size() == lower.size() && StartsWithWord(word, lower);
}

// Removes Markdown marks around an argument.
std::string_view Unwrap(std::string_view word) {
  while (word.size() >= 2 && word.front() == '`' && word.back() == '`') {
    word = word.substr(1, word.size() - 2);
  }
  return word;
}

bool IsLogin(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

// Removes punctuation at the end, because no name ends with it.
std::string_view StripEnd(std::string_view word) {
  while (!word.empty() && std::string_view(".,;:!?").find(word.back()) != word.npos) {
    word.remove_suffix(1);
  }
  return word;
}

// Does both, in any order: `c-7f3`. and `c-7f3.`
std::string_view Bare(std::string_view word) {
  for (std::size_t size = word.size() + 1; word.size() < size;) {
    size = word.size();
    word = StripEnd(Unwrap(word));
  }
  return word;
}

// Joins the words as typed, as many as fit into an argument of at most this size.
std::string Joined(std::string_view words, std::size_t most) {
  std::string joined;
  while (!words.empty()) {
    const std::string_view word = Unwrap(TakeWord(&words));
    if (word.empty()) continue;  // ``
    if (joined.size() + word.size() >= most + (joined.empty() ? 1 : 0)) break;
    absl::StrAppend(&joined, joined.empty() ? "" : " ", View(word));
  }
  return joined;
}

// The logins in `words`: mentions, and plain words if they can be nothing else. `me` is kept for
// the caller, who knows the author.
std::optional<std::vector<std::string>> Logins(std::string_view words, bool strict) {
  constexpr std::array<std::string_view, 4> kBefore = {"to", "it", "this", "issue"};
  constexpr std::array<std::string_view, 3> kBetween = {"and", "&", "+"};
  constexpr std::array<std::string_view, 4> kCourtesy = {"please", "pls", "thanks", "thx"};
  const auto one_of = [](const auto& list, std::string_view word) {
    return std::any_of(list.begin(), list.end(), [&](std::string_view w) { return Same(word, w); });
  };
  std::vector<std::string> logins;
  bool more = true;  // after `and` or a comma
  while (!words.empty()) {
    const std::string_view word = Unwrap(TakeWord(&words));
    const bool at = word.starts_with('@');
    const std::string_view login = Bare(at ? word.substr(1) : word);
    if (!at && !words.empty() && logins.empty() && one_of(kBefore, login)) continue;
    if (!at && !logins.empty() && one_of(kBetween, login)) {
      more = true;
      continue;
    }
    if (!at && !strict && (login.empty() || one_of(kCourtesy, login))) continue;
    // Words may follow a mention; only other logins may follow a plain login.
    if (!IsLogin(login) || login.size() > kMaxCommandArgument || (!at && !more)) {
      if (strict || logins.empty()) return std::nullopt;
      break;
    }
    logins.emplace_back(login);
    more = word.ends_with(',');
  }
  if (logins.empty()) return std::nullopt;
  return logins;
}

// Takes a time of work off the front, also one in two words (`1h 30m`). Empty if there is none.
std::string TakeWorkTime(std::string_view* words) {
  std::string time(Unwrap(TakeWord(words)));
  if (!ParseWorkTime(time).ok()) return "";
  std::string_view rest = *words;
  std::string_view next;
  while (next.empty() && !rest.empty()) next = Unwrap(TakeWord(&rest));  // not ``
  const std::string both = absl::StrCat(time, View(next));
  if (next.empty() || !ParseWorkTime(both).ok()) return time;
  *words = rest;
  return both;
}

// The commands in `words` for `form`; nullopt if they do not fit it. `strict`: nothing may follow.
std::optional<std::vector<Command>> Read(const Form& form, std::string_view words, bool strict) {
  const auto one = [&](std::string argument) {
    return std::vector<Command>{{form.name, std::move(argument), false}};
  };
  words = TrimText(words);
  if (words.size() > 4 * kMaxCommandArgument) {
    if (strict) return std::nullopt;
    words = words.substr(0, words.rfind(' ', 4 * kMaxCommandArgument));
  }
  switch (form.takes) {
    case Takes::kNothing:
      if (strict && !words.empty()) return std::nullopt;
      return one("");
    case Takes::kWords: {
      if (strict && words.size() > kMaxCommandArgument) return std::nullopt;
      std::string argument = Joined(words, kMaxCommandArgument);
      if (argument.empty()) return std::nullopt;
      return one(std::move(argument));
    }
    case Takes::kAlias: {
      const std::string_view alias = Bare(TakeWord(&words));
      if (alias.empty() || alias.size() > kMaxCommandArgument || (strict && !words.empty())) {
        return std::nullopt;
      }
      return one(std::string(alias));
    }
    case Takes::kNumber: {
      std::string_view number = Bare(TakeWord(&words));
      const bool change = number.starts_with('!');
      if (change || number.starts_with('#')) number.remove_prefix(1);
      const bool digits = !number.empty() && number.size() <= 18 && number[0] != '0' &&
                          std::all_of(number.begin(), number.end(),
                                      [](unsigned char c) { return absl::ascii_isdigit(c); });
      if (!digits || (strict && !words.empty())) return std::nullopt;
      return one(absl::StrCat(change ? "!" : "", View(number)));
    }
    case Takes::kLogins: {
      auto logins = Logins(words, strict);
      if (!logins) return std::nullopt;
      std::vector<Command> commands;
      for (std::string& login : *logins) commands.push_back({form.name, std::move(login), false});
      return commands;
    }
    case Takes::kWork: {
      std::string argument = TakeWorkTime(&words);
      if (argument.empty()) return std::nullopt;
      const std::string text = Joined(words, kMostLog - argument.size() - 1);
      if (!text.empty()) absl::StrAppend(&argument, " ", text);
      return one(std::move(argument));
    }
    case Takes::kMark: {
      // `4`, `4/5` or `4.`; which numbers there are is the policy's matter.
      std::string_view mark = Bare(TakeWord(&words));
      mark = mark.substr(0, mark.find('/'));
      const bool digits =
          !mark.empty() && mark.size() <= 2 && std::all_of(mark.begin(), mark.end(), [](char c) {
            return absl::ascii_isdigit(static_cast<unsigned char>(c));
          });
      if (!digits) return std::nullopt;
      std::string argument(mark);
      const std::string text = Joined(words, kMostRating - argument.size() - 1);
      if (!text.empty()) absl::StrAppend(&argument, " ", text);
      return one(std::move(argument));
    }
  }
  return std::nullopt;
}

const Form* FindForm(std::string_view word) {
  for (const Form& form : kForms) {
    if (Same(word, form.word)) return &form;
  }
  return nullptr;
}

// A command's name at the front of a line.
struct Name {
  std::string_view word;
  const Form* form = nullptr;
};

// `priority: P1`, `priority=P1`, `waiting.`: punctuation does not belong to the name.
Name TakeName(std::string_view* text) {
  const std::size_t mark = text->find_first_of(" :=");
  if (mark != text->npos && (*text)[mark] != ' ') {
    const std::string_view word = text->substr(0, mark);
    const Form* form = FindForm(word);
    if (form != nullptr || Same(word, "support")) {
      *text = TrimText(text->substr(mark + 1));
      return {word, form};
    }
  }
  const std::string_view word = StripEnd(TakeWord(text));
  return {word, FindForm(word)};
}

// Makes a word safe to show: no mention, link or Markdown remains.
std::string Harmless(std::string_view word) {
  std::string harmless;
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = absl::ascii_isalnum(byte) || c == '-' || c == '_';
    if (plain) {
      harmless.push_back(absl::ascii_tolower(byte));
    } else if (!harmless.ends_with('?')) {
      harmless.push_back('?');
    }
    if (harmless.size() == kMostMistyped) break;
  }
  return harmless;
}

// The edit distance: letters to insert, delete, replace or swap with their neighbour.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::move(last);
    last = row;
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t exchanged = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({exchanged, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

CommandLine ReadCommandLine(std::string_view raw) {
  const std::string plain = PlainText(raw);
  std::string_view line = std::string_view(plain).substr(1);
  CommandLine result;
  if (line.empty() || line[0] == ' ') return result;
  std::string_view rest = line;
  if (const Name support = TakeName(&rest); Same(support.word, "support")) {
    result.is_command = true;
    const Name name = TakeName(&rest);
    auto commands = name.form == nullptr ? std::nullopt : Read(*name.form, rest, /*strict=*/false);
    if (commands) {
      result.commands = std::move(*commands);
    } else {
      result.mistyped = name.form == nullptr ? Harmless(name.word) : std::string(name.form->word);
    }
    return result;
  }
  rest = line;
  // `/log in again` is a sentence, and other bots have such commands.
  if (const Form* form = TakeName(&rest).form;
      form != nullptr && form->takes != Takes::kWork && form->takes != Takes::kMark) {
    if (auto commands = Read(*form, rest, /*strict=*/true)) {
      result.is_command = true;
      result.commands = std::move(*commands);
      for (Command& command : result.commands) command.bare = true;
      return result;
    }
    // `/waiting for your logs` is a sentence.
    if (form->takes == Takes::kNothing) return result;
  }
  const SlashLine kind = ReadSlashLine(plain);
  result.is_command = kind != SlashLine::kProse;
  result.maybe_words = kind == SlashLine::kEither;
  return result;
}

MistypedWords WordsOfMistyped(std::string_view mistyped, bool responder) {
  std::string usable;
  for (const Form& form : kForms) {
    if (!responder && !form.contacts) continue;
    absl::StrAppend(&usable, usable.empty() ? "" : ", ", View(form.word));
  }
  if (const Form* form = FindForm(mistyped)) {
    if (!responder && !form->contacts) {
      return {std::string(form->word), "only the people of the project use this command"};
    }
    return {std::string(form->word),
            absl::StrCat("write it as /support ",
                         absl::StrReplaceAll(View(form->example), {{"@", ""}}))};
  }
  const std::string what = absl::StrCat("unknown command ", View(mistyped));
  const Form* nearest = nullptr;
  std::size_t least = 3;  // a distance of more than two is another word
  for (const Form& form : kForms) {
    const bool begun = mistyped.size() >= 3 && form.word.starts_with(mistyped);
    const std::size_t distance = begun ? 0 : Distance(mistyped, form.word);
    if (distance < least && distance * 2 <= form.word.size()) {
      least = distance;
      nearest = &form;
    }
  }
  if (nearest == nullptr) {
    return {what, absl::StrCat(responder ? "known are: " : "you can use: ", usable)};
  }
  if (!responder && !nearest->contacts) {
    return {what,
            absl::StrCat("only maintainers set ", View(nearest->word), "; you can use: ", usable)};
  }
  return {what, absl::StrCat("did you mean /support ", View(nearest->word), "?")};
}

}  // namespace retainer::core

namespace retainer {

using base::View;
using core::FindForm;
using core::Form;
using core::kForms;
using core::Same;
using core::Takes;
using core::TakeWord;
using core::TrimText;

absl::StatusOr<Command> ParseCommand(std::string_view line) {
  std::string_view words = TrimText(line);
  if (words.starts_with('/')) words.remove_prefix(1);
  std::string_view word = TakeWord(&words);
  if (Same(word, "support")) word = TakeWord(&words);
  const Form* form = FindForm(word);
  if (form == nullptr) {
    std::string known;
    for (const Form& each : kForms) {
      absl::StrAppend(&known, known.empty() ? "" : ", ", View(each.example));
    }
    return absl::InvalidArgumentError(
        absl::StrCat("\"", View(word), "\" is no command; write one of: ", known));
  }
  auto commands = Read(*form, words, /*strict=*/true);
  if (!commands || commands->size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", View(TrimText(line)), "\" does not fit: write ", View(form->example)));
  }
  return commands->front();
}

std::string ToString(const Command& command) {
  for (const Form& form : kForms) {
    if (form.name != command.name) continue;
    if (command.argument.empty()) return absl::StrCat("/support ", View(form.word));
    const bool number = form.takes == Takes::kNumber && command.argument[0] != '!';
    const std::string_view mark = number ? "#" : form.takes == Takes::kLogins ? "@" : "";
    return absl::StrCat("/support ", View(form.word), " ", View(mark), command.argument);
  }
  return "";
}

}  // namespace retainer
