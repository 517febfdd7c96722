// Figures and reports.
#include <algorithm>
#include <memory>
#include <string>

#include "nlohmann/json.hpp"
#include "src/api/filters.h"
#include "src/api/routes.h"
#include "src/api/ticket_json.h"
#include "src/api/tokens.h"
#include "src/reports/feedback.h"
#include "src/reports/figure_rows.h"
#include "src/reports/report.h"
#include "src/reports/walk_turns.h"

namespace retainer::api {
namespace {

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

ApiAnswer ShowFeedback(const ApiContext& context, const ApiRequest& request) {
  AskedReport asked = Asking(context);
  if (auto refusal = ReadAsked(context, request, &asked)) return *std::move(refusal);
  const std::string open = request.Get("open");
  if (!open.empty() && open != "true") return Refuse(400, "`open` is true, or left out.");
  const reports::ReportQuestion& question = asked.question;
  const absl::TimeZone zone =
      reports::ZoneFor(asked.sources.terms.back()->policy, question.customer);
  const auto found =
      reports::FindFeedback(asked.sources,
                            {reports::BeginOf(question.span, zone),
                             std::min(reports::EndOf(question.span, zone), asked.sources.now),
                             question.key, question.customer, question.audience},
                            !open.empty());
  if (!found.ok()) return Trouble(context, request, "feedback", found.status(), "");
  return JsonAnswer({{"from", reports::DayText(question.span.from)},
                     {"until", reports::DayText(question.span.until)},
                     {"ratings", reports::FeedbackJson(*found)}});
}

}  // namespace

void AddFigureRoutes(std::vector<Route>* routes) {
  const auto turns = std::make_shared<reports::Turns>();
  const auto in_turn = [&](ApiAnswer (*handle)(const ApiContext&, const ApiRequest&)) {
    return [turns, handle](const ApiContext& context, const ApiRequest& request) {
      ApiAnswer answer;
      if (turns->Take([&] { answer = handle(context, request); })) return answer;
      answer = Refuse(503, "Figures are being summed up for others: ask again.");
      answer.headers = {{"Retry-After", "10"}};
      return answer;
    };
  };
  routes->push_back({"/api/v1/figures",
                     Access::kToken,
                     {"by", "from", "until", "project", "customer", "format"},
                     in_turn(ShowFigures)});
  routes->push_back({"/api/v1/feedback",
                     Access::kToken,
                     {"from", "until", "project", "customer", "open"},
                     in_turn(ShowFeedback)});
  routes->push_back({"/api/v1/report",
                     Access::kToken,
                     {"from", "until", "project", "customer", "all", "format"},
                     in_turn(ShowReport)});
}

}  // namespace retainer::api
