// The manual page, the completions and the suggestions are made from the table of commands.
#include "src/cli/manual.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>

#include "src/cli/mistyped.h"
#include "tests/e2e/process.h"
#include "tests/fakes/places.h"

namespace retainer::cli {
namespace {

class ManualTest : public testing::Test {
 protected:
  ManualTest() {
    CLI::App* ticket = app_.add_subcommand("ticket", "What is done to a ticket");
    CLI::App* claim = ticket->add_subcommand("claim", "Claims it\n.for a customer's \\ sake");
    claim->add_option("ref", text_, "The ticket")->required();
    claim->add_option("--config", text_, "The configuration")->required();
    claim->add_flag("--undo", flag_, "Takes it back");
    claim->footer("Example: retainer ticket claim");
    app_.add_subcommand("status", "How it is");
    app_.add_subcommand("child", "Not for people")->group("");
  }
  std::string Meant(std::vector<const char*> words) {
    words.insert(words.begin(), "retainer");
    return Mistyped(app_, static_cast<int>(words.size()), words.data());
  }
  CLI::App app_{"A desk", "retainer"};
  std::string text_;
  bool flag_ = false;
};

TEST_F(ManualTest, ThePageHasEachCommandWithItsOptionsAndNoHiddenOne) {
  const std::string page = ManualPage(app_);
  for (const char* part : {".SS retainer ticket claim\n", ".SS retainer status\n", "\\-\\-config",
                           "\\-\\-undo", ".B ref", "Example: retainer ticket claim"}) {
    EXPECT_NE(page.find(part), page.npos) << part;
  }
  EXPECT_EQ(page.find("child"), page.npos);
  EXPECT_NE(page.find("\n\\&.for a customer's \\e sake"), page.npos) << page;
}

TEST_F(ManualTest, BashCompletesWhatTheTableHas) {
  const std::string script = BashCompletion(app_);
  const auto complete = [&](const std::string& words, int at) {
    const std::string run = script + "\nCOMP_WORDS=(" + words +
                            ")\nCOMP_CWORD=" + std::to_string(at) +
                            "\n_retainer\necho \"${COMPREPLY[*]}\"\n";
    const Finished finished = Execute({"/bin/bash", "-c", run});
    EXPECT_EQ(finished.err, "");
    return finished.out;
  };
  EXPECT_EQ(complete("retainer sta", 1), "status\n");
  EXPECT_EQ(complete("retainer ticket ''", 2), "claim --help -h\n");
  EXPECT_EQ(complete("retainer ticket claim --c", 3), "--config\n");
  EXPECT_EQ(complete("retainer ticket claim --u", 3), "--undo\n");
  EXPECT_EQ(complete("retainer ch", 1), "\n");
}

TEST_F(ManualTest, FishGetsTheSame) {
  const std::string script = FishCompletion(app_);
  EXPECT_NE(script.find("-n '__fish_use_subcommand' -f -a ticket"), script.npos) << script;
  EXPECT_NE(script.find("-l config -r"), script.npos);
  EXPECT_NE(script.find("customer\\'s"), script.npos);
  EXPECT_EQ(script.find("child"), script.npos);
}

TEST_F(ManualTest, AMistypedWordIsNamedWithWhatIsNear) {
  EXPECT_EQ(Meant({"statsu"}), "there is no command \"statsu\": did you mean \"status\"?");
  EXPECT_EQ(Meant({"ticket", "clam"}), "there is no command \"clam\": did you mean \"claim\"?");
  EXPECT_EQ(Meant({"ticket", "claim", "x", "--confg=y"}),
            "there is no option \"--confg\": did you mean \"--config\"?");
  EXPECT_EQ(Meant({"ticket", "claim", "x", "--config", "y", "z"}), "");
  EXPECT_EQ(Meant({"zzzzzzzzz"}), "");
  EXPECT_EQ(Meant({"chil"}), "");
}

// The installed page and completions come from the program itself.
TEST(Manual, TheProgramsOwnPageHasEveryCommandOfItsHelp) {
  const std::string page = Execute({Binary(), "manual"}).out;
  const std::string script = Execute({Binary(), "completion", "bash"}).out;
  const std::string help = Execute({Binary(), "--help"}).out;
  std::size_t at = help.find("Subcommands:\n");
  ASSERT_NE(at, help.npos) << help;
  int commands = 0;
  for (at = help.find("\n  ", at); at != help.npos; at = help.find("\n  ", at + 1)) {
    const std::string name = help.substr(at + 3, help.find_first_of(" \n", at + 3) - at - 3);
    if (name.empty()) continue;
    ++commands;
    EXPECT_NE(page.find(".SS retainer " + name + "\n"), page.npos) << name;
    EXPECT_NE(script.find("\"" + name + "\") words="), script.npos) << name;
  }
  EXPECT_GE(commands, 20);
}

}  // namespace
}  // namespace retainer::cli
