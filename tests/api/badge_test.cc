// GET /badge.svg, and what it says.
#include "src/api/badge.h"

#include <gtest/gtest.h>

#include "tests/api/served.h"

namespace retainer::api {
namespace {

class BadgeRouteTest : public Served {};

TEST_F(BadgeRouteTest, ABadgeIsOpenWhereThePolicySaysSo) {
  Serve();
  Open(1, gina, {Commented(kAlice, 30, "9", "Try the new version.")});
  const std::string badge = "/badge.svg?project=github:acme/opendb";
  EXPECT_EQ(Get(badge, "")->status, 401);
  EXPECT_EQ(Get(badge)->status, 200);
  policy.public_badge = true;
  SetPolicy("v2");
  auto result = Get(badge, "");
  ASSERT_EQ(result->status, 200);
  EXPECT_EQ(result->get_header_value("Content-Type"), "image/svg+xml");
  EXPECT_EQ(result->get_header_value("Cache-Control"), "public, max-age=300");
  EXPECT_NE(result->body.find("1 of 1 promises met in the last 90 days, 0 open breaches, median "
                              "first response 31m"),
            std::string::npos)
      << result->body;
  EXPECT_EQ(Get("/badge.svg?project=github:acme/none", "")->status, 404);
  EXPECT_EQ(Get("/badge.svg", "")->status, 400);
  ASSERT_TRUE(store.SaveProject({{"github", "88"}, "acme/secret", "", true, "5", At(0)}).ok());
  EXPECT_EQ(Get("/badge.svg?project=github:acme/secret", "")->status, 404);
  EXPECT_EQ(Get("/badge.svg?project=github:acme/secret")->status, 200);
}

TEST_F(BadgeRouteTest, ABadgeIsTheSameWithoutPrivateCustomers) {
  policy.public_badge = true;
  Serve();
  Open(1, gina);
  const std::string badge = "/badge.svg?project=github:acme/opendb";
  clock.Set(At(10 * 60));
  const std::string before = Get(badge, "")->body;
  EXPECT_NE(before.find("1 open breach"), std::string::npos) << before;
  Open(2, kDave);
  Open(3, kDave, {Commented(kAlice, 9 * 60, "9", "Try the new version.")});
  clock.Set(At(20 * 60));
  EXPECT_EQ(GetJson(gate)["reasons"].size(), 2u) << "globex's and acme's";
  EXPECT_EQ(Get(badge, "")->body, before);
}

// A ticket that a public and a private customer share: for outsiders, the private customer's
// contact is a stranger.
TEST_F(BadgeRouteTest, ABadgeDoesNotHearAPrivateCustomersContact) {
  policy.public_badge = true;
  policy.plans["silver"].promises["P2"].targets[Metric::kResolution] = {0, absl::Hours(8), "8h"};
  Serve();
  Open(1, gina, {Commented(kAlice, 30, "9", "Try the new version and tell.\n\n/support waiting")});
  clock.Set(At(35));
  ASSERT_TRUE(
      desk->Operate(Key(1), pipeline::MakeOperatorFact(*ParseCommand("claim c-7f3"), "op", At(35)))
          .ok());
  Deliver("word", MakeEvent(1, gina, {Commented(kDave, 40, "10", "It fails with that one too.")}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  ASSERT_EQ(GetJson("/api/v1/ticket?ref=github:acme/opendb%231")["waiting_for_customer"], false)
      << "it is heard";
  clock.Set(At(20 * 60));
  const std::string badge = Get("/badge.svg?project=github:acme/opendb", "")->body;
  EXPECT_NE(badge.find("1 of 1 promises met in the last 90 days, 0 open breaches"),
            std::string::npos)
      << badge;
  // acme's own claim does include its contact's words.
  const auto ticket = GetJson("/api/v1/tickets?customer=acme")["tickets"][0];
  EXPECT_EQ(ticket["claims"][0]["customer"], "acme");
}

TEST(Badge, TellsWhatItCounts) {
  BadgeFigures figures;
  EXPECT_EQ(TellBadge(figures).message, "no public promises");
  figures.met = 199;
  figures.missed = 1;
  EXPECT_EQ(TellBadge(figures).message, "99% met");
  figures.median_first_response = absl::Minutes(200);
  EXPECT_EQ(TellBadge(figures).message, "99% met | reply 3h 20m open time");
  figures.open_breaches = 100;
  figures.more_breaches = true;
  EXPECT_EQ(TellBadge(figures).message, "99% met | 100+ open | reply 3h 20m open time");
  EXPECT_EQ(TellBadge(figures).color, "#e05d44");
  EXPECT_EQ(ShortDuration(absl::Hours(52)), "2d 4h");
  const std::string svg = BadgeSvg("a<b", TellBadge(figures));
  EXPECT_NE(svg.find("<title>a&lt;b: 199 of 200 promises met"), std::string::npos) << svg;
  EXPECT_NE(svg.find("role=\"img\" aria-label=\"a&lt;b: "), std::string::npos) << svg;
}

}  // namespace
}  // namespace retainer::api
