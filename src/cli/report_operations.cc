#include "src/cli/report_operations.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/base/view.h"
#include "src/cli/unknown_names.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/ticket_names.h"
#include "src/reports/feedback.h"
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

absl::StatusOr<OperationResult> ListFeedback(pipeline::Desk& desk, Store& store, Clock& clock,
                                             const nlohmann::ordered_json& request) {
  const auto asked = ReadAsked(desk, store, clock, request);
  if (!asked.ok()) return asked.status();
  const absl::Time now = asked->sources.now;
  const auto found = reports::FindFeedback(
      asked->sources,
      {now - absl::Hours(24 * 365), now, asked->key, asked->customer, Audience::kTeam},
      request.value("open", false));
  if (!found.ok()) return found.status();
  return OperationResult{reports::FeedbackText(*found), reports::FeedbackJson(*found)};
}

absl::StatusOr<OperationResult> CloseFeedback(pipeline::Desk& desk, Store& store, Clock& clock,
                                              const nlohmann::ordered_json& request) {
  const auto ref = pipeline::FindRef(store, Text(request, "ticket"));
  if (!ref.ok()) return ref.status();
  const auto inspection = desk.Inspect(*ref);
  if (!inspection.ok()) return inspection.status();
  std::string customer;
  if (const std::string name = Text(request, "customer"); !name.empty()) {
    const Policy& policy = inspection->terms.back()->policy;
    const Customer* known = policy.FindCustomer(name);
    if (known == nullptr) return NoSuchCustomer(policy, name);
    customer = known->id;
  } else if (inspection->standing.ratings.size() == 1) {
    customer = inspection->standing.ratings.front().customer;
  } else {
    return inspection->standing.ratings.empty()
               ? absl::NotFoundError(absl::StrCat("nobody has rated ", ToString(*ref)))
               : absl::InvalidArgumentError(
                     "several customers rated the ticket: say which with --customer");
  }
  std::string argument = customer;
  for (const std::string kind : request.at("kinds")) {
    if (std::find(kFeedbackKinds.begin(), kFeedbackKinds.end(), kind) == kFeedbackKinds.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", kind, "\" is no kind of feedback: give one of ",
          absl::StrJoin(kFeedbackKinds, ", ", [](std::string* out, std::string_view known) {
            absl::StrAppend(out, base::View(known));
          })));
    }
    absl::StrAppend(&argument, " ", kind);
  }
  const Fact fact = pipeline::MakeOperatorFact(
      Command{CommandName::kFollowUp, absl::StrCat(argument, " done")},
      absl::StrCat(Text(request, "operator"), ": ", Text(request, "reason")), clock.Now());
  const auto judged = desk.Operate(*ref, fact);
  if (!judged.ok()) return judged.status();
  for (const Refusal& refusal : judged->decision.standing.refusals) {
    if (refusal.fact_id == fact.id) return absl::NotFoundError(refusal.reason);
  }
  return OperationResult{absl::StrCat(ToString(*ref), ": followed up\n"),
                         {{"ticket", ToString(*ref)}, {"customer", customer}}};
}

}  // namespace retainer::cli
