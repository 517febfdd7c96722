// GitHub App credentials: the JWT, installations, their tokens, the clock.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/forge/app_jwt.h"
#include "src/forge/json.h"
#include "tests/forge/forge_world.h"

namespace retainer::forge {
namespace {

constexpr char kNewToken[] = "POST /app/installations/55/access_tokens";
constexpr char kIssue[] = "GET /repos/acme/opendb/labels/bug";

std::string TokenBody(const std::string& token, absl::Time expires) {
  return absl::StrCat(R"({"token":")", token, R"(","expires_at":")",
                      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", expires, absl::UTCTimeZone()),
                      R"("})");
}

class AppAuthTest : public testing::Test {
 protected:
  AppAuthTest() {
    world_.script.On("GET /repos/acme/opendb/installation", 200, R"({"id":55})");
    world_.script.On(kIssue, 200, "{}");
  }
  absl::Status Ask() { return world_.forge->EnsureLabel(world_.at, {absl::StrCat("bug"), "", ""}); }
  // A call whose answer is not cached.
  absl::Status Read() {
    world_.script.On("GET /users/x", 200, R"({"id":3,"login":"x"})");
    return world_.forge->PublicEmail(world_.at, {"", "x", false}).status();
  }

  World world_{World::GitHubApp()};
};

TEST(AppSignerTest, StatesWhatGitHubWants) {
  auto signer = MakeAppSigner("123", TestKey());
  ASSERT_TRUE(signer.ok());
  const Json payload = *ParseJson(VerifiedPayload(*(*signer)->Sign(Start())));
  const std::int64_t now = absl::ToUnixSeconds(Start());
  EXPECT_EQ(StringAt(payload, "iss"), "123");
  EXPECT_EQ(NumberAt(payload, "iat"), now - 60);
  EXPECT_GT(NumberAt(payload, "exp"), now + 60);
  EXPECT_LE(NumberAt(payload, "exp") - NumberAt(payload, "iat"), 600);
}

TEST(AppSignerTest, NamesTheMendForAWrongKeyOrId) {
  for (const std::string& pem : {std::string("no key"), std::string(), TestKey().substr(0, 200)}) {
    const absl::Status status = MakeAppSigner("123", pem).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StrContains(status.message(), "Private keys"));
  }
  EXPECT_FALSE(MakeAppSigner("", TestKey()).ok());
  EXPECT_FALSE(MakeAppSigner("1\",\"x\":\"", TestKey()).ok());
}

TEST_F(AppAuthTest, FindsTheInstallationOnceAndKeepsItsToken) {
  world_.script.On(kNewToken, 201, TokenBody("ghs_first", Start() + absl::Hours(1)));
  ASSERT_TRUE(Read().ok());
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(world_.script.Count("GET /repos/acme/opendb/installation"), 1);
  EXPECT_EQ(world_.script.Count(kNewToken), 1);
  EXPECT_EQ(world_.script.Last().headers.at("Authorization"), "Bearer ghs_first");
  EXPECT_EQ(world_.script.Last().headers.at("X-GitHub-Api-Version"), "2022-11-28");
  const std::string jwt = world_.script.history()[0].request.headers.at("Authorization").substr(7);
  EXPECT_NE(VerifiedPayload(jwt), "");
}

TEST_F(AppAuthTest, AGivenInstallationIsNotAskedFor) {
  world_.at.installation_id = "55";
  world_.script.On(kNewToken, 201, TokenBody("ghs_first", Start() + absl::Hours(1)));
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(world_.script.Count("GET /repos/acme/opendb/installation"), 0);
}

TEST_F(AppAuthTest, RefreshesAMinuteBeforeExpiry) {
  world_.script.On(kNewToken, 201, TokenBody("ghs_first", Start() + absl::Hours(1)));
  world_.script.On(kNewToken, 201, TokenBody("ghs_second", Start() + absl::Hours(2)));
  ASSERT_TRUE(Read().ok());
  world_.clock.Set(Start() + absl::Hours(1) - absl::Seconds(61));
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(world_.script.Count(kNewToken), 1);
  world_.clock.Set(Start() + absl::Hours(1) - absl::Seconds(60));
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(world_.script.Last().headers.at("Authorization"), "Bearer ghs_second");
}

TEST_F(AppAuthTest, ARevokedTokenIsReplacedOnce) {
  world_.script.On(kNewToken, 201, TokenBody("ghs_first", Start() + absl::Hours(1)));
  world_.script.On(kNewToken, 201, TokenBody("ghs_second", Start() + absl::Hours(1)));
  world_.script.On("GET /users/x", [](const HttpRequest& r) -> absl::StatusOr<HttpResponse> {
    if (r.headers.at("Authorization") == "Bearer ghs_first")
      return HttpResponse{401, {}, R"({"message":"Bad credentials"})"};
    return HttpResponse{200, {}, "{}"};
  });
  EXPECT_TRUE(world_.forge->PublicEmail(world_.at, {"", "x", false}).ok());
  EXPECT_EQ(world_.script.Count("GET /users/x"), 2);
}

TEST_F(AppAuthTest, AMutationThatMetARevokedTokenIsNotHeldUp) {
  world_.script.On(kNewToken, 201, TokenBody("ghs_first", Start() + absl::Hours(1)));
  world_.script.On(kNewToken, 201, TokenBody("ghs_second", Start() + absl::Hours(1)));
  const std::string create = "POST /repos/acme/opendb/issues/12/comments";
  world_.script.On(create, 401, "{}");
  world_.script.On(create, 201, R"({"id":9,"user":{"id":1,"login":"b"},"body":"x"})");
  auto comment = world_.forge->CreateComment(world_.at, "x");
  ASSERT_TRUE(comment.ok()) << comment.status();
  EXPECT_EQ(comment->id, "9");
}

TEST_F(AppAuthTest, CorrectsOurClockFromTheForgesDate) {
  // The forge's clock is 20 minutes ahead: a JWT by our clock has expired there.
  const absl::Time theirs = Start() + absl::Minutes(20);
  world_.script.Forget("GET /repos/acme/opendb/installation");
  world_.script.On(
      "GET /repos/acme/opendb/installation",
      [&](const HttpRequest& r) -> absl::StatusOr<HttpResponse> {
        const Json payload = *ParseJson(VerifiedPayload(r.headers.at("Authorization").substr(7)));
        const bool valid = NumberAt(payload, "exp") > absl::ToUnixSeconds(theirs);
        return HttpResponse{valid ? 200 : 401, {{"Date", HttpDate(theirs)}}, R"({"id":55})"};
      });
  world_.script.On(kNewToken, 201, TokenBody("ghs_first", theirs + absl::Hours(1)));
  EXPECT_TRUE(Read().ok());
  EXPECT_EQ(world_.script.Count("GET /repos/acme/opendb/installation"), 2);
}

TEST_F(AppAuthTest, AWrongKeyIsTriedOnceAndSaysTheMend) {
  world_.script.Forget("GET /repos/acme/opendb/installation");
  world_.script.On("GET /repos/acme/opendb/installation", 401, "{}", {{"Date", HttpDate(Start())}});
  const absl::Status status = Read();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(status.message(), "private key"));
  EXPECT_EQ(world_.script.Count("GET /repos/acme/opendb/installation"), 1);
}

TEST_F(AppAuthTest, SaysWhereTheAppIsNotInstalled) {
  world_.script.Forget("GET /repos/acme/opendb/installation");
  const absl::Status status = Read();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(status.message(), "not installed on acme/opendb"));
}

TEST_F(AppAuthTest, AnInstallationThatWasMadeAnewIsFoundAgain) {
  world_.at.installation_id = "44";  // this installation is gone: 404
  world_.script.On(kNewToken, 201, TokenBody("ghs_new", Start() + absl::Hours(1)));
  EXPECT_TRUE(Read().ok());
  EXPECT_EQ(world_.script.Last().headers.at("Authorization"), "Bearer ghs_new");
  EXPECT_TRUE(Read().ok());
  EXPECT_EQ(world_.script.Count("POST /app/installations/44/access_tokens"), 1);
}

TEST_F(AppAuthTest, AGoneInstallationIsNotTakenForAMissingUser) {
  // after this answer: 404
  world_.script.On("GET /app/installations?per_page=1", 200, R"([{"id":44}])");
  EXPECT_EQ(world_.forge->FindUser("x").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(AppAuthTest, ConcurrentCallersWaitForOneRefresh) {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  world_.at.installation_id = "55";
  world_.script.On("GET /users/x", 200, "{}");
  world_.script.On(kNewToken, [&](const HttpRequest&) -> absl::StatusOr<HttpResponse> {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return open; });
    return HttpResponse{201, {}, TokenBody("ghs_first", Start() + absl::Hours(1))};
  });
  std::vector<std::thread> threads;
  std::atomic<int> started = 0;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      ++started;
      good += world_.forge->PublicEmail(world_.at, {"", "x", false}).ok();
    });
  }
  while (started < 8) std::this_thread::yield();
  {
    std::lock_guard lock(mutex);
    open = true;
  }
  changed.notify_all();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8);
  EXPECT_EQ(world_.script.Count(kNewToken), 1);
}

TEST_F(AppAuthTest, AFailedRefreshFailsThoseWhoWaitAndIsTriedAgainLater) {
  world_.at.installation_id = "55";
  world_.script.On(kNewToken, 500);
  world_.script.On(kNewToken, 201, TokenBody("ghs_first", Start() + absl::Hours(1)));
  EXPECT_EQ(Read().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Read().ok());
}

TEST_F(AppAuthTest, WritesAsItsBotAccount) {
  world_.script.On("GET /app", 200, R"({"id":123,"slug":"retainer"})");
  world_.script.On("GET /app/installations?per_page=1", 200, R"([{"id":55}])");
  world_.script.On(kNewToken, 201, TokenBody("ghs_first", Start() + absl::Hours(1)));
  world_.script.On("GET /users/retainer%5Bbot%5D", 200,
                   R"({"id":900,"login":"retainer[bot]","type":"Bot"})");
  auto self = world_.forge->Self();
  ASSERT_TRUE(self.ok()) << self.status();
  EXPECT_EQ(*self, (Actor{"900", "retainer[bot]", true}));
  ASSERT_TRUE(world_.forge->Self().ok());
  EXPECT_EQ(world_.script.Count("GET /app"), 1);
}

TEST_F(AppAuthTest, NoMessageShowsAToken) {
  const std::string secret = "ghs_0123456789abcdefghijABCDEFGHIJ0123";
  world_.script.On(kNewToken, 201, TokenBody(secret, Start() + absl::Hours(1)));
  world_.script.On("GET /users/x", 422,
                   absl::StrCat(R"({"message":"token )", secret, " and v1.short is odd\"}"));
  const absl::Status status = world_.forge->PublicEmail(world_.at, {"", "x", false}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(absl::StrContains(status.message(), secret)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "[redacted] and v1.short is odd"));
}

TEST(RedactorTest, HidesKnownSecretsAndWhatLooksLikeOne) {
  Redactor redactor;
  redactor.Add("token", "plain-secret");
  EXPECT_EQ(redactor.Apply("a plain-secret b"), "a [redacted] b");
  for (const char* token :
       {"ghp_abcdefghijklmnopqrstuvwxyz0123456789", "github_pat_11ABCDEFG0abcdefghijkl",
        "glpat-abcdefghijklmnopqrst", "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.abc"}) {
    EXPECT_EQ(redactor.Apply(absl::StrCat("(", token, ")")), "([redacted])") << token;
  }
  EXPECT_EQ(redactor.Apply("ghost and eyJ stay"), "ghost and eyJ stay");
}

}  // namespace
}  // namespace retainer::forge
