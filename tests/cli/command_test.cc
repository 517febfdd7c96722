#include "src/cli/command.h"

#include <gtest/gtest.h>

namespace retainer::cli {
namespace {

TEST(PrintableTest, WordsOfStrangersDoNotSteerTheTerminal) {
  EXPECT_EQ(Printable("It breaks: \xc3\xbc \xe2\x86\x92 x\n\ty"),
            "It breaks: \xc3\xbc \xe2\x86\x92 x\n\ty");
  EXPECT_EQ(Printable("a\x1b[2Jb\x7f\r"), "a?[2Jb??");
  EXPECT_EQ(Printable("a\xc2\x9b"
                      "2J\xe2\x80\xae"
                      "b\xe2\x81\xa6"),
            "a?2J?b?");
  EXPECT_EQ(Printable("\xe2\x80"), "\xe2\x80");
  EXPECT_EQ(PrintableLine("due\nnow"), "due?now");
}

}  // namespace
}  // namespace retainer::cli
