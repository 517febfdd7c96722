// Lines that are said to other programs: GitLab's quick actions and other bots' commands.
//
// A line that begins with `/` is one where its first word holds no further `/`, as a path does, and
// is no directory that every system has (`/etc is full`), and what follows is no sentence: four
// words or more that end with a full stop, a question or an exclamation mark. Widespread bots'
// commands are known by name, and are commands whatever follows. So is a line that begins with a
// bot's mention (`@dependabot rebase`).
//
// Rationale: GitLab carries its quick actions out and takes them out of the text before it tells
// anybody, and what they did arrives as facts of its own; where such a line does reach us it is no
// answer to anybody. Pure; linear time.
#pragma once

#include <cstdint>
#include <string_view>

namespace retainer {

enum class SlashLine : std::uint8_t {
  kProse,    // words for a reader
  kCommand,  // of a known bot, or hardly anything else
  kEither,   // taken for a command where words would be an answer; yet whoever waits may be heard
};

// REQUIRES: `line` begins with `/` and is as PlainText makes it.
SlashLine ReadSlashLine(std::string_view line);

// `line` as PlainText makes it.
bool IsCallOfBot(std::string_view line);

}  // namespace retainer
