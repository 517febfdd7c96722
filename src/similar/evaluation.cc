#include "src/similar/evaluation.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"

namespace retainer::similar {
namespace {

using base::View;

constexpr std::size_t kPutAtOnce = 200;
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

absl::StatusOr<Evaluation> EvaluateOn(const std::vector<Judged>& tickets) {
  Index index("");
  std::map<std::string, std::size_t> known;
  for (std::size_t from = 0; from < tickets.size(); from += kPutAtOnce) {
    std::vector<Entry> some;
    for (std::size_t i = from; i < std::min(from + kPutAtOnce, tickets.size()); ++i) {
      known[tickets[i].entry.ticket] = i;
      Entry entry;
      entry.ticket = tickets[i].entry.ticket;
      entry.whole = tickets[i].entry.whole;
      some.push_back(std::move(entry));
    }
    if (absl::Status put = index.Put(some); !put.ok()) return put;
  }
  Evaluation evaluation;
  evaluation.tickets = tickets.size();
  std::vector<FirstHit> first;
  for (const Judged& ticket : tickets) {
    if (ticket.same_as.empty() || !known.contains(ticket.same_as)) continue;
    ++evaluation.duplicates;
    const Document& words = ticket.entry.whole;
    Search search;
    search.terms = TermsOf(words);
    const auto hits = HitsFor(index, ticket, search);
    if (!hits.ok()) return hits.status();
    Count(*hits, ticket.same_as, &evaluation.search);
    if (!hits->empty()) {
      first.push_back({hits->front().score, hits->front().ticket == ticket.same_as});
    }
    Search by_title;
    by_title.terms = TermsOf({words.title, "", ""});
    by_title.title_only = true;
    const auto titled = HitsFor(index, ticket, by_title);
    if (!titled.ok()) return titled.status();
    Count(*titled, ticket.same_as, &evaluation.title_only);
  }
  Divide(evaluation.duplicates, &evaluation.search);
  Divide(evaluation.duplicates, &evaluation.title_only);
  if (evaluation.duplicates > 0 && tickets.size() > 1) {
    const auto others = static_cast<double>(tickets.size() - 1);
    evaluation.random = {std::min(1.0, 5 / others), std::min(1.0, 10 / others), 1 / others};
  }
  if (evaluation.duplicates >= kFewestDuplicates) {
    evaluation.threshold = BestThreshold(std::move(first));
  }
  return evaluation;
}

}  // namespace retainer::similar
