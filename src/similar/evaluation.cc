#include "src/similar/evaluation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"

namespace retainer::similar {
namespace {

using base::View;

constexpr std::size_t kRanks = 10;

// The hits without the ticket itself, at most kRanks. On the whole shelf: the evaluation is for
// operators, who may read everything.
absl::StatusOr<std::vector<Hit>> HitsFor(Index& index, const Judged& ticket, Search search) {
  search.limit = kRanks + 1;
  search.patience = absl::Minutes(1);
  auto hits = index.Run(Shelf::kWhole, search);
  if (!hits.ok()) return hits;
  std::erase_if(*hits, [&](const Hit& hit) { return hit.ticket == ticket.entry.ticket; });
  if (hits->size() > kRanks) hits->resize(kRanks);
  return hits;
}

void Count(const std::vector<Hit>& hits, const std::string& right, Quality* sums) {
  for (std::size_t rank = 0; rank < hits.size(); ++rank) {
    if (hits[rank].ticket != right) continue;
    if (rank < 1) ++sums->precision_at_1;
    if (rank < 5) ++sums->recall_at_5;
    ++sums->recall_at_10;
  }
}

void Divide(std::size_t by, Quality* sums) {
  if (by == 0) return;
  const auto count = static_cast<double>(by);
  sums->precision_at_1 /= count;
  sums->recall_at_5 /= count;
  sums->recall_at_10 /= count;
}

}  // namespace

double BestThreshold(std::vector<FirstHit> first) {
  std::sort(first.begin(), first.end(),
            [](const FirstHit& a, const FirstHit& b) { return a.score > b.score; });
  const auto all = static_cast<double>(
      std::count_if(first.begin(), first.end(), [](const FirstHit& hit) { return hit.right; }));
  double best = 0;
  double threshold = 0;
  double right = 0;
  for (std::size_t shown = 1; shown <= first.size(); ++shown) {
    right += first[shown - 1].right ? 1 : 0;
    // Equal scores are shown together.
    if (shown < first.size() && first[shown].score == first[shown - 1].score) continue;
    const double f1 = all == 0 ? 0 : 2 * right / (static_cast<double>(shown) + all);
    if (f1 > best) {
      best = f1;
      threshold = first[shown - 1].score;
    }
  }
  return threshold;
}

std::optional<std::string> OriginalOf(const TicketKey& ticket, const FactSet& facts) {
  std::optional<std::string> original;
  for (const Fact* fact : facts.InOrder()) {
    if (fact->kind == FactKind::kReference && absl::StartsWith(fact->subject, View(kDuplicateOf)) &&
        !fact->value.empty()) {
      original = fact->value;
    }
    for (const Command& command : fact->text.commands) {
      if (command.name != CommandName::kDuplicate) continue;
      TicketKey other = ticket;
      const bool change = absl::StartsWith(command.argument, "!");
      other.kind = change ? TicketKind::kChange : TicketKind::kIssue;
      if (!absl::SimpleAtoi(command.argument.substr(change ? 1 : 0), &other.number)) continue;
      original = ToString(other);
    }
  }
  if (original && *original == ToString(ticket)) return std::nullopt;
  return original;
}

Measurement::Measurement(std::string path) : path_(std::move(path)) {
  if (!path_.empty()) Index::DeleteFiles(path_);  // of a measurement that was interrupted
  index_.emplace(path_);
}

Measurement::~Measurement() {
  index_.reset();
  if (!path_.empty()) Index::DeleteFiles(path_);
}

absl::Status Measurement::Add(const std::vector<Judged>& tickets) {
  std::vector<Entry> entries;
  for (const Judged& ticket : tickets) {
    Entry& entry = entries.emplace_back();
    entry.ticket = ticket.entry.ticket;
    entry.whole = ticket.entry.whole;
  }
  sums_.tickets += tickets.size();
  return index_->Put(entries);
}

absl::Status Measurement::SearchFor(const Judged& duplicate) {
  const auto original = index_->Find(duplicate.same_as);
  if (!original.ok()) return original.status();
  if (!original->has_value()) return absl::OkStatus();
  ++sums_.duplicates;
  Search search;
  search.terms = TermsOf(duplicate.entry.whole);
  const auto hits = HitsFor(*index_, duplicate, search);
  if (!hits.ok()) return hits.status();
  Count(*hits, duplicate.same_as, &sums_.search);
  if (!hits->empty()) {
    first_.push_back({hits->front().score, hits->front().ticket == duplicate.same_as});
  }
  Search by_title;
  by_title.terms = TermsOf({duplicate.entry.whole.title, "", ""});
  by_title.title_only = true;
  const auto titled = HitsFor(*index_, duplicate, by_title);
  if (!titled.ok()) return titled.status();
  Count(*titled, duplicate.same_as, &sums_.title_only);
  return absl::OkStatus();
}

Evaluation Measurement::Result() const {
  Evaluation evaluation = sums_;
  Divide(evaluation.duplicates, &evaluation.search);
  Divide(evaluation.duplicates, &evaluation.title_only);
  if (evaluation.duplicates > 0 && evaluation.tickets > 1) {
    const auto others = static_cast<double>(evaluation.tickets - 1);
    evaluation.random = {std::min(1.0, 5 / others), std::min(1.0, 10 / others), 1 / others};
  }
  if (evaluation.duplicates >= kFewestDuplicates) evaluation.threshold = BestThreshold(first_);
  return evaluation;
}

}  // namespace retainer::similar
