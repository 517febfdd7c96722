// What is wrong with a policy or a configuration, where, and how to mend it.
//
// Plain values. A text never holds a secret: values that came from `env:` or `file:` are named by
// where they came from.
#pragma once

#include <string>
#include <vector>

namespace retainer {

// Where something stands.
struct Place {
  std::string file;  // empty: nowhere
  int line = 1;      // from 1
  int column = 1;    // from 1
};

struct Problem {
  std::string file;
  int line = 1;    // from 1
  int column = 1;  // from 1
  std::string what;
  std::string mend;
  friend bool operator==(const Problem&, const Problem&) = default;
};

// `file:line:column: what; mend`, without the place where it has none.
std::string FormatProblem(const Problem& problem);
// By file, line and column; those of one place as they were found.
std::vector<Problem> Sorted(std::vector<Problem> problems);
// In that order, one a line.
std::string FormatProblems(std::vector<Problem> problems);

}  // namespace retainer
