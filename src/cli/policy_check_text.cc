#include "src/cli/policy_check_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "src/base/utf8.h"
#include "src/base/view.h"

namespace retainer::cli {
namespace {

constexpr std::size_t kMostProblems = 50;
constexpr std::size_t kMostChanges = 200;
constexpr std::size_t kMostBytes = 60'000;  // GitHub takes 65,535 characters
constexpr std::size_t kShownCommit = 7;
constexpr std::size_t kShownVersion = 12;

std::string Counted(std::int64_t count, std::string_view one, std::string_view many) {
  const std::string_view what = count == 1 ? one : many;
  return absl::StrCat(count, " ", std::string(what));
}

// Text that mentions nobody and ends no block.
std::string Block(const std::string& text) {
  return absl::StrCat("```text\n", absl::StrReplaceAll(text, {{"```", "'''"}}),
                      text.empty() || text.back() == '\n' ? "" : "\n", "```\n");
}

bool NamesPrivate(const std::string& text, const Policy* in_force) {
  return in_force != nullptr && std::any_of(in_force->customers.begin(), in_force->customers.end(),
                                            [&](const Customer& customer) {
                                              return !customer.is_public &&
                                                     (absl::StrContains(text, customer.id) ||
                                                      absl::StrContains(text, customer.name));
                                            });
}

std::string ForAnybody(const policy::Problem& problem, const Policy* in_force) {
  if (!NamesPrivate(problem.what, in_force) && !NamesPrivate(problem.mend, in_force)) {
    return FormatProblem(problem);
  }
  return FormatProblem(policy::Problem{problem.file, problem.line, problem.column,
                                       "not valid; the service's log says why", ""});
}

std::string OneLine(std::string text) {
  absl::StrReplaceAll({{"\r", " "}, {"\n", " "}}, &text);
  return text;
}

}  // namespace

std::string WrongInOneLine(const PolicyReading& reading, const Policy* in_force) {
  if (reading.problems.empty()) {
    // What is wrong with the commit's files. Other errors are our own, and tell of this machine.
    const bool of_files = absl::IsInvalidArgument(reading.status) ||
                          absl::IsNotFound(reading.status) ||
                          absl::IsFailedPrecondition(reading.status);
    return of_files ? OneLine(std::string(reading.status.message()))
                    : "The commit could not be read; the service's log says why";
  }
  const std::size_t more = reading.problems.size() - 1;
  return OneLine(absl::StrCat(ForAnybody(reading.problems[0], in_force),
                              more == 0 ? "" : absl::StrCat(" (and ", more, " more)")));
}

PolicyCheckText ProposalText(const PolicyReading& reading, const Terms* in_force,
                             std::optional<Impact> impact, const std::string& no_impact,
                             Audience audience) {
  // How much is left out for outsiders depends on private customers' tickets.
  if (impact) impact->hidden = 0;
  PolicyCheckText text;
  if (!reading.status.ok()) {
    const Policy* now = in_force == nullptr ? nullptr : &in_force->policy;
    text.title = WrongInOneLine(reading, now);
    std::string problems;
    for (std::size_t i = 0; i < reading.problems.size(); ++i) {
      if (i == kMostProblems) {
        absl::StrAppend(&problems, "and ", reading.problems.size() - i, " more\n");
        break;
      }
      absl::StrAppend(&problems, OneLine(ForAnybody(reading.problems[i], now)), "\n");
    }
    if (problems.empty()) problems = text.title;
    text.summary = absl::StrCat("The policy of this commit is not valid:\n\n", Block(problems));
    return text;
  }
  text.good = true;
  std::vector<std::string> changes;
  if (in_force != nullptr) {
    changes = PolicyChanges(in_force->policy, reading.policy->policy, audience);
  }
  text.title = in_force == nullptr ? "Valid"
               : changes.empty()
                   ? "Valid; it says what the policy in force says"
                   : absl::StrCat("Valid; ", Counted(static_cast<std::int64_t>(changes.size()),
                                                     "change", "changes"));
  text.summary = "The policy of this commit is valid.\n";
  if (in_force != nullptr) {
    const std::string whose =
        in_force->commit.empty()
            ? absl::StrCat("version ", in_force->id.substr(0, kShownVersion))
            : absl::StrCat("commit ", in_force->commit.substr(0, kShownCommit));
    absl::StrAppend(&text.summary, "\n#### What changes\n\nCompared with the policy in force (",
                    whose, "):\n\n");
    std::string lines;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (i == kMostChanges) {
        absl::StrAppend(&lines, "and ", changes.size() - i, " more\n");
        break;
      }
      absl::StrAppend(&lines, changes[i], "\n");
    }
    absl::StrAppend(&text.summary, changes.empty() ? "Nothing.\n" : Block(lines));
  }
  if (impact) {
    absl::StrAppend(&text.title, "; ",
                    Counted(impact->moved_promises, "due instant moves", "due instants move"), ", ",
                    impact->late_at_once, " late at once");
    absl::StrAppend(&text.summary, "\n#### What it does to tickets\n\n",
                    Block(ImpactText(*impact, audience)));
  } else if (!no_impact.empty()) {
    absl::StrAppend(&text.summary, "\n#### What it does to tickets\n\nNot computed: ", no_impact,
                    ".\n");
  }
  if (text.summary.size() > kMostBytes) {
    text.summary =
        absl::StrCat(base::View(base::CutToBytes(text.summary, kMostBytes - 10)), "\n```\n…\n");
  }
  return text;
}

}  // namespace retainer::cli
