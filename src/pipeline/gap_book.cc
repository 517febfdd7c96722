#include "src/pipeline/gap_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/instant_text.h"

namespace retainer::pipeline {
namespace {

constexpr std::size_t kNamed = 5;  // lost deliveries in a line of the log
// A forge's log does not reach back further, so no settled delivery is met again after this.
constexpr absl::Duration kMetAgain = absl::Hours(24 * 7);

}  // namespace

GapBook::GapBook(std::string forge, Store& store, Clock& clock, Log& log, Metrics& metrics)
    : forge_(std::move(forge)), store_(store), clock_(clock), log_(log), metrics_(metrics) {}

absl::Status GapBook::Load() {
  if (loaded_) return absl::OkStatus();
  auto gaps = store_.ListGaps();
  if (!gaps.ok()) return gaps.status();
  for (Gap& gap : *gaps) {
    if (gap.forge != forge_) continue;
    if (std::exchange(gap.missing, 0) > 0) changed_.insert(gap.found);
    for (const std::string& id : gap.lost_ids) settled_[id] = gap.to;
    gaps_.push_back(std::move(gap));
  }
  loaded_ = true;
  TellFigures();
  return absl::OkStatus();
}

std::set<std::string> GapBook::settled() const {
  std::set<std::string> ids;
  for (const auto& [id, sent] : settled_) ids.insert(id);
  return ids;
}

Gap* GapBook::Find(absl::Time found) {
  for (Gap& gap : gaps_) {
    if (gap.found == found) return &gap;
  }
  return nullptr;
}

Gap& GapBook::NewGap() {
  Gap gap;
  gap.forge = forge_;
  gap.found = clock_.Now();
  if (!gaps_.empty()) gap.found = std::max(gap.found, gaps_.back().found + absl::Microseconds(1));
  gaps_.push_back(std::move(gap));
  if (gaps_.size() > GapStore::kMostGaps) gaps_.erase(gaps_.begin());
  return gaps_.back();
}

Gap& GapBook::GapFor(const MissedDelivery& delivery) {
  for (auto gap = gaps_.rbegin(); gap != gaps_.rend(); ++gap) {
    if (gap->unlogged || gap->lost_ids.size() >= kMostLostInGap) continue;
    if (delivery.sent < gap->from - kJoin || delivery.sent > gap->to + kJoin) continue;
    gap->from = std::min(gap->from, delivery.sent);
    gap->to = std::max(gap->to, delivery.sent);
    return *gap;
  }
  Gap& gap = NewGap();
  gap.from = gap.to = delivery.sent;
  return gap;
}

void GapBook::Add(const MissedDelivery& delivery) {
  if (settled_.contains(delivery.id)) return;
  if (const auto known = missing_.find(delivery.id); known != missing_.end()) {
    known->second.delivery = delivery;
    return;
  }
  Gap& gap = GapFor(delivery);
  ++gap.missing;
  changed_.insert(gap.found);
  missing_[delivery.id] = {delivery, clock_.Steady(), gap.found};
}

void GapBook::Settle(const std::string& id, End end) {
  const auto it = missing_.find(id);
  if (it == missing_.end()) return;
  settled_[id] = it->second.delivery.sent;
  if (Gap* gap = Find(it->second.gap); gap != nullptr) {
    --gap->missing;
    switch (end) {
      case End::kSentAgain:
        ++gap->sent_again;
        break;
      case End::kRead:
        ++gap->read;
        break;
      case End::kLost:
        ++gap->lost;
        gap->lost_ids.push_back(id);
        break;
      case End::kNotNeeded:
        break;
    }
    changed_.insert(gap->found);
  }
  missing_.erase(it);
}

void GapBook::AddUnlogged(absl::Time from, absl::Time to) {
  Gap& gap = NewGap();
  gap.from = from;
  gap.to = to;
  gap.unlogged = true;
  changed_.insert(gap.found);
}

absl::Status GapBook::Save() {
  for (auto found = changed_.begin(); found != changed_.end();) {
    const Gap* gap = Find(*found);
    if (gap != nullptr) {
      if (absl::Status saved = store_.SaveGap(*gap); !saved.ok()) return saved;
      if (gap->unlogged) {
        log_.Warning("nobody can say what was missed: the forge keeps no log of that time",
                     {{"forge", forge_}, {"from", Rfc3339(gap->from)}, {"to", Rfc3339(gap->to)}});
      } else if (gap->missing == 0 && gap->sent_again + gap->read + gap->lost > 0) {
        const auto lost = static_cast<std::ptrdiff_t>(std::min(gap->lost_ids.size(), kNamed));
        log_.Write(
            gap->lost > 0 ? LogLevel::kError : LogLevel::kWarning, "deliveries were missed",
            {{"forge", forge_},
             {"from", Rfc3339(gap->from)},
             {"to", Rfc3339(gap->to)},
             {"recovered", absl::StrCat(gap->sent_again + gap->read)},
             {"read_from_the_log", absl::StrCat(gap->read)},
             {"lost", absl::StrCat(gap->lost)},
             {"some_lost", absl::StrJoin(gap->lost_ids.end() - lost, gap->lost_ids.end(), " ")}});
      }
    }
    found = changed_.erase(found);
  }
  std::erase_if(settled_,
                [&](const auto& entry) { return entry.second < clock_.Now() - kMetAgain; });
  TellFigures();
  return absl::OkStatus();
}

void GapBook::TellFigures() {
  Gap sum;
  std::uint64_t unlogged = 0;
  for (const Gap& gap : gaps_) {
    if (gap.found < clock_.Now() - kTold) continue;
    sum.missing += gap.missing;
    sum.sent_again += gap.sent_again;
    sum.read += gap.read;
    sum.lost += gap.lost;
    unlogged += gap.unlogged ? 1 : 0;
  }
  const auto set = [&](const char* state, std::uint64_t count) {
    metrics_.Set("retainer_missed_deliveries", static_cast<double>(count),
                 {{"forge", forge_}, {"state", state}});
  };
  set("missing", sum.missing);
  set("sent_again", sum.sent_again);
  set("read", sum.read);
  set("lost", sum.lost);
  metrics_.Set("retainer_unlogged_gaps", static_cast<double>(unlogged), {{"forge", forge_}});
}

}  // namespace retainer::pipeline
