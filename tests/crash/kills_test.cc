// Some of the kills; tests/crash/run.sh does thousands.
#include "tests/crash/kills.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace retainer {
namespace {

KillOptions Some(const std::string& forge, int kills) {
  KillOptions options;
  options.programs = {RETAINER_KILLED_SERVICE, RETAINER_DISK_FAULTS};
  options.forge = forge;
  options.kills = kills;
  options.seed = 7;
  return options;
}

int Tried(const std::vector<CrashRow>& rows) {
  int tried = 0;
  for (const CrashRow& row : rows) tried += row.tried;
  return tried;
}

void ExpectNoDamage(const std::vector<CrashRow>& rows) {
  std::ostringstream table;
  PrintTable(table, rows);
  for (const CrashRow& row : rows) EXPECT_TRUE(row.ok()) << row.trouble << "\n" << table.str();
}

class Kills : public ::testing::TestWithParam<const char*> {};

TEST_P(Kills, AtRandomNothingIsDoubledStaleOrLost) {
  const std::vector<CrashRow> rows = RunRandomKills(Some(GetParam(), 50));
  EXPECT_EQ(Tried(rows), 50);
  ExpectNoDamage(rows);
}

TEST_P(Kills, AtNamedPointsNothingIsDoubledStaleOrLost) {
  const std::vector<CrashRow> rows = RunPointKills(Some(GetParam(), 50));
  EXPECT_GE(Tried(rows), 50);
  EXPECT_GE(rows.size(), 10u) << "kinds of points";
  ExpectNoDamage(rows);
}

INSTANTIATE_TEST_SUITE_P(Forges, Kills, ::testing::Values("github", "gitlab"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace retainer
