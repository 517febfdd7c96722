#include "src/cli/recorded.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/fakes/temporary_folder.h"

namespace retainer::cli {
namespace {

void Write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

TEST(RecordedTest, ABodyAloneIsTakenAsItIs) {
  TemporaryFolder folder;
  Write(folder.path() + "/a.json", "{\"action\":\"opened\"}\n");
  const auto all = ReadRecorded({folder.path() + "/a.json"});
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ((*all)[0].body, "{\"action\":\"opened\"}\n");
  EXPECT_EQ((*all)[0].event, "");
}

TEST(RecordedTest, ARequestGivesItsEventAndId) {
  TemporaryFolder folder;
  Write(folder.path() + "/a.http",
        "POST /webhooks/github HTTP/1.1\r\nX-GitHub-Event: issues\r\nx-github-delivery: 7-a\r\n\r\n"
        "{\"a\":1}");
  const auto all = ReadRecorded({folder.path() + "/a.http"});
  ASSERT_TRUE(all.ok());
  EXPECT_EQ((*all)[0].event, "issues");
  EXPECT_EQ((*all)[0].id, "7-a");
  EXPECT_EQ((*all)[0].body, "{\"a\":1}");
}

TEST(RecordedTest, AFolderIsWalkedInOrderAndItsIndexNamesEvents) {
  TemporaryFolder folder;
  Write(folder.path() + "/github/b.json", "{}");
  Write(folder.path() + "/github/a.json", "{}");
  Write(folder.path() + "/README.md", "no delivery");
  Write(folder.path() + "/index.json",
        R"([{"file": "github/b.json", "event_header": "issues"}, 7, {"file": 1}])");
  const auto all = ReadRecorded({folder.path()});
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].name, "github/a.json");
  EXPECT_EQ((*all)[1].event, "issues");
  EXPECT_EQ((*all)[1].folders, std::vector<std::string>{"github"});
}

TEST(RecordedTest, TheSameNameInTwoFoldersIsTwoDeliveries) {
  TemporaryFolder folder;
  Write(folder.path() + "/one/a.json", "{}");
  Write(folder.path() + "/two/a.json", "{}");
  const auto all = ReadRecorded({folder.path() + "/one", folder.path() + "/two"});
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].name, (*all)[1].name);
  EXPECT_NE((*all)[0].path, (*all)[1].path);
}

TEST(RecordedTest, WhatIsNotThereIsNamed) {
  const auto all = ReadRecorded({"/nowhere/at/all.json"});
  EXPECT_EQ(all.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(all.status().message().find("/nowhere/at/all.json"), absl::string_view::npos);
}

}  // namespace
}  // namespace retainer::cli
