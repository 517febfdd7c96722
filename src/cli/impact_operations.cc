#include "src/cli/impact_operations.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/cli/impact_report.h"
#include "src/pipeline/ticket_keys.h"

namespace retainer::cli {

absl::StatusOr<OperationResult> ImpactPages::Answer(pipeline::Desk& desk, Store& store,
                                                    Clock& clock, const Terms& changed,
                                                    const nlohmann::ordered_json& request) {
  TermsHistory today = desk.terms();
  if (today.empty()) return absl::FailedPreconditionError("no policy was ever in force here");
  // The first page fixes the instant for all pages.
  absl::Time now = clock.Now();
  if (const auto fixed = request.find("now_ns"); fixed != request.end()) {
    now = absl::FromUnixNanos(fixed->get<std::int64_t>());
  }
  const bool outside = request.at("outside");
  const auto top = Number(request, "top", std::size_t{0});
  std::shared_ptr<const ImpactTask> task;
  {
    const std::string question = absl::StrCat(today.back()->id, " ", changed.id, " ",
                                              absl::ToUnixNanos(now), " ", outside, " ", top);
    std::lock_guard lock(mutex_);
    if (task_ == nullptr || question_ != question) {
      question_ = question;
      task_ = std::make_shared<const ImpactTask>(MakeImpactTask(
          std::move(today), changed, now, outside ? Audience::kOutsiders : Audience::kTeam, top));
    }
    task = task_;
  }
  std::optional<TicketKey> after;
  if (const auto last = request.find("after"); last != request.end()) {
    after = pipeline::ParseTicketKey(last->get<std::string>());
    if (!after) return absl::InvalidArgumentError("\"after\" is not a ticket's key");
  }
  const auto page = RunImpactPage(
      store,
      [&](const TicketKey& key, const TicketRecord& record) { return desk.ContextOf(key, record); },
      *task, after);
  if (!page.ok()) return page.status();
  OperationResult result{"", {{"now_ns", absl::ToUnixNanos(now)}}};
  result.data["part"] = nlohmann::ordered_json::parse(ImpactJson({}, page->part));
  if (page->last) result.data["last"] = ToString(*page->last);
  return result;
}

}  // namespace retainer::cli
