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
  kPriority = 1,  // argument: a priority's name
  kWaiting = 2,
  kResume = 3,
  kWorkaround = 4,
  kClaim = 5,    // argument: a customer's alias
  kRelease = 6,  // argument: a customer's alias
  kCommunity = 7,
  kEscalate = 8,
  kDuplicate = 9,  // argument: the number of a ticket of the same project, `12`; `!12` where a
                   // merge request was meant
  kAssign = 10,    // argument: a login without `@`
  kSla = 11,
};

struct Command {
  CommandName name = CommandName::kSla;
  std::string argument;
  bool bare = false;  // typed `/waiting`, not `/support waiting`; a policy can switch these off
  friend bool operator==(const Command&, const Command&) = default;
};

// Changes of what is found in a text raise this; it is stored with each fact.
inline constexpr std::uint32_t kTextFeaturesVersion = 2;

inline constexpr std::size_t kMostMistyped = 24;  // bytes

struct TextFeatures {
  bool substance = false;  // more than quotes, emoji, HTML comments, commands and white space
  bool thanks =
      false;  // has substance, but only the courtesy that closes a conversation ("thanks!")
  std::vector<Command> commands;  // in the order written
  // The last word after `/support` that asked for nothing, as it may be shown to anybody: a known
  // command's name (what followed did not fit it), else at most kMostMistyped small letters, digits,
  // `-`, `_`, with `?` for everything else. Empty: there was none.
  std::string mistyped;
  std::string form_priority;  // the answer under an issue form's "Priority" heading, trimmed
  friend bool operator==(const TextFeatures&, const TextFeatures&) = default;
};

}  // namespace retainer
