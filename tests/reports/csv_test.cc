// CSV that every reader splits alike, and that no spreadsheet runs.
#include "src/reports/csv.h"

#include <gtest/gtest.h>

namespace retainer::reports {
namespace {

TEST(CsvTest, CellsAreQuotedAsRfc4180Says) {
  EXPECT_EQ(CsvLine({"a", "b"}), "a,b\r\n");
  EXPECT_EQ(CsvLine({"a,b", "say \"hi\"", "two\nlines", ""}),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n");
}

TEST(CsvTest, AFormulaIsText) {
  EXPECT_EQ(CsvLine({"=1+1", "+1", "-1", "@x", "\tx"}), "'=1+1,'+1,'-1,'@x,'\tx\r\n");
  EXPECT_EQ(CsvLine({"=HYPERLINK(\"http://x\")"}), "\"'=HYPERLINK(\"\"http://x\"\")\"\r\n");
  EXPECT_EQ(CsvLine({"-"}), "-\r\n");
}

}  // namespace
}  // namespace retainer::reports
