// Reads the sections of a policy one after another into a draft. Each section may use those read
// before it. Private to policy_parser.cc.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "retainer/policy.h"
#include "src/policy/policy_parser.h"
#include "src/policy/reader.h"
#include "src/policy/yaml_tree.h"

namespace retainer::policy {

struct PolicyDraft {
  Reader reader;
  const std::map<std::string, std::string>& files;
  std::vector<Problem>& warnings;
  Policy policy;
  PolicyPlaces places;
  // The keys of plans and priorities, and of label templates: `plan gold` -> where it is defined.
  std::map<std::string, YamlNode> label_keys;
  // Members of teams: LoginKey -> team.
  std::map<std::string, std::string> members;
  // Each is a LoginKey.
  std::set<std::string> bots;
  // Ids and aliases in lower case -> id.
  std::map<std::string, std::string> customers;
  // `login github:dave` -> id of the customer.
  std::map<std::string, std::string> contacts;
  // Names of calendars that are always open.
  std::set<std::string> always_open;
  // Names of plans that use `d` or `w`.
  std::set<std::string> plans_with_days;
  // The days of iCalendar files, by file name.
  std::map<std::string, std::set<absl::CivilDay>> ics_days;
  // Names of the iCalendar files that have problems.
  std::set<std::string> wrong_ics;
  // Sum over all calendars.
  std::size_t ics_days_in_all = 0;
};

// Call them in this order.
void ReadCalendars(const YamlNode& node, PolicyDraft* draft);
void ReadPriorities(const YamlNode& node, PolicyDraft* draft);
void ReadTeams(const YamlNode& node, PolicyDraft* draft);
void ReadPlans(const YamlNode& node, PolicyDraft* draft);
void ReadCommunity(const YamlNode& node, PolicyDraft* draft);
void ReadCustomers(const YamlNode& node, PolicyDraft* draft);
void ReadLabels(const YamlNode& node, PolicyDraft* draft);
// Checks the final name of each label, whether the policy sets its template or not. `root` is the
// place for problems with labels that the policy does not set.
void CheckLabels(const YamlNode& root, PolicyDraft* draft);

// A list of names of calendars; each must be defined.
std::vector<std::string> ReadCalendarNames(const YamlNode& node, PolicyDraft* draft);
// False, with a problem at `key`, when `name` is already defined.
template <typename Map>
bool IsNew(const Map& map, const std::string& name, std::string_view what, const YamlNode& key,
           Reader* reader) {
  if (!map.contains(name)) return true;
  reader->Error(key, std::string(what) + " \"" + name + "\" is defined twice",
                "keep one, or rename it");
  return false;
}
template <typename Map>
std::vector<std::string_view> NamesOf(const Map& map) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : map) names.push_back(name);
  return names;
}

}  // namespace retainer::policy
