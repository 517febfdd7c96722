#include "src/core/text_foreign.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>

#include "absl/strings/ascii.h"
#include "src/core/text_unicode.h"

namespace retainer::core {
namespace {

constexpr std::size_t kWordsOfSentence = 4;
constexpr std::size_t kMostWordsOfCall = 8;  // a command to a bot; longer lines are for people

std::string Lower(std::string_view s) { return absl::AsciiStrToLower({s.data(), s.size()}); }

// GitLab's quick actions and the commands of widespread bots. Sorted.
constexpr std::string_view kKnown[] = {"add_child",
                                       "add_email",
                                       "approve",
                                       "approve-required",
                                       "area",
                                       "assign_reviewer",
                                       "award",
                                       "azp",
                                       "backport",
                                       "board_move",
                                       "cancel",
                                       "cc",
                                       "check-cla",
                                       "check-dco",
                                       "cherry-pick",
                                       "cherry-pick-only",
                                       "cherrypick",
                                       "close",
                                       "confidential",
                                       "copy_metadata",
                                       "create-branch",
                                       "done",
                                       "draft",
                                       "due",
                                       "easycla",
                                       "estimate",
                                       "gcbrun",
                                       "good-first-issue",
                                       "health_status",
                                       "help",
                                       "hold",
                                       "hold-cancel",
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
                                       "packit",
                                       "page",
                                       "promote",
                                       "ptal",
                                       "publish",
                                       "ready",
                                       "reassign",
                                       "rebase",
                                       "recheck",
                                       "relabel",
                                       "relate",
                                       "remove",
                                       "remove-approve",
                                       "remove-area",
                                       "remove-hold",
                                       "remove-kind",
                                       "remove-label",
                                       "remove-lgtm",
                                       "remove-lifecycle",
                                       "remove-priority",
                                       "remove-sig",
                                       "remove-stale",
                                       "remove_due_date",
                                       "reopen",
                                       "rerun",
                                       "rerun-all",
                                       "retest",
                                       "retest-required",
                                       "retitle",
                                       "shrug",
                                       "sig",
                                       "spend",
                                       "squash",
                                       "stale",
                                       "submit_review",
                                       "subscribe",
                                       "tableflip",
                                       "test",
                                       "test-required",
                                       "title",
                                       "todo",
                                       "transfer-issue",
                                       "triage",
                                       "unapprove",
                                       "unassign",
                                       "uncc",
                                       "unhold",
                                       "unlabel",
                                       "unlink",
                                       "unlock",
                                       "unsubscribe",
                                       "update-branch",
                                       "verify-owners",
                                       "weight",
                                       "woof",
                                       "zoom"};

// Paths of one name.
constexpr std::string_view kDirectories[] = {"bin", "boot", "dev",  "etc",  "home", "lib", "lib64",
                                             "mnt", "opt",  "proc", "root", "sbin", "srv", "sys",
                                             "tmp", "usr",  "var",  "data", "nix"};

// Bots that cannot be recognised by their login.
constexpr std::string_view kBots[] = {
    "allcontributors", "bors",      "coderabbitai",  "copilot-bot",
    "dependabot",      "mergifyio", "mergify",       "renovate",
    "renovatebot",     "rustbot",   "sourcery-ai",   "tensorflowbutler",
    "triagebot",       "homu",      "googlebot",     "miss-islington",
    "lgtm-com",        "rfcbot",    "rust-highfive", "craterbot"};

bool OneOf(const std::string& word, const std::string_view* begin, const std::string_view* end) {
  return std::find(begin, end, word) != end;
}

std::size_t CountWords(std::string_view plain) {
  if (plain.empty()) return 0;
  return static_cast<std::size_t>(std::count(plain.begin(), plain.end(), ' ')) + 1;
}

bool EndsSentence(std::string_view plain) {
  return plain.ends_with('.') || plain.ends_with('!') || plain.ends_with('?') ||
         plain.ends_with("\xE2\x80\xA6") || plain.ends_with("\xE3\x80\x82");  // … 。
}

}  // namespace

SlashLine ReadSlashLine(std::string_view line) {
  line.remove_prefix(1);
  const std::size_t space = line.find(' ');
  const std::string_view name = line.substr(0, space);
  const std::string_view rest = space == line.npos ? "" : line.substr(space + 1);
  if (name.empty() || !IsWordPart(DecodeFirst(name).value)) return SlashLine::kProse;
  const std::string lower = Lower(name);
  if (std::binary_search(std::begin(kKnown), std::end(kKnown), lower)) return SlashLine::kCommand;
  // Characters that no command name has: `/etc, /var`, `/foo(bar)`, `/usr/bin/x`.
  if (name.find_first_of("/\\,;()[]{}<>\"'`|") != name.npos) return SlashLine::kProse;
  if (OneOf(lower, std::begin(kDirectories), std::end(kDirectories))) return SlashLine::kProse;
  const std::size_t words = CountWords(rest);
  if (words >= kWordsOfSentence && EndsSentence(rest)) return SlashLine::kProse;
  return words >= 2 ? SlashLine::kEither : SlashLine::kCommand;
}

bool IsCallOfBot(std::string_view line) {
  if (!line.starts_with('@') || CountWords(line) > kMostWordsOfCall) return false;
  std::string login = Lower(line.substr(1, line.find(' ') - 1));
  while (login.ends_with(':') || login.ends_with(',')) login.pop_back();
  const std::string_view name = login;
  return name.ends_with("[bot]") || name.ends_with("-bot") || name.ends_with("-robot") ||
         OneOf(login, std::begin(kBots), std::end(kBots));
}

}  // namespace retainer::core
