// OpenERP: several levels, trials, partners, trainings. Berlin is open from 08:00 to 16:00 UTC in
// winter, Pune from 04:00 to 12:00 UTC all year; together they are open from 04:00 to 16:00 UTC.
#include "tests/examples/practice.h"

namespace retainer {
namespace {

using Strings = std::vector<std::string>;

class OpenErp : public PracticeStory {
 protected:
  OpenErp() : PracticeStory("openerp", "gitlab", "2027-01-22T15:00:00Z") {  // a Friday
    In("openerp/openerp");
  }
};

TEST_F(OpenErp, APartnerOpensTicketsForItsCustomer) {
  In("openerp/clients/brauer", /*members_only=*/true);
  const TicketKey ticket = Opens("nadia", "Invoices are empty.\n/support priority P2");
  EXPECT_EQ(Claims(ticket), Strings{"brauer gold P2"});
  // An hour until Berlin closes; Pune opens on Monday at 04:00 UTC.
  EXPECT_EQ(Clock(ticket, "brauer", Metric::kFirstResponse), "running, due 2027-01-25T07:00:00Z");
  // Only members read the project, so the comment may say what is promised.
  EXPECT_EQ(FirstLine(ticket), "**P2 · first reply by Mon 25 Jan 08:00 CET** (07:00 UTC)");
  EXPECT_TRUE(LabelsOn(ticket).empty()) << "labels are listed elsewhere too";

  GoTo("2027-01-25T05:30:00Z");
  Says(ticket, "ravi", "Which template do you use?\n/support waiting");
  EXPECT_EQ(Clock(ticket, "brauer", Metric::kFirstResponse), "met after 2h30m");
  EXPECT_EQ(Clock(ticket, "brauer", Metric::kResolution), "paused");
  // The customer's own people speak for it as the partner does.
  GoTo("2027-01-25T07:00:00Z");
  Says(ticket, "bruno", "The one of last year.");
  EXPECT_EQ(Clock(ticket, "brauer", Metric::kNextResponse), "running, due 2027-01-25T11:00:00Z");
  // 3bd are 36 hours of the two offices. Used: one on Friday, one and a half on Monday; then it
  // waited for an hour and a half. From 07:00: nine on Monday, eight on Tuesday (Republic Day in
  // India), twelve on Wednesday; four and a half remain for Thursday.
  EXPECT_EQ(Clock(ticket, "brauer", Metric::kResolution), "running, due 2027-01-28T08:30:00Z");
}

TEST_F(OpenErp, AHolidayInIndiaLeavesTheHoursOfBerlin) {
  GoTo("2027-01-25T15:30:00Z");
  const TicketKey ticket = Opens("wilma", "Shipping notes fail.\n/support priority P2");
  EXPECT_EQ(Claims(ticket), Strings{"weber gold P2"});
  EXPECT_EQ(Clock(ticket, "weber", Metric::kFirstResponse), "running, due 2027-01-26T11:30:00Z");
  EXPECT_EQ(Comment(ticket), "") << "as on an issue of the community";
}

TEST_F(OpenErp, TheLevelsPromiseDifferently) {
  GoTo("2027-01-22T15:30:00Z");
  const TicketKey silver = Opens("nils", "Totals are wrong.\n/support priority P2");
  // Half an hour on Friday, the rest on Monday.
  EXPECT_EQ(Claims(silver), Strings{"nordlicht silver P2"});
  EXPECT_EQ(Clock(silver, "nordlicht", Metric::kFirstResponse),
            "running, due 2027-01-25T11:30:00Z");
  EXPECT_TRUE(LabelsOn(silver).contains("sla: running"));
  Says(silver, "nils", "It is worse than that.\n/support priority P1");
  EXPECT_EQ(Claims(silver), Strings{"nordlicht silver P2"}) << "silver has no P1";
  EXPECT_NE(Comment(silver).find("P1"), std::string::npos) << Comment(silver);
  const TicketKey gold = Opens("wilma", "Nobody can post.\n/support priority P1");
  EXPECT_EQ(Clock(gold, "weber", Metric::kFirstResponse), "running, due 2027-01-22T16:00:00Z");
  EXPECT_EQ(Clock(gold, "weber", Metric::kResolution), "running, due 2027-01-23T15:30:00Z");
  const TicketKey community = Opens("erin", "How do I install it?");
  EXPECT_EQ(Claims(community), Strings{});
}

TEST_F(OpenErp, ATrialBecomesAPlan) {
  GoTo("2027-01-22T15:30:00Z");  // the last day of the trial
  const TicketKey tried = Opens("nils", "The tax is wrong.\n/support priority P2");
  EXPECT_EQ(Claims(tried), Strings{"nordlicht silver P2"});
  EXPECT_TRUE(See(tried).claims[0].trial);
  EXPECT_NE(Comment(tried).find("trial"), std::string::npos) << Comment(tried);

  GoTo("2027-01-25T04:30:00Z");  // Berlin is closed, Pune is open
  const TicketKey bought = Opens("nils", "The tax is still wrong.\n/support priority P2");
  EXPECT_EQ(Claims(bought), Strings{"nordlicht gold P2"});
  EXPECT_FALSE(See(bought).claims[0].trial);
  EXPECT_EQ(Comment(bought).find("trial"), std::string::npos) << Comment(bought);
  EXPECT_EQ(Clock(bought, "nordlicht", Metric::kFirstResponse),
            "running, due 2027-01-25T08:30:00Z");
  EXPECT_TRUE(LabelsOn(bought).contains("support: gold"));
  // The first one keeps what it was opened with: half an hour on Friday, the rest from 08:00.
  EXPECT_EQ(Claims(tried), Strings{"nordlicht silver P2"});
  EXPECT_EQ(Clock(tried, "nordlicht", Metric::kFirstResponse), "running, due 2027-01-25T11:30:00Z");
}

TEST_F(OpenErp, ATrainingHasPromisesOfItsOwn) {
  const TicketKey training = Opens("wilma", "A day for eight people, please.", {"kind: training"});
  EXPECT_EQ(Claims(training), Strings{"weber gold P3"});
  EXPECT_EQ(See(training).claims[0].request, "training");
  // 2bd are 24 hours of the two offices: one on Friday, twelve on Monday, eight on Tuesday
  // (Republic Day in India), three on Wednesday.
  EXPECT_EQ(Clock(training, "weber", Metric::kAcknowledgement),
            "running, due 2027-01-27T07:00:00Z");
  EXPECT_EQ(Clock(training, "weber", Metric::kFirstResponse), "none") << "not gold's eight hours";
  GoTo("2027-01-25T12:00:00Z");
  Labels(training, "lena", "module: accounting");
  EXPECT_EQ(Clock(training, "weber", Metric::kAcknowledgement), "met after 9h");
}

TEST_F(OpenErp, ATrainingIsDrawnFromTheHours) {
  GoTo("2027-01-25T07:30:00Z");
  const TicketKey training = Opens("nils", "A day for two people, please.", {"kind: training"});
  EXPECT_NE(Comment(training).find("40h of 40h left of 2027"), std::string::npos)
      << Comment(training);
  GoTo("2027-01-25T12:00:00Z");
  Says(training, "lena", "That was it.\n/support log 5h10m the training, and what was prepared");
  EXPECT_NE(Comment(training).find("34h 45m of 40h left of 2027"), std::string::npos)
      << "in whole quarters of an hour\n"
      << Comment(training);
}

}  // namespace
}  // namespace retainer
