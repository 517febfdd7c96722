#include "src/policy/policy_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/fakes/temporary_folder.h"

namespace retainer::policy {
namespace {

namespace fs = std::filesystem;

TEST(PolicySourceTest, WhatIsTooLargeIsNotReadWhole) {
  const TemporaryFolder folder;
  std::ofstream(fs::path(folder.path()) / "policy.yaml") << "version: 1\n";
  // A sparse file of 300 GB, which must not be read.
  std::ofstream(fs::path(folder.path()) / "huge.yaml") << "#";
  fs::resize_file(fs::path(folder.path()) / "huge.yaml", 300ull << 30);
  const auto files = ReadPolicyFolder(folder.path());
  EXPECT_EQ(files.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(files.status().message().find("huge.yaml: larger than 1048576 bytes"),
            std::string::npos)
      << files.status();
}

TEST(PolicySourceTest, AllFilesTogetherAreBounded) {
  const TemporaryFolder folder;
  for (int i = 0; i < 5; ++i) {
    std::ofstream(fs::path(folder.path()) / (std::to_string(i) + ".yaml"))
        << std::string(900'000, '#');
  }
  EXPECT_NE(ReadPolicyFolder(folder.path()).status().message().find("more than 4194304 bytes"),
            std::string::npos);
}

TEST(PolicySourceTest, TheNumberOfFilesIsBounded) {
  const TemporaryFolder folder;
  for (std::size_t i = 0; i <= kMaxPolicyFiles; ++i) {
    std::ofstream(fs::path(folder.path()) / (std::to_string(i) + ".yaml")) << "#";
  }
  EXPECT_NE(ReadPolicyFolder(folder.path()).status().message().find("more than 500 files"),
            std::string::npos);
}

}  // namespace
}  // namespace retainer::policy
