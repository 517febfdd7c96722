#include "src/cli/similar_operations.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "retainer/instant_text.h"

namespace retainer::cli {
namespace {

nlohmann::ordered_json QualityJson(const similar::Quality& quality) {
  return {{"recall_at_5", quality.recall_at_5},
          {"recall_at_10", quality.recall_at_10},
          {"precision_at_1", quality.precision_at_1}};
}

std::string QualityLine(const std::string& name, const similar::Quality& quality) {
  return absl::StrFormat("%-12s %11.3f %12.3f %14.3f\n", name, quality.recall_at_5,
                         quality.recall_at_10, quality.precision_at_1);
}

}  // namespace

absl::StatusOr<OperationResult> FindSimilar(pipeline::Desk& desk, similar::Similar* similar,
                                            const nlohmann::ordered_json& request) {
  const std::string ticket = request.at("ticket");
  const auto ref = ParseTicketRef(ticket);
  if (!ref.ok()) return ref.status();
  const auto key = desk.Resolve(*ref);
  if (!key.ok()) return key.status();
  if (!similar->is_running()) {
    if (absl::Status caught_up = similar->CatchUp(); !caught_up.ok()) return caught_up;
  }
  similar::Asking asking;
  asking.reader.all_projects = asking.reader.all_customers = true;
  const auto found = similar->FindFor(*key, asking);
  if (!found.ok()) return found.status();
  OperationResult result;
  result.data = nlohmann::ordered_json::array();
  for (const similar::SimilarTicket& one : *found) {
    const TicketRecord& record = one.record;
    const TicketRef name{record.key.forge, record.project_path, record.key.kind, record.key.number};
    const std::string solved(similar::SolvedName(one.solved));
    result.data.push_back({{"ticket", ToString(name)},
                           {"title", record.title},
                           {"url", record.url},
                           {"solved", solved},
                           {"score", one.score},
                           {"updated_at", Rfc3339(record.updated_at)}});
    absl::StrAppend(&result.text, absl::StrFormat("%.2f", one.score), "  ", solved, "  ",
                    ToString(name), "  ", record.title, "\n");
  }
  if (found->empty()) result.text = "nothing that was solved is like it\n";
  return result;
}

absl::StatusOr<OperationResult> EvaluateSimilar(similar::Similar* similar) {
  const auto evaluation = similar->Evaluate();
  if (!evaluation.ok()) return evaluation.status();
  const auto threshold = similar->Threshold();
  if (!threshold.ok()) return threshold.status();
  OperationResult result;
  result.data = {{"tickets", evaluation->tickets},
                 {"duplicates", evaluation->duplicates},
                 {"search", QualityJson(evaluation->search)},
                 {"title_only", QualityJson(evaluation->title_only)},
                 {"random", QualityJson(evaluation->random)},
                 {"threshold", *threshold},
                 {"threshold_found", evaluation->threshold.has_value()}};
  absl::StrAppend(&result.text, evaluation->duplicates, " duplicates with a known original among ",
                  evaluation->tickets, " tickets\n",
                  absl::StrFormat("%-12s %11s %12s %14s\n", "", "recall at 5", "recall at 10",
                                  "precision at 1"),
                  QualityLine("search", evaluation->search),
                  QualityLine("title only", evaluation->title_only),
                  QualityLine("random", evaluation->random),
                  evaluation->threshold
                      ? absl::StrFormat("shown from a score of %.3f on (found now)\n", *threshold)
                      : absl::StrFormat("shown from a score of %.3f on (fewer than %d duplicates: "
                                        "not changed)\n",
                                        *threshold, similar::kFewestDuplicates));
  return result;
}

}  // namespace retainer::cli
