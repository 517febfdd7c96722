#include "src/cli/report_operations.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/cli/unknown_names.h"
#include "src/reports/figure_rows.h"
#include "src/reports/report.h"

namespace retainer::cli {
namespace {

// What both requests ask for.
struct Asked {
  reports::ReportSources sources;
  reports::DaySpan span;
  std::string customer;
  std::optional<ProjectRef> project;
  std::optional<ProjectKey> key;
};

absl::StatusOr<Asked> ReadAsked(pipeline::Desk& desk, Store& store, Clock& clock,
                                const nlohmann::ordered_json& request) {
  Asked asked{{store,
               [&desk](const TicketKey& key, const TicketRecord& record) {
                 return desk.ContextOf(key, record);
               },
               desk.terms(), clock.Now()},
              {},
              "",
              std::nullopt,
              std::nullopt};
  if (asked.sources.terms.empty()) {
    return absl::FailedPreconditionError("no policy was ever in force here");
  }
  const Policy& policy = asked.sources.terms.back()->policy;
  if (const std::string name = Text(request, "customer"); !name.empty()) {
    const Customer* customer = policy.FindCustomer(name);
    if (customer == nullptr) return NoSuchCustomer(policy, name);
    asked.customer = customer->id;
  }
  if (const std::string name = Text(request, "project"); !name.empty()) {
    const auto ref = ParseProjectRef(name);
    if (!ref.ok()) return ref.status();
    const auto known = store.FindProjectByPath(*ref);
    if (!known.ok()) return known.status();
    if (!*known) {
      return absl::NotFoundError(
          absl::StrCat("no delivery of ", name, " ever came: is the name right?"));
    }
    asked.project = ProjectRef{(*known)->key.forge, (*known)->path};
    asked.key = (*known)->key;
  }
  auto span = reports::ReadSpan(Text(request, "from"), Text(request, "until"), asked.sources.now,
                                reports::ZoneFor(policy, asked.customer));
  if (!span.ok()) return span.status();
  asked.span = *span;
  return asked;
}

}  // namespace

absl::StatusOr<OperationResult> AskFigures(pipeline::Desk& desk, Store& store, Clock& clock,
                                           const nlohmann::ordered_json& request) {
  const auto asked = ReadAsked(desk, store, clock, request);
  if (!asked.ok()) return asked.status();
  const std::string by = Text(request, "by");
  const auto cut = by.empty() ? FigureCut::kNone : ParseFigureCut(by);
  if (!cut) {
    return absl::InvalidArgumentError(
        absl::StrCat("figures are not split by \"", by,
                     "\": give week, plan, customer, project, team or priority"));
  }
  const auto table = reports::SumFigures(
      asked->sources, {asked->span, *cut, asked->key, asked->customer, Audience::kTeam});
  if (!table.ok()) return table.status();
  const bool csv = request.value("csv", false);
  return OperationResult{csv ? reports::FiguresCsv(*table) : reports::FiguresText(*table),
                         reports::FiguresJson(*table)};
}

absl::StatusOr<OperationResult> AskReport(pipeline::Desk& desk, Store& store, Clock& clock,
                                          const nlohmann::ordered_json& request) {
  const auto asked = ReadAsked(desk, store, clock, request);
  if (!asked.ok()) return asked.status();
  const std::string name = Text(request, "format");
  const auto format = reports::ParseReportFormat(name);
  if (!format) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no format \"", name, "\": give html, md, csv or json"));
  }
  const auto report = reports::MakeReport(
      asked->sources,
      {asked->span, asked->customer, asked->project, asked->key, Audience::kTeam, true});
  if (!report.ok()) return report.status();
  return OperationResult{reports::WriteReport(*report, *format), nullptr};
}

}  // namespace retainer::cli
