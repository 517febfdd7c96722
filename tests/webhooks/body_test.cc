// Hostile bodies, instants in the forges' forms, and the cost of parsing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/webhooks/deliveries.h"
#include "tests/webhooks/judged.h"
#include "webhooks/forge_time.h"
#include "webhooks/json_body.h"
#include "webhooks/json_strict.h"

namespace retainer::webhooks {
namespace {

using ::testing::HasSubstr;

std::string Refused(std::string_view text) {
  const auto body = Body::Parse(text);
  EXPECT_EQ(body.status().code(), absl::StatusCode::kInvalidArgument) << text.substr(0, 80);
  return std::string(body.status().message());
}

TEST(BodyTest, IdsOverTwoToThe53AreReadExactly) {
  const auto body = Body::Parse(R"({"id":9007199254740993,"top":9223372036854775807,"f":1e3})");
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(body->root()["id"].id(), "9007199254740993");
  EXPECT_EQ(body->root()["top"].id(), "9223372036854775807");
  EXPECT_EQ(body->root()["f"].id(), "") << "no forge writes an id so";
}

TEST(BodyTest, RefusesWhatIsNoJsonObject) {
  for (const char* text : {"", " ", "null", "[]", "1", "\"a\"", "{", "{\"a\"}", "{\"a\":1,}",
                           "{'a':1}", "{} x", "{\"a\":NaN}", "{\"a\":01}", "\x1f\x8b"}) {
    Refused(text);
  }
}

TEST(BodyTest, IsReadAsTheJudgeReadsIt) {
  for (const char* text : {"{}",
                           " {} ",
                           "\xef\xbb\xbf{\"a\":1}",
                           "{\"b\":1,\"a\":2,\"\":3}",
                           "{\"a\":123456789012345678901234567890}",
                           "{\"a\":-9223372036854775808}",
                           "{\"a\":-9223372036854775809}",
                           "{\"a\":18446744073709551615}",
                           "{\"a\":18446744073709551616}",
                           "{\"a\":1e400}",
                           "{\"a\":-1e400}",
                           "{\"a\":1e-400}",
                           "{\"a\":-0}",
                           "{\"a\":-0.0}",
                           "{\"a\":1E+2}",
                           "{\"a\":.5}",
                           "{\"a\":5.}",
                           "{\"a\":+5}",
                           "{\"a\":-}",
                           "{\"a\":0x1}",
                           "{\"a\":\"\\ud83d\\ude00\"}",
                           "{\"a\":\"\\ud83d\"}",
                           "{\"a\":\"\\ude00\\ud83d\"}",
                           "{\"a\":\"\\u00e9\xc3\xa9\"}",
                           "{\"\\u0061\":1,\"a\":2}",
                           "{\"a\":\"\t\"}",
                           "{\"a\":\"\x7f\"}",
                           "{\"a\":\"\xf4\x90\x80\x80\"}",
                           "{\"a\":[1,[2,{\"b\":[]}],{}]}",
                           "{\"a\":tru}",
                           "{\"a\":nul}",
                           "{\"a\":[1,2",
                           "{\"a\":1}}",
                           "{\"a\" 1}",
                           "{,}",
                           "[1,]",
                           "{\"a\":[}",
                           "\"{\"",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":1} {\"a\":2}",
                           "{\"a\":1,\"a\":[[[[",
                           "// c\n{}",
                           "{\"a\":/**/1}"}) {
    ExpectTheJudgesReading(text);
  }
  for (int depth = Body::kMaxDepth - 2; depth <= Body::kMaxDepth + 2; ++depth) {
    ExpectTheJudgesReading(
        absl::StrCat("{\"a\":", std::string(depth, '['), std::string(depth, ']'), "}"));
    ExpectTheJudgesReading(
        absl::StrCat("{\"a\":", std::string(depth, '['), "7", std::string(depth, ']'), "}"));
  }
  ExpectTheJudgesReading(std::string_view("{\"a\":1}\0", 8));
  for (const std::size_t values : {Body::kMaxValues - 2, Body::kMaxValues - 1}) {
    std::string text = "{\"a\":[0";
    for (std::size_t i = 1; i < values; ++i) text += ",0";
    const auto body = Body::Parse(text + "]}");
    EXPECT_EQ(body.status(), ReadStrictly(text + "]}").status());
  }
}

TEST(BodyTest, RefusesDeepNestingWithoutRecursion) {
  const std::string deep = absl::StrCat("{\"a\":", std::string(5'000'000, '['));
  EXPECT_THAT(Refused(deep), HasSubstr("deeply"));
  EXPECT_FALSE(LooksLikeObject(deep));
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(Refused(objects), HasSubstr("deeply"));
  const std::string edge = absl::StrCat("{\"a\":", std::string(Body::kMaxDepth - 1, '['),
                                        std::string(Body::kMaxDepth - 1, ']'), "}");
  EXPECT_TRUE(Body::Parse(edge).ok());
  EXPECT_TRUE(LooksLikeObject(edge));
}

TEST(BodyTest, RefusesTooManyValues) {
  std::string text = "{\"a\":[0";
  for (std::size_t i = 0; i < Body::kMaxValues; ++i) text += ",0";
  text += "]}";
  EXPECT_THAT(Refused(text), HasSubstr("too many"));
}

TEST(BodyTest, RefusesAKeyThatOccursTwice) {
  EXPECT_THAT(Refused(R"({"action":"opened","action":"closed"})"), HasSubstr("twice"));
  EXPECT_THAT(Refused(R"({"x":[{"id":1,"id":2}]})"), HasSubstr("twice"));
  EXPECT_THAT(Refused(R"({"action":1,"acti\u006fn":2})"), HasSubstr("twice"));
}

std::string Members(int count) {
  std::string text = "{\"first\":0";
  for (int i = count - 1; i > 0; --i) absl::StrAppend(&text, ",\"m", i, "\":", i);
  return text;
}

TEST(BodyTest, FindsMembersAndThoseThatOccurTwiceInObjectsOfAnySize) {
  for (const int count : {1, 2, 255, 256, 257, 1000}) {
    const std::string text = Members(count);
    const auto body = Body::Parse(text + "}");
    ASSERT_TRUE(body.ok()) << count;
    EXPECT_EQ(body->root()["first"].integer(), 0);
    for (int i = 1; i < count; ++i) {
      ASSERT_EQ(body->root()[absl::StrCat("m", i)].integer(), i) << count;
    }
    EXPECT_FALSE(body->root()["m0"].present());
    const auto keys = body->root().keys();
    EXPECT_EQ(keys.size(), static_cast<std::size_t>(count));
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end())) << count;
    EXPECT_THAT(Refused(text + ",\"first\":1}"), HasSubstr("twice")) << count;
  }
}

TEST(BodyTest, IsItsOwnWhateverElseTheThreadReads) {
  auto first = Body::Parse(R"({"name":"first","list":[1,2,3]})");
  auto second = Body::Parse(R"({"name":"second","list":[4]})");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->root()["name"].text(), "first");
  EXPECT_EQ(first->root()["list"].items().size(), 3u);
  EXPECT_EQ(second->root()["name"].text(), "second");
  *first = *std::move(second);
  const auto third = Body::Parse(R"({"name":"third"})");
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(first->root()["name"].text(), "second");
  EXPECT_EQ(third->root()["name"].text(), "third");
  EXPECT_FALSE(third->root()["list"].present());
}

TEST(BodyTest, RefusesWhatIsNotUtf8AndSaysNothingOfTheContent) {
  for (const char* text : {"{\"a\":\"secret\xff\"}", "{\"a\":\"secret\xc0\xaf\"}",
                           "{\"a\":\"secret\xed\xa0\x80\"}", "{\"a\":\"secret\\ud800\"}"}) {
    EXPECT_THAT(Refused(text), testing::Not(HasSubstr("secret")));
  }
}

TEST(BodyTest, KeepsNulInTextsAndRefusesItElsewhere) {
  const auto body = Body::Parse("{\"a\":\"x\\u0000y\"}");
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->root()["a"].text_or_empty(), std::string_view("x\0y", 3));
  Refused(std::string_view("{\"a\":\"x\0y\"}", 11));
  Refused(std::string_view("{\"a\":1}\0", 8));
}

TEST(BodyTest, TakesIdsOnlyFromWholePositiveNumbers) {
  const auto body = Body::Parse(
      R"({"a":1296269,"b":9223372036854775807,"c":9223372036854775808,"d":-1,"e":0,"f":1.0,"g":"7","h":null})");
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->root()["a"].id(), "1296269");
  EXPECT_EQ(body->root()["b"].id(), "9223372036854775807");
  for (const char* key : {"c", "d", "e", "f", "g", "h", "i"}) {
    EXPECT_EQ(body->root()[key].id(), "") << key;
  }
  EXPECT_FALSE(body->root()["a"]["b"]["c"].present());
}

TEST(ForgeTimeTest, ReadsEveryShape) {
  for (const auto& [text, rfc3339] : std::vector<std::pair<const char*, const char*>>{
           {"2017-12-10 16:37:38 UTC", "2017-12-10T16:37:38Z"},
           {"2013-12-03T17:15:43Z", "2013-12-03T17:15:43Z"},
           {"2019-06-05T14:32:20.211Z", "2019-06-05T14:32:20.211Z"},
           {"2018-09-15 19:05:12 +0200", "2018-09-15T17:05:12Z"},
           {"2012-01-03T23:36:29+02:00", "2012-01-03T21:36:29Z"},
           {"2015-04-08T21:00:25-07:00", "2015-04-09T04:00:25Z"},
           {"2017-10-25T00:00:00+00:00", "2017-10-25T00:00:00Z"},
           {"2026-02-28", "2026-02-28T00:00:00Z"},
           {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
           {"2026-02-28T10:00:00", "2026-02-28T10:00:00Z"}}) {
    EXPECT_EQ(ParseForgeTime(text), At(rfc3339)) << text;
  }
}

TEST(ForgeTimeTest, ReadsNothingElse) {
  for (const char* text :
       {"", "yesterday", "0001-01-01T00:00:00Z", "2026-02-30", "2026-13-01", "2026-2-1",
        "2026-02-28T24:00:00Z", "2026-02-28T10:60:00Z", "2026-02-28T10:00:61Z",
        "2026-02-28T10:00:00.Z", "2026-02-28T10:00:00X", "2026-02-28T10:00:00+2",
        "2026-02-28T10:00:00+99:00", "2026-02-28T10:00:00Z ", "99999-01-01T00:00:00Z"}) {
    EXPECT_EQ(ParseForgeTime(text), std::nullopt) << text;
  }
}

// Every sample, changed as no forge would change it: an event or a refusal, nothing else.
TEST(MutationTest, AnyChangedBodyIsReadOrRefused) {
  std::mt19937 random(20260303);
  const auto number = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  const std::vector<std::string> spices = {
      "null", "{}", "[]", "-1", "1e400", "\"\"", "\"\\u0000\"", "true", "\"2026-99-99T00:00:00Z\"",
      "\xff", "\"", ","};
  std::size_t read = 0;
  std::size_t refused = 0;
  for (const char* forge : {"github", "gitlab"}) {
    const auto receiver = forge == std::string("github") ? GitHub() : GitLab();
    for (const std::string& name : SampleNames(forge)) {
      const std::string body = Sample(name);
      for (int round = 0; round < 25; ++round) {
        std::string changed = body;
        switch (number(4)) {
          case 0:
            changed[number(changed.size())] = static_cast<char>(number(256));
            break;
          case 1:
            changed.resize(number(changed.size()));
            break;
          case 2: {  // replaces a value by another
            const std::size_t colon = changed.find(": ", number(changed.size()));
            if (colon == std::string::npos) break;
            const std::size_t end = changed.find_first_of(",}\n", colon + 2);
            changed.replace(colon + 2, end - colon - 2, spices[number(spices.size())]);
            break;
          }
          case 3:
            changed.insert(number(changed.size()), spices[number(spices.size())]);
            break;
        }
        ExpectTheJudgesReading(changed);
        const auto event = receiver->Parse(Deliver(forge, SampleEvent(name), changed));
        if (event.ok()) {
          ++read;
          for (const Fact& fact : event->facts) {
            EXPECT_FALSE(fact.id.empty());
            EXPECT_LE(fact.at, Received() + absl::Minutes(10));
          }
        } else {
          ++refused;
          EXPECT_EQ(event.status().code(), absl::StatusCode::kInvalidArgument);
        }
        receiver->GuessEventType(changed);
      }
    }
  }
  EXPECT_GT(read, 0u);
  EXPECT_GT(refused, 0u);
}

TEST(CostTest, AUsualPayloadTakesFarLessThanAMillisecond) {
  // 12 KB, with many URLs like GitHub's bodies.
  std::string body = Sample("github/issues.labeled");
  std::string filler = "\"links\": {";
  for (int i = 0; body.size() + filler.size() < 12'000; ++i) {
    absl::StrAppend(&filler, i == 0 ? "" : ",", "\"url_", i,
                    "\": \"https://api.github.example/repos/acme/opendb/issues/12/x\"");
  }
  body.insert(1, filler + "},");
  const auto receiver = GitHub();
  const Delivery delivery = Deliver("github", "issues", body);
  absl::Duration best = absl::InfiniteDuration();
  for (int i = 0; i < 50; ++i) {
    const absl::Time start = absl::Now();
    ASSERT_TRUE(receiver->Parse(delivery).ok());
    best = std::min(best, absl::Now() - start);
  }
  RecordProperty("microseconds", absl::StrCat(absl::ToInt64Microseconds(best)));
  // A generous limit: an unoptimised build with sanitizers meets it, a quadratic parser does not.
  EXPECT_LT(best, absl::Milliseconds(50));
}

}  // namespace
}  // namespace retainer::webhooks
