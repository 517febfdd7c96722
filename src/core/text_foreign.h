// Recognises lines for other programs: GitLab's quick actions and other bots' commands.
//
// A line that begins with `/` is a command if its first word contains no further `/` (a path does),
// if that word is not a directory that every system has (`/etc is full`), and if the rest is not a
// sentence: four words or more that end with a full stop, question mark or exclamation mark.
// Commands of widespread bots are known by name, and are commands whatever follows. So is a line
// that begins with a mention of a bot (`@dependabot rebase`).
//
// Rationale: GitLab executes its quick actions and removes them from the text before it sends any
// event, and their effects arrive as separate facts. If such a line does reach us, it is not an
// answer.
//
// Pure; linear time.
#pragma once

#include <cstdint>
#include <string_view>

namespace retainer::core {

enum class SlashLine : std::uint8_t {
  kProse,    // words for a reader
  kCommand,  // a command of a known bot, or almost certainly one
  // ambiguous: a command when a responder writes it (no answer), words when a customer does
  kEither,
};

// REQUIRES: `line` begins with `/` and is a result of PlainText.
SlashLine ReadSlashLine(std::string_view line);

// `line` must be a result of PlainText.
bool IsCallOfBot(std::string_view line);

}  // namespace retainer::core
