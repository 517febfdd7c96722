#include "retainer/instant_text.h"

#include <gtest/gtest.h>

#include <optional>

namespace retainer {
namespace {

const absl::Time kNine =
    absl::FromCivil(absl::CivilSecond(2026, 11, 24, 9, 0, 0), absl::UTCTimeZone());

TEST(InstantText, ReadsWhatRfc3339Allows) {
  EXPECT_EQ(ParseRfc3339("2026-11-24T09:00:00Z"), kNine);
  EXPECT_EQ(ParseRfc3339("2026-11-24T10:30:00+01:30"), kNine);
  EXPECT_EQ(ParseRfc3339("2026-11-24T08:00:00-01:00"), kNine);
  EXPECT_EQ(ParseRfc3339("2026-11-24T09:00:00.25Z"), kNine + absl::Milliseconds(250));
}

TEST(InstantText, RefusesAnythingElse) {
  for (const char* text :
       {"", "2026-11-24", "2026-11-24 09:00:00Z", "2026-11-24T09:00:00", "2026-11-24T09:00:00.Z",
        "2026-11-24T09:00:00.5", "2026-11-24t09:00:00z", "2026-11-24T09:00:00+0100",
        "2026-02-30T09:00:00Z", "2026-11-24T09:00:00Z "}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

TEST(InstantText, IsReadAsItIsWritten) {
  const absl::Time exact = kNine + absl::Milliseconds(250);
  EXPECT_EQ(ExactRfc3339(exact), "2026-11-24T09:00:00.25Z");
  EXPECT_EQ(ParseRfc3339(ExactRfc3339(exact)), exact);
  EXPECT_EQ(Rfc3339(exact), "2026-11-24T09:00:00Z");
  EXPECT_EQ(UtcText(kNine), "2026-11-24 09:00:00 UTC");
}

}  // namespace
}  // namespace retainer
