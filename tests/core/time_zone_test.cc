#include "retainer/time_zone.h"

#include <gtest/gtest.h>

namespace retainer::core {
namespace {

TEST(TimeZoneTest, NamesOfTheDatabaseAreTaken) {
  absl::TimeZone zone;
  for (const char* name : {"UTC", "Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/GMT+5",
                           "EST5EDT", "America/Port-au-Prince"}) {
    EXPECT_TRUE(LoadNamedZone(name, &zone)) << name;
  }
}

// Report (here): a time zone that depends on the machine is accepted.
TEST(TimeZoneTest, WhatDependsOnTheMachineIsRefused) {
  absl::TimeZone zone;
  for (const char* name : {"localtime",
                           "Factory",
                           "posixrules",
                           "posix/Europe/Paris",
                           "right/Europe/Paris",
                           "right/UTC",
                           "/usr/share/zoneinfo/Europe/Paris",
                           "/etc/localtime",
                           "../zoneinfo/Europe/Paris",
                           "Europe/../Europe/Paris",
                           "./UTC",
                           "Europe/./Paris",
                           "Europe//Paris",
                           "Europe/Paris/",
                           "/UTC",
                           ":UTC",
                           "libc:localtime",
                           "Fixed/UTC+05:00:00",
                           "file:UTC",
                           "LOCALTIME",
                           "posix",
                           "zone.tab",
                           "tzdata.zi",
                           "leapseconds",
                           "Europe",
                           "Mars/Olympus",
                           "",
                           " UTC",
                           "UTC ",
                           "+05",
                           "UTC+5"}) {
    EXPECT_FALSE(LoadNamedZone(name, &zone)) << name;
  }
}

}  // namespace
}  // namespace retainer::core
