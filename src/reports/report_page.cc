#include "src/reports/report_page.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/promise_words.h"
#include "src/reports/weekly_bars.h"
#include "templates/page_renderer.h"
#include "templates/renderer.h"

namespace retainer::reports {
namespace {

using templates::PageValues;

// A ticket with a link if its address is one.
PageValues TicketValues(const TicketRef& ref, const std::string& title, const std::string& url) {
  PageValues values;
  values.texts["name"] = ToString(ref);
  values.texts["subject"] = title;
  values.texts["url"] = templates::InertUrl(url);
  values.Show(values.texts["url"].empty() ? "plain" : "link");
  return values;
}

PageValues PromiseValues(const ReportedPromise& reported) {
  const FiguredPromise& promise = reported.promise;
  PageValues values = TicketValues(promise.ticket, promise.title, promise.url);
  values.texts["metric"] = PromiseWords(promise.metric);
  values.texts["priority"] = promise.priority;
  values.texts["why"] = reported.why;
  return values;
}

PageValues MetricValues(Metric metric, const MetricFigures& figures) {
  PageValues values;
  values.texts = {{"metric", std::string(PromiseWords(metric))},
                  {"share", ShareText(figures.tally.kept())},
                  {"met", absl::StrCat(figures.tally.met)},
                  {"missed", absl::StrCat(figures.tally.missed)},
                  {"excused", absl::StrCat(figures.tally.excused)},
                  {"median", TookText(Quantile(figures.took, 0.5))},
                  {"p90", TookText(Quantile(figures.took, 0.9))}};
  return values;
}

void ShowLines(const std::string& name, const std::vector<std::string>& lines, PageValues* page) {
  if (lines.empty()) return;
  PageValues section;
  for (const std::string& line : lines) {
    PageValues one;
    one.texts["line"] = line;
    section.Show(name, std::move(one));
  }
  page->Show("has_" + name, std::move(section));
}

}  // namespace

std::string ReportPage(const Report& report) {
  const FigureTally all = report.figures.promises();
  PageValues page;
  page.texts = {{"title", report.title},
                {"from", DayText(report.span.from)},
                {"until", DayText(report.span.until)},
                {"zone", report.zone_name},
                {"share", ShareText(all.kept())},
                {"met", absl::StrCat(all.met)},
                {"decided", absl::StrCat(all.met + all.missed)},
                {"opened", absl::StrCat(report.figures.opened())},
                {"closed", absl::StrCat(report.figures.closed)},
                {"reopened", absl::StrCat(report.figures.reopened)},
                {"as_of", LocalText(report.as_of, report.zone)},
                {"policy", report.policy.substr(0, 12)}};
  if (!report.commit.empty()) {
    PageValues from;
    from.texts["commit"] = report.commit.substr(0, 12);
    page.Show("from_commit", std::move(from));
  }
  if (!report.ledger.empty()) {
    PageValues proof;
    proof.texts["digest"] = report.ledger;
    page.Show("proof", std::move(proof));
  }
  if (std::string svg = WeeklyBars(report.weeks); !svg.empty()) {
    PageValues bars;
    bars.texts["svg"] = std::move(svg);
    page.Show("bars", std::move(bars));
  }
  if (all.missed == 0) page.Show("no_misses");
  for (const ReportedPromise& miss : report.misses) page.Show("misses", PromiseValues(miss));
  const auto listed = static_cast<std::int64_t>(report.misses.size());
  if (all.missed > listed) {
    PageValues more;
    more.texts["count"] = absl::StrCat(all.missed - listed);
    page.Show("more_misses", std::move(more));
  }
  if (!report.figures.commitments.empty()) {
    PageValues kept;
    for (const auto& [metric, figures] : report.figures.commitments) {
      kept.Show("metrics", MetricValues(metric, figures));
    }
    page.Show("kept", std::move(kept));
  }
  if (!report.slowest.empty()) {
    PageValues slow;
    for (const ReportedPromise& one : report.slowest) slow.Show("slowest", PromiseValues(one));
    page.Show("slow", std::move(slow));
  }
  if (report.open.empty()) page.Show("nothing_open");
  for (const ReportedOpen& one : report.open) {
    PageValues values = TicketValues(one.ticket.ref, one.ticket.title, one.ticket.url);
    values.texts["priority"] = one.priority;
    values.texts["due"] =
        one.due ? absl::StrCat("next due ", LocalText(*one.due, report.zone)) : "nothing is due";
    page.Show("open", std::move(values));
  }
  ShowLines("feedback", report.feedback, &page);
  ShowLines("contacts", report.contacts, &page);
  ShowLines("terms", report.terms, &page);
  return templates::RenderReport(std::move(page));
}

}  // namespace retainer::reports
