#include "src/cli/manual.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "src/base/version.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

// Text that troff prints as it is.
std::string Troff(const std::string& text) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    std::string safe = absl::StrReplaceAll(line, {{"\\", "\\e"}, {"-", "\\-"}});
    if (!safe.empty() && (safe[0] == '.' || safe[0] == '\'')) safe = absl::StrCat("\\&", safe);
    lines.push_back(std::move(safe));
  }
  return absl::StrJoin(lines, "\n");
}

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  std::vector<const CLI::App*> commands;
  const std::function<bool(const CLI::App*)> is_shown = [](const CLI::App* it) {
    return !it->get_name().empty() && !it->get_group().empty();
  };
  for (const CLI::App* command : app.get_subcommands(is_shown)) commands.push_back(command);
  return commands;
}

std::vector<const CLI::Option*> OptionsOf(const CLI::App& app) {
  return app.get_options([](const CLI::Option* it) { return !it->get_group().empty(); });
}

bool IsFlag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }
bool IsArgument(const CLI::Option& option) {
  return option.get_lnames().empty() && option.get_snames().empty();
}

// `--config`, `-h`.
std::vector<std::string> NamesOf(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

std::string ShownName(const CLI::Option& option) {
  if (IsArgument(option)) return option.get_name(/*positional=*/true);
  std::string shown = absl::StrJoin(NamesOf(option), ", ");
  if (!IsFlag(option)) absl::StrAppend(&shown, " ", option.get_type_name());
  return shown;
}

void AddCommand(const CLI::App& app, const std::string& path, std::string* page) {
  absl::StrAppend(page, ".SS ", Troff(path), "\n", Troff(app.get_description()), "\n");
  for (const CLI::Option* option : OptionsOf(app)) {
    if (option->check_lname("help")) continue;
    absl::StrAppend(page, ".TP\n.B ", Troff(ShownName(*option)), "\n",
                    Troff(option->get_description()), option->get_required() ? " (required)" : "",
                    "\n");
  }
  if (!app.get_footer().empty()) {
    absl::StrAppend(page, ".PP\n.nf\n", Troff(app.get_footer()), "\n.fi\n");
  }
  for (const CLI::App* command : CommandsOf(app)) {
    AddCommand(*command, absl::StrCat(path, " ", command->get_name()), page);
  }
}

// Calls `take` with each command and the words that lead to it: `policy log`.
void ForEach(const CLI::App& app, const std::string& path,
             const std::function<void(const CLI::App& app, const std::string& path)>& take) {
  take(app, path);
  for (const CLI::App* command : CommandsOf(app)) {
    ForEach(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), take);
  }
}

// The names of the options that take a value, or of those that take none.
std::vector<std::string> OptionNames(const CLI::App& app, bool with_value) {
  std::vector<std::string> all;
  for (const CLI::Option* option : OptionsOf(app)) {
    if (IsArgument(*option) || IsFlag(*option) == with_value) continue;
    for (std::string& name : NamesOf(*option)) all.push_back(std::move(name));
  }
  return all;
}

std::string FishText(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}, {"\n", " "}}),
                      "'");
}

}  // namespace

std::string ManualPage(const CLI::App& app) {
  std::string page = absl::StrCat(
      ".\\\" Made by `retainer manual` from the table of commands.\n.TH RETAINER 1 \"\" "
      "\"retainer ",
      base::kVersion, "\" \"User Commands\"\n.SH NAME\nretainer \\- ", Troff(app.get_description()),
      "\n.SH SYNOPSIS\n.B retainer\nCOMMAND [OPTIONS]\n.SH DESCRIPTION\n"
      "Retainer receives the webhooks of a project, measures what was promised to its customers, "
      "and keeps one status comment on each issue up to date. The service is\n"
      ".BR \"retainer serve\" ;\nother commands use a running service through the socket in its "
      "data "
      "folder, and also work without one.\n.SH COMMANDS\n");
  for (const CLI::App* command : CommandsOf(app)) {
    AddCommand(*command, absl::StrCat("retainer ", command->get_name()), &page);
  }
  absl::StrAppend(
      &page,
      ".SH EXIT STATUS\n.TP\n.B 0\ndone\n.TP\n.B 1\nthe answer is no\n.TP\n.B 2\nwrong usage or "
      "configuration\n.TP\n.B 3\nsomething needed did not answer\n"
      ".SH FILES\n.TP\n.I /etc/retainer/retainer.yaml\nthe configuration of the packaged service\n"
      ".TP\n.I /etc/retainer/secrets/\nits credentials, readable by root alone\n"
      ".TP\n.I /var/lib/retainer/\nits data\n");
  return page;
}

std::string BashCompletion(const CLI::App& app) {
  std::string script =
      "# Made by `retainer completion bash` from the table of commands.\n"
      "_retainer() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path= word\n"
      "  local words= values=\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$path${path:+ }$word\" in\n";
  ForEach(app, "", [&](const CLI::App&, const std::string& path) {
    if (path.empty()) return;
    absl::StrAppend(&script, "      \"", path, "\") path=\"", path, "\" ;;\n");
  });
  absl::StrAppend(&script, "    esac\n  done\n  case \"$path\" in\n");
  ForEach(app, "", [&](const CLI::App& command, const std::string& path) {
    std::vector<std::string> words;
    for (const CLI::App* inner : CommandsOf(command)) words.push_back(inner->get_name());
    const std::vector<std::string> values = OptionNames(command, /*with_value=*/true);
    for (const bool with_value : {true, false}) {
      for (std::string& name : OptionNames(command, with_value)) words.push_back(std::move(name));
    }
    absl::StrAppend(&script, "    \"", path, "\") words=\"", absl::StrJoin(words, " "),
                    "\" values=\" ", absl::StrJoin(values, " "), " \" ;;\n");
  });
  absl::StrAppend(&script,
                  "  esac\n"
                  "  # The value of an option, and what is no option, may be a file.\n"
                  "  if [[ $values == *\" $prev \"* ]]; then\n"
                  "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                  "    return\n"
                  "  fi\n"
                  "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                  "}\n"
                  "complete -o default -F _retainer retainer\n");
  return script;
}

std::string FishCompletion(const CLI::App& app) {
  std::string script = "# Made by `retainer completion fish` from the table of commands.\n";
  ForEach(app, "", [&](const CLI::App& command, const std::string& path) {
    // True when exactly the words of the path were given.
    std::string when = "__fish_use_subcommand";
    if (!path.empty()) {
      std::vector<std::string> seen;
      for (absl::string_view word : absl::StrSplit(path, ' ')) {
        seen.push_back(absl::StrCat("__fish_seen_subcommand_from ", word));
      }
      when = absl::StrJoin(seen, "; and ");
    }
    for (const CLI::App* inner : CommandsOf(command)) {
      absl::StrAppend(&script, "complete -c retainer -n '", when, "' -f -a ", inner->get_name(),
                      " -d ", FishText(inner->get_description()), "\n");
    }
    if (path.empty()) return;
    for (const CLI::Option* option : OptionsOf(command)) {
      for (const std::string& name : option->get_lnames()) {
        absl::StrAppend(&script, "complete -c retainer -n '", when, "' -l ", name,
                        IsFlag(*option) ? "" : " -r", " -d ", FishText(option->get_description()),
                        "\n");
      }
    }
  });
  return script;
}

void RegisterManual(CLI::App& app) {
  CLI::App* manual = app.add_subcommand("manual", "Prints the manual page, for man");
  manual->footer("Example: retainer manual | man -l -");
  manual->callback([&app] { std::cout << ManualPage(app); });

  CLI::App* completion =
      app.add_subcommand("completion", "Prints the completion of commands for a shell");
  completion->require_subcommand(1);
  completion->footer("Example: eval \"$(retainer completion bash)\"");
  completion->add_subcommand("bash", "For bash")->callback([&app] {
    std::cout << BashCompletion(app);
  });
  completion->add_subcommand("fish", "For fish")->callback([&app] {
    std::cout << FishCompletion(app);
  });
}

}  // namespace retainer::cli
