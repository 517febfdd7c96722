// Checks what a machine can check in the Markdown pages: named tests and rules exist, and links
// have a target.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/fakes/places.h"

namespace {

namespace fs = std::filesystem;

std::string ReadText(const fs::path& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::smatch> AllOf(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

// The project's own folders in the source tree.
std::vector<fs::path> Roots() {
  std::vector<fs::path> roots;
  for (const char* name :
       {"include", "src", "webhooks", "templates", "deploy", "tests", ".github"}) {
    roots.push_back(fs::path(retainer::SourceDir()) / name);
  }
  return roots;
}

std::vector<fs::path> FilesWith(const std::string& extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(retainer::SourceDir())) {
    if (entry.is_regular_file() && entry.path().extension() == extension) {
      files.push_back(entry.path());
    }
  }
  for (const fs::path& root : Roots()) {
    for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator();
         ++it) {
      if (it->path().filename() == "node_modules") it.disable_recursion_pending();
      if (it->is_regular_file() && it->path().extension() == extension) files.push_back(it->path());
    }
  }
  return files;
}

// The text of all tests, with single spaces instead of runs of blanks.
std::string TestSources() {
  std::string all;
  for (const char* extension : {".cc", ".h"}) {
    for (const fs::path& file : FilesWith(extension)) {
      if (file.string().find("/tests/") == std::string::npos) continue;
      for (const char c : ReadText(file)) {
        const bool is_blank = c == ' ' || c == '\n';
        if (!is_blank || all.empty() || all.back() != ' ') all += is_blank ? ' ' : c;
      }
    }
  }
  return all;
}

// True when there is a test `Suite.Name`.
bool HasTest(const std::string& sources, std::string name) {
  name.replace(name.find('.'), 1, ", ");
  return sources.find("TEST(" + name + ")") != std::string::npos ||
         sources.find("TEST_F(" + name + ")") != std::string::npos ||
         sources.find("TEST_P(" + name + ")") != std::string::npos ||
         sources.find("PROP(" + name) != std::string::npos;
}

// The anchor that a forge gives a heading.
std::string AnchorOf(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_') {
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (c == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

bool HasAnchor(const fs::path& page, const std::string& anchor) {
  static const std::regex kHeading(R"((?:^|\n)#+ ([^\n]+))");
  const std::string text = ReadText(page);
  for (const std::smatch& match : AllOf(text, kHeading)) {
    if (AnchorOf(match[1].str()) == anchor) return true;
  }
  return false;
}

TEST(Pages, EachRuleOfTheClockStandsWithAReasonAnExampleAndItsTests) {
  static const std::regex kSection(R"(\n## ([^\n]+)\n)");
  static const std::regex kName(R"(`([A-Z]\w+\.[A-Z]\w+)`)");
  const std::string page = ReadText(fs::path(retainer::SourceDir()) / "src" / "core" / "RULES.md");
  const std::string tests = TestSources();
  const auto sections = AllOf(page, kSection);
  ASSERT_EQ(sections.size(), 13u) << "twelve rules and privacy";
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const std::string title = sections[i][1].str();
    const auto from = static_cast<std::size_t>(sections[i].position());
    const std::size_t to = i + 1 < sections.size()
                               ? static_cast<std::size_t>(sections[i + 1].position())
                               : page.size();
    const std::string section = page.substr(from, to - from);
    if (i < 12) {
      EXPECT_EQ(title.rfind(std::to_string(i + 1) + ". ", 0), 0u) << title;
    }
    EXPECT_NE(section.find("- **Why**: "), std::string::npos) << title;
    EXPECT_NE(section.find("- **Example**: "), std::string::npos) << title;
    const auto names = AllOf(section, kName);
    EXPECT_FALSE(names.empty()) << title << " names no test";
    for (const std::smatch& name : names) {
      EXPECT_TRUE(HasTest(tests, name[1].str())) << title << ": no test " << name[1].str();
    }
  }
}

// True when one of these folders has such a file. `name` may contain a `*`.
bool IsThere(const std::vector<fs::path>& folders, const std::string& name) {
  const std::size_t star = name.find('*');
  for (const fs::path& folder : folders) {
    if (star == std::string::npos) {
      if (fs::exists(folder / name)) return true;
      continue;
    }
    const fs::path parent = (folder / name.substr(0, star)).parent_path();
    const std::string begin = (folder / name.substr(0, star)).filename().string();
    const std::string end = name.substr(star + 1);
    if (!fs::is_directory(parent)) continue;
    for (const auto& entry : fs::directory_iterator(parent)) {
      const std::string file = entry.path().filename().string();
      if (file.starts_with(begin) && file.ends_with(end)) return true;
    }
  }
  return false;
}

TEST(Pages, EachRoomSaysWhatItPromisesAndTheFilesThatItNamesExist) {
  static const std::regex kFile(R"(`([\w./*-]+\.(?:h|cc|md|sh|json|yml|yaml|mustache))`)");
  const fs::path root = retainer::SourceDir();
  for (const char* room : {"include/retainer", "src/base", "src/core", "webhooks", "templates",
                           "src/forge", "src/sinks", "src/store", "src/policy", "src/git",
                           "src/pipeline", "src/api", "src/sandbox", "src/cli"}) {
    const std::string page = ReadText(root / room / "README.md");
    for (const char* part : {"**Promises.** ", "**Sees.** ", "**Where to begin.** ", "\n## "}) {
      EXPECT_NE(page.find(part), std::string::npos) << room << " lacks " << part;
    }
    EXPECT_LT(std::count(page.begin(), page.end(), '\n'), 60) << room << ": at most a page";
    for (const std::smatch& match : AllOf(page, kFile)) {
      EXPECT_TRUE(IsThere({root / room, root / room / "github", root, root / "include",
                           root / "include" / "retainer", root / "src" / "core", root / "tests",
                           root / "tests" / "core"},
                          match[1].str()))
          << room << " names " << match[1].str();
    }
  }
}

TEST(Pages, LinksLeadSomewhere) {
  static const std::regex kLink(R"(\]\(([^)\s]+)\))");
  std::size_t looked = 0;
  for (const fs::path& page : FilesWith(".md")) {
    const std::string text = ReadText(page);
    for (const std::smatch& match : AllOf(text, kLink)) {
      const std::string link = match[1].str();
      if (link.find("://") != std::string::npos || link.rfind("mailto:", 0) == 0) continue;
      const std::size_t hash = link.find('#');
      const std::string path = link.substr(0, hash);
      const fs::path target = path.empty() ? page : page.parent_path() / path;
      EXPECT_TRUE(fs::exists(target)) << page << " links to " << link;
      if (hash != std::string::npos && fs::exists(target)) {
        EXPECT_TRUE(HasAnchor(target, link.substr(hash + 1))) << page << " links to " << link;
      }
      ++looked;
    }
  }
  EXPECT_GT(looked, 10u);
}

// An operator comes from an alert to what to do, and no section is about an alert that was removed.
TEST(Runbook, HasASectionForEachAlertAndNoOther) {
  const fs::path deploy = fs::path(retainer::SourceDir()) / "deploy";
  const std::string alerts = ReadText(deploy / "prometheus/alerts.yml");
  const std::string runbook = ReadText(deploy / "docs/runbook.md");
  std::set<std::string> alerting;
  const std::regex rule(
      R"(- alert: (\w+)\n(?:(?!      - alert).*\n)*?          runbook_url: \S*/runbook\.md#(\w+)\n)");
  for (const std::smatch& match : AllOf(alerts, rule)) {
    std::string anchor = match[1];
    std::transform(anchor.begin(), anchor.end(), anchor.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    EXPECT_EQ(match[2].str(), anchor) << match[1];
    alerting.insert(match[1]);
  }
  EXPECT_EQ(alerting.size(), AllOf(alerts, std::regex("- alert: ")).size())
      << "one has no runbook_url";
  std::set<std::string> explained;
  const std::string heading = "\n## ";
  for (std::size_t at = runbook.find(heading); at != std::string::npos;) {
    const std::size_t begin = at + heading.size();
    const std::size_t name_end = runbook.find('\n', begin);
    at = runbook.find(heading, begin);
    const std::string name = runbook.substr(begin, name_end - begin);
    const std::string text = runbook.substr(name_end, at - name_end);
    explained.insert(name);
    for (const char* part :
         {"- **Means** (", "- **Look at**: ", "- **Do**: ", "- **Over when**: "}) {
      EXPECT_NE(text.find(part), std::string::npos) << name << " lacks " << part;
    }
  }
  EXPECT_EQ(explained, alerting);
}

}  // namespace
