// OpenDB: subscriptions for companies and persons beside community support. The desk in Paris is
// open from 09:00 to 12:30 and from 13:30 to 18:00, in winter one hour before UTC.
#include "tests/examples/practice.h"

namespace retainer {
namespace {

using Strings = std::vector<std::string>;

class OpenDb : public PracticeStory {
 protected:
  OpenDb() : PracticeStory("opendb", "github", "2027-01-11T10:00:00+01:00") {  // a Monday
    In("opendb/opendb");
  }
};

TEST_F(OpenDb, ACommunityQuestionBesideASubscribersStandstill) {
  const TicketKey question = Opens("erin", "How do I back it up?");
  // Seven hours of that Monday, then eight a day until Friday: an hour is left for next Monday.
  EXPECT_EQ(Clock(question, "", Metric::kFirstResponse), "running, due 2027-01-18T09:00:00Z");

  GoTo("2027-01-11T10:05:00+01:00");
  const TicketKey down = Opens("dave", "It is down.\n/support priority P1");
  EXPECT_EQ(Claims(down), Strings{"acme enterprise P1"});
  EXPECT_EQ(Clock(down, "acme", Metric::kAcknowledgement), "running, due 2027-01-11T09:20:00Z");
  EXPECT_EQ(Clock(down, "acme", Metric::kFirstResponse), "running, due 2027-01-11T10:05:00Z");
  EXPECT_EQ(Clock(down, "acme", Metric::kWorkaround), "running, due 2027-01-11T17:05:00Z");
  EXPECT_EQ(Clock(down, "acme", Metric::kResolution), "running, due 2027-01-12T09:05:00Z");
  // ACME is private: both threads look the same.
  EXPECT_NE(Comment(question), "");
  EXPECT_EQ(Comment(down), Comment(question));
  EXPECT_EQ(LabelsOn(down), LabelsOn(question));

  // Half of the fifteen minutes, then three quarters; the answer comes in time.
  GoTo("2027-01-11T10:19:00+01:00");
  EXPECT_EQ(Clock(down, "acme", Metric::kAcknowledgement), "at_risk, due 2027-01-11T09:20:00Z");
  Says(down, "alice", "We see it too, and look into the log.");
  EXPECT_EQ(Clock(down, "acme", Metric::kAcknowledgement), "met after 14m");
  EXPECT_EQ(Clock(down, "acme", Metric::kFirstResponse), "met after 14m");
  EXPECT_EQ(Clock(down, "acme", Metric::kUpdate), "running, due 2027-01-11T13:19:00Z");

  GoTo("2027-01-11T16:00:00+01:00");
  Says(question, "bob", "With `opendb dump`.");
  EXPECT_EQ(Clock(question, "", Metric::kFirstResponse), "met after 5h");
  // The silence on the subscriber's issue was too long: since 14:19, a minute of grace, told.
  EXPECT_EQ(Clock(down, "acme", Metric::kUpdate), "breached, due 2027-01-11T13:19:00Z");
}

TEST_F(OpenDb, ACompanyInNewYorkWaitsInTheHoursOfParis) {
  GoTo("2027-01-11T17:30:00+01:00");
  const TicketKey ticket = Opens("hank", "Writes fail.\n/support priority P1");
  EXPECT_EQ(Claims(ticket), Strings{"globex business P1"});
  // Half an hour until closing, and the three and a half until lunch: at closing, not after it.
  EXPECT_EQ(Clock(ticket, "globex", Metric::kFirstResponse), "running, due 2027-01-12T11:30:00Z");
  EXPECT_EQ(FirstLine(ticket), "**P1 · first reply by Tue 12 Jan 06:30 EST** (11:30 UTC)");
  EXPECT_TRUE(LabelsOn(ticket).contains("support: business"));

  GoTo("2027-01-12T12:29:59+01:00");
  EXPECT_EQ(Clock(ticket, "globex", Metric::kFirstResponse), "at_risk, due 2027-01-12T11:30:00Z");
  GoTo("2027-01-12T13:31:00+01:00");
  EXPECT_EQ(Clock(ticket, "globex", Metric::kFirstResponse), "breached, due 2027-01-12T11:30:00Z");
  EXPECT_EQ(FirstLine(ticket),
            "**P1 · Late: first reply was due Tue 12 Jan 06:30 EST** (11:30 UTC)");
  EXPECT_EQ(Told(ticket),
            (Strings{"warning first_response to core lead", "breach first_response to core lead",
                     "escalation first_response to lead"}));
  Says(ticket, "alice", "Please send us the log.");
  EXPECT_EQ(Clock(ticket, "globex", Metric::kFirstResponse), "missed after 4h1m");
}

TEST_F(OpenDb, EasterMondayIsNoBusinessDay) {
  GoTo("2027-03-26T17:00:00+01:00");  // Good Friday, an ordinary day in Paris
  const TicketKey ticket = Opens("dave", "How large may a row be?");
  EXPECT_EQ(Claims(ticket), Strings{"acme enterprise P3"});
  // One hour on Friday. Monday is a holiday. Seven on Tuesday, in summer time.
  EXPECT_EQ(Clock(ticket, "acme", Metric::kFirstResponse), "running, due 2027-03-30T15:00:00Z");
}

TEST_F(OpenDb, APersonsSubscriptionEndsAfterItsGraceAndWhatWasOpenedBeforeStaysCovered) {
  GoTo("2027-02-26T15:00:00+01:00");  // a Friday, two days before the end
  const TicketKey covered = Opens("rosa", "The query returns nothing.");
  EXPECT_EQ(Claims(covered), Strings{"rosa personal P3"});
  // Three hours on Friday, eight on Monday, five on Tuesday (09:00-12:30, 13:30-15:00).
  EXPECT_EQ(Clock(covered, "rosa", Metric::kFirstResponse), "running, due 2027-03-02T14:00:00Z");
  EXPECT_EQ(Kind(covered, "rosa", Metric::kFirstResponse), PromiseKind::kTarget);
  GoTo("2027-03-02T15:00:00+01:00");
  Says(covered, "bob", "Rows that are not committed are not returned.");
  EXPECT_EQ(Clock(covered, "rosa", Metric::kFirstResponse), "met after 16h");

  GoTo("2027-03-14T23:30:00+00:00");  // the last of the fourteen days, in Lisbon
  const TicketKey in_grace = Opens("rosa", "And another one.");
  EXPECT_EQ(Claims(in_grace), Strings{"rosa personal P3"});
  EXPECT_EQ(Clock(in_grace, "rosa", Metric::kFirstResponse), "running, due 2027-03-16T17:00:00Z");
  GoTo("2027-03-15T09:30:00+01:00");
  const TicketKey after = Opens("rosa", "And a third one.");
  EXPECT_EQ(Claims(after), Strings{});
  EXPECT_EQ(Clock(after, "", Metric::kFirstResponse), "running, due 2027-03-22T08:30:00Z");
  EXPECT_EQ(Comment(after), Comment(in_grace)) << "nobody sees who paid";
}

TEST_F(OpenDb, APersonsFourthTicketOfAMonthIsTheCommunitys) {
  for (int i = 0; i < 3; ++i) {
    const TicketKey ticket = Opens("rosa", "How is this done?");
    EXPECT_EQ(Claims(ticket), Strings{"rosa personal P3"}) << i;
    GoTo(Rfc3339(Now() + absl::Minutes(1)));
  }
  const TicketKey fourth = Opens("rosa", "And this?");
  EXPECT_EQ(Claims(fourth), Strings{});
  const std::vector<OverAllowance> over = See(fourth).over;
  ASSERT_EQ(over.size(), 1u);
  EXPECT_EQ(over[0].reason, "3 of 3 tickets of the month are used");
  EXPECT_EQ(Clock(fourth, "", Metric::kFirstResponse), "running, due 2027-01-18T09:03:00Z");

  GoTo("2027-02-01T10:00:00+01:00");
  EXPECT_EQ(Claims(Opens("rosa", "A new month.")), Strings{"rosa personal P3"});
}

TEST_F(OpenDb, APersonsPlanHasNoPriorityOfACompany) {
  const TicketKey ticket = Opens("rosa", "It is down!\n/support priority P1");
  EXPECT_EQ(Claims(ticket), Strings{"rosa personal P3"});
}

}  // namespace
}  // namespace retainer
