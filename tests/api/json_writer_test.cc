#include "src/api/json_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "nlohmann/json.hpp"
#include "retainer/instant_text.h"

namespace retainer::api {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t kInstant = 1'764'072'000;  // 2025-11-25 12:00 UTC

void WriteSample(JsonWriter* json, int elapsed) {
  json->BeginObject();
  json->BeginVolatile();
  json->Instant("as_of", absl::FromUnixSeconds(kInstant + elapsed));
  json->EndVolatile();
  json->Text("title", "caf\xc3\xa9 \"q\" \\ \x01\n<b>");
  json->Text("broken", "a\xff\x62");
  json->BeginArray("none");
  json->End();
  json->BeginObject("nothing");
  json->End();
  json->Texts("names", {"a", "b"});
  json->BeginArray("rows");
  for (int i = 0; i < 2; ++i) {
    json->BeginObject();
    json->Number("number", -i);
    json->BeginVolatile();
    json->Number("elapsed", elapsed);
    json->EndVolatile();
    json->Fraction("fraction", 0.75);
    json->End();
  }
  json->End();
  json->Flag("open", true);
  json->Null("state");
  json->Instant("due", absl::InfiniteFuture());
  json->End();
}

TEST(JsonWriter, WritesWhatTheTreeOfValuesWouldBeDumpedAs) {
  JsonWriter json;
  WriteSample(&json, 60);
  const ordered_json tree = {{"as_of", "2025-11-25T12:01:00Z"},
                             {"title", "caf\xc3\xa9 \"q\" \\ \x01\n<b>"},
                             {"broken", "a\xff\x62"},
                             {"none", ordered_json::array()},
                             {"nothing", ordered_json::object()},
                             {"names", {"a", "b"}},
                             {"rows",
                              {{{"number", 0}, {"elapsed", 60}, {"fraction", 0.75}},
                               {{"number", -1}, {"elapsed", 60}, {"fraction", 0.75}}}},
                             {"open", true},
                             {"state", nullptr},
                             {"due", nullptr}};
  EXPECT_EQ(json.body(), tree.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

TEST(JsonWriter, WhatTimeAloneChangesIsNotStable) {
  JsonWriter now;
  JsonWriter later;
  WriteSample(&now, 60);
  WriteSample(&later, 4000);
  EXPECT_NE(now.body(), later.body());
  EXPECT_EQ(now.stable(), later.stable());
  EXPECT_NE(now.stable().find("fraction"), std::string::npos);
  EXPECT_NE(now.stable().find("caf\xc3\xa9"), std::string::npos);
}

TEST(InstantText, IsWhatTheFormatStringGives) {
  for (const std::int64_t seconds :
       {std::int64_t{0}, kInstant, std::int64_t{951'782'400}, std::int64_t{-1},
        std::int64_t{-62'167'219'201}, std::int64_t{253'402'300'799},
        std::int64_t{253'402'300'800}}) {
    const absl::Time at = absl::FromUnixSeconds(seconds);
    EXPECT_EQ(Rfc3339(at), absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", at, absl::UTCTimeZone()));
    EXPECT_EQ(UtcText(at), absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", at, absl::UTCTimeZone()));
  }
  EXPECT_EQ(Rfc3339(absl::FromUnixSeconds(-62'167'219'200)), "0000-01-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(absl::FromUnixMillis(kInstant * 1000 + 999)), "2025-11-25T12:00:00Z");
}

}  // namespace
}  // namespace retainer::api
