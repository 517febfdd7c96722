#include "src/cli/operations.h"

#include <openssl/rand.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/core.h"
#include "src/api/sha256.h"
#include "src/api/ticket_json.h"
#include "src/cli/command.h"
#include "src/cli/control_socket.h"
#include "src/cli/no_metrics.h"
#include "src/cli/service.h"
#include "src/cli/stream_log.h"

namespace retainer::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t kQueueLength = 50;
constexpr std::size_t kTroubleLength = 20;

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", time, absl::UTCTimeZone());
}

json TimeOrNull(const std::optional<absl::Time>& time) {
  return time && *time != absl::InfiniteFuture() ? json(Rfc3339(*time)) : json(nullptr);
}

std::string Text(const json& request, const char* name) { return request.value(name, ""); }

struct Result {
  std::string text;
  json data;
};

absl::StatusOr<Result> Explain(Desk& desk, const json& request) {
  const auto ref = ParseTicketRef(Text(request, "ticket"));
  if (!ref.ok()) return ref.status();
  const auto inspection = desk.Inspect(*ref);
  if (!inspection.ok()) return inspection.status();
  return Result{inspection->explanation, json::parse(TicketJson(*ref, *inspection, ""))};
}

std::string RefText(const TicketRecord& record) {
  return ToString(
      TicketRef{record.key.forge, record.project_path, record.key.kind, record.key.number});
}

absl::StatusOr<Result> Queue(Store& store) {
  TicketQuery query;
  query.open = true;
  query.due_before = absl::InfiniteFuture();
  query.limit = kQueueLength;
  const auto tickets = store.FindTickets(query);
  if (!tickets.ok()) return tickets.status();
  Result result{"", json::array()};
  for (const TicketRecord& ticket : *tickets) {
    const std::string state(ticket.worst ? ClockStateName(*ticket.worst) : "");
    result.data.push_back({{"ticket", RefText(ticket)},
                           {"due", TimeOrNull(ticket.next_due)},
                           {"state", state},
                           {"customers", ticket.customers},
                           {"priorities", ticket.priorities},
                           {"title", ticket.title},
                           {"url", ticket.url}});
    absl::StrAppend(&result.text, ticket.next_due ? Rfc3339(*ticket.next_due) : "-", "  ", state,
                    "  ", absl::StrJoin(ticket.priorities, ","), "  ",
                    absl::StrJoin(ticket.customers, ","), "  ", RefText(ticket), "  ",
                    PrintableLine(ticket.title), "\n");
  }
  if (tickets->empty()) result.text = "Nothing is due.\n";
  return result;
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

absl::StatusOr<Fact> OperatorFact(const json& request, const Policy& policy, absl::Time now) {
  const std::string action = Text(request, "action");
  const std::string customer_name = Text(request, "customer");
  const std::string by = absl::StrCat(Text(request, "operator"), ": ", Text(request, "reason"));
  const Customer* customer = policy.FindCustomer(customer_name);
  if (!customer_name.empty() && customer == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("the policy has no customer \"", customer_name, "\": give an id or an alias"));
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

absl::StatusOr<Result> Ticket(Desk& desk, Clock& clock, const json& request) {
  const auto ref = ParseTicketRef(Text(request, "ticket"));
  if (!ref.ok()) return ref.status();
  const TermsHistory terms = desk.terms();
  if (terms.empty()) return absl::FailedPreconditionError("no policy is in force yet");
  const auto fact = OperatorFact(request, terms.back()->policy, clock.Now());
  if (!fact.ok()) return fact.status();
  const auto judged = desk.Operate(*ref, *fact);
  if (!judged.ok()) return judged.status();
  return Result{Summary(*ref, judged->decision.standing),
                {{"ticket", ToString(*ref)}, {"changes", judged->decision.record.changes}}};
}

// ---- Tokens

absl::StatusOr<Result> CreateToken(Store& store, Clock& clock, const json& request) {
  unsigned char secret[32];
  unsigned char id[6];
  if (RAND_bytes(secret, sizeof(secret)) != 1 || RAND_bytes(id, sizeof(id)) != 1) {
    return absl::UnavailableError("the system gives no random bytes");
  }
  const auto bytes = [](const unsigned char* data, std::size_t size) {
    return std::string(reinterpret_cast<const char*>(data), size);
  };
  std::string encoded;
  absl::WebSafeBase64Escape(bytes(secret, sizeof(secret)), &encoded);
  const std::string token = absl::StrCat("rtn_", encoded);
  TokenRecord record;
  record.id = absl::BytesToHexString(bytes(id, sizeof(id)));
  record.hash = Sha256Hex(token);
  record.scope = Text(request, "scope");
  record.project = Text(request, "project");
  record.customer = Text(request, "customer");
  record.created = clock.Now();
  if (const auto seconds = request.find("expires_s"); seconds != request.end()) {
    record.expires = record.created + absl::Seconds(seconds->get<std::int64_t>());
  }
  if (absl::Status saved = store.SaveToken(record); !saved.ok()) return saved;
  return Result{absl::StrCat(token, "\n"),
                {{"token", token}, {"id", record.id}, {"expires", TimeOrNull(record.expires)}}};
}

absl::StatusOr<Result> ListTokens(Store& store) {
  const auto tokens = store.ListTokens();
  if (!tokens.ok()) return tokens.status();
  Result result{"", json::array()};
  for (const TokenRecord& token : *tokens) {
    result.data.push_back({{"id", token.id},
                           {"scope", token.scope},
                           {"project", token.project},
                           {"customer", token.customer},
                           {"created", Rfc3339(token.created)},
                           {"expires", TimeOrNull(token.expires)},
                           {"revoked", TimeOrNull(token.revoked)}});
    absl::StrAppend(&result.text, token.id, "  ", token.scope, "  ",
                    token.project.empty() ? "every project" : token.project, "  ",
                    token.customer.empty() ? "every customer" : token.customer, "  ",
                    token.revoked   ? absl::StrCat("revoked ", Rfc3339(*token.revoked))
                    : token.expires ? absl::StrCat("until ", Rfc3339(*token.expires))
                                    : "without end",
                    "\n");
  }
  if (tokens->empty()) result.text = "No tokens.\n";
  return result;
}

absl::StatusOr<Result> RevokeToken(Store& store, Clock& clock, const json& request) {
  const auto tokens = store.ListTokens();
  if (!tokens.ok()) return tokens.status();
  for (TokenRecord token : *tokens) {
    if (token.id != Text(request, "id")) continue;
    if (!token.revoked) token.revoked = clock.Now();
    if (absl::Status saved = store.SaveToken(token); !saved.ok()) return saved;
    return Result{absl::StrCat(token.id, " revoked\n"), {{"id", token.id}}};
  }
  return absl::NotFoundError(
      absl::StrCat("no token has the id \"", Text(request, "id"), "\": see `retainer token list`"));
}

// ---- The desk's own state, for `doctor`

absl::StatusOr<Result> State(Desk& desk, Store& store) {
  const Health health = desk.CheckHealth();
  if (!health.store_error.empty()) return absl::UnavailableError(health.store_error);
  json trouble = json::array();
  const auto aside = store.ListSetAside(kTroubleLength);
  if (!aside.ok()) return aside.status();
  for (const SetAsideEntry& entry : *aside) {
    trouble.push_back(absl::StrCat("delivery ", entry.entry.delivery.id, " of ",
                                   entry.entry.delivery.forge, " is set aside: ", entry.reason));
  }
  const auto dead = store.ListDeadFaces(kTroubleLength);
  if (!dead.ok()) return dead.status();
  for (const DeadFace& face : *dead) {
    trouble.push_back(
        absl::StrCat(ToString(face.ticket), " cannot be shown on its forge: ", face.reason));
  }
  if (absl::Status ledger = store.VerifyLedger(); !ledger.ok()) {
    trouble.push_back(absl::StrCat("ledger: ", std::string(ledger.message())));
  }
  for (const ForgeState& forge : health.forges) {
    for (const std::string& error : {forge.worker_error, forge.dispatcher_error}) {
      if (!error.empty()) trouble.push_back(absl::StrCat("forge ", forge.name, ": ", error));
    }
  }
  return Result{"",
                {{"policy", health.terms_id},
                 {"inbox", health.stats.inbox},
                 {"set_aside", health.stats.set_aside},
                 {"dirty_faces", health.stats.dirty_faces},
                 {"dead_faces", health.stats.dead_faces},
                 {"pending_notices", health.stats.pending_notices},
                 {"trouble", trouble}}};
}

}  // namespace

std::string Operations::Answer(const std::string& request_text) {
  absl::StatusOr<Result> result;
  try {
    const json request = json::parse(request_text);
    const std::string op = request.at("op");
    if (op == "explain") {
      result = Explain(desk_, request);
    } else if (op == "queue") {
      result = Queue(store_);
    } else if (op == "ticket") {
      result = Ticket(desk_, clock_, request);
    } else if (op == "token create") {
      result = CreateToken(store_, clock_, request);
    } else if (op == "token list") {
      result = ListTokens(store_);
    } else if (op == "token revoke") {
      result = RevokeToken(store_, clock_, request);
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

absl::StatusOr<Answered> Ask(const Config& config, const std::string& request) {
  absl::StatusOr<std::string> text = CallControl(config.data, request);
  if (absl::IsNotFound(text.status())) {
    SystemClock clock;
    StreamLog log(LogFormat::kText, LogLevel::kWarning);
    NoMetrics metrics;
    auto service = Service::Open(config, clock, log, metrics);
    if (!service.ok()) return service.status();
    const PolicyState policy = (*service)->LoadPolicy();
    if (!policy.status.ok() && policy.id.empty()) return policy.status;
    text = Operations((*service)->desk(), (*service)->store(), clock).Answer(request);
  }
  if (!text.ok()) return text.status();
  const json answer = json::parse(*text, nullptr, false);
  if (!answer.is_object()) return absl::UnavailableError("the service's answer is not readable");
  if (const auto code = answer.find("code"); code != answer.end()) {
    return absl::Status(static_cast<absl::StatusCode>(code->get<int>()), Text(answer, "error"));
  }
  return Answered{Text(answer, "text"), answer.at("data").dump(2)};
}

}  // namespace retainer::cli
