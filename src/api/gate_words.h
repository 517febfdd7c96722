// The headline of the gate's answer. The command, the GitHub action and the GitLab template all
// show it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace retainer::api {

struct GateSaid {
  std::string_view verdict;  // pass, fail, unknown
  std::string project;       // forge:path
  bool at_risk = false;      // promises at risk also fail
  // The filters of the question: `P2`, `plan gold`, `customer globex`.
  std::vector<std::string> filters;
  // The number of promises that are broken (or at risk), whether listed or only counted.
  std::size_t promises = 0;
  bool more = false;  // true: there are more than were counted
  bool overridden = false;
  std::string fixed_by;  // the ref that fixes some of them; else empty
};
std::string GateHeadline(const GateSaid& said);

// The reason that outside callers get for all private customers together.
std::string HiddenReason(bool at_risk);

}  // namespace retainer::api
