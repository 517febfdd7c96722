// Figures and reports over HTTP: who gets which.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/api/served.h"

namespace retainer::api {
namespace {

using nlohmann::json;

class FigureRoutesTest : public Served {
 protected:
  // Acme is private and late, globex is public and answered in time.
  void Begin() {
    Serve();
    SaveToken("acme", "", "acme");
    SaveToken("globex", "", "globex");
    SaveToken("opendb", "github:acme/opendb", "");
    Open(1, gina, {Commented(kAlice, 5, "9", "Try the new version.")});
    Open(2, kDave);
    clock.Set(At(600));
  }
  json Figures(const std::string& query, const std::string& token) {
    const auto result = Get("/api/v1/figures?" + query, token);
    EXPECT_EQ(result->status, 200) << result->body;
    return json::parse(result->body);
  }

  const std::string span = "from=2026-03-01&until=2026-03-31";
};

TEST_F(FigureRoutesTest, EverybodyIsCountedForATokenWithoutBounds) {
  Begin();
  const json rows = Figures("by=customer&" + span, "all")["rows"];
  EXPECT_EQ(rows["acme"]["promises"]["missed"], 1);
  EXPECT_EQ(rows["acme"]["promises"]["missed_open"], 1) << "late from its due instant on";
  EXPECT_EQ(rows["globex"]["promises"]["kept"], 1.0);
}

TEST_F(FigureRoutesTest, ACustomersTokenGetsItsOwnAlone) {
  Begin();
  const json rows = Figures("by=customer&" + span, "acme")["rows"];
  EXPECT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows["acme"]["promises"]["missed"], 1);
  EXPECT_EQ(Get("/api/v1/figures?customer=globex&" + span, "acme")->status, 403);
  const auto report = Get("/api/v1/report?" + span, "globex");
  EXPECT_EQ(report->status, 200) << report->body;
  EXPECT_FALSE(absl::StrContains(report->body, "acme/opendb#2"));
  EXPECT_EQ(Get("/api/v1/report?all=true&" + span, "globex")->body, report->body)
      << "everything is what it may know";
}

TEST_F(FigureRoutesTest, AProjectsTokenSeesNoPrivateCustomer) {
  Begin();
  const json rows = Figures("by=customer&" + span, "opendb")["rows"];
  EXPECT_FALSE(rows.contains("acme")) << rows;
  EXPECT_EQ(rows["(community)"]["opened"]["all"], 1) << "the ticket is one of the community";
  EXPECT_EQ(Get("/api/v1/figures?customer=acme&" + span, "opendb")->status, 403);
  EXPECT_EQ(Get("/api/v1/figures?customer=globex&" + span, "opendb")->status, 403);
  SetPolicy("v1");
  const auto with = Get("/api/v1/report?" + span, "opendb");
  std::erase_if(policy.customers, [](const Customer& customer) { return customer.id == "acme"; });
  SetPolicy("v1");
  EXPECT_EQ(Get("/api/v1/report?" + span, "opendb")->body, with->body);
}

TEST_F(FigureRoutesTest, AReportIsAFileInTheFormatAskedFor) {
  Begin();
  const std::string path = "/api/v1/report?customer=acme&" + span + "&format=";
  const auto html = Get(path + "html");
  EXPECT_EQ(html->get_header_value("Content-Type"), "text/html; charset=utf-8");
  EXPECT_TRUE(absl::StrContains(html->get_header_value("Content-Security-Policy"), "default-src"));
  EXPECT_TRUE(absl::StrContains(html->body, "Support report: ACME Corp"));
  EXPECT_EQ(Get(path + "md")->get_header_value("Content-Type"), "text/markdown; charset=utf-8");
  EXPECT_EQ(Get(path + "csv")->get_header_value("Content-Type"), "text/csv; charset=utf-8");
  EXPECT_EQ(json::parse(Get(path + "json")->body)["misses"].size(), 1u);
}

TEST_F(FigureRoutesTest, FeedbackIsForWhoMayKnowIt) {
  Begin();
  Open(3, kDave,
       {MakeClosed({Provenance::kWebhook, At(601)}, "completed", kAlice, Moment::At(At(601))),
        Commented(kDave, 602, "31", "/support rate 2 too late")});
  clock.Set(At(700));
  const auto ratings = [&](const std::string& token, const std::string& query = "") {
    const auto result = Get("/api/v1/feedback?" + span + query, token);
    EXPECT_EQ(result->status, 200) << result->body;
    return json::parse(result->body)["ratings"];
  };
  const json all = ratings("all", "&open=true");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["mark"], 2);
  EXPECT_EQ(all[0]["text"], "too late");
  EXPECT_EQ(all[0]["customer"], "acme");
  EXPECT_EQ(ratings("acme").size(), 1u);
  EXPECT_EQ(ratings("globex").size(), 0u);
  EXPECT_EQ(ratings("opendb").size(), 0u) << "acme is private";
}

TEST_F(FigureRoutesTest, WhatIsAskedWronglyIsSaid) {
  Begin();
  const auto why = [&](const std::string& target) {
    const auto result = Get(target);
    EXPECT_EQ(result->status, 400) << target;
    return json::parse(result->body)["detail"].get<std::string>();
  };
  EXPECT_EQ(why("/api/v1/figures?by=colour"),
            "`by` is week, plan, customer, project, team or priority.");
  EXPECT_EQ(why("/api/v1/figures?from=1.3.2026"),
            "\"1.3.2026\" is not a day: write it like 2026-10-01.");
  EXPECT_EQ(why("/api/v1/report?all=true"),
            "`from` and `until` are missing: days like 2026-10-01.");
  EXPECT_EQ(why("/api/v1/report?" + span), "Say for whom: `customer`, `project` or `all=true`.");
  EXPECT_EQ(why("/api/v1/report?all=true&format=pdf&" + span),
            "`format` is html, md, csv or json.");
}

}  // namespace
}  // namespace retainer::api
