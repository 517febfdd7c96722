// Parses policy files to a Policy, or to everything that is wrong with them.
//
// Pure and thread-safe: text in, values out. Errors are collected for any text, not thrown. There
// is a policy only if there are no errors.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "retainer/policy.h"
#include "src/policy/problem.h"

namespace retainer::policy {

// The places of what only the whole policy, the configuration or the clock can show to be wrong.
struct PolicyPlaces {
  std::map<std::string, Place> forges;                         // the first place that names each
  std::map<std::pair<std::string, std::string>, Place> sinks;  // by team and sink
  std::map<std::string, Place> terms;                          // by customer
  // The amounts and units of blocks of hours, by customer and block.
  std::map<std::pair<std::string, std::string>, Place> hours;
  std::map<std::pair<std::string, std::string>, Place> units;
  std::map<std::string, Place> calendars;
  std::map<std::string, Place> holidays;                                  // by calendar
  std::map<std::tuple<std::string, std::string, Metric>, Place> targets;  // by plan and priority
};

struct PolicyResult {
  std::optional<Policy> policy;  // set only if `problems` is empty
  std::vector<Problem> problems;
  std::vector<Problem> warnings;  // the policy works, but perhaps not as intended
  PolicyPlaces places;
};

// `files` holds texts by name, as ReadPolicyFolder returns them. The files are merged: lists are
// joined, maps are joined and must not define a name twice, and a single value must be in one file
// only. A file may also be one entry of a section (entry_file.h).
PolicyResult ParsePolicy(const std::map<std::string, std::string>& files);

// The keys that the parser accepts, by the name of their definition in deploy/policy.schema.json.
std::map<std::string_view, std::vector<std::string_view>> KnownPolicyKeys();

}  // namespace retainer::policy
