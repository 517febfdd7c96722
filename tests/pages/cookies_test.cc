#include "src/pages/cookies.h"

#include <gtest/gtest.h>

namespace retainer::pages {
namespace {

TEST(Cookies, AValueIsFoundByItsWholeName) {
  EXPECT_EQ(CookieValue("a=1; retainer=x=y; b=2", "retainer"), "x=y");
  EXPECT_EQ(CookieValue("xretainer=1;retainer=2", "retainer"), "2");
  EXPECT_EQ(CookieValue("retainer=1; retainer=2", "retainer"), "1");
  EXPECT_EQ(CookieValue("retainer", "retainer"), "");
  EXPECT_EQ(CookieValue("", "retainer"), "");
}

TEST(Cookies, AreBoundToThisHostWhenSecure) {
  EXPECT_EQ(SetCookie(SessionCookie(true), "v", absl::Hours(12), true),
            "__Host-retainer=v; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure");
  EXPECT_EQ(SetCookie(SessionCookie(false), "v", absl::Hours(12), false),
            "retainer=v; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax");
}

TEST(Forms, AreDecoded) {
  const auto form = ReadForm("a=1+2&b=%26%3d&c&a=again&%zz=%4");
  EXPECT_EQ(form.at("a"), "1 2");
  EXPECT_EQ(form.at("b"), "&=");
  EXPECT_EQ(form.at("c"), "");
  EXPECT_EQ(form.at("%zz"), "%4");
  EXPECT_EQ(ReadForm(EscapeQuery("/a b&c=ü") + "=x").begin()->first, "/a b&c=ü");
}

TEST(OwnPaths, StayOnThisHost) {
  for (const char* good : {"/", "/join/abc-_", "/desk?project=a&page=2", "/my%20desk"}) {
    EXPECT_TRUE(IsOwnPath(good)) << good;
  }
  for (const char* bad : {"", "join", "//evil.example", "/\\evil.example", "https://evil.example",
                          "/a:b", "/a\r\nb", "/ü", "/@evil", "javascript:alert(1)", "/a#b"}) {
    EXPECT_FALSE(IsOwnPath(bad)) << bad;
  }
  EXPECT_FALSE(IsOwnPath("/" + std::string(600, 'a')));
}

}  // namespace
}  // namespace retainer::pages
