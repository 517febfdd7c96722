// The examples that are in the binary, and how one gets to disk.
#include "src/cli/practices.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "tests/fakes/places.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::cli {
namespace {

namespace fs = std::filesystem;

// The files below a folder: path to text.
std::map<std::string, std::string> Read(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().lexically_relative(folder).string()] = {std::istreambuf_iterator<char>(file),
                                                               {}};
  }
  return files;
}

TEST(PracticesTest, EveryExampleIsInTheBinaryAndIsWrittenAsItIs) {
  std::set<std::string> folders;
  for (const auto& entry : fs::directory_iterator(SourceDir() + "/deploy/examples")) {
    if (entry.path().filename() != "issue-forms") folders.insert(entry.path().filename().string());
  }
  std::set<std::string> names;
  TemporaryFolder folder;
  for (const Practice& practice : Practices()) {
    names.emplace(practice.name);
    const std::string path = folder.path() + "/new/" + std::string(practice.name);
    const absl::Status written = WritePractice(practice, path);
    ASSERT_TRUE(written.ok()) << written;
    EXPECT_EQ(Read(path), Read(SourceDir() + "/deploy/examples/" + std::string(practice.name)));
  }
  EXPECT_EQ(names, folders);
}

TEST(PracticesTest, WhoTheCustomersAreIsNotForEverybodyOnTheMachine) {
  TemporaryFolder folder;
  ASSERT_TRUE(WritePractice(Practices()[0], folder.path() + "/desk").ok());
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    struct stat file {};
    ASSERT_EQ(stat(entry.path().c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 07u, 0u) << entry.path();
  }
}

TEST(PracticesTest, AFolderThatHasSomethingIsRefusedAndStaysAsItIs) {
  TemporaryFolder folder;
  for (const char* name : {"b", "a", "g", "c", "d", "f", "e"}) {
    std::ofstream(folder.path() + "/" + name) << name;
  }
  const auto before = Read(folder.path());
  const absl::Status refused = WritePractice(Practices()[0], folder.path());
  EXPECT_TRUE(absl::IsAlreadyExists(refused)) << refused;
  EXPECT_NE(refused.message().find("it has a, b, c, d, e and 2 more"), std::string::npos)
      << refused;
  EXPECT_EQ(Read(folder.path()), before);
}

TEST(PracticesTest, ARepositoryWithoutACommitIsAsGoodAsEmpty) {
  TemporaryFolder folder;
  fs::create_directory(folder.path() + "/.git");
  EXPECT_TRUE(WritePractice(Practices()[0], folder.path()).ok());
  EXPECT_TRUE(fs::exists(folder.path() + "/retainer.yaml"));
}

TEST(PracticesTest, AFileIsNoFolder) {
  TemporaryFolder folder;
  std::ofstream(folder.path() + "/desk") << "mine";
  const absl::Status refused = WritePractice(Practices()[0], folder.path() + "/desk");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_EQ(Read(folder.path()), (std::map<std::string, std::string>{{"desk", "mine"}}));
}

TEST(PracticesTest, WhatWasWrittenIsRemovedAgainWhenSomethingFails) {
  TemporaryFolder folder;
  // The second file needs a folder where the first one is.
  const Practice practice{"broken", {{"a", "1"}, {"a/b", "2"}}};
  const absl::Status failed = WritePractice(practice, folder.path() + "/new/desk");
  EXPECT_TRUE(absl::IsUnavailable(failed)) << failed;
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace retainer::cli
