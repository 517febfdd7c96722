// The real service, and people who pay on GitHub.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/installation.h"

namespace retainer {
namespace {

const ProjectRef kOpenDb{"github", "acme/opendb"};

class SponsorsTest : public testing::Test {
 protected:
  SponsorsTest() {
    sandbox::SandboxUser zoe;
    zoe.login = "zoe";
    zoe_ = installation_.sandbox().AddUser(ForgeKind::kGitHub, zoe);
    installation_.Write(
        "policy/policy.yaml",
        absl::StrReplaceAll(installation_.Read("policy/policy.yaml"),
                            {{"    kind: commitment\n",
                              "    kind: commitment\n    github_sponsors: {sponsorable: acme, "
                              "min_monthly: 100}\n    github_marketplace: {plan_id: 4711}\n"}}));
    installation_.sandbox().AddMarketplacePlan(4711);
  }

  // The news that zoe's sponsorship of acme began, or another action.
  void Announce(const std::string& action, const std::string& privacy) {
    const nlohmann::json account = {{"login", "zoe"}, {"id", zoe_}, {"type", "User"}};
    const nlohmann::json body = {
        {"action", action},
        {"sponsorship",
         {{"node_id", "S_1"},
          {"created_at", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", began_, absl::UTCTimeZone())},
          {"sponsor", account},
          {"sponsorable", {{"login", "acme"}, {"id", 4100}, {"type", "Organization"}}},
          {"privacy_level", privacy},
          {"tier",
           {{"node_id", "T_1"}, {"monthly_price_in_cents", 10000}, {"is_one_time", false}}}}},
        {"sender", account}};
    installation_.sandbox().Announce(ForgeKind::kGitHub, "sponsorship", body.dump());
  }
  TicketRef Opens(const std::string& title) {
    const auto issue = installation_.sandbox().OpenIssue(kOpenDb, "zoe", title, "All.");
    EXPECT_TRUE(issue.ok()) << issue.status();
    return *issue;
  }
  std::string Explain(const TicketRef& issue) {
    return installation_.Command({"explain", ToString(issue)}).out;
  }

  Installation installation_;
  std::int64_t zoe_ = 0;
  const absl::Time began_ = absl::Now() - absl::Hours(1);
};

TEST_F(SponsorsTest, ASponsorsIssueHasThePromiseUntilTheSponsorshipEnds) {
  const std::string customer = absl::StrCat("github-account-", zoe_);
  Serving serving(installation_);
  Announce("created", "public");
  // Some time before the end that follows.
  installation_.sandbox().SetClockSkew(-absl::Seconds(20));
  const TicketRef first = Opens("Writes hang");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  EXPECT_TRUE(absl::StrContains(*installation_.sandbox().RenderThread(first), "first reply"));
  const Finished contacts = installation_.Command({"customer", "contacts", customer});
  EXPECT_EQ(contacts.exit_code, 0) << contacts.err;
  EXPECT_TRUE(absl::StrContains(contacts.out, "github:zoe")) << contacts.out;
  EXPECT_TRUE(absl::StrContains(contacts.out, "plan gold by GitHub Sponsors")) << contacts.out;

  installation_.sandbox().SetClockSkew(absl::ZeroDuration());
  Announce("cancelled", "public");
  serving.Deliver();
  const TicketRef second = Opens("Reads hang");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("decided", ToString(second)));
  EXPECT_FALSE(absl::StrContains(Explain(second), customer)) << Explain(second);
  EXPECT_TRUE(absl::StrContains(Explain(first), customer)) << Explain(first);
}

TEST_F(SponsorsTest, APrivateSponsorIsServedAndShownNowhere) {
  const std::string customer = absl::StrCat("github-account-", zoe_);
  Serving serving(installation_);
  Announce("created", "private");
  const TicketRef issue = Opens("Writes hang");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("decided", ToString(issue)));
  EXPECT_TRUE(absl::StrContains(Explain(issue), customer)) << Explain(issue);
  const auto shown = installation_.sandbox().Look(issue);
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_TRUE(shown->comments.empty());
  EXPECT_TRUE(shown->labels.empty());
  const Finished contacts = installation_.Command({"customer", "contacts", customer});
  EXPECT_FALSE(absl::StrContains(contacts.out, "zoe")) << contacts.out;
}

TEST_F(SponsorsTest, WhoBuysThePlanOnTheMarketplaceHoldsItUntilTheEnd) {
  const std::string customer = absl::StrCat("github-account-", zoe_);
  Serving serving(installation_);
  ASSERT_TRUE(installation_.sandbox().Buy("zoe", 4711).ok());
  serving.Deliver();
  const TicketRef first = Opens("Writes hang");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("decided", ToString(first)));
  EXPECT_TRUE(absl::StrContains(Explain(first), customer)) << Explain(first);
  ASSERT_TRUE(installation_.sandbox().CancelPurchase("zoe").ok());
  serving.Deliver();
  installation_.sandbox().SetClockSkew(absl::Seconds(20));
  const TicketRef second = Opens("Reads hang");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("decided", ToString(second)));
  EXPECT_FALSE(absl::StrContains(Explain(second), customer)) << Explain(second);
}

TEST_F(SponsorsTest, APurchaseWhoseDeliveryWasMissedIsReadFromTheListing) {
  ASSERT_TRUE(installation_.sandbox().Buy("zoe", 4711, /*trial=*/true).ok());
  EXPECT_EQ(installation_.sandbox().TakePending().size(), 1u);
  Serving serving(installation_);
  ASSERT_TRUE(serving.AwaitLog("a purchase was missed", "4711"));
  const Finished contacts =
      installation_.Command({"customer", "contacts", absl::StrCat("github-account-", zoe_)});
  EXPECT_TRUE(absl::StrContains(contacts.out, "plan gold by GitHub Marketplace")) << contacts.out;
}

}  // namespace
}  // namespace retainer
