// TextFeatures: what decisions know of a text that somebody wrote, with the arguments of commands.
// The text itself is stored apart from them, for the search alone (text_store.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace retainer {

// Persisted: numbers never change.
enum class CommandName : std::uint8_t {
  kPriority = 1,  // argument: a priority as typed; see src/core/priority_words.h
  kWaiting = 2,
  kResume = 3,
  kWorkaround = 4,
  kClaim = 5,    // argument: a customer's alias
  kRelease = 6,  // argument: a customer's alias
  kCommunity = 7,
  kEscalate = 8,
  // argument: the number of a ticket in the same project, `12`; `!12` for a merge request
  kDuplicate = 9,
  kAssign = 10,  // argument: a login without `@`; `me`: the author of the command
  kSla = 11,
  kGrant = 12,  // argument: a customer's alias. Only from the command line: see ParseCommand
  // argument: the time (hours.h) and what was done, `45m read the dump`, at most kMostLog bytes
  kLog = 13,
  // argument: a number of the policy's scale and why, `4 it was quick`, at most kMostRating bytes
  kRate = 14,
  // argument: a customer's id, then kinds of feedback and `done`. Only from the command line
  kFollowUp = 15,
};

inline constexpr std::size_t kMostLog = 240;
inline constexpr std::size_t kMostRating = 240;

struct Command {
  CommandName name = CommandName::kSla;
  std::string argument;
  bool bare = false;  // typed `/waiting` instead of `/support waiting`; a policy can turn these off
  friend bool operator==(const Command&, const Command&) = default;
};

// Raise this when the features of a text change. It is stored with each fact.
inline constexpr std::uint32_t kTextFeaturesVersion = 5;

inline constexpr std::size_t kMostMistyped = 24;     // bytes
inline constexpr std::size_t kMostFormAnswer = 256;  // bytes

struct TextFeatures {
  // True if the text has more than quotes, emoji, HTML comments, commands (also for other bots),
  // links without a text, empty tasks and invisible characters.
  bool substance = false;
  // It has substance, but only the courtesy that ends a conversation ("thanks!").
  bool thanks = false;
  // It has no substance, or only thanks, but its writer expects an answer: a single `?`, or a line
  // that is both a command for another bot and a sentence (`/metrics is empty`).
  bool asks = false;
  std::vector<Command> commands;  // in the order of the text
  // The last word after `/support` that is not a valid command, in a form that may be shown to
  // anybody: the name of a known command (with a wrong argument), else at most kMostMistyped
  // lower-case letters, digits, `-`, `_`, with `?` for other characters. Empty: there is none.
  std::string mistyped;
  // The answer under an issue form's "Priority" heading, as typed, at most kMostFormAnswer bytes.
  // For check boxes: the ticked ones, one per line. Empty: no answer.
  std::string form_priority;
  friend bool operator==(const TextFeatures&, const TextFeatures&) = default;
};

}  // namespace retainer
