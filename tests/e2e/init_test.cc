// `retainer init`, followed to the letter: what it prints is what a newcomer does next.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "src/sandbox/crypto.h"
#include "tests/e2e/process.h"
#include "tests/fakes/places.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer {
namespace {

// As a shell runs it, with our program in the place of `retainer`.
std::vector<std::string> Shell(const std::string& command) {
  return {"/bin/sh", "-c",
          absl::StrReplaceAll(absl::StrCat("exec ", command),
                              {{"exec retainer ", absl::StrCat("exec ", Binary(), " ")}})};
}

std::vector<std::string> CommandsIn(const std::string& text) {
  std::vector<std::string> commands;
  for (const auto line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, "    retainer ")) commands.emplace_back(line.substr(4));
  }
  return commands;
}

// A value for each variable that the text says is missing.
Process::Environment Given(const std::string& text) {
  static const std::regex kVariable("the environment variable ([A-Z_]+) is not set");
  Process::Environment given;
  for (std::sregex_iterator it(text.begin(), text.end(), kVariable), end; it != end; ++it) {
    const std::string name = (*it)[1];
    given[name] = name == "SLACK_URL" ? "https://hooks.slack.example/x"
                                      : "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  }
  return given;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class InitTest : public ::testing::TestWithParam<std::string> {
 protected:
  // The name needs quotes in a shell.
  InitTest() : desk(folder.path() + "/bob's desk") {
    std::vector<std::string> command = {Binary(), "init", desk};
    if (!GetParam().empty()) command.insert(command.end(), {"--like", GetParam()});
    const Finished done = Execute(command);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(done.err, "");
    said = done.out;
  }
  // The private key, where the output says that one is missing.
  void PutKey() const {
    const std::string path = desk + "/app.pem";
    if (!absl::StrContains(said, absl::StrCat("cannot read ", path))) return;
    const auto key = sandbox::MakeRsaKey();
    ASSERT_TRUE(key.ok()) << key.status();
    std::ofstream(path) << key->private_pem;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  }

  TemporaryFolder folder;
  const std::string desk;
  std::string said;
};

TEST_P(InitTest, WhatItWritesIsGoodAsSoonAsTheSecretsThatItNamesAreThere) {
  const std::vector<std::string> commands = CommandsIn(said);
  ASSERT_EQ(commands.size(), 4u) << said;
  const Finished policy = Execute(Shell(commands[0]));
  EXPECT_EQ(policy.exit_code, 0) << policy.out << policy.err;
  EXPECT_TRUE(absl::StrContains(policy.out, "The policy is good")) << policy.out;

  EXPECT_TRUE(absl::StrContains(said, "`retainer setup github --config ")) << said;
  const Process::Environment given = Given(said);
  EXPECT_FALSE(given.empty()) << said;
  const Finished before = Execute(Shell(commands[1]));
  EXPECT_EQ(before.exit_code, 1) << before.out;
  for (const auto& [name, value] : given) EXPECT_TRUE(absl::StrContains(before.out, name)) << name;
  PutKey();
  const Finished after = Execute(Shell(commands[1]), given);
  EXPECT_EQ(after.exit_code, 0) << after.out << after.err;
}

TEST_P(InitTest, ASecondTimeNothingIsTouched) {
  const std::string policy = desk + "/policy/policy.yaml";
  std::ofstream(policy, std::ios::app) << "# mine\n";
  const std::string mine = ReadFile(policy);
  const Finished again = Execute({Binary(), "init", desk, "--like", "openerp"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_TRUE(absl::StrContains(again.err, "it has .gitignore, policy, retainer.yaml"))
      << again.err;
  EXPECT_EQ(again.out, "");
  EXPECT_EQ(ReadFile(policy), mine);
}

INSTANTIATE_TEST_SUITE_P(EveryPractice, InitTest,
                         ::testing::Values("", "opendb", "openerp", "datasphere"),
                         [](const auto& practice) {
                           return practice.param.empty() ? "start" : practice.param;
                         });

class InitToServe : public InitTest {};

// With the addresses of a forge that does not answer, and free ports.
TEST_P(InitToServe, TheServiceStartsAndObserves) {
  PutKey();
  const std::string config = desk + "/retainer.yaml";
  std::string text = ReadFile(config);
  ASSERT_EQ(absl::StrReplaceAll({{"https://api.github.com", "http://127.0.0.1:9/api/v3"},
                                 {"127.0.0.1:8080", "127.0.0.1:0"},
                                 {"127.0.0.1:9090", "127.0.0.1:0"}},
                                &text),
            3);
  std::ofstream(config) << text;
  const std::vector<std::string> commands = CommandsIn(said);
  ASSERT_EQ(commands.size(), 4u) << said;
  const Process::Environment given = Given(said);
  {
    const Finished doctor = Execute(Shell(commands[2]), given);
    EXPECT_TRUE(std::regex_search(doctor.out, std::regex("ok.*configuration"))) << doctor.out;
  }
  Process service(Shell(commands[3]), given);
  EXPECT_TRUE(service.AwaitErrLine([](const std::string& line) {
    return absl::StrContains(line, "\"event\":\"listening\"");
  })) << service.err();
  service.Signal(SIGTERM);
  const Finished done = service.Wait();
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_TRUE(absl::StrContains(done.err, "observe")) << done.err;
}

INSTANTIATE_TEST_SUITE_P(TheSmallOne, InitToServe, ::testing::Values(""),
                         [](const auto&) { return "start"; });

}  // namespace
}  // namespace retainer
