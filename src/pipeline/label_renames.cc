#include "src/pipeline/label_renames.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_replace.h"
#include "retainer/fact_builders.h"
#include "retainer/names.h"

namespace retainer::pipeline {
namespace {

constexpr std::size_t kPage = 256;

bool MeansSomething(const std::string& label, const Policy& policy) {
  const LabelNames& names = policy.labels;
  return SameName(label, names.waiting) || SameName(label, names.workaround) ||
         std::any_of(policy.priorities.begin(), policy.priorities.end(), [&](const Priority& p) {
           return SameName(label, absl::StrReplaceAll(names.priority, {{"{priority}", p.name}}));
         });
}

}  // namespace

absl::Status TellLabelRenamed(const Event& event, const Delivery& delivery, const Terms& terms,
                              Store& store, Judge& judge) {
  if (event.renamed_from.empty() || event.ref.empty()) return absl::OkStatus();
  if (!MeansSomething(event.ref, terms.policy) &&
      !MeansSomething(event.renamed_from, terms.policy)) {
    return absl::OkStatus();
  }
  News news;
  // The forge states no time: the delivery id identifies the renaming.
  news.facts = {MakeLabelRenamed({Provenance::kWebhook, delivery.received}, event.renamed_from,
                                 event.ref, event.sender, Moment::Unstated(delivery.id))};
  std::optional<TicketKey> after;
  while (true) {
    const auto page =
        store.ListTickets(delivery.forge, event.project.id, after, kPage, /*open_only=*/true);
    if (!page.ok()) return page.status();
    for (const TicketRecord& record : *page) {
      const auto judged = judge.Decide(record.key, news);
      if (!judged.ok() && !IsTicketsOwn(judged.status())) return judged.status();
    }
    if (page->size() < kPage) return absl::OkStatus();
    after = page->back().key;
  }
}

}  // namespace retainer::pipeline
