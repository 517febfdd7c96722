#include "src/policy/api_url.h"

#include <gtest/gtest.h>

namespace retainer::policy {
namespace {

TEST(ApiUrlTest, TheAddressOfThePagesIsToldFromThatOfTheApi) {
  const auto github = [](const std::string& url) { return ApiUrlMend(ForgeKind::kGitHub, url); };
  EXPECT_EQ(github("https://api.github.com"), "");
  EXPECT_EQ(github("https://ghe.example.com/api/v3"), "");
  EXPECT_EQ(github("https://api.octocorp.ghe.com"), "");
  EXPECT_EQ(github("http://127.0.0.1:8090"), "") << "a forge in a box";
  EXPECT_EQ(github("http://[::1]:8090/x"), "");
  EXPECT_EQ(github("https://github.com"), "https://api.github.com");
  EXPECT_EQ(github("https://GitHub.com/acme"), "https://api.github.com");
  EXPECT_EQ(github("https://www.github.com"), "https://api.github.com");
  EXPECT_EQ(github("https://api.github.com/api/v3"), "https://api.github.com");
  EXPECT_EQ(github("https://octocorp.ghe.com"), "https://api.octocorp.ghe.com");
  EXPECT_EQ(github("https://ghe.example.com"), "https://ghe.example.com/api/v3");
  EXPECT_EQ(github("https://ghe.example.com:8443/api"), "https://ghe.example.com:8443/api/v3");
  EXPECT_EQ(github("https://gitlab.com/api/v4"), "https://api.github.com, or kind: gitlab");

  const auto gitlab = [](const std::string& url) { return ApiUrlMend(ForgeKind::kGitLab, url); };
  EXPECT_EQ(gitlab("https://gitlab.com/api/v4"), "");
  EXPECT_EQ(gitlab("https://example.com/gitlab/api/v4"), "");
  EXPECT_EQ(gitlab("http://localhost:3000"), "");
  EXPECT_EQ(gitlab("https://gitlab.com"), "https://gitlab.com/api/v4");
  EXPECT_EQ(gitlab("https://gitlab.example.com/api/v3"), "https://gitlab.example.com/api/v4");
  EXPECT_EQ(gitlab("https://example.com/gitlab"), "https://example.com/gitlab/api/v4");
  EXPECT_EQ(gitlab("https://api.github.com"), "https://gitlab.com/api/v4, or kind: github");
}

}  // namespace
}  // namespace retainer::policy
