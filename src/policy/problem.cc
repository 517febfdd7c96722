#include "src/policy/problem.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace retainer::policy {

Problem ProblemAt(const Place& place, std::string what, std::string mend) {
  return {place.file, place.line, place.column, std::move(what), std::move(mend), place.path};
}

std::string FormatProblem(const Problem& p) {
  const std::string place =
      p.file.empty() ? "" : absl::StrCat(p.file, ":", p.line, ":", p.column, ": ");
  return absl::StrCat(place, p.what, p.mend.empty() ? "" : "; ", p.mend);
}

std::vector<Problem> Sorted(std::vector<Problem> problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  return problems;
}

std::string FormatProblems(std::vector<Problem> problems) {
  std::string text;
  for (const Problem& problem : Sorted(std::move(problems)))
    absl::StrAppend(&text, FormatProblem(problem), "\n");
  return text;
}

}  // namespace retainer::policy
