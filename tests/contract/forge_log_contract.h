// The forge's contract: its log of deliveries.
#pragma once

#include <string>
#include <vector>

#include "tests/contract/forge_contract.h"

namespace retainer {

TEST_P(ForgeContract, WhatNobodyTookIsAskedForAgainUntilItIsTaken) {
  // No server listens there.
  sandbox_.SetHook(kind_, {.url = "http://127.0.0.1:9/", .secret = "s", .token = "s"});
  Open();
  ASSERT_TRUE(sandbox_.Comment(ref_, "dave", "Hello?").ok());
  ASSERT_EQ(sandbox_.DeliverPending().size(), 2u);
  const absl::Time since = clock_.Now() - absl::Hours(1);
  const auto asked = forge_->Redeliver({since, 10});
  if (GetParam().name != "GitHubApp") {
    EXPECT_TRUE(absl::IsUnimplemented(asked.status())) << asked.status();
    return;
  }
  const auto hooks = forge_->CheckHooks("http://127.0.0.1:9/", {});
  ASSERT_TRUE(hooks.ok()) << hooks.status();
  ASSERT_EQ(hooks->wrong.size(), 1u);
  EXPECT_TRUE(absl::StrContains(hooks->wrong[0], "2 of the last 2 deliveries were not accepted"))
      << hooks->wrong[0];

  EXPECT_EQ(asked->asked, 2u);
  EXPECT_EQ(sandbox_.pending(), 2u);
  sandbox_.DeliverPending();
  EXPECT_EQ(forge_->Redeliver({since, 10})->asked, 0u) << "not at once again";
  std::size_t rounds = 0;
  std::size_t more = 0;
  while (++rounds < 30) {
    clock_.Advance(absl::Hours(7));
    more += forge_->Redeliver({since, 1})->asked;
    sandbox_.DeliverPending();
  }
  EXPECT_EQ(more, 2u * 3u) << "five attempts each, and no more";
}

TEST_P(ForgeContract, WhatNobodyTookCanBeReadFromTheLog) {
  sandbox_.SetHook(kind_, {.url = "http://127.0.0.1:9/", .secret = "s", .token = "s"});
  Open();
  const std::vector<sandbox::DeliveryResult> sent = sandbox_.DeliverPending();
  ASSERT_EQ(sent.size(), 1u);
  const absl::Time since = clock_.Now() - absl::Hours(1);
  if (GetParam().name != "GitHubApp") {
    EXPECT_TRUE(absl::IsUnimplemented(forge_->ReadDelivery("1").status()));
    return;
  }
  sandbox_.FailNext("POST", "/app/hook/deliveries", {.kind = sandbox::FaultKind::kStatus404});
  auto answer = forge_->Redeliver({since, 10});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->asked, 0u);
  ASSERT_EQ(answer->missed.size(), 1u);
  const MissedDelivery missed = answer->missed[0];
  EXPECT_EQ(missed.id, sent[0].id);
  EXPECT_EQ(missed.event_type, "issues");
  EXPECT_EQ(missed.project, absl::StrCat(project_id_));
  EXPECT_EQ(missed.attempts, 1u);
  EXPECT_TRUE(missed.refused);
  auto logged = forge_->ReadDelivery(missed.log_id);
  ASSERT_TRUE(logged.ok()) << logged.status();
  EXPECT_EQ(logged->headers["x-github-delivery"], missed.id);
  EXPECT_TRUE(absl::StrContains(logged->body, "\"action\":\"opened\"")) << logged->body;
  EXPECT_TRUE(absl::IsNotFound(forge_->ReadDelivery("99999999").status()));
  EXPECT_TRUE(forge_->Redeliver({since, 10, absl::InfinitePast(), {missed.id}})->missed.empty());
}

TEST_P(ForgeContract, WhatWasTakenAndLostIsAskedForOnceMore) {
  if (GetParam().name != "GitHubApp") GTEST_SKIP() << "keeps no log";
  sinks::HttpReceiver taker;
  sandbox_.SetHook(kind_, {.url = taker.url("/"), .secret = "s", .token = "s"});
  Open();
  const std::size_t taken = sandbox_.DeliverPending().size();
  ASSERT_GT(taken, 0u);
  const absl::Time since = clock_.Now() - absl::Hours(1);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(forge_->Redeliver({since, 10})->asked, 0u);
  const absl::Time lost = clock_.Now();
  EXPECT_EQ(forge_->Redeliver({since, 10, lost})->asked, taken);
  sandbox_.DeliverPending();
  EXPECT_EQ(forge_->Redeliver({since, 10, lost})->asked, 0u) << "taken since";
}

}  // namespace retainer
