// What the desk remembers of a text that somebody wrote: its features, never the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace retainer {

// Persisted: numbers never change.
enum class CommandName : std::uint8_t {
  kPriority = 1,  // argument: a priority as it was typed; see src/core/priority_words.h
  kWaiting = 2,
  kResume = 3,
  kWorkaround = 4,
  kClaim = 5,    // argument: a customer's alias
  kRelease = 6,  // argument: a customer's alias
  kCommunity = 7,
  kEscalate = 8,
  kDuplicate = 9,  // argument: the number of a ticket of the same project, `12`; `!12` where a
                   // merge request was meant
  kAssign = 10,    // argument: a login without `@`; `me`: who wrote the command
  kSla = 11,
};

struct Command {
  CommandName name = CommandName::kSla;
  std::string argument;
  bool bare = false;  // typed `/waiting`, not `/support waiting`; a policy can switch these off
  friend bool operator==(const Command&, const Command&) = default;
};

// Changes of what is found in a text raise this; it is stored with each fact.
inline constexpr std::uint32_t kTextFeaturesVersion = 3;

inline constexpr std::size_t kMostMistyped = 24;     // bytes
inline constexpr std::size_t kMostFormAnswer = 256;  // bytes

struct TextFeatures {
  bool substance = false;  // more than quotes, emoji, HTML comments, commands (also of other bots),
                           // links without a text, empty tasks and what shows nothing
  bool thanks =
      false;  // has substance, but only the courtesy that closes a conversation ("thanks!")
  // Without substance, or thanks alone; yet who waits for an answer and writes it wants one: a bare
  // `?`, or a line that reads as a command of another bot and as a sentence (`/metrics is empty`).
  bool asks = false;
  std::vector<Command> commands;  // in the order written
  // The last word after `/support` that asked for nothing, as it may be shown to anybody: a known
  // command's name (what followed did not fit it), else at most kMostMistyped small letters,
  // digits, `-`, `_`, with `?` for everything else. Empty: there was none.
  std::string mistyped;
  // The answer under an issue form's "Priority" heading, as it was typed, at most kMostFormAnswer
  // bytes of it; of check boxes those that are ticked, each after a line break. Empty: none was
  // given.
  std::string form_priority;
  friend bool operator==(const TextFeatures&, const TextFeatures&) = default;
};

}  // namespace retainer
