#include "src/cli/stream_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace retainer::cli {
namespace {

TEST(StreamLogTest, ATextOfAStrangerStaysInItsLineAndSteersNoTerminal) {
  testing::internal::CaptureStderr();
  {
    StreamLog log(LogFormat::kText, LogLevel::kInfo);
    log.Warning("ticket needs a look", {{"flag",
                                         "label a\nERROR all is lost\x1b[2J\xc2\x9b"
                                         "2J\xe2\x80\xae\x7f"}});
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  // Only the level's colours, which are our own.
  EXPECT_EQ(text.find("\x1b[2J"), std::string::npos);
  EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x7f; }));
}

}  // namespace
}  // namespace retainer::cli
