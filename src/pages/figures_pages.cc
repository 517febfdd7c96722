// Figures and reports.
//
//   /desk/figures       how it goes: `by`, `from`, `until`, `customer`, `project`
//   /desk/figures.csv   the same as a file
//   /desk/report        a report as a file: `customer`, `project` or everything; `format`
//   /my/report          the same for a contact, of its own customer
#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/promise_words.h"
#include "src/pages/cookies.h"
#include "src/pages/frame.h"
#include "src/pages/page.h"
#include "src/pages/page_words.h"
#include "src/reports/figure_rows.h"
#include "src/reports/heat_map.h"
#include "src/reports/report.h"
#include "src/reports/walk_turns.h"
#include "src/reports/weekly_bars.h"

namespace retainer::pages {
namespace {

using reports::ShareText;
using reports::TookText;
using templates::PageValues;

constexpr std::size_t kMostMissed = 20;

struct CutName {
  FigureCut cut;
  const char* name;
};
constexpr CutName kCutNames[] = {
    {FigureCut::kWeek, "Week"},         {FigureCut::kPlan, "Plan"},
    {FigureCut::kCustomer, "Customer"}, {FigureCut::kProject, "Project"},
    {FigureCut::kTeam, "Team"},         {FigureCut::kPriority, "Priority"}};

PageValues MissValues(const FiguredPromise& miss, absl::Time as_of, const Policy& policy) {
  PageValues values;
  values.texts = {{"address", AddressOf("/desk/ticket", miss.ticket)},
                  {"title", miss.title.empty() ? ToString(miss.ticket) : miss.title},
                  {"ref", ToString(miss.ticket)},
                  {"promise", std::string(PromiseWords(miss.metric))},
                  {"priority", miss.priority},
                  {"customer", CustomerName(policy, miss.customer)},
                  {"late", SpanWords(OverdueOf(miss, as_of))}};
  if (!miss.stopped) values.Show("still");
  return values;
}

PageValues RowValues(const std::string& name, const Figures& figures, const std::string& address) {
  const FigureTally tally = figures.promises();
  const auto first = figures.commitments.find(Metric::kFirstResponse);
  const std::vector<absl::Duration> took =
      first == figures.commitments.end() ? std::vector<absl::Duration>() : first->second.took;
  PageValues row;
  row.texts = {{"name", name},
               {"address", address},
               {"kept", ShareText(tally.kept())},
               {"met", absl::StrCat(tally.met)},
               {"missed", absl::StrCat(tally.missed)},
               {"opened", absl::StrCat(figures.opened())},
               {"closed", absl::StrCat(figures.closed)},
               {"open", absl::StrCat(figures.open())},
               {"reopened", absl::StrCat(figures.reopened)},
               {"median", TookText(Quantile(took, 0.5))},
               {"p90", TookText(Quantile(took, 0.9))}};
  row.Show(address.empty() ? "plain" : "link");
  if (figures.rated > 0) {
    PageValues rated;
    rated.texts = {{"mean", absl::StrCat((figures.marks * 10 / figures.rated) / 10, ".",
                                         (figures.marks * 10 / figures.rated) % 10)},
                   {"n", absl::StrCat(figures.rated)}};
    row.Show("rated", std::move(rated));
  }
  return row;
}

class FigurePages {
 public:
  explicit FigurePages(const PageContext& context) : context_(context) {}

  PageAnswer Show(const PageVisit& visit) const {
    return Sum(visit, [&](const reports::FigureTable& table, const TermsHistory& terms) {
      return AsPage(visit, table, terms.back()->policy);
    });
  }
  PageAnswer File(const PageVisit& visit) const {
    return Sum(visit, [&](const reports::FigureTable& table, const TermsHistory&) {
      return CsvFile("figures", reports::FiguresCsv(table));
    });
  }
  // For the team.
  PageAnswer Report(const PageVisit& visit) const {
    return MakeReport(visit, visit.Asked("customer"), visit.Asked("project"), /*proven=*/true);
  }
  // For a contact: of one of its own customers.
  PageAnswer OwnReport(const PageVisit& visit) const {
    std::string customer = visit.Asked("customer");
    const std::vector<std::string>& own = visit.visitor->rights.customers;
    if (customer.empty()) customer = own.front();
    if (!visit.visitor->IsContactOf(customer)) return NothingHere();
    return MakeReport(visit, customer, "", /*proven=*/false);
  }

 private:
  reports::ReportSources Sources() const {
    return {context_.store,
            [this](const TicketKey& key, const TicketRecord& record) {
              return context_.desk.ContextOf(key, record);
            },
            context_.desk.terms(), context_.clock.Now()};
  }

  static PageAnswer Wrong(const std::string& what) {
    return Message(400, "Nothing like that", what, "/desk/figures", "Figures");
  }
  static PageAnswer Busy() {
    PageAnswer busy = Message(503, "One moment", "Figures are being summed up for others.",
                              "/desk/figures", "Try again");
    busy.headers.emplace_back("Retry-After", "10");
    return busy;
  }

  // Reads what `customer` and `project` name. Returns what is wrong; empty: nothing.
  absl::StatusOr<std::string> Find(const std::string& customer, const std::string& project,
                                   const Policy& policy, reports::ReportQuestion* question) const {
    if (!customer.empty()) {
      const Customer* known = policy.FindCustomer(customer);
      if (known == nullptr) return "There is no such customer in the policy.";
      question->customer = known->id;
    }
    if (project.empty()) return "";
    const auto ref = ParseProjectRef(project);
    if (!ref.ok()) return "A project is written FORGE:PATH.";
    const auto known = context_.store.FindProjectByPath(*ref);
    if (!known.ok()) return known.status();
    if (!*known) return "There is no such project.";
    question->key = (*known)->key;
    question->project = ProjectRef{(*known)->key.forge, (*known)->path};
    return "";
  }

  template <typename Write>
  PageAnswer Sum(const PageVisit& visit, Write write) const {
    const reports::ReportSources sources = Sources();
    if (sources.terms.empty()) return Wrong("No policy is in force yet.");
    const Policy& policy = sources.terms.back()->policy;
    const std::string by = visit.Asked("by");
    const auto cut = ParseFigureCut(by.empty() ? "week" : by);
    if (!cut || *cut == FigureCut::kNone) return Wrong("Figures are not split by that.");
    reports::ReportQuestion found;
    const auto wrong = Find(visit.Asked("customer"), visit.Asked("project"), policy, &found);
    if (!wrong.ok()) return NotNow(context_.log, "figures", wrong.status());
    if (!wrong->empty()) return Wrong(*wrong);
    const auto span = reports::ReadSpan(visit.Asked("from"), visit.Asked("until"), sources.now,
                                        reports::ZoneFor(policy, found.customer));
    if (!span.ok()) return Wrong(std::string(span.status().message()) + ".");
    PageAnswer answer;
    const bool done = turns_.Take([&] {
      reports::FigureQuestion question{*span, *cut, found.key, found.customer, Audience::kTeam};
      question.most_listed = kMostMissed;
      const auto table = reports::SumFigures(sources, question);
      answer = table.ok() ? write(*table, sources.terms)
                          : NotNow(context_.log, "figures", table.status());
    });
    return done ? answer : Busy();
  }

  PageAnswer MakeReport(const PageVisit& visit, const std::string& customer,
                        const std::string& project, bool proven) const {
    const reports::ReportSources sources = Sources();
    if (sources.terms.empty()) return Wrong("No policy is in force yet.");
    const Policy& policy = sources.terms.back()->policy;
    reports::ReportQuestion question;
    const auto wrong = Find(customer, project, policy, &question);
    if (!wrong.ok()) return NotNow(context_.log, "report", wrong.status());
    if (!wrong->empty()) return Wrong(*wrong);
    const auto span = reports::ReadSpan(visit.Asked("from"), visit.Asked("until"), sources.now,
                                        reports::ZoneFor(policy, question.customer));
    if (!span.ok()) return Wrong(std::string(span.status().message()) + ".");
    question.span = *span;
    question.proven = proven;
    const std::string name = visit.Asked("format").empty() ? "html" : visit.Asked("format");
    const auto format = reports::ParseReportFormat(name);
    if (!format) return Wrong("A report is html, md, csv or json.");
    PageAnswer answer;
    const bool done = turns_.Take([&] {
      const auto report = reports::MakeReport(sources, question);
      if (!report.ok()) {
        answer = NotNow(context_.log, "report", report.status());
        return;
      }
      // A file to keep and to send: it is not shown within our pages.
      answer.type = reports::ContentType(*format);
      answer.body = reports::WriteReport(*report, *format);
      answer.headers.emplace_back(
          "Content-Disposition",
          absl::StrCat("attachment; filename=\"report-", reports::DayText(span->from), "-",
                       reports::DayText(span->until), ".", name, "\""));
      answer.headers.emplace_back("Cache-Control", "no-store");
      answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
      answer.headers.emplace_back("Content-Security-Policy", "default-src 'none'; sandbox");
    });
    return done ? answer : Busy();
  }

  // What a row leads to.
  static std::string RowAddress(FigureCut cut, const std::string& name) {
    if (name.starts_with("(")) return "";
    switch (cut) {
      case FigureCut::kCustomer:
        return absl::StrCat("/desk/customers/", EscapeQuery(name));
      case FigureCut::kProject:
        return absl::StrCat("/desk?project=", EscapeQuery(name));
      case FigureCut::kTeam:
        return absl::StrCat("/desk?team=", EscapeQuery(name));
      case FigureCut::kPriority:
        return absl::StrCat("/desk?priority=", EscapeQuery(name));
      case FigureCut::kNone:
      case FigureCut::kWeek:
      case FigureCut::kPlan:
        return "";
    }
    return "";
  }

  static std::string QueryOf(const PageVisit& visit) {
    std::string query;
    for (const char* name : {"by", "from", "until", "customer", "project"}) {
      if (visit.Asked(name).empty()) continue;
      absl::StrAppend(&query, query.empty() ? "?" : "&", name, "=", EscapeQuery(visit.Asked(name)));
    }
    return query;
  }

  PageAnswer AsPage(const PageVisit& visit, const reports::FigureTable& table,
                    const Policy& policy) const {
    const FigureScope& scope = table.sums.scope();
    PageValues values;
    values.texts = {{"from", reports::DayText(table.span.from)},
                    {"until", reports::DayText(table.span.until)},
                    {"zone", table.zone},
                    {"customer", visit.Asked("customer")},
                    {"project", visit.Asked("project")},
                    {"file", "/desk/figures.csv" + QueryOf(visit)},
                    {"report", absl::StrCat("/desk/report?from=", reports::DayText(table.span.from),
                                            "&until=", reports::DayText(table.span.until))}};
    for (const char* name : {"customer", "project"}) {
      if (visit.Asked(name).empty()) continue;
      absl::StrAppend(&values.texts["report"], "&", name, "=", EscapeQuery(visit.Asked(name)));
    }
    for (const CutName& one : kCutNames) {
      const std::string name(FigureCutName(one.cut));
      values.sections["cuts"].push_back(Option(name, one.name, one.cut == scope.cut));
      if (one.cut == scope.cut) values.texts["by"] = one.name;
    }
    FigureTally sum;
    std::array<std::int64_t, kHoursOfWeek> missed_at{};
    std::vector<FiguredPromise> misses;
    for (const auto& [name, figures] : table.sums.rows()) {
      values.sections["rows"].push_back(
          RowValues(scope.cut == FigureCut::kCustomer ? CustomerName(policy, name) : name, figures,
                    RowAddress(scope.cut, name)));
      sum += figures.promises();
      for (std::size_t hour = 0; hour < missed_at.size(); ++hour) {
        missed_at[hour] += figures.missed_at[hour];
      }
      misses.insert(misses.end(), figures.misses.begin(), figures.misses.end());
    }
    values.texts["share"] = ShareText(sum.kept());
    values.texts["met"] = absl::StrCat(sum.met);
    values.texts["decided"] = absl::StrCat(sum.met + sum.missed);
    AddMisses(std::move(misses), scope.as_of, policy, &values);
    if (scope.cut == FigureCut::kWeek) {
      if (std::string svg = reports::WeeklyBars(table.sums.rows()); !svg.empty()) {
        PageValues chart;
        chart.texts["svg"] = std::move(svg);
        values.Show("chart", std::move(chart));
      }
    }
    if (std::string svg = reports::MissMap(missed_at); !svg.empty()) {
      PageValues map;
      map.texts["svg"] = std::move(svg);
      values.Show("map", std::move(map));
    }
    for (const StandsOut& one : table.stands_out) {
      PageValues line;
      line.texts = {{"week", one.week},
                    {"where", one.where},
                    {"what", one.what},
                    {"count", absl::StrCat(one.tickets.size())},
                    {"median", absl::StrCat(one.median)}};
      for (const TicketRef& ticket : one.tickets) {
        PageValues link;
        link.texts = {{"address", AddressOf("/desk/ticket", ticket)}, {"ref", ToString(ticket)}};
        line.sections["tickets"].push_back(std::move(link));
      }
      values.sections["unusual"].push_back(std::move(line));
    }
    if (!table.stands_out.empty()) values.Show("any_unusual");
    return Page("figures", "Figures", values, visit);
  }

  // A miss can be in several rows.
  static void AddMisses(std::vector<FiguredPromise> misses, absl::Time as_of, const Policy& policy,
                        PageValues* values) {
    std::sort(misses.begin(), misses.end(), [&](const FiguredPromise& a, const FiguredPromise& b) {
      const absl::Duration x = OverdueOf(a, as_of);
      const absl::Duration y = OverdueOf(b, as_of);
      return x != y ? x > y
                    : std::tie(a.ticket, a.customer, a.metric, a.started) <
                          std::tie(b.ticket, b.customer, b.metric, b.started);
    });
    misses.erase(std::unique(misses.begin(), misses.end()), misses.end());
    if (misses.size() > kMostMissed) misses.resize(kMostMissed);
    for (const FiguredPromise& miss : misses) {
      values->sections["misses"].push_back(MissValues(miss, as_of, policy));
    }
    if (!misses.empty()) values->Show("any_miss");
  }

  const PageContext context_;
  mutable reports::Turns turns_;
};

}  // namespace

void AddFigurePages(const PageContext& context, std::vector<PageRoute>* routes) {
  const auto pages = std::make_shared<FigurePages>(context);
  routes->push_back({"/desk/figures",
                     [pages](const PageVisit& visit) { return pages->Show(visit); }, nullptr,
                     Needs::kTeam});
  routes->push_back({"/desk/figures.csv",
                     [pages](const PageVisit& visit) { return pages->File(visit); }, nullptr,
                     Needs::kTeam});
  routes->push_back({"/desk/report",
                     [pages](const PageVisit& visit) { return pages->Report(visit); }, nullptr,
                     Needs::kTeam});
  routes->push_back({"/my/report",
                     [pages](const PageVisit& visit) { return pages->OwnReport(visit); }, nullptr,
                     Needs::kContact});
}

}  // namespace retainer::pages
