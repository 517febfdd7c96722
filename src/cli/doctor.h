// The command `doctor`, for commands that end with it.
#pragma once

#include <string>

namespace retainer::cli {

// Prints what is wrong and how to fix it, and ends the command.
[[noreturn]] void RunDoctor(const std::string& config, bool json);

}  // namespace retainer::cli
