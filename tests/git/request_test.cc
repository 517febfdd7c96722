// What crosses the pipe between the service and the process that fetches.
#include "src/git/request.h"

#include <gtest/gtest.h>

#include <string>

namespace retainer::git {
namespace {

TEST(GitRequestTest, ARequestArrivesAsItWasSent) {
  Request request;
  request.repository = {"https://git.test/a.git", "main",        "desk",
                        absl::Minutes(5),         "se\ncret: 7", "-----BEGIN",
                        "host ssh-ed25519 AAAA"};
  request.mirror = "/data/mirror";
  request.home = "/data/home";
  request.ref = "refs/pull/5/head";
  request.after = std::string(40, 'a');
  request.limits.time = absl::Seconds(7);
  request.limits.bytes = 1;
  request.limits.memory = 2;
  request.limits.objects = 3;
  request.limits.entries = 4;
  request.limits.files = 5;
  request.limits.file_bytes = 6;
  request.limits.text_bytes = 8;
  const auto arrived = DecodeRequest(EncodeRequest(request));
  ASSERT_TRUE(arrived.ok()) << arrived.status();
  EXPECT_EQ(EncodeRequest(*arrived), EncodeRequest(request));
  EXPECT_EQ(arrived->repository.token, "se\ncret: 7");
  EXPECT_EQ(arrived->limits.text_bytes, 8u);
}

TEST(GitRequestTest, AnAnswerArrivesAsItWasSent) {
  Snapshot snapshot;
  snapshot.ref = "refs/heads/main";
  snapshot.commit = std::string(40, 'b');
  snapshot.author = "Carol <c@x.test>";
  snapshot.subject = "A subject: with 3:colons";
  snapshot.committed = absl::FromUnixSeconds(1'772'000'000);
  snapshot.follows = false;
  snapshot.files = {{"a.yml", "x: 1\n"}, {"b/c.yml", std::string("\0\n", 2)}, {"empty.yml", ""}};
  snapshot.skipped = {"link.yml is a symbolic link and is not read"};
  const auto arrived = DecodeAnswer(EncodeAnswer(snapshot));
  ASSERT_TRUE(arrived.ok()) << arrived.status();
  EXPECT_EQ(EncodeAnswer(*arrived), EncodeAnswer(snapshot));
  EXPECT_EQ(arrived->files, snapshot.files);
  EXPECT_FALSE(arrived->follows);

  snapshot.wrong = absl::InvalidArgumentError("too many files");
  const auto wrong = DecodeAnswer(EncodeAnswer(snapshot));
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_EQ(wrong->wrong, snapshot.wrong);
  EXPECT_EQ(wrong->commit, snapshot.commit);

  const absl::Status error = absl::NotFoundError("no such branch");
  EXPECT_EQ(DecodeAnswer(EncodeAnswer(error)).status(), error);
}

TEST(GitRequestTest, WhatDoesNotFitIsRefused) {
  Snapshot snapshot;
  snapshot.commit = std::string(40, 'b');
  const std::string whole = EncodeAnswer(snapshot);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    // A whole field at the front may be an answer: without the commit it is none.
    const auto arrived = DecodeAnswer(whole.substr(0, cut));
    EXPECT_TRUE(absl::IsInternal(arrived.status()) || arrived->commit == snapshot.commit) << cut;
  }
  for (const char* text :
       {"commit 99999999999999999999:a", "commit 9:a", "commit :a", "strange 1:a", "code 2:99",
        "committed 1:x", "commit -1:a", "x", "code 1:5"}) {
    EXPECT_TRUE(absl::IsInternal(DecodeAnswer(text).status())) << text;
  }
  for (const char* text : {"seconds 1:x", "strange 1:a", "url 9:a"}) {
    EXPECT_TRUE(absl::IsInternal(DecodeRequest(text).status())) << text;
  }
}

}  // namespace
}  // namespace retainer::git
