#include "src/api/request_target.h"

#include <gtest/gtest.h>

namespace retainer::api {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

TEST(RequestTarget, IsDecoded) {
  EXPECT_EQ(ReadTarget("/").path, "/");
  EXPECT_EQ(ReadTarget("/%61pi/v1/gate").path, "/api/v1/gate");
  const RequestTarget target = ReadTarget("/x?a=b%3Dc&d=e+f&&g&h=%zz&=i&j=k=l&m=%2");
  EXPECT_EQ(target.path, "/x");
  EXPECT_EQ(target.parameters, (Parameters{{"a", "b=c"},
                                           {"d", "e f"},
                                           {"g", ""},
                                           {"h", "%zz"},
                                           {"", "i"},
                                           {"j", "k=l"},
                                           {"m", "%2"}}));
}

TEST(RequestTarget, ACodedSlashIsNone) {
  for (const char* path : {"/api%2Fv1", "/api%2fv1/gate", "/a%5Cb", "/a%00", "/a%0d%0a", "/a%7f",
                           "/a%", "/a%4", "/a%zz"}) {
    EXPECT_EQ(ReadTarget(path).path, path);
  }
}

TEST(RequestTarget, MayNameTheHost) {
  EXPECT_EQ(ReadTarget("http://x:80/healthz?a=b").path, "/healthz");
  EXPECT_EQ(ReadTarget("HTTPS://x/healthz?a=b").parameters, (Parameters{{"a", "b"}}));
  EXPECT_EQ(ReadTarget("http://x").path, "/");
  EXPECT_EQ(ReadTarget("http://x?a=b").path, "/");
  EXPECT_EQ(ReadTarget("http://x?a=b").parameters, (Parameters{{"a", "b"}}));
  for (const char* other : {"*", "x:80", "ftp://x/healthz", "healthz"}) {
    EXPECT_EQ(ReadTarget(other).path, other);
  }
}

}  // namespace
}  // namespace retainer::api
