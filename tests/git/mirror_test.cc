// The mirror of a repository in a folder: what is read, what is not, and the limits.
#include "src/git/mirror.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/git/git_repository.h"

namespace retainer::git {
namespace {

namespace fs = std::filesystem;

class MirrorTest : public testing::Test {
 protected:
  MirrorTest() : repository_(folder_.path() + "/acme/policy.git") {
    config_.url = repository_.file_url();
    config_.branch = "main";
    options_.child = {GIT_CHILD};
  }

  absl::StatusOr<Snapshot> Read(const std::string& ref = "", const std::string& after = "") {
    return Mirror(config_, folder_.path() + "/data", options_).Read(ref, after);
  }
  // Bytes that no compression makes smaller.
  static std::string Noise(std::size_t size) {
    std::mt19937 random(7);
    std::string noise(size, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    return noise;
  }

  TemporaryFolder folder_;
  GitRepository repository_;
  PolicyGitConfig config_;
  MirrorOptions options_;
};

TEST_F(MirrorTest, ReadsThePolicysFilesAndWhoWroteThem) {
  repository_.Write("policy.yaml", "version: 1\n");
  repository_.Write("customers/acme.yml", "id: acme\n");
  repository_.Write("customers/.hidden.yml", "no\n");
  repository_.Write("holidays.ics", "BEGIN:VCALENDAR\n");
  repository_.Write("README.md", "words\n");
  const std::string commit = repository_.Commit("Shorter hours\n\nBecause.");
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->wrong.ok()) << read->wrong;
  EXPECT_EQ(read->commit, commit);
  EXPECT_EQ(read->ref, "refs/heads/main");
  EXPECT_EQ(read->author, "Carol <c@x.test>");
  EXPECT_EQ(read->subject, "Shorter hours");
  EXPECT_EQ(absl::FormatTime(read->committed), "2026-03-01T10:00:00+00:00");
  EXPECT_TRUE(read->follows);
  EXPECT_EQ(read->files,
            (std::map<std::string, std::string>{{"policy.yaml", "version: 1\n"},
                                                {"customers/acme.yml", "id: acme\n"},
                                                {"holidays.ics", "BEGIN:VCALENDAR\n"}}));
}

TEST_F(MirrorTest, ReadsAFolderOfTheRepositoryAndTheDefaultBranch) {
  repository_.Write("a/desk/policy.yml", "version: 1\n");
  repository_.Write("other.yml", "no\n");
  repository_.Commit("one");
  config_.path = "a/desk";
  config_.branch = "";
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->ref, "refs/heads/main");
  EXPECT_EQ(read->files, (std::map<std::string, std::string>{{"policy.yml", "version: 1\n"}}));
  config_.path = "b";
  const auto missing = Read();
  ASSERT_TRUE(missing.ok()) << missing.status();
  EXPECT_TRUE(absl::IsNotFound(missing->wrong)) << missing->wrong;
  EXPECT_TRUE(absl::StrContains(missing->wrong.message(), "policy_git.path")) << missing->wrong;
}

TEST_F(MirrorTest, FollowsTheBranchAndSaysWhenItWasRewritten) {
  repository_.Write("policy.yml", "one\n");
  const std::string first = repository_.Commit("one");
  ASSERT_TRUE(Read().ok());
  repository_.Write("policy.yml", "two\n");
  const std::string second = repository_.Commit("two");
  auto read = Read("", first);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->commit, second);
  EXPECT_EQ(read->files.at("policy.yml"), "two\n");
  EXPECT_TRUE(read->follows);
  EXPECT_TRUE(Read("", second)->follows) << "itself";
  repository_.Git({"reset", "--quiet", "--hard", first});
  repository_.Write("policy.yml", "three\n");
  const std::string third = repository_.Commit("three");
  read = Read("", second);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->commit, third);
  EXPECT_FALSE(read->follows);
  EXPECT_TRUE(Read("", first)->follows);
  EXPECT_FALSE(Read("", std::string(40, '1'))->follows) << "a commit that nobody has";
}

TEST_F(MirrorTest, ReadsAProposedChangeByItsRef) {
  repository_.Write("policy.yml", "one\n");
  const std::string first = repository_.Commit("one");
  repository_.Git({"checkout", "--quiet", "-b", "proposal"});
  repository_.Write("policy.yml", "two\n");
  const std::string proposed = repository_.Commit("two");
  repository_.Git({"update-ref", "refs/pull/5/head", "HEAD"});
  repository_.Git({"checkout", "--quiet", "main"});
  const auto read = Read("refs/pull/5/head");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->commit, proposed);
  EXPECT_EQ(read->files.at("policy.yml"), "two\n");
  EXPECT_EQ(Read()->commit, first);
}

TEST_F(MirrorTest, WhatIsNoLongerThereIsSaid) {
  config_.url = absl::StrCat("file://", folder_.path(), "/nothing.git");
  EXPECT_TRUE(absl::IsNotFound(Read().status())) << Read().status();
  config_.url = repository_.file_url();
  EXPECT_TRUE(absl::IsNotFound(Read().status())) << "empty: " << Read().status();
  repository_.Write("policy.yml", "one\n");
  repository_.Commit("one");
  ASSERT_TRUE(Read().ok());
  repository_.Git({"branch", "--quiet", "--move", "main", "other"});
  const auto gone = Read();
  EXPECT_TRUE(absl::IsNotFound(gone.status())) << gone.status();
  EXPECT_TRUE(absl::StrContains(gone.status().message(), "refs/heads/main")) << gone.status();
}

TEST_F(MirrorTest, LinksAndSubmodulesAreNotFollowed) {
  std::ofstream(folder_.path() + "/secret.yml") << "secret\n";
  repository_.Write("policy.yml", "one\n");
  fs::create_symlink(folder_.path(), repository_.work() + "/folder");
  repository_.Git({"add", "."});
  repository_.Git({"update-index", "--add", "--cacheinfo",
                   absl::StrCat("160000,", std::string(40, '1'), ",plans")});
  repository_.Git({"commit", "--quiet", "--message", "links"});
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->wrong.ok()) << read->wrong;
  EXPECT_EQ(read->files, (std::map<std::string, std::string>{{"policy.yml", "one\n"}}));
  EXPECT_EQ(read->skipped, (std::vector<std::string>{"folder is a symbolic link and is not read",
                                                     "plans is a submodule and is not read"}));
  for (const char* target : {"policy.yml", "../secret.yml", "/etc/hostname"}) {
    fs::remove(repository_.work() + "/link.yml");
    fs::create_symlink(target, repository_.work() + "/link.yml");
    repository_.Commit(target);
    const auto link = Read();
    ASSERT_TRUE(link.ok()) << link.status();
    EXPECT_TRUE(absl::StartsWith(link->wrong.message(), "link.yml: is a symbolic link"))
        << link->wrong;
  }
  // The policy's folder itself may be no link either.
  config_.path = "folder";
  EXPECT_TRUE(absl::IsNotFound(Read()->wrong));
}

TEST_F(MirrorTest, HooksAndFiltersOfARepositoryDoNotRun) {
  const std::string ran = folder_.path() + "/ran";
  repository_.Write(".gitattributes", "*.yml filter=evil ident\n");
  repository_.Write("policy.yml", "id: $Id$\n");
  repository_.Git({"config", "filter.evil.smudge", absl::StrCat("touch ", ran, "; cat")});
  repository_.Commit("one");
  const std::string hook = repository_.folder() + "/hooks/post-upload-pack";
  fs::create_directories(fs::path(hook).parent_path());
  std::ofstream(hook) << "#!/bin/sh\ntouch " << ran << "\n";
  fs::permissions(hook, fs::perms::owner_all);
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->files.at("policy.yml"), "id: $Id$\n");
  EXPECT_FALSE(fs::exists(ran));
}

TEST_F(MirrorTest, ARepositoryWithAHundredThousandFiles) {
  // Made as git's own input for a commit: fast.
  std::string stream =
      "blob\nmark :1\ndata 2\nx\n\ncommit refs/heads/main\n"
      "committer C <c@x.test> 1772000000 +0000\ndata 3\nall\n";
  for (int i = 0; i < 100'000; ++i) {
    absl::StrAppend(&stream, "M 100644 :1 many/", i / 100, "/", i, i < 1'000 ? ".yml\n" : ".txt\n");
  }
  absl::StrAppend(&stream, "M 100644 :1 desk/policy.yml\n\n");
  const Finished made =
      Execute({"/usr/bin/git", "-C", repository_.work(), "fast-import", "--quiet"},
              {{"GIT_CONFIG_GLOBAL", "/dev/null"}}, stream);
  ASSERT_EQ(made.exit_code, 0) << made.err;
  config_.path = "desk";
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->files.size(), 1u);
  config_.path = "";
  const auto many = Read();
  ASSERT_TRUE(many.ok()) << many.status();
  EXPECT_TRUE(absl::IsInvalidArgument(many->wrong)) << many->wrong;
  EXPECT_TRUE(absl::StrContains(many->wrong.message(), "more than 500 files")) << many->wrong;
  options_.limits.files = 2'000;
  options_.limits.entries = 99'999;
  const auto entries = Read();
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_TRUE(absl::StrContains(entries->wrong.message(), "99999 entries")) << entries->wrong;
}

TEST_F(MirrorTest, FilesThatAreTooLargeAreNotLoaded) {
  options_.limits.file_bytes = 1000;
  options_.limits.text_bytes = 1500;
  repository_.Write("a.yml", std::string(1000, 'a'));
  repository_.Write("b.yml", std::string(500, 'b'));
  repository_.Commit("at the limit");
  EXPECT_TRUE(Read()->wrong.ok()) << Read()->wrong;
  repository_.Write("b.yml", std::string(501, 'b'));
  repository_.Commit("together");
  EXPECT_TRUE(absl::StrContains(Read()->wrong.message(), "1500 bytes together"));
  repository_.Write("b.yml", std::string(1001, 'b'));
  repository_.Commit("one file");
  EXPECT_TRUE(absl::StartsWith(Read()->wrong.message(), "b.yml: larger than 1000 bytes"));
}

TEST_F(MirrorTest, ALargeRepositoryIsNotKeptOnDisk) {
  options_.limits.bytes = 1 << 20;
  repository_.Write("policy.yml", "one\n");
  repository_.Write("film.bin", Noise(3 << 20));
  repository_.Commit("a film");
  const auto read = Read();
  EXPECT_TRUE(absl::IsResourceExhausted(read.status()) || absl::IsUnavailable(read.status()))
      << read.status();
  EXPECT_FALSE(fs::exists(folder_.path() + "/data/mirror")) << "a failed fetch leaves nothing";
}

TEST_F(MirrorTest, TheMirrorBeginsAnewWhenItHasGrown) {
  options_.limits.bytes = 1 << 20;
  std::string last;
  for (int i = 0; i < 4; ++i) {
    repository_.Write("policy.yml", absl::StrCat("number: ", i, "\n"));
    repository_.Git({"rm", "--quiet", "--ignore-unmatch", "film.bin"});
    repository_.Write("film.bin", Noise(200 << 10) + std::to_string(i));
    repository_.Commit("more");
    // Each commit is alone, so that only the mirror grows and not the branch.
    repository_.Git({"checkout", "--quiet", "--orphan", absl::StrCat("b", i)});
    repository_.Commit("alone");
    repository_.Git({"branch", "--force", "main", "HEAD"});
    const auto read = Read();
    ASSERT_TRUE(read.ok()) << i << read.status();
    EXPECT_EQ(read->files.at("policy.yml"), absl::StrCat("number: ", i, "\n"));
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path() + "/data/mirror")) {
      if (entry.is_regular_file()) bytes += entry.file_size();
    }
    EXPECT_LT(bytes, options_.limits.bytes);
  }
}

TEST_F(MirrorTest, ABrokenMirrorIsMadeAnew) {
  repository_.Write("policy.yml", "one\n");
  repository_.Commit("one");
  ASSERT_TRUE(Read().ok());
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path() + "/data/mirror")) {
    if (!entry.is_regular_file()) continue;
    fs::permissions(entry, fs::perms::owner_all);
    std::ofstream(entry.path(), std::ios::trunc) << "nonsense";
  }
  repository_.Write("policy.yml", "two\n");
  repository_.Commit("two");
  (void)Read();
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->files.at("policy.yml"), "two\n");
}

TEST_F(MirrorTest, AProcessThatSaysNothingIsKilledAtItsTime) {
  options_.limits.time = absl::Milliseconds(300);
  options_.child = {"/bin/cat", "/dev/zero"};
  options_.limits.text_bytes = 1 << 20;
  EXPECT_TRUE(absl::IsResourceExhausted(Read().status())) << Read().status();
  options_.child = {"/bin/sh", "-c", "exec sleep 600"};
  const auto read = Read();
  EXPECT_TRUE(absl::IsUnavailable(read.status())) << read.status();
  EXPECT_TRUE(absl::StrContains(read.status().message(), "300ms")) << read.status();
  options_.child = {"/bin/false"};
  EXPECT_TRUE(absl::IsUnavailable(Read().status()));
  options_.child = {"/nothing"};
  EXPECT_TRUE(absl::IsUnavailable(Read().status()));
}

TEST_F(MirrorTest, SecretsAreNeitherArgumentsNorEnvironmentNorOnDisk) {
  config_.token = "se-cr-et-token";
  config_.ssh_key = "se-cr-et-key";
  repository_.Write("policy.yml", "one\n");
  repository_.Commit("one");
  // What the process sees of itself, in place of an answer.
  const std::string seen = folder_.path() + "/seen";
  options_.child = {"/bin/sh", "-c",
                    absl::StrCat("tr '\\0' '\\n' < /proc/$$/cmdline > ", seen, "; env >> ", seen,
                                 "; cat > ", seen, ".input; exit 1")};
  (void)Read();
  const auto text = [](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_TRUE(absl::StrContains(text(seen + ".input"), "se-cr-et-token"));
  EXPECT_FALSE(text(seen).empty());
  EXPECT_FALSE(absl::StrContains(text(seen), "se-cr-et")) << text(seen);
  options_.child = {GIT_CHILD};
  ASSERT_TRUE(Read().ok());
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path() + "/data")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_FALSE(absl::StrContains(text(entry.path()), "se-cr-et")) << entry.path();
  }
}

}  // namespace
}  // namespace retainer::git
