// The child process of a fetch: a hidden subcommand of our own program.
//
// It reads a request (with its secrets) from standard input and writes the answer to standard
// output, so that no secret is in its arguments or its environment. It limits its own memory, file
// sizes and processor time, and ends with the thread that started it. The parent (mirror.h) limits
// the real time.
#pragma once

namespace retainer::git {

// The name of the subcommand.
inline constexpr char kChildCommand[] = "git-fetch-child";

// Returns the exit code: 0 when an answer was written, also one that is an error.
int RunChild();

}  // namespace retainer::git
