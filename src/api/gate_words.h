// What the gate's answer says in one line, so that the command, the GitHub action and the GitLab
// template say the same. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace retainer {

struct GateSaid {
  std::string_view verdict;  // pass, fail, unknown
  std::string project;       // forge:path
  bool at_risk = false;      // what is at risk fails too
  // What the question was narrowed to: `P2`, `plan gold`, `customer globex`.
  std::vector<std::string> filters;
  std::size_t promises = 0;  // that are broken (or at risk) and told one by one or counted
  bool more = false;         // than are counted
  bool overridden = false;
  std::string fixed_by;  // a ref that leaves out some; else empty
};
std::string GateHeadline(const GateSaid& said);

// The reason that stands for all private customers where outsiders read.
std::string HiddenReason(bool at_risk);

}  // namespace retainer
