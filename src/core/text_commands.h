// Commands as people type them at the start of a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "retainer/text.h"

namespace retainer {

inline constexpr std::size_t kMaxCommands = 20;         // of one text; more are passed over
inline constexpr std::size_t kMaxCommandArgument = 64;  // bytes; a longer one is no command

struct CommandLine {
  bool is_command = false;        // the line carries no words for a reader
  std::vector<Command> commands;  // what it asks of us; empty for other bots' commands
  std::string mistyped;           // as TextFeatures; `/support` was written, and asks for nothing
};

// REQUIRES: `line` begins with `/` and holds no line break. `/support NAME …` may be followed by
// more words; the bare `/NAME …` may not, so that a sentence that begins with a path stays a
// sentence. Other bots' and GitLab's own commands (`/lgtm`, `/label ~x`) are commands without a
// meaning for us: GitLab carries its quick actions out and takes them out of the text before it
// tells anybody, and what they did arrives as facts of its own; where such a line does reach us
// (GitHub, or a refused one) it is no answer to anybody.
CommandLine ReadCommandLine(std::string_view line);

// What to tell the author of TextFeatures::mistyped: what it is, and how to write it. Names only
// commands that such a person may use.
struct MistypedWords {
  std::string what;    // `unknown command waitng`
  std::string reason;  // `did you mean /support waiting?`
};
MistypedWords WordsOfMistyped(std::string_view mistyped, bool responder);

}  // namespace retainer
