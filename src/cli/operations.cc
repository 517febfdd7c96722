#include "src/cli/operations.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/core.h"
#include "retainer/instant_text.h"
#include "retainer/time_zone.h"
#include "src/api/ticket_json.h"
#include "src/cli/backtest_pages.h"
#include "src/cli/backtest_report.h"
#include "src/cli/command.h"
#include "src/cli/leaving.h"
#include "src/cli/loading.h"
#include "src/cli/look_through.h"
#include "src/cli/names.h"
#include "src/cli/operation_result.h"
#include "src/cli/overrides.h"
#include "src/cli/projects.h"
#include "src/cli/queue.h"
#include "src/cli/sink_trouble.h"
#include "src/cli/token_operations.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/ticket_keys.h"
#include "src/pipeline/ticket_names.h"
#include "src/policy/policy_source.h"

namespace retainer::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t kMostAside = 10000;
constexpr absl::Duration kLongWait = absl::Minutes(5);
// A command waits for its answer a minute.
constexpr absl::Duration kLookPatience = absl::Seconds(20);

using Result = OperationResult;

absl::StatusOr<Result> Explain(Desk& desk, Store& store, const json& request) {
  const auto ref = FindRef(store, Text(request, "ticket"));
  if (!ref.ok()) return ref.status();
  const TermsHistory terms = desk.terms();
  std::string customer = Text(request, "customer");
  const auto inspection = desk.Inspect(*ref, customer);
  if (!inspection.ok()) return inspection.status();
  const Customer* known = terms.empty() ? nullptr : terms.back()->policy.FindCustomer(customer);
  if (known != nullptr) customer = known->id;  // it may have been named by its alias
  return Result{inspection->explanation,
                json::parse(TicketAnswer(*ref, *inspection, customer).body)};
}

std::string RefText(const TicketRecord& record) {
  return ToString(
      TicketRef{record.key.forge, record.project_path, record.key.kind, record.key.number});
}

absl::StatusOr<Result> Queue(Desk& desk, Store& store, Clock& clock, const json& request) {
  QueueOptions options;
  options.team = Text(request, "team");
  options.customer = Text(request, "customer");
  options.limit = request.value("limit", options.limit);
  const absl::Time now = clock.Now();
  const auto items = ReadQueue(desk, store, now, options);
  if (!items.ok()) return items.status();
  return Result{QueueText(*items, now), json::parse(QueueJson(*items, now))};
}

// ---- Tickets

std::string Summary(const TicketRef& ref, const Standing& standing) {
  std::string text = absl::StrCat(ToString(ref), "\n");
  bool any = false;
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.released) continue;
    any = true;
    absl::StrAppend(&text, "  ", claim.customer, " (", claim.plan, ", ", claim.priority, ")\n");
    for (const PromiseClock& clock : claim.clocks) {
      absl::StrAppend(&text, "    ", std::string(MetricName(clock.metric)), ": ",
                      std::string(ClockStateName(clock.state)));
      if (!clock.cycles.empty() && clock.cycles.back().outcome == Outcome::kOpen &&
          clock.cycles.back().due != absl::InfiniteFuture()) {
        absl::StrAppend(&text, ", due ", Rfc3339(clock.cycles.back().due));
      }
      absl::StrAppend(&text, "\n");
    }
  }
  if (!any) absl::StrAppend(&text, "  community\n");
  return text;
}

absl::StatusOr<Result> Leaving(Desk& desk, Store& store, const json& request) {
  Result result{"", json::array()};
  const TermsHistory terms = desk.terms();
  if (terms.empty()) return result;
  const auto leaving = FindLeaving(store, terms.back()->policy,
                                   request.at("customers").get<std::set<std::string>>());
  if (!leaving.ok()) return leaving.status();
  for (const LeavingCustomer& customer : *leaving) {
    absl::StrAppend(&result.text, LeavingText(customer), "\n");
    result.data.push_back({{"customer", customer.id}, {"open_tickets", customer.open_tickets}});
  }
  return result;
}

absl::StatusOr<Fact> OperatorFact(const json& request, const Policy& policy, absl::Time now) {
  const std::string action = Text(request, "action");
  const std::string customer_name = Text(request, "customer");
  const std::string by = absl::StrCat(Text(request, "operator"), ": ", Text(request, "reason"));
  const Customer* customer = policy.FindCustomer(customer_name);
  if (!customer_name.empty() && customer == nullptr) {
    return NoSuchCustomer(policy, customer_name);
  }
  if (customer == nullptr && action != "priority") {
    return absl::InvalidArgumentError("name a customer: its id or alias");
  }
  if (action == "excuse") {
    const std::optional<Metric> metric = ParseMetric(Text(request, "metric"));
    if (!metric) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", Text(request, "metric"), "\" is no metric: give one of ",
                       absl::StrJoin(kAllMetrics, ", ", [](std::string* out, Metric m) {
                         absl::StrAppend(out, std::string(MetricName(m)));
                       })));
    }
    return MakeExcuseFact(*metric, customer->id, by, now);
  }
  if (action == "priority") {
    const std::string priority = Text(request, "priority");
    if (!policy.PriorityRank(priority)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the policy has no priority \"", priority, "\": give one of ",
          absl::StrJoin(policy.priorities, ", ",
                        [](std::string* out, const auto& p) { absl::StrAppend(out, p.name); })));
    }
    return MakeOperatorFact(Command{CommandName::kPriority, priority}, by, now);
  }
  const CommandName name = action == "claim" ? CommandName::kClaim : CommandName::kRelease;
  return MakeOperatorFact(Command{name, customer->id}, by, now);
}

absl::StatusOr<Result> Ticket(Desk& desk, Store& store, Clock& clock, const json& request) {
  const auto ref = FindRef(store, Text(request, "ticket"));
  if (!ref.ok()) return ref.status();
  const TermsHistory terms = desk.terms();
  if (terms.empty()) return absl::FailedPreconditionError("no policy is in force yet");
  auto fact = OperatorFact(request, terms.back()->policy, clock.Now());
  if (!fact.ok()) return fact.status();
  if (request.value("undo", false)) fact = MakeUndoFact(*std::move(fact));
  const auto judged = desk.Operate(*ref, *fact);
  if (!judged.ok()) return judged.status();
  for (const Refusal& refusal : judged->decision.standing.refusals) {
    if (refusal.fact_id != fact->id) continue;
    return absl::NotFoundError(
        absl::StrCat(refusal.what, " on ", ToString(*ref), ": ", refusal.reason));
  }
  return Result{Summary(*ref, judged->decision.standing),
                {{"ticket", ToString(*ref)}, {"changes", judged->decision.record.changes}}};
}

// ---- The policy

absl::StatusOr<Result> ReloadPolicy(const Operations::Reload& reload) {
  if (!reload) return absl::NotFoundError("no service runs");
  const auto state = reload();
  if (absl::IsCancelled(state.status())) return absl::UnavailableError(state.status().message());
  if (!state.ok()) return state.status();
  if (!state->status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the policy was refused:\n", state->status.message(), "\n",
        state->id.empty() ? std::string("there is none before it: deliveries are stored and wait")
                          : absl::StrCat("the one before stays in force: ", state->id)));
  }
  return Result{absl::StrCat("The policy is in force", state->changed ? "" : ", unchanged", ": ",
                             state->id, "\n"),
                {{"policy", state->id}, {"changed", state->changed}}};
}

// ---- Overrides of the gate

json OverrideJson(const GateOverride& record, const std::string& project, absl::Time now) {
  return {{"id", record.id},
          {"project", project},
          {"by", record.by},
          {"reason", record.reason},
          {"from", Rfc3339(record.from)},
          {"until", Rfc3339(record.until)},
          {"withdrawn", TimeOrNull(record.withdrawn)},
          {"withdrawn_by", record.withdrawn_by},
          {"in_force", !record.withdrawn && record.from <= now && now < record.until}};
}

absl::StatusOr<Result> AddOverride(Desk& desk, Store& store, Clock& clock, const json& request) {
  const absl::Time now = clock.Now();
  OverrideRequest wanted{
      Text(request, "project"), Text(request, "by"), Text(request, "reason"), {}};
  if (const auto until = request.find("until_s"); until != request.end()) {
    wanted.until = absl::FromUnixSeconds(until->get<std::int64_t>());
  } else if (const auto lasts = request.find("for_s"); lasts != request.end()) {
    wanted.until = now + absl::Seconds(lasts->get<std::int64_t>());
  }
  const TermsHistory terms = desk.terms();
  const auto added =
      AddOverride(store, terms.empty() ? nullptr : &terms.back()->policy, wanted, now);
  if (!added.ok()) return added.status();
  return Result{absl::StrCat(added->id, "  ", wanted.project, " passes the gate until ",
                             Rfc3339(added->until), "\n"),
                OverrideJson(*added, wanted.project, now)};
}

absl::StatusOr<Result> ListOverrides(Store& store, Clock& clock, const json& request) {
  const absl::Time now = clock.Now();
  const auto overrides = store.ListOverrides();
  if (!overrides.ok()) return overrides.status();
  Result result{"", json::array()};
  for (const GateOverride& record : *overrides) {
    const auto project = store.FindProject(record.project);
    if (!project.ok()) return project.status();
    const std::string name =
        ToString(ProjectRef{record.project.forge, *project ? (*project)->path : record.project.id});
    if (!Text(request, "project").empty() && Text(request, "project") != name) continue;
    result.data.push_back(OverrideJson(record, name, now));
    absl::StrAppend(
        &result.text, record.id, "  ", name, "  ",
        record.withdrawn
            ? absl::StrCat("withdrawn ", Rfc3339(*record.withdrawn), " by ", record.withdrawn_by)
            : absl::StrCat(record.until <= now ? "ended " : "until ", Rfc3339(record.until)),
        "  ", record.by, ": ", record.reason, "\n");
  }
  if (const std::string asked = Text(request, "project"); result.text.empty() && !asked.empty()) {
    const auto ref = ParseProjectRef(asked);
    if (!ref.ok()) return ref.status();
    const auto known = store.FindProjectByPath(*ref);
    if (!known.ok()) return known.status();
    if (!*known) {
      return absl::InvalidArgumentError(absl::StrCat(
          "nothing is known of ", asked, ": leave --project out to see those of every project"));
    }
  }
  if (result.text.empty()) result.text = "No overrides.\n";
  return result;
}

absl::StatusOr<Result> WithdrawOverride(Store& store, Clock& clock, const json& request) {
  const absl::Time now = clock.Now();
  const auto record = store.WithdrawOverride(Text(request, "id"), Text(request, "by"), now);
  if (absl::IsNotFound(record.status())) {
    return absl::NotFoundError(
        absl::StrCat(std::string(record.status().message()), ": see `retainer gate overrides`"));
  }
  if (!record.ok()) return record.status();
  const bool was_over = !record->withdrawn;
  return Result{absl::StrCat(record->id, was_over ? " was over already\n" : " withdrawn\n"),
                {{"id", record->id}, {"withdrawn", TimeOrNull(record->withdrawn)}}};
}

// ---- What was set aside

std::string AsideId(const SetAsideEntry& entry) {
  return absl::StrCat(entry.entry.delivery.forge, "/", entry.entry.seq);
}

absl::StatusOr<Result> ListInbox(const Desk& desk, Store& store) {
  const auto aside = store.ListSetAside(kMostAside);
  if (!aside.ok()) return aside.status();
  const auto dead = store.ListDeadFaces(kMostAside);
  if (!dead.ok()) return dead.status();
  const auto untold = store.ListDeadNotices(kMostAside);
  if (!untold.ok()) return untold.status();
  Result result{"",
                {{"deliveries", json::array()},
                 {"tickets", json::array()},
                 {"labels", json::array()},
                 {"notices", json::array()}}};
  for (const SetAsideEntry& entry : *aside) {
    const Delivery& delivery = entry.entry.delivery;
    result.data["deliveries"].push_back({{"id", AsideId(entry)},
                                         {"forge", delivery.forge},
                                         {"delivery", delivery.id},
                                         {"event", delivery.event_type},
                                         {"received", Rfc3339(delivery.received)},
                                         {"set_aside", Rfc3339(entry.at)},
                                         {"reason", entry.reason}});
    absl::StrAppend(&result.text, AsideId(entry), "  ", Rfc3339(delivery.received), "  ",
                    delivery.event_type, " ", delivery.id, "  ", entry.reason, "\n");
  }
  for (const DeadFace& face : *dead) {
    const std::string name = NameOf(store, face.ticket);
    result.data["tickets"].push_back(
        {{"id", name}, {"given_up", Rfc3339(face.at)}, {"reason", face.reason}});
    absl::StrAppend(&result.text, name, "  ", Rfc3339(face.at), "  cannot be shown: ", face.reason,
                    "\n");
  }
  const auto refused = store.ListRefusedLabels(kMostAside);
  if (!refused.ok()) return refused.status();
  for (const RefusedLabels& ticket : *refused) {
    const std::string name = NameOf(store, ticket.ticket);
    for (const RefusedLabel& label : ticket.labels) {
      result.data["labels"].push_back({{"id", name},
                                       {"label", label.name},
                                       {"given_up", Rfc3339(label.at)},
                                       {"reason", label.reason}});
      absl::StrAppend(&result.text, name, "  ", Rfc3339(label.at), "  label \"", label.name,
                      "\" is refused: ", label.reason, "\n");
    }
  }
  for (const DeadNotice& notice : *untold) {
    const std::string& id = notice.record.notice.id;
    result.data["notices"].push_back(
        {{"id", id}, {"given_up", Rfc3339(notice.at)}, {"reason", notice.reason}});
    absl::StrAppend(&result.text, id, "  ", Rfc3339(notice.at), "  cannot be told: ", notice.reason,
                    "\n");
  }
  result.data["held"] = json::array();
  if (absl::Status held = ListHeld(desk, store, &result.text, &result.data["held"]); !held.ok()) {
    return held;
  }
  if (result.text.empty()) result.text = "Nothing is set aside.\n";
  return result;
}

absl::StatusOr<Result> RetryInbox(Desk& desk, Store& store, Clock& clock, const json& request) {
  const bool all = request.value("all", false);
  std::set<std::string> wanted;
  for (const json& id : request.at("ids")) wanted.insert(id.get<std::string>());
  std::set<std::string> left = wanted;
  // By any of its names; all of them count as found.
  const auto chosen = [&](std::initializer_list<std::string> names) {
    bool found = all;
    for (const std::string& name : names) {
      found |= wanted.contains(name);
      left.erase(name);
    }
    return found;
  };
  const auto aside = store.ListSetAside(kMostAside);
  if (!aside.ok()) return aside.status();
  const auto dead = store.ListDeadFaces(kMostAside);
  if (!dead.ok()) return dead.status();
  const auto untold = store.ListDeadNotices(kMostAside);
  if (!untold.ok()) return untold.status();
  std::vector<std::string> notices;
  for (const DeadNotice& notice : *untold) {
    if (chosen({notice.record.notice.id})) notices.push_back(notice.record.notice.id);
  }
  std::vector<const SetAsideEntry*> entries;
  for (const SetAsideEntry& entry : *aside) {
    if (chosen({AsideId(entry), entry.entry.delivery.id})) entries.push_back(&entry);
  }
  std::vector<TicketKey> faces;
  for (const DeadFace& face : *dead) {
    if (chosen({NameOf(store, face.ticket), ToString(face.ticket)})) faces.push_back(face.ticket);
  }
  const auto refused = store.ListRefusedLabels(kMostAside);
  if (!refused.ok()) return refused.status();
  for (const RefusedLabels& labels : *refused) {
    const std::string name = NameOf(store, labels.ticket);
    const bool twice = std::find(faces.begin(), faces.end(), labels.ticket) != faces.end();
    if (chosen({name, ToString(labels.ticket)}) && !twice) faces.push_back(labels.ticket);
  }
  if (!left.empty()) {
    return absl::NotFoundError(absl::StrCat("nothing that is set aside is called \"", *left.begin(),
                                            "\": see `retainer inbox list`"));
  }
  for (const SetAsideEntry* entry : entries) {
    const absl::Status status = store.Requeue(entry->entry.delivery.forge, entry->entry.seq);
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  for (const TicketKey& key : faces) {
    const absl::Status status = store.ReviveFace(key, clock.Now());
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  for (const std::string& id : notices) {
    const absl::Status status = store.ReviveNotice(id);
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  desk.Nudge();
  return Result{
      entries.empty() && faces.empty() && notices.empty()
          ? std::string("Nothing is set aside.\n")
          : absl::StrCat(entries.size(), " deliveries, ", faces.size(), " tickets and ",
                         notices.size(), " notices are tried again\n"),
      {{"deliveries", entries.size()}, {"tickets", faces.size()}, {"notices", notices.size()}}};
}

// ---- Backtest

absl::StatusOr<Result> BacktestPart(Desk& desk, Store& store, Clock& clock,
                                    std::shared_ptr<const Terms> proposed, const json& request) {
  BacktestTask task;
  task.today = desk.terms();
  if (task.today.empty()) return absl::FailedPreconditionError("no policy was ever in force here");
  task.proposed = {std::move(proposed)};
  task.as_customer = Text(request, "as_customer");
  task.scope.most_changes = request.at("top");
  if (!LoadNamedZone(Text(request, "time_zone"), &task.scope.zone)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the system has no time zone \"", Text(request, "time_zone"), "\""));
  }
  if (const auto since = request.find("since"); since != request.end()) {
    task.scope.since = absl::FromUnixSeconds(since->get<std::int64_t>());
  }
  // The first page says at which instant all of them look.
  task.now = clock.Now();
  if (const auto now = request.find("now_ns"); now != request.end()) {
    task.now = absl::FromUnixNanos(now->get<std::int64_t>());
  }
  std::optional<TicketKey> after;
  if (const auto last = request.find("after"); last != request.end()) {
    after = ParseTicketKey(last->get<std::string>());
    if (!after) return absl::InvalidArgumentError("\"after\" is no ticket's key");
  }
  const auto page = RunBacktestPage(
      store,
      [&](const TicketKey& key, const TicketRecord& record) { return desk.ContextOf(key, record); },
      task, after);
  if (!page.ok()) return page.status();
  Result result{"", {{"now_ns", absl::ToUnixNanos(task.now)}}};
  result.data["part"] = json::parse(BacktestJson({}, page->part));
  if (page->last) result.data["last"] = ToString(*page->last);
  return result;
}

// ---- The desk's own state, for `doctor`

absl::StatusOr<Result> State(Desk& desk, Store& store) {
  const Health health = desk.CheckHealth();
  json trouble = json::array();
  if (!health.store_error.empty()) {
    trouble.push_back(absl::StrCat("cannot be written: ", health.store_error,
                                   "; deliveries are answered 503 until it can"));
  }
  if (health.inbox_age && *health.inbox_age > kLongWait) {
    trouble.push_back(
        absl::StrCat(health.stats.inbox, " deliveries wait, the oldest for ",
                     absl::FormatDuration(absl::Floor(*health.inbox_age, absl::Seconds(1))), ": ",
                     health.policy ? "see the service's log" : "no valid policy is in force"));
  }
  if (health.stats.set_aside > 0) {
    const auto first = store.ListSetAside(1);
    if (!first.ok()) return first.status();
    trouble.push_back(absl::StrCat(
        health.stats.set_aside, " deliveries are set aside",
        first->empty() ? "" : absl::StrCat(", the first because: ", (*first)[0].reason),
        "; `retainer inbox list` shows them, `retainer inbox retry` tries them again"));
  }
  if (health.stats.dead_faces > 0) {
    const auto first = store.ListDeadFaces(1);
    if (!first.ok()) return first.status();
    trouble.push_back(absl::StrCat(
        health.stats.dead_faces, " tickets could not be shown on their forge and were given up",
        first->empty() ? "" : absl::StrCat(", the first because: ", (*first)[0].reason),
        "; mend that, then `retainer inbox retry --all`"));
  }
  const auto refused = store.ListRefusedLabels(1);
  if (!refused.ok()) return refused.status();
  for (const RefusedLabels& ticket : *refused) {
    const std::string name = NameOf(store, ticket.ticket);
    trouble.push_back(absl::StrCat("the forge refuses the label \"", ticket.labels.front().name,
                                   "\" on ", name, ": ", ticket.labels.front().reason,
                                   "; `retainer inbox list` shows all; mend that, then `retainer "
                                   "inbox retry --all`"));
  }
  if (health.stats.dead_notices > 0) {
    const auto first = store.ListDeadNotices(1);
    if (!first.ok()) return first.status();
    trouble.push_back(absl::StrCat(
        health.stats.dead_notices, " notices could not be told and were given up",
        first->empty() ? "" : absl::StrCat(", the first because: ", (*first)[0].reason),
        "; mend that, then `retainer inbox retry --all`"));
  }
  for (const ForgeState& forge : health.forges) {
    for (const std::string& error : {forge.worker_error, forge.dispatcher_error}) {
      if (!error.empty()) trouble.push_back(absl::StrCat("forge ", forge.name, ": ", error));
    }
  }
  auto found = LookAtProjects(desk, store);
  if (!found.ok()) return found.status();
  for (std::string& wrong : found->wrong) trouble.push_back(std::move(wrong));
  const auto look = LookThroughStore(store, kLookPatience);
  if (!look.ok()) return look.status();
  for (const std::string& damage : look->damaged) {
    trouble.push_back(absl::StrCat(
        damage, "; stop the service, restore the data folder from a backup, look at its disk"));
  }
  if (look->more > 0) trouble.push_back(absl::StrCat(look->more, " more places cannot be read"));
  const auto head = store.ReadLedgerHead();
  if (!head.ok()) return head.status();
  const absl::Status ledger = store.VerifyLedger();
  const auto projects = store.ListProjects();
  if (!projects.ok()) return projects.status();
  auto sinks = TroubledSinks(store);
  if (!sinks.ok()) return sinks.status();
  json paths = json::array();
  for (const ProjectRecord& project : *projects) {
    paths.push_back({{"forge", project.key.forge}, {"path", project.path}});
  }
  return Result{"",
                {{"policy", health.terms_id},
                 {"ready", health.ready},
                 {"inbox", health.stats.inbox},
                 {"set_aside", health.stats.set_aside},
                 {"dirty_faces", health.stats.dirty_faces},
                 {"dead_faces", health.stats.dead_faces},
                 {"pending_notices", health.stats.pending_notices},
                 {"dead_notices", health.stats.dead_notices},
                 {"looked_through", look->whole},
                 {"ledger_length", head->length},
                 {"ledger_error", ledger.ok() ? "" : std::string(ledger.message())},
                 {"projects", paths},
                 {"sinks", *std::move(sinks)},
                 {"warnings", found->warnings},
                 {"trouble", trouble}}};
}

absl::StatusOr<Result> ReadBack(Desk& desk, const json& request) {
  std::optional<ProjectRef> project;
  if (!Text(request, "project").empty()) {
    const auto ref = ParseProjectRef(Text(request, "project"));
    if (!ref.ok()) return ref.status();
    project = *ref;
  }
  const auto projects = desk.ReadBack(project);
  if (!projects.ok()) return projects.status();
  return Result{absl::StrCat(projects->size(), " projects are read back from their forges\n"),
                {{"projects", projects->size()}}};
}

}  // namespace

std::string Operations::Answer(const std::string& request_text) {
  absl::StatusOr<Result> result;
  try {
    const json request = json::parse(request_text);
    const std::string op = request.at("op");
    if (op == "explain") {
      result = Explain(desk_, store_, request);
    } else if (op == "queue") {
      result = Queue(desk_, store_, clock_, request);
    } else if (op == "ticket") {
      result = Ticket(desk_, store_, clock_, request);
    } else if (op == "token create") {
      result = CreateToken(desk_, store_, clock_, request);
    } else if (op == "token list") {
      result = ListTokens(store_);
    } else if (op == "token revoke") {
      result = RevokeToken(store_, clock_, request);
    } else if (op == "override add") {
      result = AddOverride(desk_, store_, clock_, request);
    } else if (op == "override list") {
      result = ListOverrides(store_, clock_, request);
    } else if (op == "override withdraw") {
      result = WithdrawOverride(store_, clock_, request);
    } else if (op == "inbox list") {
      result = ListInbox(desk_, store_);
    } else if (op == "inbox retry") {
      result = RetryInbox(desk_, store_, clock_, request);
    } else if (op == "backtest") {
      auto proposed = Proposed(request.at("files").get<std::map<std::string, std::string>>());
      result = proposed.ok() ? BacktestPart(desk_, store_, clock_, *std::move(proposed), request)
                             : proposed.status();
    } else if (op == "leaving") {
      result = Leaving(desk_, store_, request);
    } else if (op == "reload") {
      result = ReloadPolicy(reload_);
    } else if (op == "resync") {
      result = ReadBack(desk_, request);
    } else if (op == "resync state") {
      auto state = ReadBackState(desk_, store_, clock_, request.value("drive", false));
      result = state.ok() ? absl::StatusOr<Result>(Result{"", *std::move(state)}) : state.status();
    } else if (op == "compare projects") {
      auto proposed = Proposed(request.at("files").get<std::map<std::string, std::string>>());
      if (!proposed.ok()) {
        result = proposed.status();
      } else if (auto found = CompareProjects(desk_, store_, (*proposed)->policy); found.ok()) {
        result = Result{"", {{"warnings", *found}}};
      } else {
        result = found.status();
      }
    } else if (op == "state") {
      result = State(desk_, store_);
    } else {
      result = absl::UnimplementedError(
          absl::StrCat("the service does not know \"", op, "\": is it of another version?"));
    }
  } catch (const std::exception& error) {
    result = absl::InvalidArgumentError(absl::StrCat("unreadable request: ", error.what()));
  }
  json answer;
  if (result.ok()) {
    answer = {{"text", result->text}, {"data", result->data}};
  } else {
    answer = {{"code", static_cast<int>(result.status().code())},
              {"error", std::string(result.status().message())}};
  }
  return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<std::shared_ptr<const Terms>> Operations::Proposed(
    const std::map<std::string, std::string>& files) {
  std::lock_guard lock(mutex_);
  if (proposed_ == nullptr || proposed_->id != PolicyId(files)) {
    auto compiled = CompileFiles(files);
    if (!compiled.ok()) return compiled.status();
    proposed_ = *std::move(compiled);
  }
  return proposed_;
}

}  // namespace retainer::cli
