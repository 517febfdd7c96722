// Commands as people type them at the start of a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "retainer/text.h"

namespace retainer::core {

inline constexpr std::size_t kMaxCommands = 20;  // per text; further ones are ignored
// bytes; of longer arguments only the first words that fit are kept
inline constexpr std::size_t kMaxCommandArgument = 64;

struct CommandLine {
  bool is_command = false;        // the line has no words for a reader
  bool maybe_words = false;       // see SlashLine::kEither
  std::vector<Command> commands;  // commands for Retainer; empty for other bots' commands
  std::string mistyped;           // see TextFeatures; a `/support` without a valid command
};

// Reads a line as a command. REQUIRES: `line` begins with `/` after blank or invisible characters,
// and contains no line break.
//
// `/support NAME …` may be followed by more words. The bare `/NAME …` may not, so that a sentence
// that begins with a path stays a sentence. A priority may be followed by words in both forms: the
// policy decides what they mean. text_foreign.h reads all other lines.
CommandLine ReadCommandLine(std::string_view line);

// The message to the author of TextFeatures::mistyped: what is wrong, and how to write it. It
// suggests only commands that the author may use.
struct MistypedWords {
  std::string what;    // `unknown command waitng`
  std::string reason;  // `did you mean /support waiting?`
};
MistypedWords WordsOfMistyped(std::string_view mistyped, bool responder);

}  // namespace retainer::core
