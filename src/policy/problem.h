// A problem of a policy or a configuration: what is wrong, where, and how to fix it.
//
// Plain values. A text never holds a secret: for values from `env:` or `file:` it names only the
// reference.
#pragma once

#include <string>
#include <vector>

namespace retainer::policy {

// A position in a file.
struct Place {
  std::string file;  // empty: no position
  int line = 1;      // from 1
  int column = 1;    // from 1
  // The keys that lead there from the top of the file: `customers[3].contacts.logins[0]`, with list
  // items counted from 0. Empty: the top itself, or unknown.
  std::string path = {};
};

struct Problem {
  std::string file;
  int line = 1;    // from 1
  int column = 1;  // from 1
  std::string what;
  std::string mend;
  std::string path = {};  // as in Place
  friend bool operator==(const Problem&, const Problem&) = default;
};

Problem ProblemAt(const Place& place, std::string what, std::string mend = "");
// `file:line:column: what; mend`; without the position when there is none.
std::string FormatProblem(const Problem& problem);
// Ordered by file, line and column. Problems at one place keep their order.
std::vector<Problem> Sorted(std::vector<Problem> problems);
// In the same order, one per line.
std::string FormatProblems(std::vector<Problem> problems);

}  // namespace retainer::policy
