#include "src/forge/url.h"

#include <gtest/gtest.h>

namespace retainer::forge {
namespace {

TEST(UrlTest, EncodesWhatIsNotUnreserved) {
  EXPECT_EQ(PercentEncode("group/sub project"), "group%2Fsub%20project");
  EXPECT_EQ(PercentEncode("sla: at_risk~-."), "sla%3A%20at_risk~-.");
  EXPECT_EQ(PercentEncode("é?#"), "%C3%A9%3F%23");
}

TEST(UrlTest, ReadsBaseUrlsWithPrefixes) {
  auto base = ParseBaseUrl("https://GHE.example.com/api/v3/");
  ASSERT_TRUE(base.ok());
  EXPECT_EQ(base->origin, "https://ghe.example.com");
  EXPECT_EQ(base->prefix, "/api/v3");
  auto port = ParseBaseUrl("http://127.0.0.1:8123/forge/api/v4");
  ASSERT_TRUE(port.ok());
  EXPECT_EQ(port->origin, "http://127.0.0.1:8123");
  EXPECT_EQ(port->prefix, "/forge/api/v4");
  auto v6 = ParseBaseUrl("http://[::1]:80");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->origin, "http://[::1]");
}

TEST(UrlTest, RefusesWhatWouldLeakCredentials) {
  for (const char* url : {"", "api.github.com", "ftp://x", "https://", "http://gitlab.example.com",
                          "http://localhost.example.com", "https://user:pw@x/", "https://x/?a=b",
                          "https://x:99999", "https://x:0", "http://127.example.com@evil/"}) {
    EXPECT_EQ(ParseBaseUrl(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

TEST(UrlTest, HttpIsForLoopbackAddressesOnly) {
  for (const char* url : {"http://127.evil.example", "http://127.0.0.1.evil.example",
                          "http://127.0.0.256", "http://127.1"}) {
    EXPECT_FALSE(ParseBaseUrl(url).ok()) << url;
  }
  EXPECT_TRUE(ParseBaseUrl("http://127.0.0.53").ok());
  EXPECT_TRUE(ParseBaseUrl("http://localhost:1").ok());
}

TEST(UrlTest, FollowsOnlyTheSameOrigin) {
  const BaseUrl base = *ParseBaseUrl("https://api.github.com");
  EXPECT_EQ(SameOriginTarget(base, "https://api.github.com/repositories/7/issues/1?x=1#top"),
            "/repositories/7/issues/1?x=1");
  EXPECT_EQ(SameOriginTarget(base, "https://API.github.com:443/a"), "/a");
  EXPECT_EQ(SameOriginTarget(base, "/a"), "/a");
  for (const char* elsewhere :
       {"https://evil.test/a", "http://api.github.com/a", "https://api.github.com:8443/a",
        "//evil.test/a", "https://api.github.com@evil.test/a", "https://x@api.github.com/a",
        "https://api.github.com/a\r\nHost: evil.test", "ftp://api.github.com/a", "a"}) {
    EXPECT_EQ(SameOriginTarget(base, elsewhere), std::nullopt) << elsewhere;
  }
}

TEST(UrlTest, FindsTheNextPage) {
  EXPECT_EQ(NextPageQuery(R"(<https://x/a?page=1>; rel="prev", <https://x/a?page=3&q=1>; rel="next",
                             <https://x/a?page=9>; rel="last")"),
            "page=3&q=1");
  EXPECT_EQ(NextPageQuery(R"(<https://x/a?page=1>; rel="first")"), std::nullopt);
  EXPECT_EQ(NextPageQuery(R"(<https://x/a>; rel="next")"), std::nullopt);
  EXPECT_EQ(NextPageQuery("<https://x/a?b\r\nc>; rel=next"), std::nullopt);
  EXPECT_EQ(NextPageQuery("<<<"), std::nullopt);
}

}  // namespace
}  // namespace retainer::forge
