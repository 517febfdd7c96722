// A report as JSON, CSV and Markdown. report_page.cc has HTML.
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "retainer/promise_words.h"
#include "src/reports/csv.h"
#include "src/reports/report.h"
#include "src/reports/report_page.h"
#include "templates/renderer.h"

namespace retainer::reports {
namespace {

using nlohmann::ordered_json;

ordered_json TextOrNull(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json InstantOrNull(const std::optional<absl::Time>& at) {
  return at ? ordered_json(Rfc3339(*at)) : ordered_json(nullptr);
}

ordered_json PromiseJson(const ReportedPromise& reported) {
  const FiguredPromise& promise = reported.promise;
  return {{"ticket", ToString(promise.ticket)},
          {"title", promise.title},
          {"url", promise.url},
          {"customer", promise.customer},
          {"plan", promise.plan},
          {"priority", promise.priority},
          {"metric", std::string(MetricName(promise.metric))},
          {"started", Rfc3339(promise.started)},
          {"due", Rfc3339(promise.due)},
          {"stopped", InstantOrNull(promise.stopped)},
          {"target_seconds", absl::ToInt64Seconds(promise.target)},
          {"took_seconds", absl::ToInt64Seconds(promise.took)},
          {"why", reported.why}};
}

std::string Json(const Report& report) {
  ordered_json json = {{"title", report.title},
                       {"from", DayText(report.span.from)},
                       {"until", DayText(report.span.until)},
                       {"time_zone", report.zone_name},
                       {"as_of", Rfc3339(report.as_of)},
                       {"policy", report.policy},
                       {"commit", TextOrNull(report.commit)}};
  json["misses"] = ordered_json::array();
  for (const ReportedPromise& miss : report.misses) json["misses"].push_back(PromiseJson(miss));
  json["figures"] = FiguresJson(report.figures);
  json["slowest"] = ordered_json::array();
  for (const ReportedPromise& slow : report.slowest) json["slowest"].push_back(PromiseJson(slow));
  json["weeks"] = ordered_json::object();
  for (const auto& [week, figures] : report.weeks) {
    const FigureTally tally = figures.promises();
    json["weeks"][week] = {{"met", tally.met},
                           {"missed", tally.missed},
                           {"opened", figures.opened()},
                           {"open", figures.open()}};
  }
  json["open"] = ordered_json::array();
  for (const ReportedOpen& open : report.open) {
    json["open"].push_back({{"ticket", ToString(open.ticket.ref)},
                            {"title", open.ticket.title},
                            {"url", open.ticket.url},
                            {"priority", open.priority},
                            {"opened", Rfc3339(open.opened)},
                            {"due", InstantOrNull(open.due)},
                            {"state", TextOrNull(open.state)}});
  }
  json["feedback"] = report.feedback;
  json["contacts"] = report.contacts;
  json["terms"] = report.terms;
  json["ledger"] = TextOrNull(report.ledger);
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string Csv(const Report& report) {
  std::string csv = CsvLine({"ticket", "title", "url", "customer", "plan", "priority", "metric",
                             "started", "due", "stopped", "target_seconds", "took_seconds"});
  for (const ReportedPromise& miss : report.misses) {
    const FiguredPromise& promise = miss.promise;
    csv += CsvLine({ToString(promise.ticket), promise.title, promise.url, promise.customer,
                    promise.plan, promise.priority, std::string(MetricName(promise.metric)),
                    Rfc3339(promise.started), Rfc3339(promise.due),
                    promise.stopped ? Rfc3339(*promise.stopped) : "",
                    absl::StrCat(absl::ToInt64Seconds(promise.target)),
                    absl::StrCat(absl::ToInt64Seconds(promise.took))});
  }
  return csv;
}

// ---- Markdown

std::string Link(const TicketRef& ref, const std::string& url, const std::string& title) {
  const std::string name = templates::InertText(ToString(ref));
  const std::string target = templates::InertUrl(url);
  std::string text = target.empty() ? name : absl::StrCat("[", name, "](", target, ")");
  if (!title.empty()) absl::StrAppend(&text, " ", templates::InertText(title));
  return text;
}

void AddLines(const std::string& heading, const std::vector<std::string>& lines,
              std::string* text) {
  if (lines.empty()) return;
  absl::StrAppend(text, "\n## ", heading, "\n\n");
  for (const std::string& line : lines) {
    absl::StrAppend(text, "- ", templates::InertText(line), "\n");
  }
}

std::string Markdown(const Report& report) {
  const FigureTally all = report.figures.promises();
  std::string text = absl::StrCat(
      "# Support report: ", templates::InertText(report.title), "\n\n", DayText(report.span.from),
      " to ", DayText(report.span.until), " (", report.zone_name, "). Promises kept: ", all.met,
      " of ", all.met + all.missed, " (", ShareText(all.kept()), ").\n\n## Missed\n\n");
  if (all.missed == 0) absl::StrAppend(&text, "No promise was missed.\n");
  for (const ReportedPromise& miss : report.misses) {
    const FiguredPromise& promise = miss.promise;
    absl::StrAppend(&text, "- ", Link(promise.ticket, promise.url, promise.title), ": ",
                    std::string(PromiseWords(promise.metric)), " (",
                    templates::InertText(promise.priority), "). ", miss.why, "\n");
  }
  if (all.missed > static_cast<std::int64_t>(report.misses.size())) {
    absl::StrAppend(&text, "- and ", all.missed - static_cast<std::int64_t>(report.misses.size()),
                    " more\n");
  }
  absl::StrAppend(&text,
                  "\n## Kept\n\n| promise | kept | met | missed | excused | median | p90 |\n"
                  "|---|---|---|---|---|---|---|\n");
  for (const auto& [metric, figures] : report.figures.commitments) {
    absl::StrAppend(&text, "| ", std::string(PromiseWords(metric)), " | ",
                    ShareText(figures.tally.kept()), " | ", figures.tally.met, " | ",
                    figures.tally.missed, " | ", figures.tally.excused, " | ",
                    TookText(Quantile(figures.took, 0.5)), " | ",
                    TookText(Quantile(figures.took, 0.9)), " |\n");
  }
  absl::StrAppend(&text, "\nMedian and p90 are of open time, over all that was answered.\n");
  if (!report.slowest.empty()) {
    absl::StrAppend(&text, "\n## Slowest\n\n");
    for (const ReportedPromise& slow : report.slowest) {
      absl::StrAppend(&text, "- ", Link(slow.promise.ticket, slow.promise.url, slow.promise.title),
                      ": ", std::string(PromiseWords(slow.promise.metric)), ". ", slow.why, "\n");
    }
  }
  absl::StrAppend(&text, "\n## Open now\n\n", report.figures.opened(), " opened, ",
                  report.figures.closed, " closed, ", report.figures.reopened,
                  " reopened in this time.\n\n");
  for (const ReportedOpen& open : report.open) {
    absl::StrAppend(
        &text, "- ", Link(open.ticket.ref, open.ticket.url, open.ticket.title), " (",
        templates::InertText(open.priority), "): ",
        open.due ? absl::StrCat("due ", LocalText(*open.due, report.zone)) : "nothing is due",
        "\n");
  }
  AddLines("Feedback", report.feedback, &text);
  AddLines("Contacts", report.contacts, &text);
  AddLines("Changes of terms", report.terms, &text);
  absl::StrAppend(
      &text, "\nAs of ", LocalText(report.as_of, report.zone), ", policy ",
      report.policy.substr(0, 12),
      report.commit.empty() ? "" : absl::StrCat(" of commit ", report.commit.substr(0, 12)),
      report.ledger.empty() ? "" : absl::StrCat(". Ledger: `", report.ledger, "`"), ".\n");
  return text;
}

}  // namespace

std::string WriteReport(const Report& report, ReportFormat format) {
  switch (format) {
    case ReportFormat::kHtml:
      return ReportPage(report);
    case ReportFormat::kMarkdown:
      return Markdown(report);
    case ReportFormat::kCsv:
      return Csv(report);
    case ReportFormat::kJson:
      return Json(report);
  }
  return "";
}

}  // namespace retainer::reports
