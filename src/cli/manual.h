// The manual page and the shells' completions, made from the table of commands. So they say what
// `--help` says. Hidden commands are left out.
#pragma once

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace retainer::cli {

// The source of retainer(1), for man.
std::string ManualPage(const CLI::App& app);
std::string BashCompletion(const CLI::App& app);
std::string FishCompletion(const CLI::App& app);

}  // namespace retainer::cli
