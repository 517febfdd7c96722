#include "src/cli/mistyped.h"

#include <CLI/CLI.hpp>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/policy/reader.h"

namespace retainer::cli {
namespace {

std::string Suggest(const std::string& what, const std::string& word,
                    const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string mend = policy::DidYouMean(word, views);
  return absl::StartsWith(mend, "did you mean")
             ? absl::StrCat("there is no ", what, " \"", word, "\": ", mend)
             : "";
}

std::vector<const CLI::App*> Shown(const CLI::App& app) {
  return app.get_subcommands(
      [](const CLI::App* it) { return !it->get_name().empty() && !it->get_group().empty(); });
}

}  // namespace

std::string Mistyped(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* command = &app;
  bool takes_words = false;  // the command found so far has arguments
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (absl::StartsWith(word, "--") && word.size() > 2) {
      const std::string name = word.substr(0, word.find('='));
      std::vector<std::string> known;
      bool is_known = false;
      for (const CLI::Option* option : command->get_options(nullptr)) {
        for (const std::string& long_name : option->get_lnames()) {
          known.push_back("--" + long_name);
          is_known = is_known || known.back() == name;
        }
      }
      if (is_known) continue;
      return Suggest("option", name, known);
    }
    if (absl::StartsWith(word, "-")) continue;
    const std::vector<const CLI::App*> inner = Shown(*command);
    const CLI::App* found = nullptr;
    std::vector<std::string> known;
    for (const CLI::App* it : inner) {
      known.push_back(it->get_name());
      if (it->get_name() == word) found = it;
    }
    if (found != nullptr) {
      command = found;
      takes_words = Shown(*command).empty();
    } else if (!takes_words) {
      return Suggest("command", word, known);
    }
  }
  return "";
}

}  // namespace retainer::cli
