// Logging work with the real binary.
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/installation.h"

namespace retainer {
namespace {

TEST(HoursTest, WorkIsLoggedWithARunningServiceAndWithoutOne) {
  Installation installation;
  {
    Serving serving(installation);
    const Finished logged =
        installation.Command({"hours", "log", "tailspin", "2h20m", "the", "training"});
    EXPECT_EQ(logged.exit_code, 0) << logged.err;
    EXPECT_NE(logged.out.find("2h 20m (2h 30m accounted)"), std::string::npos) << logged.out;
    EXPECT_NE(logged.out.find("5h 30m of 8h left of training"), std::string::npos) << logged.out;
  }
  const Finished much = installation.Command({"hours", "log", "tailspin", "9h", "a migration"});
  EXPECT_NE(much.exit_code, 0);
  EXPECT_NE(much.err.find("write 9h!"), std::string::npos) << much.err;
  const Finished over = installation.Command({"hours", "log", "tailspin", "9h!", "a migration"});
  EXPECT_NE(over.exit_code, 0);
  EXPECT_NE(over.err.find("5h 30m of training is left"), std::string::npos) << over.err;
  const Finished listed = installation.Command({"hours", "list", "tailspin"});
  EXPECT_NE(listed.out.find("the training"), std::string::npos) << listed.out;
  const Finished corrected = installation.Command(
      {"hours", "correct", "tailspin", listed.out.substr(0, 12), "0m", "--reason", "not theirs"});
  EXPECT_EQ(corrected.exit_code, 0) << corrected.err;
  const Finished balance = installation.Command({"hours", "balance", "c-9e2"});
  EXPECT_NE(balance.out.find("8h of 8h left, 0m used"), std::string::npos) << balance.out;
}

}  // namespace
}  // namespace retainer
