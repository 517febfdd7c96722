// Commands as people type them at the start of a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "retainer/text.h"

namespace retainer {

inline constexpr std::size_t kMaxCommands = 20;         // of one text; more are passed over
inline constexpr std::size_t kMaxCommandArgument = 64;  // bytes; of more words the first that fit

struct CommandLine {
  bool is_command = false;        // the line carries no words for a reader
  bool maybe_words = false;       // as SlashLine::kEither
  std::vector<Command> commands;  // what it asks of us; empty for other bots' commands
  std::string mistyped;           // as TextFeatures; `/support` was written, and asks for nothing
};

// REQUIRES: after what is blank or invisible `line` begins with `/`; it holds no line break.
// `/support NAME …` may be followed by more words; the bare `/NAME …` may not, so that a sentence
// that begins with a path stays a sentence. A priority may be followed by words either way: what
// they mean is the policy's to say. Every other line is read by text_foreign.h.
CommandLine ReadCommandLine(std::string_view line);

// What to tell the author of TextFeatures::mistyped: what it is, and how to write it. Leads nobody
// to a command that is not theirs.
struct MistypedWords {
  std::string what;    // `unknown command waitng`
  std::string reason;  // `did you mean /support waiting?`
};
MistypedWords WordsOfMistyped(std::string_view mistyped, bool responder);

}  // namespace retainer
