// What stood out in the last week, as notices.
#include "src/reports/weekly_notices.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/reports/reported.h"

namespace retainer::reports {
namespace {

constexpr int kWeek = 7 * 24 * 60;  // in minutes

class WeeklyNoticesTest : public Reported {
 protected:
  // One ticket of globex and one of acme in each of five weeks; then `count` of each in one week.
  void Weeks(int count) {
    int number = 0;
    for (int week = 0; week < 5; ++week) {
      Ticket(++number, kGina, week * kWeek + 60, week * kWeek + 70);
      Ticket(++number, kDave, week * kWeek + 61, week * kWeek + 71);
    }
    for (int i = 0; i < count; ++i) {
      Ticket(++number, kGina, 5 * kWeek + 60 + i, 5 * kWeek + 80 + i);
      Ticket(++number, kDave, 5 * kWeek + 60 + i, 5 * kWeek + 80 + i);
    }
    clock.Set(At(6 * kWeek + 3));
  }
  std::vector<Notice> Find() {
    auto notices = WeeklyNotices(Sources(), "https://desk.test");
    EXPECT_TRUE(notices.ok()) << notices.status();
    return *std::move(notices);
  }
  static const Notice* About(const std::vector<Notice>& notices, const std::string& id) {
    for (const Notice& notice : notices) {
      if (notice.id == id) return &notice;
    }
    return nullptr;
  }
};

TEST_F(WeeklyNoticesTest, AFindingIsOneNoticeWithItsTicketsAndIsToldOnce) {
  Weeks(7);
  const std::vector<Notice> notices = Find();
  const Notice* globex = About(notices, "figures.stand_out 2026-W15 opened customer globex");
  ASSERT_NE(globex, nullptr);
  EXPECT_EQ(globex->kind, NoticeKind::kStandsOut);
  EXPECT_FALSE(globex->is_private);
  EXPECT_EQ(globex->customer, "globex");
  EXPECT_EQ(globex->teams, std::vector<std::string>{"core"});
  EXPECT_EQ(globex->ref, "week 2026-W15");
  EXPECT_EQ(globex->url, "https://desk.test/desk/figures?from=2026-04-06&until=2026-04-12");
  EXPECT_TRUE(absl::StrContains(
      globex->text,
      "2026-W15: 7 tickets were opened, usually 1 a week (customer globex, priority P2): "
      "github:acme/opendb#11, github:acme/opendb#13,"))
      << globex->text;
  // All tickets are those of the project: one notice.
  const Notice* all = About(notices, "figures.stand_out 2026-W15 opened all");
  ASSERT_NE(all, nullptr);
  EXPECT_TRUE(absl::StrContains(all->text, "(all, project github:acme/opendb)")) << all->text;
  EXPECT_TRUE(absl::StrContains(all->text, "14 tickets were opened")) << all->text;
  EXPECT_TRUE(absl::StrContains(all->text, "4 more")) << all->text;
  EXPECT_EQ(About(notices, "figures.stand_out 2026-W15 opened project github:acme/opendb"),
            nullptr);

  ASSERT_TRUE(store.AddNotices(notices).ok());
  const auto queued = store.ReadNotices(100);
  for (const Notice& notice : *queued) {
    if (notice.kind == NoticeKind::kStandsOut) {
      ASSERT_TRUE(store.FinishNotice(notice.id, {"ops"}).ok());
    }
  }
  clock.Advance(absl::Hours(24));
  const std::vector<Notice> again = Find();
  EXPECT_EQ(again.size(), notices.size());
  ASSERT_TRUE(store.AddNotices(again).ok());
  const auto waiting = store.ReadNotices(100);
  for (const Notice& notice : *waiting) EXPECT_NE(notice.kind, NoticeKind::kStandsOut);
}

TEST_F(WeeklyNoticesTest, APrivateCustomerIsToldOfOnlyWherePrivateOnesMayBe) {
  Weeks(7);
  const std::vector<Notice> notices = Find();
  const Notice* acme = About(notices, "figures.stand_out 2026-W15 opened customer acme");
  ASSERT_NE(acme, nullptr);
  EXPECT_TRUE(acme->is_private);
  // What others are told is the same, to the byte, as if the customer did not exist.
  const auto told = [](const std::vector<Notice>& all) {
    std::string text;
    for (const Notice& notice : all) {
      if (!notice.is_private) absl::StrAppend(&text, notice.id, " ", notice.text, "\n");
    }
    return text;
  };
  SetPolicy(TwoCustomers(/*with_acme=*/false));
  EXPECT_EQ(told(notices), told(Find()));
  EXPECT_FALSE(absl::StrContains(told(notices), "acme,")) << told(notices);
}

TEST_F(WeeklyNoticesTest, ACustomerThatIsPrivateByNowIsReviewed) {
  Weeks(7);
  const std::vector<Notice> notices = Find();
  Notice globex = *About(notices, "figures.stand_out 2026-W15 opened customer globex");
  EXPECT_EQ(*judge->Review(&globex), pipeline::NoticeReview::Word::kTell);
  EXPECT_FALSE(globex.is_private);
  Policy policy = TwoCustomers();
  policy.customers[1].is_public = false;
  SetPolicy(policy);
  EXPECT_EQ(*judge->Review(&globex), pipeline::NoticeReview::Word::kTell);
  EXPECT_TRUE(globex.is_private);
}

TEST_F(WeeklyNoticesTest, ItIsOfTheEndOfItsWeekWheneverItIsFound) {
  Weeks(7);
  clock.Advance(absl::Hours(24));
  const std::vector<Notice> notices = Find();
  ASSERT_FALSE(notices.empty());
  const absl::Time end = absl::FromCivil(absl::CivilDay(2026, 4, 13), absl::UTCTimeZone());
  for (const Notice& notice : notices) EXPECT_EQ(notice.at, end + absl::Hours(1)) << notice.id;
}

TEST_F(WeeklyNoticesTest, AnOrdinaryWeekIsNoNews) {
  Weeks(2);
  EXPECT_TRUE(Find().empty());
  EXPECT_EQ(NextWeekAt(terms.Get().back()->policy, clock.Now()),
            absl::FromCivil(absl::CivilDay(2026, 4, 20), absl::UTCTimeZone()));
}

}  // namespace
}  // namespace retainer::reports
