#include "src/core/text_commands.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "retainer/core.h"
#include "src/core/text_blocks.h"

namespace retainer {
namespace {

absl::string_view View(std::string_view s) { return {s.data(), s.size()}; }

enum class Takes { kNothing, kWords, kAlias, kNumber, kLogins };

struct Form {
  CommandName name;
  std::string_view word;
  Takes takes;
  std::string_view example;
  bool contacts = false;  // may use it too
};

constexpr std::array<Form, 11> kForms = {{
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
}};

// GitLab's quick actions and what widespread bots listen to. Sorted.
constexpr std::string_view kForeign[] = {"add_child",
                                         "add_email",
                                         "approve",
                                         "area",
                                         "assign_reviewer",
                                         "award",
                                         "board_move",
                                         "cancel",
                                         "cc",
                                         "cherry-pick",
                                         "close",
                                         "confidential",
                                         "copy_metadata",
                                         "create-branch",
                                         "done",
                                         "draft",
                                         "due",
                                         "estimate",
                                         "good-first-issue",
                                         "health_status",
                                         "help",
                                         "hold",
                                         "iteration",
                                         "joke",
                                         "kind",
                                         "label",
                                         "label-add",
                                         "lgtm",
                                         "lifecycle",
                                         "link",
                                         "lock",
                                         "meow",
                                         "merge",
                                         "milestone",
                                         "move",
                                         "ok-to-test",
                                         "override",
                                         "page",
                                         "promote",
                                         "publish",
                                         "ready",
                                         "reassign",
                                         "rebase",
                                         "relabel",
                                         "relate",
                                         "remove",
                                         "remove-label",
                                         "remove_due_date",
                                         "reopen",
                                         "retest",
                                         "retitle",
                                         "shrug",
                                         "sig",
                                         "spend",
                                         "submit_review",
                                         "subscribe",
                                         "tableflip",
                                         "test",
                                         "title",
                                         "todo",
                                         "triage",
                                         "unapprove",
                                         "unassign",
                                         "unhold",
                                         "unlabel",
                                         "unlink",
                                         "unlock",
                                         "unsubscribe",
                                         "weight",
                                         "woof",
                                         "zoom"};

bool IsForeign(std::string_view word) {
  return std::binary_search(std::begin(kForeign), std::end(kForeign), word);
}

// The next word of `text`, taken off its front.
std::string_view TakeWord(std::string_view* text) {
  *text = TrimText(*text);
  std::size_t n = 0;
  while (n < text->size() && !absl::ascii_isspace(static_cast<unsigned char>((*text)[n]))) ++n;
  const std::string_view word = text->substr(0, n);
  *text = TrimText(text->substr(n));
  return word;
}

// What people put round an argument in Markdown.
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

std::string Joined(std::string_view words) {
  std::string joined;
  while (!words.empty()) {
    absl::StrAppend(&joined, joined.empty() ? "" : " ", View(Unwrap(TakeWord(&words))));
  }
  return joined;
}

// The commands that `words` ask for under `form`; nullopt when they do not fit it. `strict`:
// nothing may follow.
std::optional<std::vector<Command>> Read(const Form& form, std::string_view words, bool strict) {
  const auto one = [&](std::string argument) {
    return std::vector<Command>{{form.name, std::move(argument), false}};
  };
  words = TrimText(words);
  if (words.size() > 4 * kMaxCommandArgument) {
    if (strict || form.takes == Takes::kWords || form.takes == Takes::kLogins) return std::nullopt;
    words = words.substr(0, 4 * kMaxCommandArgument);
  }
  switch (form.takes) {
    case Takes::kNothing:
      if (strict && !words.empty()) return std::nullopt;
      return one("");
    case Takes::kWords: {
      std::string argument = Joined(words);
      if (argument.empty() || argument.size() > kMaxCommandArgument) return std::nullopt;
      return one(std::move(argument));
    }
    case Takes::kAlias: {
      const std::string_view alias = Unwrap(TakeWord(&words));
      if (alias.empty() || alias.size() > kMaxCommandArgument || (strict && !words.empty())) {
        return std::nullopt;
      }
      return one(std::string(alias));
    }
    case Takes::kNumber: {
      std::string_view number = Unwrap(TakeWord(&words));
      const bool change = number.starts_with('!');
      if (change || number.starts_with('#')) number.remove_prefix(1);
      const bool digits = !number.empty() && number.size() <= 18 && number[0] != '0' &&
                          std::all_of(number.begin(), number.end(),
                                      [](unsigned char c) { return absl::ascii_isdigit(c); });
      if (!digits || (strict && !words.empty())) return std::nullopt;
      return one(absl::StrCat(change ? "!" : "", View(number)));
    }
    case Takes::kLogins: {
      std::vector<Command> commands;
      while (!words.empty()) {
        std::string_view login = Unwrap(TakeWord(&words));
        const bool at = login.starts_with('@');
        if (at) login.remove_prefix(1);
        // A mention may be followed by words, a plain login only by other logins.
        if (!IsLogin(login) || login.size() > kMaxCommandArgument || (!at && !commands.empty())) {
          if (strict || commands.empty()) return std::nullopt;
          break;
        }
        commands.push_back({form.name, std::string(login), false});
      }
      if (commands.empty()) return std::nullopt;
      return commands;
    }
  }
  return std::nullopt;
}

const Form* FindForm(std::string_view word) {
  for (const Form& form : kForms) {
    if (word.size() == form.word.size() && StartsWithWord(word, form.word)) return &form;
  }
  return nullptr;
}

// As a stranger may read it: no mention, link or Markdown survives.
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

// How many letters to put in, leave out, exchange or swap with their neighbour.
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

CommandLine ReadCommandLine(std::string_view line) {
  line.remove_prefix(1);
  CommandLine result;
  if (line.empty() || absl::ascii_isspace(static_cast<unsigned char>(line[0]))) return result;
  const std::string_view word = TakeWord(&line);
  if (word.size() == 7 && StartsWithWord(word, "support")) {
    result.is_command = true;
    const std::string_view name = TakeWord(&line);
    const Form* form = FindForm(name);
    auto commands = form == nullptr ? std::nullopt : Read(*form, line, /*strict=*/false);
    if (commands) {
      result.commands = std::move(*commands);
    } else {
      result.mistyped = form == nullptr ? Harmless(name) : std::string(form->word);
    }
    return result;
  }
  if (const Form* form = FindForm(word)) {
    auto commands = Read(*form, line, /*strict=*/true);
    if (!commands) return result;
    result.is_command = true;
    result.commands = std::move(*commands);
    for (Command& command : result.commands) command.bare = true;
    return result;
  }
  result.is_command = IsForeign(absl::AsciiStrToLower(View(word)));
  return result;
}

MistypedWords WordsOfMistyped(std::string_view mistyped, bool responder) {
  if (const Form* form = FindForm(mistyped)) {
    const std::string reason =
        responder || form->contacts
            ? absl::StrCat("write it as /support ",
                           absl::StrReplaceAll(View(form->example), {{"@", ""}}))
            : std::string("only the people of the project use this command");
    return {std::string(form->word), reason};
  }
  const std::string what = absl::StrCat("unknown command ", View(mistyped));
  std::string all;
  const Form* nearest = nullptr;
  std::size_t least = 3;  // more than two letters apart is another word
  for (const Form& form : kForms) {
    if (!responder && !form.contacts) continue;
    absl::StrAppend(&all, all.empty() ? "" : ", ", View(form.word));
    const bool begun = mistyped.size() >= 3 && form.word.starts_with(mistyped);
    const std::size_t distance = begun ? 0 : Distance(mistyped, form.word);
    if (distance < least && distance * 2 <= form.word.size()) {
      least = distance;
      nearest = &form;
    }
  }
  if (nearest != nullptr) {
    return {what, absl::StrCat("did you mean /support ", View(nearest->word), "?")};
  }
  return {what, absl::StrCat("known are: ", all)};
}

absl::StatusOr<Command> ParseCommand(std::string_view line) {
  std::string_view words = TrimText(line);
  if (words.starts_with('/')) words.remove_prefix(1);
  std::string_view word = TakeWord(&words);
  if (word.size() == 7 && StartsWithWord(word, "support")) word = TakeWord(&words);
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
