#include "src/base/version.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/fakes/places.h"

namespace retainer::base {
namespace {

TEST(VersionTest, IsTheProjects) {
  std::ifstream file(SourceDir() + "/CMakeLists.txt");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  ASSERT_NE(text, "");
  EXPECT_NE(text.find(std::string("project(retainer VERSION ") + kVersion + " "), std::string::npos)
      << kVersion;
}

}  // namespace
}  // namespace retainer::base
