// REPORTS.md: every public report about another system (and this one) that a test of ours covers.
// The page is made from the tests. A test names its reports in the comment above it:
//
//     // Report (zammad #5177, glpi #687): what went wrong there.
//     TEST(Suite, Name) {
//
// RETAINER_WRITE_REPORTS=1 conformance_test writes the page again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/fakes/places.h"

namespace retainer {
namespace {

namespace fs = std::filesystem;

struct Report {
  std::string where;  // `tests/core`
  std::vector<std::string> seen;
  std::string what;
  std::string test;  // `Suite.Name`
};

// Short names in reports -> the systems. A report about another system is an error.
const std::map<std::string, std::string>& Systems() {
  static const auto& systems = *new std::map<std::string, std::string>{
      {"biz", "gocardless/biz"},
      {"business_time", "bokmann/business_time"},
      {"chatwoot", "chatwoot/chatwoot"},
      {"dbt_zendesk", "fivetran/dbt_zendesk"},
      {"frappe", "frappe/helpdesk (and frappe/frappe)"},
      {"gitlab", "gitlab-org/gitlab"},
      {"glpi", "glpi-project/glpi"},
      {"here", "this desk, tried with the inputs of public reports"},
      {"issue-metrics", "github-community-projects/issue-metrics"},
      {"lock-threads", "dessant/lock-threads"},
      {"osTicket", "osTicket/osTicket"},
      {"slacker", "hackclub/slacker"},
      {"stale", "actions/stale"},
      {"working_hours", "Intrepidd/working_hours"},
      {"zammad", "zammad/zammad"},
      {"zulipbot", "zulip/zulipbot"},
  };
  return systems;
}

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The text of a comment line without its slashes; empty for any other line.
std::string CommentText(const std::string& line) {
  const absl::string_view text = absl::StripAsciiWhitespace(line);
  return text.substr(0, 3) == "// " ? std::string(text.substr(3)) : std::string();
}

std::vector<Report> ReadReports(const fs::path& root) {
  static const std::regex begin(R"(Report \(([^)]*)\): (.*))");
  static const std::regex test(R"(TEST(?:_F|_P)?\((\w+), *(\w+)\).*)");
  std::vector<Report> reports;
  for (const auto& entry : fs::recursive_directory_iterator(root / "tests")) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".cc" && extension != ".h") continue;
    if (entry.path().filename() == "page_test.cc") continue;
    const std::vector<std::string> lines = absl::StrSplit(Read(entry.path()), '\n');
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (CommentText(lines[i]).rfind("Report (", 0) != 0) continue;
      std::string comment;
      for (; i < lines.size() && !CommentText(lines[i]).empty(); ++i) {
        absl::StrAppend(&comment, comment.empty() ? "" : " ", CommentText(lines[i]));
      }
      std::smatch report;
      std::smatch named;
      const std::string declared =
          i < lines.size() ? absl::StrCat(lines[i], i + 1 < lines.size() ? lines[i + 1] : "") : "";
      EXPECT_TRUE(std::regex_match(comment, report, begin)) << entry.path() << ": " << comment;
      EXPECT_TRUE(std::regex_match(declared, named, test)) << entry.path() << ": " << comment;
      if (report.empty() || named.empty()) continue;
      reports.push_back({fs::relative(entry.path().parent_path(), root).string(),
                         absl::StrSplit(report[1].str(), ", "), report[2],
                         absl::StrCat(named[1].str(), ".", named[2].str())});
    }
  }
  std::sort(reports.begin(), reports.end(), [](const Report& a, const Report& b) {
    return std::tie(a.where, a.test) < std::tie(b.where, b.test);
  });
  return reports;
}

std::string SystemOf(const std::string& seen) { return seen.substr(0, seen.find(" #")); }

std::string Render(const std::vector<Report>& reports) {
  std::string page =
      "# What went wrong elsewhere, and does not here\n\n"
      "One row per test of this tree. The test fails if the desk has the fault that people "
      "reported\n"
      "about the named systems. `conformance_test` makes this page from the tests.\n";
  std::string where;
  for (const Report& report : reports) {
    if (report.where != where) {
      where = report.where;
      absl::StrAppend(&page, "\n## ", where,
                      "\n\n| what went wrong | seen in | test |\n|---|---|---|\n");
    }
    absl::StrAppend(&page, "| ", report.what, " | ", absl::StrJoin(report.seen, ", "), " | `",
                    report.test, "` |\n");
  }
  absl::StrAppend(&page, "\n## The systems\n\n");
  std::set<std::string> named;
  for (const Report& report : reports) {
    for (const std::string& seen : report.seen) named.insert(SystemOf(seen));
  }
  for (const std::string& name : named) {
    absl::StrAppend(&page, "- ", name, ": ", Systems().at(name), "\n");
  }
  return page;
}

TEST(ReportsPageTest, IsWhatTheTestsSay) {
  const fs::path root = SourceDir();
  const fs::path page = root / "tests/conformance/REPORTS.md";
  const std::vector<Report> reports = ReadReports(root);
  ASSERT_GT(reports.size(), 30u) << "the tests were not found";
  const std::string text = Render(reports);
  if (std::getenv("RETAINER_WRITE_REPORTS") != nullptr) std::ofstream(page) << text;
  EXPECT_EQ(Read(page), text) << "RETAINER_WRITE_REPORTS=1 conformance_test writes it again";
}

TEST(ReportsPageTest, EverySystemIsKnownAndEveryReportHasANumber) {
  for (const Report& report : ReadReports(SourceDir())) {
    for (const std::string& seen : report.seen) {
      EXPECT_TRUE(Systems().contains(SystemOf(seen))) << seen << " at " << report.test;
      EXPECT_TRUE(seen == "here" || seen.find(" #") != seen.npos) << seen << " at " << report.test;
    }
  }
}

}  // namespace
}  // namespace retainer
