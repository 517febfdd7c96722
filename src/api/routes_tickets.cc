// Tickets: lists ordered by due time, the queue, and one ticket.
#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/core.h"
#include "retainer/instant_text.h"
#include "src/api/filters.h"
#include "src/api/recent_answers.h"
#include "src/api/routes.h"
#include "src/api/ticket_json.h"
#include "src/api/tokens.h"
#include "src/pipeline/ticket_cursor.h"

namespace retainer::api {
namespace {

constexpr std::size_t kUsualPage = 50;
constexpr std::size_t kLargestPage = 200;

// ---- Lists

constexpr std::pair<const char*, TicketOrder> kOrders[] = {{"due", TicketOrder::kDue},
                                                           {"opened", TicketOrder::kOpened},
                                                           {"updated", TicketOrder::kUpdated},
                                                           {"priority", TicketOrder::kPriority}};

// Fills the query from the parameters. Returns the refusal when they are not valid.
std::optional<ApiAnswer> ReadQuery(const ApiContext& context, const ApiRequest& request,
                                   TicketQuery* query) {
  const AskedProject project = AskProject(context, request);
  if (project.refusal) return project.refusal;
  if (project.project) query->project = project.project->key;
  const TermsHistory terms = context.desk.terms();
  const AskedCustomer customer = AskCustomer(request, terms, 400);
  if (customer.refusal) return customer.refusal;
  query->customer = customer.id;
  AskedNames priorities = AskPriorities(request, terms);
  if (priorities.refusal) return priorities.refusal;
  query->priorities = std::move(priorities.names);
  if (const std::string metric = request.Get("metric"); !metric.empty()) {
    query->metric = ParseMetric(metric);
    if (!query->metric) {
      return Refuse(400,
                    "`metric` is one of acknowledgement, first_response, next_response, update, "
                    "workaround, resolution.");
    }
  }
  if (const std::string state = request.Get("state"); !state.empty()) {
    query->worst = ParseClockState(state);
    if (!query->worst) {
      return Refuse(400,
                    "`state` is one of pending, running, paused, at_risk, breached, met, missed, "
                    "cancelled, excused.");
    }
  }
  if (const std::string open = request.Get("open"); !open.empty()) {
    if (open != "true" && open != "false") return Refuse(400, "`open` is true or false.");
    query->open = open == "true";
  }
  if (const std::string due = request.Get("due_before"); !due.empty()) {
    query->due_before = ParseRfc3339(due);
    if (!query->due_before) {
      return Refuse(400, "`due_before` is an instant like 2026-11-24T09:00:00Z.");
    }
  }
  if (const std::string sort = request.Get("sort"); !sort.empty()) {
    const auto order = std::find_if(std::begin(kOrders), std::end(kOrders), [&](const auto& known) {
      return sort == known.first || sort == absl::StrCat("-", known.first);
    });
    if (order == std::end(kOrders)) {
      return Refuse(400,
                    "`sort` is one of due, opened, updated, priority, or one of these with a - "
                    "before it for the other way round.");
    }
    query->order = order->second;
    query->descending = sort[0] == '-';
  }
  if (query->due_before &&
      (query->order == TicketOrder::kOpened || query->order == TicketOrder::kUpdated)) {
    return Refuse(400, "`due_before` goes with the sorts due and priority.");
  }
  if (!terms.empty()) {
    for (const auto& priority : terms.back()->policy.priorities) {
      query->urgency.push_back(priority.name);
    }
  }
  query->limit = kUsualPage;
  if (const std::string limit = request.Get("limit"); !limit.empty()) {
    if (!absl::SimpleAtoi(limit, &query->limit) || query->limit < 1 ||
        query->limit > kLargestPage) {
      return Refuse(400, absl::StrCat("`limit` is a number from 1 to ", kLargestPage, "."));
    }
  }
  return std::nullopt;
}

// What a cursor is bound to: all filters, and the order.
std::string Filters(const TicketQuery& query) {
  return absl::StrJoin(
      {query.project ? absl::StrCat(query.project->forge, "/", query.project->id) : std::string(),
       query.customer, absl::StrJoin(query.priorities, ","),
       std::string(query.metric ? MetricName(*query.metric) : std::string_view()),
       std::string(query.worst ? ClockStateName(*query.worst) : std::string_view()),
       std::string(query.open ? (*query.open ? "open" : "closed") : ""),
       query.due_before ? absl::FormatTime(*query.due_before, absl::UTCTimeZone()) : std::string(),
       absl::StrCat(query.descending ? "-" : "", static_cast<int>(query.order)),
       query.order == TicketOrder::kPriority ? absl::StrJoin(query.urgency, "\t") : ""},
      "\n");
}

// Leaves what outsiders may know: the standing that the same facts have without private customers.
void KeepOutside(pipeline::Inspection* inspection) {
  inspection->facts = OutsideFacts(inspection->facts);
  inspection->terms = OutsideTerms(inspection->terms, inspection->at);
  inspection->standing = Evaluate(inspection->context, inspection->facts, inspection->terms,
                                  inspection->pins, inspection->at);
  inspection->explanation = Explain(inspection->context, inspection->facts, inspection->standing,
                                    inspection->terms, inspection->at);
}

// The entry of a ticket as outsiders may know it.
absl::Status MakeOutside(const ApiContext& context, TicketRecord* record) {
  const bool hidden = std::any_of(record->claims.begin(), record->claims.end(),
                                  [](const ClaimRecord& claim) { return claim.hidden; });
  if (!hidden) return absl::OkStatus();
  auto inspection = context.desk.Inspect(RefOf(*record));
  if (!inspection.ok()) return inspection.status();
  KeepOutside(&*inspection);
  record->claims = SummarizeClaims(inspection->standing);
  record->customers.clear();
  record->priorities.clear();
  for (const ClaimRecord& claim : record->claims) {
    record->customers.push_back(claim.customer);
    record->priorities.push_back(claim.priority);
  }
  record->worst = inspection->standing.worst;
  record->next_due = inspection->standing.next_due;
  record->stage = inspection->standing.stage;
  record->stage_since = inspection->standing.stage_since;
  return absl::OkStatus();
}

ApiAnswer AnswerList(const ApiContext& context, const ApiRequest& request, TicketQuery query) {
  const absl::Time now = context.clock.Now();
  query.at = now;
  const std::string filters = Filters(query);
  if (const std::string cursor = request.Get("cursor"); !cursor.empty()) {
    query.after = pipeline::ReadCursor(cursor, filters);
    if (!query.after) {
      return Refuse(
          400, "`cursor` does not belong to this list: use `next_cursor` of the previous page.");
    }
  }
  const std::size_t page = query.limit;
  ++query.limit;
  auto found = context.store.FindTickets(query);
  if (!found.ok()) return Trouble(context, request, "tickets", found.status(), "");
  const bool more = found->size() > page;
  if (more) found->resize(page);
  // The next page begins after this entry as the store has it.
  const std::string next =
      more ? pipeline::WriteCursor(PlaceOf(query, found->back()), filters) : "";
  if (request.caller->outside()) {
    for (TicketRecord& record : *found) {
      const absl::Status outside = MakeOutside(context, &record);
      if (!outside.ok()) return Trouble(context, request, "tickets", outside, "");
    }
  }
  JsonWriter json;
  json.BeginObject();
  json.BeginVolatile();
  json.Instant("as_of", now);
  json.EndVolatile();
  json.BeginArray("tickets");
  for (const TicketRecord& record : *found) {
    WriteTicketEntry(record, query.customer, now, &json);
  }
  json.End();
  if (more) {
    json.Text("next_cursor", pipeline::WriteCursor(PlaceOf(query, found->back()), filters));
  } else {
    json.Null("next_cursor");
  }
  json.End();
  return JsonAnswer(json);
}

ApiAnswer ListTickets(const ApiContext& context, const ApiRequest& request) {
  TicketQuery query;
  if (auto refusal = ReadQuery(context, request, &query)) return *std::move(refusal);
  return AnswerList(context, request, std::move(query));
}

ApiAnswer ShowQueue(const ApiContext& context, const ApiRequest& request) {
  TicketQuery query;
  if (auto refusal = ReadQuery(context, request, &query)) return *std::move(refusal);
  const std::string closed = request.Get("closed");
  if (!closed.empty() && closed != "true" && closed != "false") {
    return Refuse(400, "`closed` is true or false.");
  }
  // On a closed ticket only an unanswered question is due.
  if (closed != "true") query.open = true;
  query.due_before = absl::InfiniteFuture();
  return AnswerList(context, request, std::move(query));
}

// ---- One ticket

ApiAnswer ShowTicket(const ApiContext& context, const ApiRequest& request, RecentAnswers* recent) {
  const auto ref = ParseTicketRef(request.Get("ref"));
  if (!ref.ok()) {
    return Refuse(400,
                  "`ref` names no ticket: FORGE:PATH#NUMBER or FORGE:PATH!NUMBER, with # "
                  "written %23.");
  }
  const ProjectRef project{ref->forge, ref->path};
  const auto project_record = context.store.FindProjectByPath(project);
  if (!project_record.ok()) {
    return Trouble(context, request, "ticket", project_record.status(), "");
  }
  // A token for another project must not learn whether this project exists.
  if (!MayReadProject(*request.caller, project, *project_record)) {
    return Refuse(403, "This token is not for this project.");
  }
  const char* const unknown = "Nothing is known of this ticket.";
  std::string customer = request.caller->customer;
  if (const std::string asked = request.Get("customer"); !asked.empty()) {
    const TermsHistory terms = context.desk.terms();
    const Customer* known = terms.empty() ? nullptr : terms.back()->policy.FindCustomer(asked);
    // A customer that the token may not know is answered as one that does not exist.
    if (known == nullptr || !MayKnow(*request.caller, *known)) {
      return Refuse(400, "The policy has no such `customer` that this token may ask for.");
    }
    customer = known->id;
  }
  // A caller that may not read a ticket is refused before anything is computed, after the same work
  // as for a ticket that does not exist. The duration therefore says nothing.
  const TicketKey key{ref->forge, *project_record ? (*project_record)->key.id : "", ref->kind,
                      ref->number};
  const auto records = context.store.LoadRecords({key});
  if (!records.ok()) return Trouble(context, request, "ticket", records.status(), "");
  const TicketRecord& record = records->front();
  if (!*project_record || record.version == 0 ||
      !MayRead(*request.caller, project, *project_record, record)) {
    return Refuse(404, unknown);
  }
  const RecentAnswers::Key asked = RecentAnswers::KeyOf(
      context, "ticket", request, **project_record, context.desk.terms(), context.clock.Now());
  if (const auto answer = recent->Find(asked)) return *answer;
  auto inspection = context.desk.Inspect(*ref, customer);
  if (!inspection.ok()) return Trouble(context, request, "ticket", inspection.status(), unknown);
  if (request.caller->outside()) KeepOutside(&*inspection);
  return *recent->Keep(asked, TicketAnswer(*ref, *inspection, customer));
}

}  // namespace

void AddTicketRoutes(std::vector<Route>* routes) {
  routes->push_back({"/api/v1/tickets",
                     Access::kToken,
                     {"project", "customer", "state", "priority", "metric", "open", "due_before",
                      "sort", "limit", "cursor"},
                     ListTickets});
  routes->push_back({"/api/v1/queue",
                     Access::kToken,
                     {"project", "customer", "closed", "limit", "cursor"},
                     ShowQueue});
  routes->push_back({"/api/v1/ticket",
                     Access::kToken,
                     {"ref", "customer"},
                     [recent = std::make_shared<RecentAnswers>()](const ApiContext& context,
                                                                  const ApiRequest& request) {
                       return ShowTicket(context, request, recent.get());
                     }});
}

}  // namespace retainer::api
