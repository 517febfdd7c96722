// Figures and reports.
//
// They are summed up from tickets while the caller waits, which takes seconds for very many
// tickets. So one request is answered at a time, a few wait for it, and others are asked to come again.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "nlohmann/json.hpp"
#include "src/api/filters.h"
#include "src/api/routes.h"
#include "src/api/ticket_json.h"
#include "src/api/tokens.h"
#include "src/reports/figure_rows.h"
#include "src/reports/report.h"

namespace retainer::api {
namespace {

constexpr int kMostWaiting = 4;
constexpr std::chrono::seconds kLongestWait{10};

// Thread-safe.
class OneAtATime {
 public:
  ApiAnswer Answer(const std::function<ApiAnswer()>& answer) {
    if (waiting_.fetch_add(1) >= kMostWaiting) {
      waiting_.fetch_sub(1);
      return Busy();
    }
    std::unique_lock lock(mutex_, kLongestWait);
    waiting_.fetch_sub(1);
    return lock.owns_lock() ? answer() : Busy();
  }

 private:
  static ApiAnswer Busy() {
    ApiAnswer busy = Refuse(503, "Figures are being summed up for others: ask again.");
    busy.headers = {{"Retry-After", "10"}};
    return busy;
  }

  std::timed_mutex mutex_;
  std::atomic<int> waiting_ = 0;
};

// What the request asks for, as far as its token may.
struct AskedReport {
  reports::ReportSources sources;
  reports::ReportQuestion question;
};

// Returns the refusal if there is one.
std::optional<ApiAnswer> ReadAsked(const ApiContext& context, const ApiRequest& request,
                                   AskedReport* asked) {
  const Caller& caller = *request.caller;
  if (asked->sources.terms.empty()) return Refuse(404, "No valid policy is in force.");
  if (caller.outside() && !request.Get("customer").empty()) {
    return Refuse(403, "A project's token gets the project's figures, not those of a customer.");
  }
  const AskedCustomer customer = AskCustomer(request, asked->sources.terms, 404);
  if (customer.refusal) return customer.refusal;
  asked->question.customer = customer.id;
  const AskedProject project = AskProject(context, request);
  if (project.refusal) return project.refusal;
  if (project.project) {
    asked->question.key = project.project->key;
    asked->question.project = {project.project->key.forge, project.project->path};
  }
  asked->question.proven = !caller.bound();
  asked->question.audience = caller.outside() ? Audience::kOutsiders : Audience::kTeam;
  const Policy& policy = asked->sources.terms.back()->policy;
  const auto span = reports::ReadSpan(request.Get("from"), request.Get("until"), asked->sources.now,
                                      reports::ZoneFor(policy, asked->question.customer));
  if (!span.ok()) return Refuse(400, std::string(span.status().message()) + ".");
  asked->question.span = *span;
  return std::nullopt;
}

AskedReport Asking(const ApiContext& context) {
  return {{context.store,
           [&context](const TicketKey& key, const TicketRecord& record) {
             return context.desk.ContextOf(key, record);
           },
           context.desk.terms(), context.clock.Now()},
          {}};
}

ApiAnswer FileAnswer(std::string type, std::string body) {
  ApiAnswer answer;
  answer.type = std::move(type);
  answer.body = std::move(body);
  answer.stable = answer.body;
  // Of a page that holds its own style: nothing else runs or loads.
  answer.headers = {{"Content-Security-Policy",
                     "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}};
  return answer;
}

ApiAnswer ShowFigures(const ApiContext& context, const ApiRequest& request) {
  AskedReport asked = Asking(context);
  if (auto refusal = ReadAsked(context, request, &asked)) return *std::move(refusal);
  const std::string by = request.Get("by");
  const auto cut = by.empty() ? FigureCut::kNone : ParseFigureCut(by);
  if (!cut) return Refuse(400, "`by` is week, plan, customer, project, team or priority.");
  const std::string format = request.Get("format");
  if (!format.empty() && format != "json" && format != "csv") {
    return Refuse(400, "`format` is json or csv.");
  }
  const auto table =
      reports::SumFigures(asked.sources, {asked.question.span, *cut, asked.question.key,
                                          asked.question.customer, asked.question.audience});
  if (!table.ok()) return Trouble(context, request, "figures", table.status(), "");
  if (format == "csv") {
    return FileAnswer(reports::ContentType(reports::ReportFormat::kCsv),
                      reports::FiguresCsv(*table));
  }
  return JsonAnswer(reports::FiguresJson(*table));
}

ApiAnswer ShowReport(const ApiContext& context, const ApiRequest& request) {
  AskedReport asked = Asking(context);
  if (request.Get("from").empty() || request.Get("until").empty()) {
    return Refuse(400, "`from` and `until` are missing: days like 2026-10-01.");
  }
  if (auto refusal = ReadAsked(context, request, &asked)) return *std::move(refusal);
  const std::string all = request.Get("all");
  if (!all.empty() && all != "true") return Refuse(400, "`all` is true, or left out.");
  if (asked.question.customer.empty() && !asked.question.project && all.empty()) {
    return Refuse(400, "Say for whom: `customer`, `project` or `all=true`.");
  }
  const std::string name = request.Get("format");
  const auto format = reports::ParseReportFormat(name.empty() ? "json" : name);
  if (!format) return Refuse(400, "`format` is html, md, csv or json.");
  const auto report = reports::MakeReport(asked.sources, asked.question);
  if (!report.ok()) {
    return Trouble(context, request, "report", report.status(),
                   "The policy in force names no such customer.");
  }
  return FileAnswer(reports::ContentType(*format), reports::WriteReport(*report, *format));
}

}  // namespace

void AddFigureRoutes(std::vector<Route>* routes) {
  const auto turn = std::make_shared<OneAtATime>();
  const auto in_turn = [&](ApiAnswer (*handle)(const ApiContext&, const ApiRequest&)) {
    return [turn, handle](const ApiContext& context, const ApiRequest& request) {
      return turn->Answer([&] { return handle(context, request); });
    };
  };
  routes->push_back({"/api/v1/figures",
                     Access::kToken,
                     {"by", "from", "until", "project", "customer", "format"},
                     in_turn(ShowFigures)});
  routes->push_back({"/api/v1/report",
                     Access::kToken,
                     {"from", "until", "project", "customer", "all", "format"},
                     in_turn(ShowReport)});
}

}  // namespace retainer::api
