// Reads the sections of a policy one after another into a draft. Each section may use those read
// before it. Private to policy_parser.cc.
#pragma once

#include <map>
#include <optional>
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
  // Where each calendar, team and plan is defined: `team core`.
  std::map<std::string, const YamlNode*> defined;
  // Members of teams: LoginKey -> team.
  std::map<std::string, std::string> members;
  // Each is a LoginKey.
  std::set<std::string> bots;
  // A name or a contact of a customer, and where it is written.
  struct Owned {
    std::string customer;  // its id
    const YamlNode* at = nullptr;
  };
  std::map<std::string, Owned> customers;  // by id or alias in lower case
  std::map<std::string, Owned> contacts;   // by `login github:dave`
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
void ReadFeedback(const YamlNode& node, PolicyDraft* draft);
void ReadCustomers(const YamlNode& node, PolicyDraft* draft);
void ReadRequests(const YamlNode& node, PolicyDraft* draft);
void ReadLabels(const YamlNode& node, PolicyDraft* draft);
// Checks the final name of each label, whether the policy sets its template or not. `root` is the
// place for problems with labels that the policy does not set.
void CheckLabels(const YamlNode& root, PolicyDraft* draft);

// The plans that a customer holds: `entitlements`, or the short form `plan` and `term`.
void ReadEntitlements(const YamlNode& customer_node, Customer* customer, PolicyDraft* draft);
// A block of hours: the item of `entitlements` that has the key `hours`.
void ReadHours(const YamlNode& item, Customer* customer, PolicyDraft* draft);
// A target as people write it. `calendars` count it; `d` and `w` need calendars that are always
// open. Nullopt, with a problem, for anything else.
// A length of whole days, as `14d`.
std::optional<int> ReadDays(const YamlNode& node, Reader* reader);
std::optional<Target> ReadTarget(const YamlNode& node, const std::vector<std::string>& calendars,
                                 PolicyDraft* draft);

// A list of names of calendars; each must be defined.
std::vector<std::string> ReadCalendarNames(const YamlNode& node, PolicyDraft* draft);
// False, with a problem at `key`, when a calendar, team, plan or kind of request (`what`) of the
// name is already defined.
bool IsNew(const std::string& name, std::string_view what, const YamlNode& key, PolicyDraft* draft);
// ` (customers/acme.yml, line 4)`: where the first of two is.
std::string InBrackets(const YamlNode& node);
template <typename Map>
std::vector<std::string_view> NamesOf(const Map& map) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : map) names.push_back(name);
  return names;
}

}  // namespace retainer::policy
