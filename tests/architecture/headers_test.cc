// No two headers have the same name.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/fakes/places.h"

namespace {

namespace fs = std::filesystem;

TEST(HeadersTest, HaveNamesOfTheirOwn) {
  const fs::path root = retainer::SourceDir();
  std::map<std::string, std::vector<std::string>> by_name;
  for (const char* tree : {"include", "src", "templates", "tests", "webhooks"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / tree)) {
      if (!entry.is_regular_file() || entry.path().extension() != ".h") continue;
      by_name[entry.path().filename().string()].push_back(
          fs::relative(entry.path(), root).generic_string());
    }
  }
  ASSERT_GT(by_name.size(), 150u) << "the tree was not found";
  for (const auto& [name, files] : by_name) {
    EXPECT_EQ(files.size(), 1u) << name << ": " << files.front() << " and " << files.back();
  }
}

}  // namespace
