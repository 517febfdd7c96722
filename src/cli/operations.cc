#include "src/cli/operations.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "retainer/core.h"
#include "retainer/instant_text.h"
#include "retainer/time_zone.h"
#include "src/api/ticket_json.h"
#include "src/cli/admin_link.h"
#include "src/cli/backtest_pages.h"
#include "src/cli/backtest_report.h"
#include "src/cli/backup_operations.h"
#include "src/cli/command.h"
#include "src/cli/customer_operations.h"
#include "src/cli/desk_state.h"
#include "src/cli/fact_pages.h"
#include "src/cli/forget_operations.h"
#include "src/cli/hours_operations.h"
#include "src/cli/inbox_operations.h"
#include "src/cli/leaving.h"
#include "src/cli/ledger_operations.h"
#include "src/cli/loading.h"
#include "src/cli/operation_result.h"
#include "src/cli/overrides.h"
#include "src/cli/policy_operations.h"
#include "src/cli/projects.h"
#include "src/cli/queue.h"
#include "src/cli/report_operations.h"
#include "src/cli/similar_operations.h"
#include "src/cli/token_operations.h"
#include "src/cli/unknown_names.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/ticket_keys.h"
#include "src/pipeline/ticket_names.h"
#include "src/policy/policy_source.h"

namespace retainer::cli {
namespace {

absl::StatusOr<OperationResult> Explain(pipeline::Desk& desk, Store& store,
                                        const nlohmann::ordered_json& request) {
  const auto ref = pipeline::FindRef(store, Text(request, "ticket"));
  if (!ref.ok()) return ref.status();
  const TermsHistory terms = desk.terms();
  std::string customer = Text(request, "customer");
  const auto inspection = desk.Inspect(*ref, customer);
  if (!inspection.ok()) return inspection.status();
  const Customer* known = terms.empty() ? nullptr : terms.back()->policy.FindCustomer(customer);
  if (known != nullptr) customer = known->id;  // the request may name it by an alias
  return OperationResult{
      inspection->explanation,
      nlohmann::ordered_json::parse(api::TicketAnswer(*ref, *inspection, customer).body)};
}

absl::StatusOr<OperationResult> ListQueue(pipeline::Desk& desk, Store& store, Clock& clock,
                                          const nlohmann::ordered_json& request) {
  QueueOptions options;
  options.team = Text(request, "team");
  options.customer = Text(request, "customer");
  options.limit = Number(request, "limit", options.limit);
  const absl::Time now = clock.Now();
  const auto items = ReadQueue(desk, store, now, options);
  if (!items.ok()) return items.status();
  return OperationResult{QueueText(*items, now),
                         nlohmann::ordered_json::parse(QueueJson(*items, now))};
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

absl::StatusOr<OperationResult> Leaving(pipeline::Desk& desk, Store& store,
                                        const nlohmann::ordered_json& request) {
  OperationResult result{"", nlohmann::ordered_json::array()};
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

absl::StatusOr<Fact> OperatorFact(const nlohmann::ordered_json& request, const Policy& policy,
                                  absl::Time now) {
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
          absl::StrCat("\"", Text(request, "metric"), "\" is not a metric: give one of ",
                       absl::StrJoin(kAllMetrics, ", ", [](std::string* out, Metric m) {
                         absl::StrAppend(out, std::string(MetricName(m)));
                       })));
    }
    return pipeline::MakeExcuseFact(*metric, customer->id, by, now);
  }
  if (action == "priority") {
    const std::string priority = Text(request, "priority");
    if (!policy.PriorityRank(priority)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the policy has no priority \"", priority, "\": give one of ",
          absl::StrJoin(policy.priorities, ", ",
                        [](std::string* out, const auto& p) { absl::StrAppend(out, p.name); })));
    }
    return pipeline::MakeOperatorFact(Command{CommandName::kPriority, priority}, by, now);
  }
  const CommandName name = action == "claim"   ? CommandName::kClaim
                           : action == "grant" ? CommandName::kGrant
                                               : CommandName::kRelease;
  return pipeline::MakeOperatorFact(Command{name, customer->id}, by, now);
}

absl::StatusOr<OperationResult> Ticket(pipeline::Desk& desk, Store& store, Clock& clock,
                                       const nlohmann::ordered_json& request) {
  const auto ref = pipeline::FindRef(store, Text(request, "ticket"));
  if (!ref.ok()) return ref.status();
  const TermsHistory terms = desk.terms();
  if (terms.empty()) return absl::FailedPreconditionError("no policy is in force yet");
  auto fact = OperatorFact(request, terms.back()->policy, clock.Now());
  if (!fact.ok()) return fact.status();
  if (request.value("undo", false)) fact = pipeline::MakeUndoFact(*std::move(fact));
  const auto judged = desk.Operate(*ref, *fact);
  if (!judged.ok()) return judged.status();
  for (const Refusal& refusal : judged->decision.standing.refusals) {
    if (refusal.fact_id != fact->id) continue;
    return absl::NotFoundError(
        absl::StrCat(refusal.what, " on ", ToString(*ref), ": ", refusal.reason));
  }
  return OperationResult{
      Summary(*ref, judged->decision.standing),
      {{"ticket", ToString(*ref)}, {"changes", judged->decision.record.changes}}};
}

// ---- The policy

absl::StatusOr<OperationResult> ReloadPolicy(const Operations::Reload& reload) {
  if (!reload) return absl::NotFoundError("no service runs");
  const auto state = reload();
  if (absl::IsCancelled(state.status())) return absl::UnavailableError(state.status().message());
  if (!state.ok()) return state.status();
  if (!state->status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the policy was refused:\n", state->status.message(), "\n",
        state->id.empty() ? std::string("there is no previous one: deliveries are stored and wait")
                          : absl::StrCat("the previous one stays in force: ", state->id)));
  }
  if (!state->sinks.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the policy is in force: ", state->id,
                     "\nthe configuration was refused, and the sinks stay as they were:\n",
                     state->sinks.message()));
  }
  std::string text = absl::StrCat("The policy is in force", state->changed ? "" : ", unchanged",
                                  ": ", state->id, "\n");
  for (const std::string& change : state->sink_changes) {
    absl::StrAppend(&text, "Sink ", change, "\n");
  }
  return OperationResult{
      text, {{"policy", state->id}, {"changed", state->changed}, {"sinks", state->sink_changes}}};
}

absl::StatusOr<OperationResult> AcceptPolicy(PolicyRepository* repository,
                                             const Operations::Reload& reload,
                                             const nlohmann::ordered_json& request) {
  if (!reload) {
    return absl::FailedPreconditionError("no service runs: start it, then accept the commit");
  }
  if (repository == nullptr) {
    return absl::FailedPreconditionError("the policy is a plain folder: there is no branch");
  }
  if (absl::Status accepted = repository->Accept(Text(request, "commit")); !accepted.ok()) {
    return accepted;
  }
  return ReloadPolicy(reload);
}

// ---- Overrides of the gate

nlohmann::ordered_json OverrideJson(const GateOverride& record, const std::string& project,
                                    absl::Time now) {
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

absl::StatusOr<OperationResult> AddOverride(pipeline::Desk& desk, Store& store, Clock& clock,
                                            const nlohmann::ordered_json& request) {
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
  return OperationResult{absl::StrCat(added->id, "  ", wanted.project, " passes the gate until ",
                                      Rfc3339(added->until), "\n"),
                         OverrideJson(*added, wanted.project, now)};
}

absl::StatusOr<OperationResult> ListOverrides(Store& store, Clock& clock,
                                              const nlohmann::ordered_json& request) {
  const absl::Time now = clock.Now();
  const auto overrides = store.ListOverrides();
  if (!overrides.ok()) return overrides.status();
  OperationResult result{"", nlohmann::ordered_json::array()};
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

absl::StatusOr<OperationResult> WithdrawOverride(Store& store, Clock& clock,
                                                 const nlohmann::ordered_json& request) {
  const absl::Time now = clock.Now();
  const auto record = store.WithdrawOverride(Text(request, "id"), Text(request, "by"), now);
  if (absl::IsNotFound(record.status())) {
    return absl::NotFoundError(
        absl::StrCat(std::string(record.status().message()), ": see `retainer gate overrides`"));
  }
  if (!record.ok()) return record.status();
  const bool was_over = !record->withdrawn;
  return OperationResult{
      absl::StrCat(record->id, was_over ? " was over already\n" : " withdrawn\n"),
      {{"id", record->id}, {"withdrawn", TimeOrNull(record->withdrawn)}}};
}

// ---- Backtest

absl::StatusOr<OperationResult> BacktestPart(pipeline::Desk& desk, Store& store, Clock& clock,
                                             std::shared_ptr<const Terms> proposed,
                                             const nlohmann::ordered_json& request) {
  BacktestTask task;
  task.today = desk.terms();
  if (task.today.empty()) return absl::FailedPreconditionError("no policy was ever in force here");
  task.proposed = {std::move(proposed)};
  task.as_customer = Text(request, "as_customer");
  task.scope.most_changes = Number(request, "top", task.scope.most_changes);
  if (!LoadNamedZone(Text(request, "time_zone"), &task.scope.zone)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the system has no time zone \"", Text(request, "time_zone"), "\""));
  }
  if (const auto since = request.find("since"); since != request.end()) {
    task.scope.since = absl::FromUnixSeconds(since->get<std::int64_t>());
  }
  // The first page fixes the instant for all pages.
  task.now = clock.Now();
  if (const auto now = request.find("now_ns"); now != request.end()) {
    task.now = absl::FromUnixNanos(now->get<std::int64_t>());
  }
  std::optional<TicketKey> after;
  if (const auto last = request.find("after"); last != request.end()) {
    after = pipeline::ParseTicketKey(last->get<std::string>());
    if (!after) return absl::InvalidArgumentError("\"after\" is not a ticket's key");
  }
  const auto page = RunBacktestPage(
      store,
      [&](const TicketKey& key, const TicketRecord& record) { return desk.ContextOf(key, record); },
      task, after);
  if (!page.ok()) return page.status();
  OperationResult result{"", {{"now_ns", absl::ToUnixNanos(task.now)}}};
  result.data["part"] = nlohmann::ordered_json::parse(BacktestJson({}, page->part));
  if (page->last) result.data["last"] = ToString(*page->last);
  return result;
}

absl::StatusOr<OperationResult> ReadBack(pipeline::Desk& desk,
                                         const nlohmann::ordered_json& request) {
  std::optional<ProjectRef> project;
  if (!Text(request, "project").empty()) {
    const auto ref = ParseProjectRef(Text(request, "project"));
    if (!ref.ok()) return ref.status();
    project = *ref;
  }
  const auto projects = desk.ReadBack(project);
  if (!projects.ok()) return projects.status();
  return OperationResult{
      absl::StrCat(projects->size(), " projects are read back from their forges\n"),
      {{"projects", projects->size()}}};
}

}  // namespace

std::string JoinUrl(const Config& config) {
  const bool any = std::any_of(config.forges.begin(), config.forges.end(),
                               [](const ForgeConfig& forge) { return forge.sign_in.has_value(); });
  if (!any || config.public_url.empty()) return "";
  return absl::StrCat(absl::StripSuffix(config.public_url, "/"), "/join/");
}

bool Operations::IsLong(const std::string& request_text) {
  // They name a ticket or a customer at most. Policies need not be parsed for this.
  constexpr std::size_t kMostBytes = 64 << 10;
  if (request_text.size() > kMostBytes) return false;
  const auto request = nlohmann::ordered_json::parse(request_text, nullptr, false);
  if (!request.is_object()) return false;
  const auto op = request.find("op");
  static const auto* const kLong = new std::set<std::string>{
      "ledger root", "ledger verify", "ledger prove", "ledger consistency", "state", "forget"};
  return op != request.end() && op->is_string() && kLong->contains(op->get<std::string>());
}

std::string Operations::Busy() {
  return nlohmann::ordered_json({{"code", static_cast<int>(absl::StatusCode::kUnavailable)},
                                 {"error",
                                  "the service answers another request that reads everything "
                                  "(`ledger`, `doctor`, `forget`): "
                                  "wait until that command has ended, then try again"}})
      .dump();
}

std::string Operations::Answer(const std::string& request_text, const Gone& gone) {
  absl::StatusOr<OperationResult> result;
  try {
    const nlohmann::ordered_json request = nlohmann::ordered_json::parse(request_text);
    const std::string op = request.at("op");
    if (op == "explain") {
      result = Explain(desk_, store_, request);
    } else if (op == "queue") {
      result = ListQueue(desk_, store_, clock_, request);
    } else if (op == "ticket") {
      result = Ticket(desk_, store_, clock_, request);
    } else if (op == "token create") {
      result = CreateToken(desk_, store_, clock_, request);
    } else if (op == "token list") {
      result = ListTokens(store_);
    } else if (op == "token revoke") {
      result = RevokeToken(store_, clock_, request);
    } else if (op == "desk link") {
      result = MakeAdminLink(store_, clock_, public_url_, request);
    } else if (op == "customer invite") {
      result = InviteContact(desk_, clock_, join_url_, request);
    } else if (op == "customer contacts") {
      result = ListContacts(desk_, store_, clock_, request);
    } else if (op == "customer remove") {
      result = RemoveContact(desk_, store_, clock_, request);
    } else if (op == "customer invitations") {
      result = ListInvitations(desk_, store_, clock_, request);
    } else if (op == "customer revoke") {
      result = RevokeInvitation(desk_, store_, clock_, request);
    } else if (op == "hours balance") {
      result = ShowHours(desk_, store_, clock_, request);
    } else if (op == "hours list") {
      result = ListWork(desk_, store_, clock_, request);
    } else if (op == "hours log") {
      result = LogWork(desk_, store_, clock_, request);
    } else if (op == "hours correct") {
      result = CorrectWork(desk_, store_, clock_, request);
    } else if (op == "joined") {
      result = JoinedContacts(store_, clock_, request);
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
    } else if (op == "backup begin" && disk_.store != nullptr) {
      result = BeginBackup(*disk_.store, clock_, disk_.folder);
    } else if (op == "ledger root" && disk_.store != nullptr) {
      result = LedgerRoot(*disk_.store, request, gone);
    } else if (op == "ledger verify" && disk_.store != nullptr) {
      result = VerifyLedger(*disk_.store, gone);
    } else if (op == "ledger list" && disk_.store != nullptr) {
      result = ListLedger(*disk_.store, request);
    } else if (op == "ledger prove" && disk_.store != nullptr) {
      result = ProveRecords(*disk_.store, request, gone);
    } else if (op == "ledger consistency" && disk_.store != nullptr) {
      result = ProveConsistency(*disk_.store, request, gone);
    } else if (op == "forget" && disk_.store != nullptr) {
      result = ForgetPerson({desk_, *disk_.store, clock_, similar_, disk_.read_terms}, request,
                            gone, [this] { return stopping_.load(); });
    } else if (op == "backtest") {
      auto proposed = Proposed(request.at("files").get<std::map<std::string, std::string>>());
      result = proposed.ok() ? BacktestPart(desk_, store_, clock_, *std::move(proposed), request)
                             : proposed.status();
    } else if (op == "impact") {
      auto changed = Proposed(request.at("files").get<std::map<std::string, std::string>>());
      result = changed.ok() ? impact_.Answer(desk_, store_, clock_, **changed, request)
                            : changed.status();
    } else if (op == "facts") {
      result = ListFacts(store_, request);
    } else if (op == "figures") {
      result = AskFigures(desk_, store_, clock_, request);
    } else if (op == "feedback list") {
      result = ListFeedback(desk_, store_, clock_, request);
    } else if (op == "feedback close") {
      result = CloseFeedback(desk_, store_, clock_, request);
    } else if (op == "report") {
      result = AskReport(desk_, store_, clock_, request);
    } else if (op == "similar" && similar_ != nullptr) {
      result = FindSimilar(desk_, similar_, request);
    } else if (op == "similar eval" && similar_ != nullptr) {
      result = EvaluateSimilar(similar_);
    } else if (op == "leaving") {
      result = Leaving(desk_, store_, request);
    } else if (op == "policy log") {
      result = PolicyLog(store_);
    } else if (op == "policy show") {
      result = ShowPolicyVersion(store_, request);
    } else if (op == "policy diff") {
      result = DiffPolicyVersions(store_, request);
    } else if (op == "policy accept") {
      result = AcceptPolicy(repository_.get(), reload_, request);
    } else if (op == "reload") {
      result = ReloadPolicy(reload_);
    } else if (op == "resync") {
      result = ReadBack(desk_, request);
    } else if (op == "resync state") {
      auto state = ReadBackState(desk_, store_, clock_, request.value("drive", false));
      result = state.ok() ? absl::StatusOr<OperationResult>(OperationResult{"", *std::move(state)})
                          : state.status();
    } else if (op == "compare projects") {
      auto proposed = Proposed(request.at("files").get<std::map<std::string, std::string>>());
      if (!proposed.ok()) {
        result = proposed.status();
      } else if (auto found = CompareProjects(desk_, store_, (*proposed)->policy); found.ok()) {
        result = OperationResult{"", {{"warnings", *found}}};
      } else {
        result = found.status();
      }
    } else if (op == "status") {
      result = DeskStatus(desk_);
    } else if (op == "state") {
      result = DeskState(desk_, store_, clock_.Now());
    } else {
      result = absl::UnimplementedError(
          absl::StrCat("the service does not know \"", op, "\": is it of another version?"));
    }
  } catch (const std::exception& error) {
    result = absl::InvalidArgumentError(absl::StrCat("unreadable request: ", error.what()));
  }
  nlohmann::ordered_json answer;
  if (result.ok()) {
    answer = {{"text", result->text}, {"data", result->data}};
  } else {
    answer = {{"code", static_cast<int>(result.status().code())},
              {"error", std::string(result.status().message())}};
  }
  return answer.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

absl::StatusOr<std::shared_ptr<const Terms>> Operations::Proposed(
    const std::map<std::string, std::string>& files) {
  std::lock_guard lock(mutex_);
  if (proposed_ == nullptr || proposed_->id != policy::PolicyId(files)) {
    auto compiled = CompileFiles(files);
    if (!compiled.ok()) return compiled.status();
    auto whole = desk_.WithSubscribers(**compiled);
    if (!whole.ok()) return whole.status();
    proposed_ = *std::move(whole);
  }
  return proposed_;
}

}  // namespace retainer::cli
