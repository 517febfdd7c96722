// Customers, the policy in force, and the head of the ledger.
#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "src/api/routes.h"
#include "src/api/ticket_json.h"
#include "src/api/tokens.h"
#include "src/pipeline/late_promises.h"

namespace retainer::api {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostCounted = 10000;
constexpr std::size_t kNextTickets = 10;

std::string DayText(absl::CivilDay day) { return absl::FormatCivilTime(day); }

ordered_json TermJson(const std::optional<Term>& term) {
  if (!term) return nullptr;
  return {{"from", DayText(term->from)}, {"until", DayText(term->until)}};
}

ordered_json BoughtJson(const std::optional<BoughtTerm>& bought) {
  if (!bought) return nullptr;
  return {{"on", bought->on},
          {"from", InstantJson(bought->from)},
          {"until", bought->until == absl::InfiniteFuture() ? ordered_json(nullptr)
                                                            : InstantJson(bought->until)}};
}

ordered_json EntitlementsJson(const Customer& customer) {
  ordered_json all = ordered_json::array();
  for (const Entitlement& held : customer.entitlements) {
    all.push_back({{"plan", held.plan},
                   {"term", TermJson(held.term)},
                   {"grace_days", held.grace_days},
                   {"trial", held.trial},
                   {"bought", BoughtJson(held.bought)}});
  }
  return all;
}

bool Holds(const Customer& customer, const std::string& plan) {
  return std::any_of(customer.entitlements.begin(), customer.entitlements.end(),
                     [&](const Entitlement& held) { return held.plan == plan; });
}

// The customer's projects that the caller may read of.
std::vector<ProjectRef> ProjectsFor(const Caller& caller, const Customer& customer) {
  std::vector<ProjectRef> shown;
  for (const ProjectRef& project : customer.projects) {
    if (MayReadProject(caller, project, std::nullopt)) shown.push_back(project);
  }
  return shown;
}

ordered_json TextsOf(const std::vector<ProjectRef>& projects) {
  ordered_json texts = ordered_json::array();
  for (const ProjectRef& project : projects) texts.push_back(ToString(project));
  return texts;
}

// The part that every caller may see who may know of the customer at all: no contacts, no names of
// people. `plan` and `term`: those of the entitlement at `now`, else of the last one.
ordered_json CustomerJson(const Caller& caller, const Customer& customer, absl::Time now) {
  const Entitlement* held = customer.EntitlementFor(now);
  return {{"id", customer.id},
          {"alias", customer.alias},
          {"name", customer.name},
          {"plan", held == nullptr ? ordered_json(nullptr) : ordered_json(held->plan)},
          {"time_zone", customer.time_zone},
          {"term", held == nullptr ? ordered_json(nullptr) : TermJson(held->term)},
          {"trial", held != nullptr && held->trial},
          {"entitlements", EntitlementsJson(customer)},
          {"visibility", customer.is_public ? "public" : "private"},
          {"projects", TextsOf(ProjectsFor(caller, customer))}};
}

// Open promises that are late at the time of the request already count as missed.
ordered_json ComplianceJson(std::map<Metric, EndingSums::Sum> all,
                            const pipeline::LatePromises& late) {
  for (const auto& [metric, count] : late) all[metric].missed += count;
  ordered_json metrics = ordered_json::object();
  for (const auto& [metric, sum] : all) {
    const std::uint64_t decided = sum.met + sum.missed;
    const auto open = late.find(metric);
    metrics[std::string(MetricName(metric))] = {
        {"met", sum.met},
        {"missed", sum.missed},
        {"missed_open", open == late.end() ? 0 : open->second},
        {"closed_unanswered", sum.closed_unanswered},
        {"cancelled", sum.cancelled},
        {"excused", sum.excused},
        {"rate", decided == 0
                     ? ordered_json(nullptr)
                     : ordered_json(static_cast<double>(sum.met) / static_cast<double>(decided))}};
  }
  return metrics;
}

ApiAnswer ShowCustomer(const ApiContext& context, const ApiRequest& request) {
  const char* const unknown = "The policy in force names no such customer.";
  const TermsHistory terms = context.desk.terms();
  const Customer* customer =
      terms.empty() ? nullptr : terms.back()->policy.FindCustomer(request.in_path);
  // A customer that this token may not know of is answered as one that does not exist.
  if (customer == nullptr || !MayKnow(*request.caller, *customer)) return Refuse(404, unknown);
  const AskedProject project = AskProject(context, request);
  if (project.refusal) return *project.refusal;
  std::optional<ProjectKey> key;
  if (project.project) key = project.project->key;

  const absl::Time now = context.clock.Now();
  const Entitlement* held = customer->EntitlementFor(now);
  const std::optional<Term> term = held == nullptr ? std::nullopt : held->term;
  const absl::CivilDay epoch(1970, 1, 1);
  // Counts from the term's first day, or from the beginning. Endings are stored by days of UTC.
  const std::int32_t from = term ? static_cast<std::int32_t>(term->from - epoch) : 0;
  auto sums = context.store.SumEndings(customer->id, key, from, DayOf(now));
  if (!sums.ok()) return Trouble(context, request, "customer", sums.status(), "");
  auto late = pipeline::CountLate(context.store, customer->id, key, now);
  if (!late.ok()) return Trouble(context, request, "customer", late.status(), "");
  auto open = context.store.CountOpen(customer->id, key, kMostCounted);
  if (!open.ok()) return Trouble(context, request, "customer", open.status(), "");
  TicketQuery query;
  query.customer = customer->id;
  query.project = key;
  query.open = true;
  query.at = now;
  query.limit = kNextTickets;
  auto next = context.store.FindTickets(query);
  if (!next.ok()) return Trouble(context, request, "customer", next.status(), "");
  JsonWriter open_tickets;
  open_tickets.BeginObject();
  open_tickets.Number("count", static_cast<std::int64_t>(*open));
  open_tickets.BeginArray("next");
  for (const TicketRecord& record : *next) {
    WriteTicketEntry(record, customer->id, now, &open_tickets);
  }
  open_tickets.End();
  open_tickets.End();

  ordered_json json = CustomerJson(*request.caller, *customer, now);
  json["as_of"] = InstantJson(now);
  json["in_term"] = customer->EntitlementAt(now) != nullptr;
  json["open_tickets"] = ordered_json::parse(open_tickets.body());
  json["compliance"] = {{"from", term ? ordered_json(DayText(term->from)) : ordered_json(nullptr)},
                        {"until", DayText(absl::ToCivilDay(now, absl::UTCTimeZone()))},
                        {"metrics", ComplianceJson(sums->metrics, *late)},
                        {"trial_metrics", ComplianceJson(sums->trials, {})}};
  return JsonAnswer(std::move(json));
}

// ---- The policy

ordered_json TargetsJson(const std::map<Metric, Target>& targets) {
  ordered_json json = ordered_json::object();
  for (const auto& [metric, target] : targets) {
    json[std::string(MetricName(metric))] = target.text;
  }
  return json;
}

ordered_json PlanJson(const Plan& plan) {
  ordered_json promises = ordered_json::object();
  for (const auto& [priority, promised] : plan.promises) {
    promises[priority] = {{"calendars", promised.calendars},
                          {"targets", TargetsJson(promised.targets)}};
  }
  ordered_json covers = ordered_json::array();
  if (plan.covers_issues) covers.push_back("issue");
  if (plan.covers_changes) covers.push_back("change");
  return {{"kind", plan.kind == PromiseKind::kCommitment ? "commitment" : "target"},
          {"calendars", plan.calendars},
          {"covers", std::move(covers)},
          {"default_priority", plan.default_priority},
          {"at_risk", plan.at_risk},
          {"promises", std::move(promises)}};
}

ApiAnswer ShowPolicy(const ApiContext& context, const ApiRequest& request) {
  const TermsHistory history = context.desk.terms();
  if (history.empty()) return Refuse(404, "No valid policy is in force.");
  const Terms& terms = *history.back();
  const Policy& policy = terms.policy;
  const Caller& caller = *request.caller;
  const Customer* mine = caller.customer.empty() ? nullptr : policy.FindCustomer(caller.customer);

  ordered_json priorities = ordered_json::array();
  for (const Priority& priority : policy.priorities) {
    priorities.push_back(
        {{"name", priority.name}, {"title", priority.title}, {"when", priority.when}});
  }
  // A customer's token sees what the customer bought and no other plan. A project's token sees no
  // customer.
  ordered_json plans = ordered_json::object();
  for (const auto& [name, plan] : policy.plans) {
    if (caller.customer.empty() || (mine != nullptr && Holds(*mine, name))) {
      plans[name] = PlanJson(plan);
    }
  }
  ordered_json customers = ordered_json::array();
  for (const Customer& customer : policy.customers) {
    const bool shown = caller.customer.empty() ? caller.projects.empty() : &customer == mine;
    if (shown) customers.push_back(CustomerJson(caller, customer, context.clock.Now()));
  }
  ordered_json calendars = ordered_json::object();
  for (const auto& [name, calendar] : policy.calendars) {
    calendars[name] = {{"time_zone", calendar.time_zone}, {"always", calendar.always}};
  }
  const bool all = !caller.bound();
  ordered_json json = {{"id", terms.id},
                       {"effective", InstantJson(terms.effective)},
                       {"projects", all ? TextsOf(policy.projects) : ordered_json::array()},
                       {"priorities", std::move(priorities)},
                       {"calendars", std::move(calendars)},
                       {"plans", std::move(plans)},
                       {"objectives", TargetsJson(policy.community.objectives)},
                       {"badge", policy.public_badge ? "public" : "private"},
                       {"customers", std::move(customers)}};
  return JsonAnswer(std::move(json));
}

// ---- The ledger

ApiAnswer ShowLedgerHead(const ApiContext& context, const ApiRequest& request) {
  // The ledger's length alone says something about everybody's tickets.
  if (request.caller->bound()) {
    return Refuse(403, "The ledger is of all projects and customers; this token is not.");
  }
  auto head = context.store.ReadLedgerHead();
  if (!head.ok()) return Trouble(context, request, "ledger", head.status(), "");
  return JsonAnswer({{"length", head->length}, {"digest", head->digest}});
}

}  // namespace

void AddDeskRoutes(std::vector<Route>* routes) {
  routes->push_back({"/api/v1/customers/{id}", Access::kToken, {"project"}, ShowCustomer});
  routes->push_back({"/api/v1/policy", Access::kToken, {}, ShowPolicy});
  routes->push_back({"/api/v1/ledger/head", Access::kToken, {}, ShowLedgerHead});
}

}  // namespace retainer::api
