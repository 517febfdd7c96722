// The policy as plain values: what a project's owner wrote, checked and complete.
//
// A Policy that exists is valid: every name it mentions is defined, every calendar opens, every
// duration is positive. The policy room makes them from YAML; core reads them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "retainer/calendar.h"
#include "retainer/ids.h"

namespace retainer {

// Persisted: numbers never change.
enum class Metric : std::uint8_t {
  kAcknowledgement = 1,
  kFirstResponse = 2,
  kNextResponse = 3,
  kUpdate = 4,
  kWorkaround = 5,
  kResolution = 6,
};
inline constexpr std::array<Metric, 6> kAllMetrics = {
    Metric::kAcknowledgement, Metric::kFirstResponse, Metric::kNextResponse,
    Metric::kUpdate,          Metric::kWorkaround,    Metric::kResolution};
std::string_view MetricName(Metric metric);  // `first_response`
std::optional<Metric> ParseMetric(std::string_view name);

enum class PromiseKind : std::uint8_t { kCommitment = 1, kTarget = 2 };

// A target as written: `business_days` of the calendar in force plus `fixed` open time.
struct Target {
  double business_days = 0;
  absl::Duration fixed = absl::ZeroDuration();
  std::string text;  // as written: `1bd`, `1h30m`
  friend bool operator==(const Target&, const Target&) = default;
};

struct Priority {
  std::string name;  // `P1`
  std::string title;
  std::string when;
};

struct PlanPromises {
  std::vector<std::string> calendars;  // empty: the plan's
  std::map<Metric, Target> targets;
};

struct EscalationLevel {
  double at = 1.0;                  // of the target: 1.0 = due
  std::optional<Metric> metric;     // nullopt: every metric
  std::vector<std::string> notify;  // teams
  bool mention = false;             // their members on the ticket too, where its customer is public
};

// When people are told: only while the calendars of the promise are open, or at any hour.
enum class NotifyHours : std::uint8_t { kOpeningHours, kAlways };

struct Plan {
  std::string name;
  std::vector<std::string> calendars;
  PromiseKind kind = PromiseKind::kCommitment;
  bool covers_issues = true;
  bool covers_changes = false;
  std::map<std::string, PlanPromises> promises;  // by priority
  std::string default_priority;
  double at_risk = 0.75;
  std::vector<double> warn_at;  // ascending
  NotifyHours notify = NotifyHours::kOpeningHours;
  std::vector<EscalationLevel> escalation;
};

enum class CommunityComment : std::uint8_t { kNone, kNeutral };

struct CommunityRules {
  CommunityComment comment = CommunityComment::kNone;
  std::map<Metric, Target> objectives;  // reported, never shown as promises
  std::vector<std::string> calendars;
};

// `github:alice`: a login on one configured forge. Logins compare as FoldName does.
struct Login {
  std::string forge;
  std::string name;
  friend auto operator<=>(const Login&, const Login&) = default;
};

struct Team {
  std::string name;
  std::vector<Login> members;
  std::vector<std::string> labels;
  std::vector<std::string> sinks;
};

struct Contacts {
  std::vector<Login> logins;
  std::vector<Login> organizations;  // `github:acme-inc`, or a GitLab group's full path
  std::vector<std::string> emails;   // `@acme.example` (a domain) or a whole address; lower case
  bool empty() const { return logins.empty() && organizations.empty() && emails.empty(); }
};

// Whole days, both inclusive, in the customer's time zone.
struct Term {
  absl::CivilDay from;
  absl::CivilDay until;
};

struct Customer {
  std::string id;
  std::string alias;  // opaque; commands accept it
  std::string name;
  std::string plan;
  std::string time_zone = "UTC";
  std::optional<Term> term;  // nullopt: without end
  Contacts contacts;
  std::vector<ProjectRef> projects;    // paths are patterns: `*` is one level, `**` all
  bool is_public = false;              // `visibility: public`; private unless said
  std::vector<std::string> calendars;  // instead of the plan's
};

// The check on changes that say they fix tickets: none; one that never blocks; one that can.
enum class CheckMode : std::uint8_t { kOff, kNeutral, kBlocking };

struct LabelNames {
  std::string waiting = "waiting for customer";
  std::string workaround = "workaround available";
  std::string support = "support: {plan}";
  std::string priority = "priority: {priority}";
  std::string state = "none";  // or `sla: {state}`
};

struct Policy {
  std::vector<ProjectRef> projects;  // patterns
  std::optional<absl::Time> since;
  std::map<std::string, CalendarSpec> calendars;
  std::vector<Priority> priorities;  // highest first
  std::map<std::string, Plan> plans;
  CommunityRules community;
  std::map<std::string, Team> teams;
  std::vector<Login> bots;
  std::vector<Customer> customers;
  LabelNames labels;
  bool bare_commands = true;
  CheckMode checks = CheckMode::kNeutral;
  bool public_badge = false;  // `badge: public`: without a token

  const Customer* FindCustomer(std::string_view id_or_alias) const;
  // The rank of a priority, 0 the highest; nullopt when unknown. Compares as FoldName does.
  std::optional<std::size_t> PriorityRank(std::string_view name) const;
};

// `*` matches within one level of a path, `**` any number of levels. Without regard to ASCII case.
bool MatchesProject(const ProjectRef& pattern, const ProjectRef& project);

// What one metric is promised under one version of the policy, to all who share a plan, a priority
// and calendars. Immutable; the cycles that it rules share it.
struct Promise {
  Target as_written;
  absl::Duration target;  // open time
  PromiseKind kind = PromiseKind::kCommitment;
  std::vector<std::string> calendars;
  std::string priority;
  std::string plan;                              // empty for the community's objectives
  std::string terms_id;                          // the version
  std::shared_ptr<const BusinessTime> calendar;  // the union of `calendars`
  absl::Duration at_risk_shift;                  // Shift of the target at which it is at risk
};

// What `fraction` of a target is away from the whole: below zero for a part of it.
absl::Duration Shift(absl::Duration target, double fraction);

class TermsIndex;  // core's own
class OpenTerms;   // core's own

// A policy with its calendars compiled. Immutable; shared between threads.
struct Terms {
  std::string id;  // the policy version: hex digest of its source
  absl::Time
      effective;  // from this instant on; the first in a history also covers what came before
  Policy policy;
  // One timeline a set of calendar names (sorted, joined with `,`); every set that the policy can
  // name is there.
  std::map<std::string, std::shared_ptr<const BusinessTime>> calendars;
  // What evaluations ask of the policy again and again, worked out once; nullptr only in terms that
  // nothing is evaluated under.
  std::shared_ptr<const TermsIndex> index;
  std::shared_ptr<OpenTerms> open;  // as the index

  // REQUIRES: a set that the policy names.
  const BusinessTime& Calendar(const std::vector<std::string>& names) const {
    return *SharedCalendar(names);
  }
  const std::shared_ptr<const BusinessTime>& SharedCalendar(
      const std::vector<std::string>& names) const;
};

// All versions in force until now, by `effective`, the oldest first; never empty where a ticket is
// judged.
using TermsHistory = std::vector<std::shared_ptr<const Terms>>;

// Compiles the calendars. InvalidArgument as BusinessTime::Compile.
absl::StatusOr<std::shared_ptr<const Terms>> CompileTerms(std::string id, absl::Time effective,
                                                          Policy policy);
// The same version as if the customers whom `current`, the version in force, keeps private were
// nobody's; remembered for the last version in force. Thread-safe.
std::shared_ptr<const Terms> WithoutHidden(const Terms& terms,
                                           const std::shared_ptr<const Terms>& current);
// Whose claims nobody outside may know of: by the policy in force, and of those whom it holds no
// more by the one that held them.
bool IsHidden(const Customer& customer, const Policy& current);
// The same version with other people in its policy. REQUIRES: no calendars that `terms` has not.
std::shared_ptr<const Terms> WithPolicy(const Terms& terms, Policy policy);

// Does a version of the policy give the login a role: in a team, as a bot, as somebody's contact?
bool IsNamed(const TermsHistory& terms, const Login& login);

// The calendars that count for a customer's promises of one priority: the customer's own, else the
// priority's own, else the plan's. `customer` may be nullptr.
const std::vector<std::string>& CalendarsInForce(const Plan& plan, const Customer* customer,
                                                 std::string_view priority);

// When people are told what there is to tell at `at`, of a promise that `calendar` counts: at once
// where it is open or the plan says so, else when it next opens.
absl::Time TellingTime(const Plan& plan, const BusinessTime& calendar, absl::Time at);

// The open time that a target stands for on a calendar.
absl::Duration OpenTime(const Target& target, const BusinessTime& calendar);

}  // namespace retainer
