// What somebody meant who typed a command or an option that does not exist.
#pragma once

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace retainer::cli {

// `there is no command "statsu": did you mean "status"?`, after the words could not be parsed;
// empty if nothing is near.
std::string Mistyped(const CLI::App& app, int argc, const char* const* argv);

}  // namespace retainer::cli
