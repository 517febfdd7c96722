// DataSphere: free basic support for all, paid advanced support, trainings and services. The desk
// in New York is open from 09:00 to 17:00, in winter from 14:00 to 22:00 UTC.
#include "tests/examples/practice.h"

namespace retainer {
namespace {

using Strings = std::vector<std::string>;

class DataSphere : public PracticeStory {
 protected:
  // The Wednesday before Thanksgiving.
  DataSphere() : PracticeStory("datasphere", "github", "2026-11-25T16:00:00-05:00") {
    In("datasphere/datasphere");
  }
};

TEST_F(DataSphere, BasicSupportIsAimedAtForAllBesideAnAdvancedCustomersCommitment) {
  const TicketKey basic = Opens("erin", "The import is slow.");
  EXPECT_EQ(Claims(basic), Strings{});
  // An hour on Wednesday, Thanksgiving, eight on Friday, seven on Monday.
  EXPECT_EQ(Clock(basic, "", Metric::kFirstResponse), "running, due 2026-11-30T21:00:00Z");
  const TicketKey advanced = Opens("heidi", "The import is slow.\n/support priority high");
  EXPECT_EQ(Claims(advanced), Strings{"hooli advanced high"});
  // An hour on Wednesday, three on Friday.
  EXPECT_EQ(Clock(advanced, "hooli", Metric::kFirstResponse), "running, due 2026-11-27T17:00:00Z");
  EXPECT_EQ(Kind(advanced, "hooli", Metric::kFirstResponse), PromiseKind::kCommitment);
  EXPECT_EQ(FirstLine(advanced), "**high · first reply by Fri 27 Nov 09:00 PST** (17:00 UTC)");
  const TicketKey hidden = Opens("ian", "The import is slow.");
  EXPECT_EQ(Claims(hidden), Strings{"initech advanced normal"});
  EXPECT_NE(Comment(basic), "");
  EXPECT_EQ(Comment(hidden), Comment(basic)) << "a private customer's issue looks like everybody's";

  // Nobody answers. What is owed is late and escalated; what is aimed at is only counted.
  GoTo("2026-11-30T17:00:00-05:00");
  EXPECT_EQ(Clock(advanced, "hooli", Metric::kFirstResponse), "breached, due 2026-11-27T17:00:00Z");
  EXPECT_EQ(Told(advanced).back(), "escalation first_response to lead");
  EXPECT_EQ(Clock(basic, "", Metric::kFirstResponse), "breached, due 2026-11-30T21:00:00Z");
  EXPECT_EQ(Told(basic), Strings{});
}

TEST_F(DataSphere, AStoppedPipelineIsAnsweredAtNight) {
  GoTo("2026-11-26T03:00:00-05:00");
  const TicketKey ticket = Opens("heidi", "No data arrives.\n/support priority urgent");
  EXPECT_EQ(Clock(ticket, "hooli", Metric::kFirstResponse), "running, due 2026-11-26T09:00:00Z");
  EXPECT_EQ(Clock(ticket, "hooli", Metric::kWorkaround), "running, due 2026-11-26T16:00:00Z");
  EXPECT_EQ(Clock(ticket, "hooli", Metric::kResolution), "running, due 2026-11-28T08:00:00Z");
  GoTo("2026-11-26T03:30:00-05:00");
  EXPECT_EQ(Told(ticket), (Strings{"warning first_response to lead platform services"}));
  Says(ticket, "paula", "The broker was full. Please restart your agents.\n/support workaround");
  EXPECT_EQ(Clock(ticket, "hooli", Metric::kFirstResponse), "met after 30m");
  EXPECT_EQ(Clock(ticket, "hooli", Metric::kWorkaround), "met after 30m");
  GoTo("2026-11-27T03:00:00-05:00");
  Closes(ticket, "paula");
  EXPECT_EQ(Clock(ticket, "hooli", Metric::kResolution), "met after 24h");
}

TEST_F(DataSphere, AServiceIsAskedForInAnIssueToo) {
  const TicketKey service = Opens("heidi", "Please move our 40 pipelines.", {"kind: service"});
  EXPECT_EQ(Claims(service), Strings{"hooli advanced normal"});
  EXPECT_EQ(See(service).claims[0].request, "service");
  // An hour on Wednesday, seven on Friday.
  EXPECT_EQ(Clock(service, "hooli", Metric::kAcknowledgement), "running, due 2026-11-27T21:00:00Z");
  // Eighty hours: one on Wednesday, nine days from Friday, seven hours on Thursday.
  EXPECT_EQ(Clock(service, "hooli", Metric::kResolution), "running, due 2026-12-10T21:00:00Z");
  EXPECT_EQ(Clock(service, "hooli", Metric::kFirstResponse), "none") << "not the plan's day";
  // Half of the first promise: three hours of Friday. It is told to those whose label it is.
  GoTo("2026-11-27T12:00:00-05:00");
  EXPECT_EQ(Told(service), (Strings{"warning acknowledgement to services"}));
  Says(service, "sam", "We can begin on Monday; the offer is in your mail.");
  EXPECT_EQ(Clock(service, "hooli", Metric::kAcknowledgement), "met after 4h");
  GoTo("2026-12-04T17:00:00-05:00");
  Closes(service, "sam");
  EXPECT_EQ(Clock(service, "hooli", Metric::kResolution), "met after 49h");
}

TEST_F(DataSphere, ATrainingIsForThoseWhoPay) {
  const TicketKey paid = Opens("ian", "A course on queries?", {"kind: training"});
  // Two days: an hour on Wednesday, eight on Friday, seven on Monday.
  EXPECT_EQ(Clock(paid, "initech", Metric::kAcknowledgement), "running, due 2026-11-30T21:00:00Z");
  const TicketKey free = Opens("erin", "A course on queries?", {"kind: training"});
  EXPECT_EQ(Claims(free), Strings{});
  EXPECT_EQ(Clock(free, "", Metric::kFirstResponse), "running, due 2026-11-30T21:00:00Z");
  EXPECT_EQ(Comment(paid), Comment(free));
}

}  // namespace
}  // namespace retainer
