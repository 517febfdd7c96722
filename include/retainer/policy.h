// The policy as plain values: what a project's owner wrote, validated and complete.
//
// A Policy object is always valid: every name in it is defined, every calendar opens, every
// duration is positive. The policy room makes it from YAML; the core reads it.
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

// A target as written: `business_days` of the calendar in force, plus the open time `fixed`.
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
  std::vector<std::string> calendars;  // empty: those of the plan
  std::map<Metric, Target> targets;
};

struct EscalationLevel {
  double at = 1.0;                  // fraction of the target: 1.0 = due
  std::optional<Metric> metric;     // nullopt: every metric
  std::vector<std::string> notify;  // teams
  // Also mention the teams' members on the ticket, if its customer is public.
  bool mention = false;
};

// When people are told: only while the calendars of the promise are open, or always.
enum class NotifyHours : std::uint8_t { kOpeningHours, kAlways };

// Whose a ticket is that its author opened before joining a customer: nobody's, as at its opening,
// or the customer's from the joining on.
enum class ClockStart : std::uint8_t { kOpened, kVerified };

// How many tickets a plan serves. Nullopt: any number.
struct TicketLimit {
  std::optional<int> open;       // at the same time
  std::optional<int> per_month;  // opened in one calendar month of the customer's time zone
  friend bool operator==(const TicketLimit&, const TicketLimit&) = default;
};

struct Allowance {
  std::map<std::string, TicketLimit> priorities;  // by priority name
  TicketLimit tickets;                            // of all priorities together
  bool empty() const { return *this == Allowance(); }
  friend bool operator==(const Allowance&, const Allowance&) = default;
};

// How much of an allowance a customer's earlier tickets use, at the opening of a ticket.
struct TicketUse {
  int open = 0;
  int this_month = 0;
  friend bool operator==(const TicketUse&, const TicketUse&) = default;
};
struct AllowanceUse {
  std::map<std::string, TicketUse> priorities;  // by priority name
  TicketUse tickets;                            // of all priorities together
  friend bool operator==(const AllowanceUse&, const AllowanceUse&) = default;
};

// A plan that sponsors hold.
struct SponsorsOffer {
  std::string sponsorable;  // login of the sponsored account; compared as FoldName does
  int min_monthly = 1;      // the least sum, US dollars a month
  // A sponsorship of at least that sum that is paid once holds the plan for so many days. 0: not.
  int one_time_days = 0;
};

struct Plan {
  std::string name;
  std::vector<std::string> calendars;
  ClockStart starts = ClockStart::kVerified;
  std::optional<int> most_contacts;  // logins of the policy and joined contacts together
  Allowance allowance;
  PromiseKind kind = PromiseKind::kCommitment;
  bool covers_issues = true;
  bool covers_changes = false;
  std::map<std::string, PlanPromises> promises;  // by priority name
  std::string default_priority;
  double at_risk = 0.75;
  std::vector<double> warn_at;  // ascending
  NotifyHours notify = NotifyHours::kOpeningHours;
  std::vector<EscalationLevel> escalation;
  std::optional<SponsorsOffer> github_sponsors;
  std::string github_marketplace;  // id of the listing's plan whose buyers hold it; empty: none
};

enum class CommunityComment : std::uint8_t { kNone, kNeutral };

struct CommunityRules {
  CommunityComment comment = CommunityComment::kNone;
  std::map<Metric, Target> objectives;  // reported, never shown as promises
  std::vector<std::string> calendars;
};

// `github:alice`: a login on a configured forge. Compared as FoldName does.
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

// Whole days in the customer's time zone, both inclusive.
struct Term {
  absl::CivilDay from;
  absl::CivilDay until;
  friend bool operator==(const Term&, const Term&) = default;
};

// When a plan is held that was bought on a forge.
struct BoughtTerm {
  std::string on;                             // `GitHub Sponsors`, `GitHub Marketplace`
  absl::Time from;                            // inclusive
  absl::Time until = absl::InfiniteFuture();  // exclusive
  friend bool operator==(const BoughtTerm&, const BoughtTerm&) = default;
};

// A plan that a customer holds.
struct Entitlement {
  std::string plan;
  std::optional<Term> term;  // nullopt: always
  int grace_days = 0;        // whole days after the term in which the plan still covers new tickets
  bool trial = false;        // shown as a trial, and counted apart
  std::optional<BoughtTerm> bought = std::nullopt;  // in place of `term`; never in a written policy
  friend bool operator==(const Entitlement&, const Entitlement&) = default;
};

// What happens to work that does not fit into a block of hours any more.
enum class OverHours : std::uint8_t {
  kRefuse,   // it is not logged
  kAllow,    // it is logged and shown as over
  kOverage,  // it is logged and counted, to be billed
};

// Hours of work that a customer bought. Days are those of the customer's time zone, both inclusive.
struct HoursBlock {
  std::string id;  // unique within the customer
  int amount = 0;  // minutes
  absl::CivilDay from;
  absl::CivilDay until;
  int unit = 15;        // minutes; an entry is accounted in whole units
  double rollover = 0;  // share of what is left at the end that the next block gets
  OverHours over = OverHours::kRefuse;
  friend bool operator==(const HoursBlock&, const HoursBlock&) = default;
};

// What is left of a block of hours, as the last decision on a ticket knew it.
struct HoursLeft {
  std::string block;
  int left = 0;    // minutes
  int amount = 0;  // minutes, with what rolled over from earlier blocks
  absl::CivilDay until;
  friend bool operator==(const HoursLeft&, const HoursLeft&) = default;
};

struct Customer {
  std::string id;
  std::string alias;  // opaque name; commands accept it
  std::string name;
  std::vector<Entitlement> entitlements;   // ordered by the first day; may be empty
  std::vector<HoursBlock> hours;           // ordered by the last day, the first day, then id
  std::map<std::string, std::string> crm;  // system -> the customer's id there
  std::string time_zone = "UTC";
  Contacts contacts;
  std::vector<ProjectRef> projects;    // path patterns: `*` is one level, `**` any number
  bool is_public = false;              // `visibility: public`; default: private
  std::vector<std::string> calendars;  // replace those of the plan

  // The entitlement that covers a ticket of the instant `at`: of those whose term covers the day,
  // the last to begin; else of those in grace, the last to end; else what was bought; else nullptr.
  const Entitlement* EntitlementAt(absl::Time at) const;
  // The same; if there is none, the one that ended last before `at`, else the first one to begin.
  // Nullptr only if there is no entitlement at all. For tickets that were accepted earlier.
  const Entitlement* EntitlementFor(absl::Time at) const;
};

// Where customers are in a policy's list, by id and by alias. A copy of an index is empty, because
// the list of a copied policy may be changed.
class CustomerIndex {
 public:
  CustomerIndex() = default;
  CustomerIndex(const CustomerIndex&) {}
  CustomerIndex(CustomerIndex&&) = default;
  CustomerIndex& operator=(const CustomerIndex& other) {
    if (this != &other) places_ = nullptr;
    return *this;
  }
  CustomerIndex& operator=(CustomerIndex&&) = default;

  void Make(const std::vector<Customer>& customers);
  // The first customer with this id or alias; nullptr: none. Without an index: searches the list.
  const Customer* Find(const std::vector<Customer>& customers, std::string_view id_or_alias) const;

 private:
  struct Places;
  std::shared_ptr<const Places> places_;
};

// Requests that have their own promises in place of those of the plan, such as a training.
struct RequestKind {
  std::string name;
  std::vector<std::string> labels;  // a ticket with one of them is such a request
  std::map<Metric, Target> promises;
  bool hours = false;  // drawn from the customer's hours: people are warned if none are left
};

// The check on changes that fix tickets: no check, a check that never fails, or one that can fail.
enum class CheckMode : std::uint8_t { kOff, kNeutral, kBlocking };

// How public customers are asked how it was: not at all, in the fold of the status comment, or by
// one comment of its own, at most once a ticket.
enum class AskFeedback : std::uint8_t { kNever, kFold, kMention };

struct FeedbackRules {
  AskFeedback ask = AskFeedback::kNever;
  absl::Duration after = absl::Hours(24);  // from the closing to the question
  int scale = 5;                           // 1 is the worst, `scale` the best
  friend bool operator==(const FeedbackRules&, const FeedbackRules&) = default;
};

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
  std::map<std::string, RequestKind> requests;
  FeedbackRules feedback;
  LabelNames labels;
  bool bare_commands = true;
  CheckMode checks = CheckMode::kNeutral;
  bool public_badge = false;  // `badge: public`: readable without a token
  CustomerIndex index;        // of `customers`; made by CompileTerms and WithPolicy

  const Customer* FindCustomer(std::string_view id_or_alias) const;
  // The rank of a priority; 0 is the highest. Nullopt if unknown. Compares as FoldName does.
  std::optional<std::size_t> PriorityRank(std::string_view name) const;
};

// `*` matches within one level of a path, `**` matches any number of levels. Ignores ASCII case.
bool MatchesProject(const ProjectRef& pattern, const ProjectRef& project);

// The promise for one metric under one version of the policy. Equal for all customers with the same
// plan, priority and calendars. Immutable; shared by the cycles that it applies to.
struct Promise {
  Target as_written;
  absl::Duration target;  // the target as open time
  PromiseKind kind = PromiseKind::kCommitment;
  std::vector<std::string> calendars;
  std::string priority;
  std::string plan;                              // empty for community objectives
  std::string terms_id;                          // policy version
  std::shared_ptr<const BusinessTime> calendar;  // the union of `calendars`
  absl::Duration at_risk_shift;                  // Shift(target, at_risk): when it is at risk
};

// The distance from the due instant to `fraction` of the target: negative for a fraction below 1.
absl::Duration Shift(absl::Duration target, double fraction);

namespace core {
class TermsIndex;
class OpenTerms;
}  // namespace core

// A policy version with its calendars compiled. Immutable; shared between threads.
struct Terms {
  std::string id;      // policy version: hex digest of its source
  std::string commit;  // from which it was read, in hex; empty for a plain folder
  // In force from this instant on. The first version in a history also covers earlier times.
  absl::Time effective;
  Policy policy;
  // Sorted calendar names joined with `,` -> their union's timeline. Has every set of calendars
  // that the policy can use.
  std::map<std::string, std::shared_ptr<const BusinessTime>> calendars;
  // Precomputed answers for evaluations. Nullptr only in terms that no evaluation uses.
  std::shared_ptr<const core::TermsIndex> index;
  std::shared_ptr<core::OpenTerms> open;  // as `index`

  // REQUIRES: `names` is a set of calendars that the policy uses.
  const BusinessTime& Calendar(const std::vector<std::string>& names) const {
    return *SharedCalendar(names);
  }
  const std::shared_ptr<const BusinessTime>& SharedCalendar(
      const std::vector<std::string>& names) const;
};

// All versions up to now, ordered by `effective`, the oldest first. Never empty when a ticket is
// evaluated.
using TermsHistory = std::vector<std::shared_ptr<const Terms>>;

// Compiles the calendars. InvalidArgument as for BusinessTime::Compile.
absl::StatusOr<std::shared_ptr<const Terms>> CompileTerms(std::string id, absl::Time effective,
                                                          Policy policy, std::string commit = "");
// The same version without the customers that `current` (the version in force) keeps private.
// Cached for the last version in force. Thread-safe.
std::shared_ptr<const Terms> WithoutHidden(const Terms& terms,
                                           const std::shared_ptr<const Terms>& current);
// True if outsiders may not know of the customer's claims. Decided by `current`, the policy in
// force; by `customer` itself if `current` does not have the customer.
bool IsHidden(const Customer& customer, const Policy& current);
// The same version with other people in its policy. REQUIRES: `policy` uses only calendars in
// `terms`.
std::shared_ptr<const Terms> WithPolicy(const Terms& terms, Policy policy);

// True if any version of the policy gives the login a role: team member, bot or contact.
bool IsNamed(const TermsHistory& terms, const Login& login);

// The calendars for a customer's promises of one priority: the customer's own, else the priority's,
// else the plan's. `customer` may be nullptr.
const std::vector<std::string>& CalendarsInForce(const Plan& plan, const Customer* customer,
                                                 std::string_view priority);

// When a notice for the instant `at` is told, for a promise on `calendar`: at once if it is open or
// the plan says so, else when it next opens.
absl::Time TellingTime(const Plan& plan, const BusinessTime& calendar, absl::Time at);

// The open time of a target on a calendar.
absl::Duration OpenTime(const Target& target, const BusinessTime& calendar);

}  // namespace retainer
