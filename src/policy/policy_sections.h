// The sections of a policy, read one after another into a draft; each may rely on those before it.
// For policy_parser.cc alone.
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

namespace retainer {

struct PolicyDraft {
  Reader reader;
  const std::map<std::string, std::string>& files;
  std::vector<Problem>& warnings;
  Policy policy;
  PolicyPlaces places;
  std::map<std::string, YamlNode> label_keys;    // of plans and priorities: `plan gold` -> its key
  std::map<std::string, std::string> members;    // of teams, by LoginKey -> team
  std::set<std::string> bots;                    // by LoginKey
  std::map<std::string, std::string> customers;  // ids and aliases in lower case -> id
  std::map<std::string, std::string> contacts;   // `login github:dave` -> id of the customer
  std::set<std::string> always_open;             // calendars
  std::set<std::string> plans_with_days;         // plans that use `d` or `w`
  std::map<std::string, std::set<absl::CivilDay>> ics_days;  // of iCalendar files, by name
  std::set<std::string> wrong_ics;                           // those among them with problems
  std::size_t ics_days_in_all = 0;                           // of all calendars
};

// In this order.
void ReadCalendars(const YamlNode& node, PolicyDraft* draft);
void ReadPriorities(const YamlNode& node, PolicyDraft* draft);
void ReadTeams(const YamlNode& node, PolicyDraft* draft);
void ReadPlans(const YamlNode& node, PolicyDraft* draft);
void ReadCommunity(const YamlNode& node, PolicyDraft* draft);
void ReadCustomers(const YamlNode& node, PolicyDraft* draft);
void ReadLabels(const YamlNode& node, PolicyDraft* draft);
// What each label will be called, whether the policy names its template or not. `root` is where
// those stand that it does not name.
void CheckLabels(const YamlNode& root, PolicyDraft* draft);

// A list of calendars that are defined.
std::vector<std::string> ReadCalendarNames(const YamlNode& node, PolicyDraft* draft);
// False, with a problem at `key`, where `name` is defined already.
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

}  // namespace retainer
