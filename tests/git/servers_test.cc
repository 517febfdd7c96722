// The mirror against git's own http-backend and against sshd.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/git/mirror.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/git/git_repository.h"
#include "tests/git/https_git.h"
#include "tests/git/ssh_git.h"

namespace retainer::git {
namespace {

class ServersTest : public testing::Test {
 protected:
  ServersTest() : repository_(folder_.path() + "/repositories/acme/policy.git") {
    repository_.Write("policy.yml", "one\n");
    commit_ = repository_.Commit("one");
    config_.branch = "main";
    options_.child = {GIT_CHILD};
  }
  ~ServersTest() override { unsetenv("SSL_CERT_FILE"); }

  absl::StatusOr<Snapshot> Read() {
    return Mirror(config_, folder_.path() + "/data", options_).Read("", "");
  }

  TemporaryFolder folder_;
  GitRepository repository_;
  std::string commit_;
  PolicyGitConfig config_;
  MirrorOptions options_;
};

class HttpsMirrorTest : public ServersTest {
 protected:
  void SetUp() override {
    if (!HttpsGit::Installed()) GTEST_SKIP() << "git's http-backend is not installed";
    server_ = std::make_unique<HttpsGit>(folder_.path() + "/repositories");
    config_.url = server_->Url("acme/policy.git");
    setenv("SSL_CERT_FILE", server_->authority().c_str(), 1);
  }
  std::unique_ptr<HttpsGit> server_;
};

TEST_F(HttpsMirrorTest, FetchesWithAToken) {
  config_.token = "se-cr-et";
  server_->Demand("se-cr-et");
  auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->commit, commit_);
  repository_.Write("policy.yml", "two\n");
  commit_ = repository_.Commit("two");
  read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->commit, commit_);
  EXPECT_EQ(read->files.at("policy.yml"), "two\n");
}

TEST_F(HttpsMirrorTest, AWrongTokenAndNoneAreSaidWithoutShowingThem) {
  server_->Demand("right");
  config_.token = "wro-ng";
  const auto wrong = Read();
  EXPECT_TRUE(absl::IsPermissionDenied(wrong.status())) << wrong.status();
  EXPECT_FALSE(absl::StrContains(wrong.status().message(), "wro-ng")) << wrong.status();
  config_.token = "";
  const auto none = Read();
  EXPECT_TRUE(absl::IsPermissionDenied(none.status())) << none.status();
  EXPECT_TRUE(absl::StrContains(none.status().message(), "token: env:NAME")) << none.status();
}

TEST_F(HttpsMirrorTest, ARepositoryThatIsNotThere) {
  config_.url = server_->Url("acme/nothing.git");
  EXPECT_TRUE(absl::IsNotFound(Read().status())) << Read().status();
}

TEST_F(HttpsMirrorTest, ACertificateOfAnUnknownAuthorityGetsNoToken) {
  unsetenv("SSL_CERT_FILE");
  config_.token = "se-cr-et";
  const auto read = Read();
  EXPECT_TRUE(absl::IsFailedPrecondition(read.status())) << read.status();
  EXPECT_TRUE(absl::StrContains(read.status().message(), "not trusted")) << read.status();
  EXPECT_EQ(server_->authorized(), 0);
}

TEST_F(HttpsMirrorTest, ACertificateOfAnotherHostGetsNoToken) {
  config_.url = server_->Url("127.0.0.1", "acme/policy.git");
  config_.token = "se-cr-et";
  EXPECT_TRUE(absl::IsFailedPrecondition(Read().status())) << Read().status();
  EXPECT_EQ(server_->authorized(), 0);
}

TEST_F(HttpsMirrorTest, ARedirectIsNotFollowed) {
  server_->Break(HttpsGit::Fault::kRedirects);
  const auto read = Read();
  EXPECT_FALSE(read.ok());
  server_->Break(HttpsGit::Fault::kNone);
  EXPECT_TRUE(Read().ok());
}

TEST_F(HttpsMirrorTest, AServerThatIsSilentOrTalksWithoutEndIsLeftAtTheLimitOfTime) {
  options_.limits.time = absl::Seconds(1);
  for (const auto fault : {HttpsGit::Fault::kSilent, HttpsGit::Fault::kEndless}) {
    server_->Break(fault);
    const auto read = Read();
    EXPECT_TRUE(absl::IsUnavailable(read.status())) << read.status();
    EXPECT_TRUE(absl::StrContains(read.status().message(), "within 1s")) << read.status();
  }
  server_->Break(HttpsGit::Fault::kNone);
  options_.limits.time = absl::Seconds(60);
  EXPECT_TRUE(Read().ok()) << Read().status();
}

TEST_F(HttpsMirrorTest, ALargeDownloadEndsAtTheLimitOfBytes) {
  options_.limits.bytes = 1 << 20;
  std::string noise;
  for (std::uint32_t i = 1, x = 7; i < 3 << 20; ++i) {
    x = x * 1664525 + 1013904223;
    noise.push_back(static_cast<char>(x >> 24));
  }
  repository_.Write("film.bin", noise);
  repository_.Commit("a film");
  const auto read = Read();
  EXPECT_TRUE(absl::IsResourceExhausted(read.status())) << read.status();
}

TEST_F(HttpsMirrorTest, AServerThatIsNotThere) {
  config_.url = HttpsGit(folder_.path()).Url("acme/policy.git");
  EXPECT_TRUE(absl::IsUnavailable(Read().status())) << Read().status();
}

class SshMirrorTest : public ServersTest {
 protected:
  void SetUp() override {
    if (!SshGit::Installed()) GTEST_SKIP() << "sshd is not installed";
    server_ = std::make_unique<SshGit>();
    config_.url = server_->Url(repository_.folder());
    config_.ssh_key = server_->user_key();
    config_.known_hosts = server_->known_hosts();
  }
  std::unique_ptr<SshGit> server_;
};

TEST_F(SshMirrorTest, FetchesWithAKey) {
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->commit, commit_);
  EXPECT_EQ(read->files.at("policy.yml"), "one\n");
}

TEST_F(SshMirrorTest, AnotherHostKeyIsRefused) {
  for (const std::string& hosts : {server_->wrong_hosts(), std::string()}) {
    config_.known_hosts = hosts;
    const auto read = Read();
    EXPECT_TRUE(absl::IsFailedPrecondition(read.status())) << read.status();
    EXPECT_TRUE(absl::StrContains(read.status().message(), "known_hosts")) << read.status();
  }
}

TEST_F(SshMirrorTest, AKeyThatMayNotLogIn) {
  config_.ssh_key = server_->other_key();
  EXPECT_TRUE(absl::IsPermissionDenied(Read().status())) << Read().status();
  config_.ssh_key = "";
  const auto none = Read();
  EXPECT_TRUE(absl::IsPermissionDenied(none.status())) << none.status();
  EXPECT_TRUE(absl::StrContains(none.status().message(), "ssh_key: file:PATH")) << none.status();
}

TEST_F(SshMirrorTest, ARepositoryThatIsNotThere) {
  config_.url = server_->Url(folder_.path() + "/nothing.git");
  EXPECT_FALSE(Read().ok());
}

}  // namespace
}  // namespace retainer::git
