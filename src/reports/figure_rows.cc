#include "src/reports/figure_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "retainer/instant_text.h"
#include "src/reports/csv.h"

namespace retainer::reports {
namespace {

using nlohmann::ordered_json;

constexpr const char* kAges[] = {"up_to_7_days", "up_to_30_days", "up_to_90_days", "older"};

ordered_json Seconds(std::optional<absl::Duration> took) {
  return took ? ordered_json(absl::ToInt64Seconds(*took)) : ordered_json(nullptr);
}

ordered_json Share(std::optional<double> share) {
  return share ? ordered_json(*share) : ordered_json(nullptr);
}

ordered_json TallyJson(const FigureTally& tally) {
  return {{"met", tally.met},
          {"missed", tally.missed},
          {"missed_open", tally.missed_open},
          {"kept", Share(tally.kept())},
          {"excused", tally.excused},
          {"cancelled", tally.cancelled},
          {"closed_unanswered", tally.closed_unanswered}};
}

ordered_json MetricsJson(const std::map<Metric, MetricFigures>& metrics) {
  ordered_json json = ordered_json::object();
  for (const auto& [metric, figures] : metrics) {
    ordered_json one = TallyJson(figures.tally);
    one["measured"] = figures.took.size();
    one["median_seconds"] = Seconds(Quantile(figures.took, 0.5));
    one["p90_seconds"] = Seconds(Quantile(figures.took, 0.9));
    json[std::string(MetricName(metric))] = std::move(one);
  }
  return json;
}

ordered_json SatisfactionJson(const Figures& figures) {
  if (figures.rated == 0) return {{"n", 0}, {"mean", nullptr}, {"low", 0}};
  return {{"n", figures.rated},
          {"mean", static_cast<double>(figures.marks) / static_cast<double>(figures.rated)},
          {"low", figures.low_marks}};
}

std::vector<std::string> CsvCells(const std::string& row, const std::string& kind,
                                  const std::string& metric, const FigureTally& tally,
                                  const std::vector<absl::Duration>& took) {
  const auto seconds = [](std::optional<absl::Duration> value) {
    return value ? absl::StrCat(absl::ToInt64Seconds(*value)) : "";
  };
  return {row,
          kind,
          metric,
          absl::StrCat(tally.met),
          absl::StrCat(tally.missed),
          absl::StrCat(tally.missed_open),
          tally.kept() ? absl::StrFormat("%.4f", *tally.kept()) : "",
          absl::StrCat(tally.excused),
          absl::StrCat(tally.cancelled),
          absl::StrCat(tally.closed_unanswered),
          absl::StrCat(took.size()),
          seconds(Quantile(took, 0.5)),
          seconds(Quantile(took, 0.9))};
}

}  // namespace

std::string ZoneNameFor(const Policy& policy, const std::string& customer) {
  const Customer* known = customer.empty() ? nullptr : policy.FindCustomer(customer);
  return known == nullptr ? DeskZoneName(policy) : known->time_zone;
}

absl::TimeZone ZoneFor(const Policy& policy, const std::string& customer) {
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::LoadTimeZone(ZoneNameFor(policy, customer), &zone);  // cannot fail: it was validated
  return zone;
}

absl::StatusOr<FigureTable> SumFigures(const ReportSources& sources,
                                       const FigureQuestion& question) {
  const Policy& current = sources.terms.back()->policy;
  const absl::TimeZone zone = ZoneFor(current, question.customer);
  FigureScope scope;
  scope.from = BeginOf(question.span, zone);
  scope.until = EndOf(question.span, zone);
  scope.as_of = std::min(scope.until, sources.now);
  scope.zone = zone;
  scope.cut = question.cut;
  scope.customer = question.customer;
  scope.most_listed = question.most_listed;
  WeekWatch watch(scope);
  const WalkScope walk{WeekWatch::BeginOf(scope), scope.as_of, question.project, question.customer,
                       question.audience};
  FigureTable table{question.span, ZoneNameFor(current, question.customer),
                    TermsUntil(sources.terms, scope.as_of).back()->id,
                    FigureSums(scope, sources.terms.back())};
  absl::Status walked =
      WalkTickets(sources, walk, [&](const FiguredTicket& ticket, const Standing& standing) {
        table.sums.Add(ticket, standing);
        watch.Add(ticket, standing);
      });
  if (!walked.ok()) return walked;
  table.stands_out = watch.Find();
  return table;
}

ordered_json FiguresJson(const Figures& figures) {
  ordered_json ages = ordered_json::object();
  for (std::size_t i = 0; i < figures.backlog.size(); ++i) ages[kAges[i]] = figures.backlog[i];
  ordered_json priorities = ordered_json::object();
  for (const auto& [priority, count] : figures.opened_by_priority) {
    priorities[priority.empty() ? std::string(kCommunityRow) : priority] = count;
  }
  ordered_json misses_at = ordered_json::array();
  for (std::size_t hour = 0; hour < figures.missed_at.size(); ++hour) {
    if (figures.missed_at[hour] == 0) continue;
    misses_at.push_back(
        {{"weekday", hour / 24 + 1}, {"hour", hour % 24}, {"missed", figures.missed_at[hour]}});
  }
  ordered_json silence = nullptr;
  if (figures.silent) {
    silence = {{"ticket", ToString(*figures.silent)}, {"since", Rfc3339(figures.silent_since)}};
  }
  return {{"promises", TallyJson(figures.promises())},
          {"metrics", MetricsJson(figures.commitments)},
          {"targets", MetricsJson(figures.targets)},
          {"trials", MetricsJson(figures.trials)},
          {"community", MetricsJson(figures.community)},
          {"opened",
           {{"all", figures.opened()},
            {"issues", figures.opened_issues},
            {"changes", figures.opened_changes},
            {"by_priority", std::move(priorities)}}},
          {"closed", figures.closed},
          {"reopened", figures.reopened},
          {"open", {{"all", figures.open()}, {"by_age", std::move(ages)}}},
          {"longest_silence", std::move(silence)},
          {"missed_at", std::move(misses_at)},
          {"satisfaction", SatisfactionJson(figures)}};
}

ordered_json FiguresJson(const FigureTable& table) {
  const FigureScope& scope = table.sums.scope();
  ordered_json rows = ordered_json::object();
  for (const auto& [name, figures] : table.sums.rows()) {
    rows[name] = FiguresJson(figures);
  }
  ordered_json unusual = ordered_json::array();
  for (const StandsOut& one : table.stands_out) {
    ordered_json tickets = ordered_json::array();
    for (const TicketRef& ticket : one.tickets) tickets.push_back(ToString(ticket));
    unusual.push_back({{"what", one.what},
                       {"where", one.where},
                       {"week", one.week},
                       {"count", one.tickets.size()},
                       {"median", one.median},
                       {"tickets", std::move(tickets)}});
  }
  return {{"from", DayText(table.span.from)}, {"until", DayText(table.span.until)},
          {"time_zone", table.zone},          {"as_of", Rfc3339(scope.as_of)},
          {"policy", table.policy},           {"by", std::string(FigureCutName(scope.cut))},
          {"rows", std::move(rows)},          {"stands_out", std::move(unusual)}};
}

std::string FiguresCsv(const FigureTable& table) {
  std::string csv = CsvLine({std::string(FigureCutName(table.sums.scope().cut)), "kind", "metric",
                             "met", "missed", "missed_open", "kept", "excused", "cancelled",
                             "closed_unanswered", "measured", "median_seconds", "p90_seconds"});
  for (const auto& [name, figures] : table.sums.rows()) {
    csv += CsvLine(CsvCells(name, "commitment", "all", figures.promises(), {}));
    const std::pair<const char*, const std::map<Metric, MetricFigures>*> kinds[] = {
        {"commitment", &figures.commitments},
        {"target", &figures.targets},
        {"trial", &figures.trials},
        {"community", &figures.community}};
    for (const auto& [kind, metrics] : kinds) {
      for (const auto& [metric, one] : *metrics) {
        csv += CsvLine(CsvCells(name, kind, std::string(MetricName(metric)), one.tally, one.took));
      }
    }
  }
  return csv;
}

std::string FiguresText(const FigureTable& table) {
  const FigureScope& scope = table.sums.scope();
  std::string text = absl::StrCat(DayText(table.span.from), " to ", DayText(table.span.until), " (",
                                  table.zone, "), as of ", UtcText(scope.as_of), "\n\n");
  std::size_t width = 8;
  for (const auto& [name, figures] : table.sums.rows()) width = std::max(width, name.size());
  const int columns = static_cast<int>(width);
  absl::StrAppendFormat(&text, "%-*s %8s %6s %6s %6s %6s %6s %8s  %s\n", columns, "", "kept", "met",
                        "missed", "opened", "closed", "open", "reopened",
                        "first response: median, p90");
  for (const auto& [name, figures] : table.sums.rows()) {
    const FigureTally tally = figures.promises();
    const auto first = figures.commitments.find(Metric::kFirstResponse);
    const std::vector<absl::Duration> took =
        first == figures.commitments.end() ? std::vector<absl::Duration>() : first->second.took;
    absl::StrAppendFormat(&text, "%-*s %8s %6d %6d %6d %6d %6d %8d  %s, %s\n", columns, name,
                          ShareText(tally.kept()), tally.met, tally.missed, figures.opened(),
                          figures.closed, figures.open(), figures.reopened,
                          TookText(Quantile(took, 0.5)), TookText(Quantile(took, 0.9)));
  }
  if (!table.stands_out.empty()) absl::StrAppend(&text, "\nWhat stands out:\n");
  for (const StandsOut& one : table.stands_out) {
    absl::StrAppendFormat(&text, "  %s, %s: %d tickets %s, usually %g\n", one.week, one.where,
                          one.tickets.size(), one.what, one.median);
  }
  return text;
}

std::string ShareText(std::optional<double> share) {
  if (!share) return "-";
  // A share is shown as 100 % only if all were kept.
  const double percent = *share < 1 ? std::min(*share * 100, 99.9) : 100;
  return absl::StrFormat("%.1f %%", percent);
}

std::string TookText(std::optional<absl::Duration> took) {
  if (!took) return "-";
  const std::int64_t minutes = absl::ToInt64Minutes(*took);
  if (minutes == 0) return absl::StrCat(absl::ToInt64Seconds(*took), "s");
  if (minutes < 60) return absl::StrCat(minutes, "m");
  // No days: a day of open time is not a day of the calendar.
  return absl::StrCat(minutes / 60, "h",
                      minutes % 60 == 0 ? "" : absl::StrCat(" ", minutes % 60, "m"));
}

}  // namespace retainer::reports
