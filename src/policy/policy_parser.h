// Policy files -> Policy, or everything that is wrong with them.
//
// Pure and thread-safe: text in, values out. Errors are collected, not thrown, whatever the text;
// a policy comes out only where there are none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retainer/policy.h"
#include "src/policy/problem.h"

namespace retainer {

// Where stands what only the configuration or the clock can find wrong.
struct PolicyPlaces {
  std::map<std::string, Place> forges;                         // the first place that names each
  std::map<std::pair<std::string, std::string>, Place> sinks;  // by team and sink
  std::map<std::string, Place> terms;                          // by customer
};

struct PolicyResult {
  std::optional<Policy> policy;  // exactly where `problems` is empty
  std::vector<Problem> problems;
  std::vector<Problem> warnings;  // it works, though perhaps not as meant
  PolicyPlaces places;
};

// `files` by name, as ReadPolicyFolder gives them. Files merge: lists are joined, maps are joined
// and must not name one thing twice, and what can stand once must stand in one file.
PolicyResult ParsePolicy(const std::map<std::string, std::string>& files);

// The keys that the parser knows, by the definition's name in deploy/policy.schema.json.
std::map<std::string_view, std::vector<std::string_view>> KnownPolicyKeys();

}  // namespace retainer
