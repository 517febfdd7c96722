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
  for (int i = 0; i < 5; ++i) {
    std::ofstream(fs::path(folder.path()) / (std::to_string(i) + ".yaml")) << "#";
  }
  EXPECT_TRUE(ReadPolicyFolder(folder.path(), {.files = 5}).ok());
  EXPECT_NE(
      ReadPolicyFolder(folder.path(), {.files = 4}).status().message().find("more than 4 files"),
      std::string::npos);
  EXPECT_EQ(PolicyFolderLimits().files, 12'000u) << "one for each of 10,000 customers";
}

// The policy folder of a test.
class FoldersTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text = "#") {
    const fs::path file = root() / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  fs::path root() const { return fs::path(outer_.path()) / "policy"; }
  fs::path outside() const { return fs::path(outer_.path()); }
  std::string Read() {
    const auto files = ReadPolicyFolder(root().string());
    if (!files.ok()) return std::string(files.status().message());
    std::string names;
    for (const auto& [name, text] : *files) names += name + " ";
    return names;
  }

 private:
  const TemporaryFolder outer_;
};

TEST_F(FoldersTest, AreReadWithTheirPaths) {
  Write("policy.yaml");
  Write("customers/acme.yml");
  Write("customers/eu/globex.yaml");
  Write("calendars/france.ics");
  Write("notes/readme.md");
  Write(".git/config.yml");
  Write("customers/.old/acme.yml");
  Write("customers/.acme.yml.swp.yml");
  EXPECT_EQ(Read(),
            "calendars/france.ics customers/acme.yml customers/eu/globex.yaml policy.yaml ");
}

TEST_F(FoldersTest, ALinkThatStaysInsideIsRead) {
  // As Kubernetes mounts a ConfigMap.
  Write("..2026_03_02/policy.yaml");
  fs::create_directory_symlink("..2026_03_02", root() / "..data");
  fs::create_symlink("..data/policy.yaml", root() / "policy.yaml");
  EXPECT_EQ(Read(), "policy.yaml ");
}

TEST_F(FoldersTest, ALinkThatLeadsOutIsRefused) {
  Write("policy.yaml");
  std::ofstream(outside() / "secret.yaml") << "secret";
  fs::create_symlink(outside() / "secret.yaml", root() / "acme.yaml");
  EXPECT_NE(Read().find("acme.yaml is a link that leads out of the policy folder"),
            std::string::npos)
      << Read();
  fs::remove(root() / "acme.yaml");
  // A folder whose name begins with that of the policy's is outside too.
  fs::create_directories(outside() / "policy-old");
  std::ofstream(outside() / "policy-old" / "a.yaml") << "#";
  fs::create_symlink("../policy-old/a.yaml", root() / "a.yaml");
  EXPECT_NE(Read().find("a.yaml is a link that leads out"), std::string::npos) << Read();
}

TEST_F(FoldersTest, ALinkThatLeadsNowhereIsRefused) {
  Write("policy.yaml");
  fs::create_symlink("gone.yaml", root() / "acme.yaml");
  EXPECT_NE(Read().find("or nowhere"), std::string::npos) << Read();
}

TEST_F(FoldersTest, ALinkToAFolderIsRefused) {
  Write("policy.yaml");
  fs::create_directory_symlink(".", root() / "again");
  EXPECT_NE(Read().find("again is a link to a folder"), std::string::npos) << Read();
}

TEST_F(FoldersTest, DepthIsBounded) {
  Write("policy.yaml");
  Write("1/2/3/4/5/6/7/8/deep.yaml");
  EXPECT_EQ(Read(), "1/2/3/4/5/6/7/8/deep.yaml policy.yaml ");
  Write("1/2/3/4/5/6/7/8/9/deeper.yaml");
  EXPECT_NE(Read().find("nested more than 8 levels deep"), std::string::npos) << Read();
}

TEST_F(FoldersTest, WhatIsLookedAtIsBounded) {
  Write("policy.yaml");
  Write("notes/1.txt");
  Write("notes/2.txt");
  EXPECT_TRUE(ReadPolicyFolder(root().string(), {.entries = 4}).ok());
  EXPECT_NE(ReadPolicyFolder(root().string(), {.entries = 3})
                .status()
                .message()
                .find("more than 3 files and folders"),
            std::string::npos);
}

}  // namespace
}  // namespace retainer::policy
