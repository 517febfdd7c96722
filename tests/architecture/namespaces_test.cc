// Each room is one namespace (ARCHITECTURE.md). The test reads every file of every room and fails
// when a file opens the namespace of another room.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/places.h"

namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::string>& Rooms() {
  static const std::map<std::string, std::string> rooms = {
      {"include/retainer", "retainer"},
      {"templates", "retainer::templates"},
      {"webhooks", "retainer::webhooks"},
      {"webhooks/github", "retainer::webhooks::github"},
      {"webhooks/gitlab", "retainer::webhooks::gitlab"},
      {"src/api", "retainer::api"},
      {"src/base", "retainer::base"},
      {"src/cli", "retainer::cli"},
      {"src/core", "retainer::core"},
      {"src/forge", "retainer::forge"},
      {"src/git", "retainer::git"},
      {"src/reports", "retainer::reports"},
      {"src/similar", "retainer::similar"},
      {"src/pages", "retainer::pages"},
      {"src/pipeline", "retainer::pipeline"},
      {"src/policy", "retainer::policy"},
      {"src/sandbox", "retainer::sandbox"},
      {"src/sinks", "retainer::sinks"},
      {"src/store", "retainer::store"},
      {"src/backup", "retainer::backup"},
      {"src/ledger", "retainer::ledger"},
  };
  return rooms;
}

// The namespace of the innermost room that contains the file; empty when no room does.
std::string NamespaceOf(const std::string& file) {
  std::string found, deepest;
  for (const auto& [room, space] : Rooms()) {
    if (file.starts_with(room + "/") && room.size() > deepest.size()) {
      deepest = room;
      found = space;
    }
  }
  return found;
}

// Core's sources define the vocabulary's functions, in the vocabulary's namespace.
bool DefinesVocabulary(const std::string& file) {
  return file.starts_with("src/core/") && file.ends_with(".cc");
}

// What is wrong with the namespaces of a file; empty when nothing is.
std::string Verdict(const std::string& file, std::istream& text) {
  static const std::regex kOpens(R"(^\s*(?:inline\s+)?namespace\s+([A-Za-z_][\w:]*)\s*\{.*)");
  const std::string own = NamespaceOf(file);
  const bool vocabulary = own == "retainer";
  bool opened = false;
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    if (line.starts_with("int main(")) opened = true;  // it is in no namespace
    std::smatch match;
    if (!std::regex_match(line, match, kOpens)) continue;
    const std::string space = match[1];
    if (space == own || (!vocabulary && space.starts_with(own + "::")) ||
        (space == "retainer" && DefinesVocabulary(file))) {
      opened = true;
      continue;
    }
    const bool rooms_name = space == "retainer" || space.starts_with("retainer::") ||
                            std::ranges::any_of(Rooms(), [&](const auto& room) {
                              return room.second == "retainer::" + space;
                            });
    // The vocabulary forward-declares two classes of core.
    if (space == "core" && (vocabulary || DefinesVocabulary(file))) continue;
    if (rooms_name) {
      return file + ":" + std::to_string(number) + ": " + space + ": its room is " + own;
    }
  }
  return opened ? "" : file + ": opens no namespace: its room is " + own;
}

std::string Verdict(const std::string& file, const std::string& text) {
  std::istringstream stream(text);
  return Verdict(file, stream);
}

bool IsSource(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".h" || extension == ".cc" || extension == ".in";
}

TEST(NamespacesTest, AreTheRooms) {
  const fs::path root = retainer::SourceDir();
  std::size_t files = 0;
  for (const std::string tree : {"include/retainer", "src", "templates", "webhooks"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / tree)) {
      if (!entry.is_regular_file() || !IsSource(entry.path())) continue;
      const std::string file = fs::relative(entry.path(), root).generic_string();
      ++files;
      ASSERT_NE(NamespaceOf(file), "") << file << ": say in this test what its namespace is";
      std::ifstream text(entry.path());
      EXPECT_EQ(Verdict(file, text), "");
    }
  }
  EXPECT_GT(files, 300u) << "the tree was not found";
}

TEST(NamespacesTest, WrongOnesAreSeen) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"src/api/server.h", "namespace retainer {\n"},
      {"src/api/server.h", "namespace retainer::pipeline {\n"},
      {"src/api/server.h", "namespace retainer::apis {\n"},
      {"src/api/server.h", "namespace retainer::api {\n}\nnamespace retainer {\n"},
      {"src/api/server.h", "namespace retainer::api {\nnamespace store {\n"},
      {"src/api/server.cc", "namespace {\n"},
      {"src/core/glob.h", "namespace retainer {\n"},
      {"src/core/glob.cc", "namespace retainer::store {\n"},
      {"src/store/engine.h", "namespace core {\n"},
      {"webhooks/github/github_parser.h", "namespace retainer::webhooks {\n"},
      {"webhooks/delivery_request.h", "namespace retainer::github {\n"},
      {"include/retainer/store.h", "namespace retainer::store {\n"},
      {"include/retainer/store.h", "namespace retainer {\nnamespace store {\n"},
  };
  for (const auto& [file, text] : wrong) EXPECT_NE(Verdict(file, text), "") << file << " " << text;
}

TEST(NamespacesTest, RightOnesPass) {
  const std::vector<std::pair<std::string, std::string>> right = {
      {"src/api/server.h", "namespace boost {\n}\nnamespace retainer::api {\n"},
      {"src/policy/policy_keys.h", "namespace retainer::policy::policy_keys {\n"},
      {"src/core/glob.h", "namespace retainer::core {\n"},
      {"src/core/policy.cc", "namespace retainer {\nnamespace {\n"},
      {"webhooks/github/github_parser.h", "namespace retainer::webhooks::github {\n"},
      {"include/retainer/policy.h", "namespace retainer {\nnamespace core {\n"},
      {"src/cli/main.cc", "int main(int argc, char** argv) {\n"},
  };
  for (const auto& [file, text] : right) EXPECT_EQ(Verdict(file, text), "");
}

}  // namespace
