// Changes as facts, and the check on changes.
//
// The value of a kChangeSeen fact: state (`open`, `closed`, `merged`), base, head, merge commit and
// the tickets that it says it fixes, separated by spaces; `-` stands for an empty one of the first
// four. One fact holds the newest version up to the merge; another one (`merged` in its id) holds a
// version after it. In older stores the first one holds the newest version of all.
#include "retainer/change.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "retainer/core.h"
#include "retainer/promise_words.h"

namespace retainer {
namespace {

constexpr std::size_t kMaxRows = 40;  // of a check
constexpr std::string_view kAfterMerge = "merged";
// Revisions above half of this value belong to merges; the earliest merge has the highest revision.
// They are higher than the revision of any second.
constexpr std::uint64_t kFinal = std::uint64_t{1} << 62;

std::string_view StateName(ChangeState state) {
  switch (state) {
    case ChangeState::kOpen:
      return "open";
    case ChangeState::kClosed:
      return "closed";
    case ChangeState::kMerged:
      return "merged";
  }
  return "";
}

std::string OrDash(std::string_view text) { return text.empty() ? "-" : std::string(text); }
std::string OrEmpty(std::string_view text) { return text == "-" ? "" : std::string(text); }

// SHA-1 or SHA-256 in hex.
std::string_view CommitOrNothing(std::string_view text) {
  const bool is_commit = (text.size() == 40 || text.size() == 64) &&
                         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return is_commit ? text : std::string_view();
}

// A git ref contains no white space or control characters.
std::string_view BranchOrNothing(std::string_view text) {
  const bool fits = text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
                      return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
                    });
  return fits ? text : std::string_view();
}

bool IsOpen(ClockState state) {
  return state == ClockState::kPending || state == ClockState::kRunning ||
         state == ClockState::kPaused || state == ClockState::kAtRisk ||
         state == ClockState::kBreached;
}

bool IsAnswer(Metric metric) {
  return metric != Metric::kResolution && metric != Metric::kWorkaround;
}

// Makes the observation, without a revision.
Fact MakeSeen(std::string_view discriminator, const Learnt& learnt, const ChangeInfo& change,
              const Moment& updated) {
  Fact fact;
  fact.id = MakeFactId(FactKind::kChangeSeen, "", discriminator);
  fact.kind = FactKind::kChangeSeen;
  fact.provenance = learnt.provenance;
  fact.at_receipt = !updated.stated || *updated.stated > learnt.received + kMaxAhead;
  fact.at = absl::FromUnixSeconds(
      absl::ToUnixSeconds(fact.at_receipt ? learnt.received : *updated.stated));
  std::vector<std::string> words = {
      std::string(StateName(change.state)), OrDash(BranchOrNothing(change.base)),
      OrDash(CommitOrNothing(change.head)), OrDash(CommitOrNothing(change.merge))};
  std::vector<std::string> fixes = change.fixes;
  std::sort(fixes.begin(), fixes.end());
  fixes.erase(std::unique(fixes.begin(), fixes.end()), fixes.end());
  if (fixes.size() > kMaxFixes) fixes.resize(kMaxFixes);
  words.insert(words.end(), fixes.begin(), fixes.end());
  fact.value = absl::StrJoin(words, " ");
  return fact;
}

std::optional<ChangeInfo> ReadSeen(const FactSet& facts, std::string_view discriminator) {
  const Fact* fact = facts.Find(MakeFactId(FactKind::kChangeSeen, "", discriminator));
  if (fact == nullptr) return std::nullopt;
  std::vector<std::string> words = absl::StrSplit(fact->value, ' ');
  if (words.size() < 4) return std::nullopt;
  ChangeInfo change;
  for (const ChangeState state : {ChangeState::kOpen, ChangeState::kClosed, ChangeState::kMerged}) {
    if (words[0] == StateName(state)) change.state = state;
  }
  change.base = OrEmpty(words[1]);
  change.head = OrEmpty(words[2]);
  change.merge = OrEmpty(words[3]);
  change.fixes.assign(words.begin() + 4, words.end());
  return change;
}

}  // namespace

Fact MakeChangeSeen(const Learnt& learnt, const ChangeInfo& change, const Moment& updated,
                    bool pushed) {
  Fact fact = MakeSeen("", learnt, change, updated);
  const auto second =
      static_cast<std::uint64_t>(std::max<std::int64_t>(absl::ToUnixSeconds(fact.at), 0));
  fact.revision =
      change.state == ChangeState::kMerged
          ? kFinal - std::min(second, kFinal / 2)
          : second * 8 + static_cast<std::uint64_t>(change.state) * 2 + (pushed ? 1 : 0);
  return fact;
}

Fact MakeMergedSeen(const Learnt& learnt, const ChangeInfo& change, const Moment& updated) {
  ChangeInfo seen = change;
  seen.state = ChangeState::kMerged;
  seen.fixes.clear();
  return MakeSeen(kAfterMerge, learnt, seen, updated);
}

std::optional<ChangeInfo> FindChange(const FactSet& facts) {
  std::optional<ChangeInfo> change = ReadSeen(facts, "");
  if (change && change->state == ChangeState::kMerged) return change;
  std::optional<ChangeInfo> merged = ReadSeen(facts, kAfterMerge);
  if (!merged) return change;
  if (change) merged->fixes = std::move(change->fixes);
  return merged;
}

std::optional<CheckView> PresentCheck(const ChangeRecord& change,
                                      const std::vector<FixedTicket>& tickets, CheckMode mode) {
  if (change.state != ChangeState::kOpen || change.head.empty()) return std::nullopt;
  CheckView view;
  view.commit = change.head;
  bool unanswered = false;
  for (const FixedTicket& ticket : tickets) {
    if (mode == CheckMode::kOff) break;
    for (const PublicPromise& promise : ticket.promises) {
      CheckRow row;
      row.ticket = ticket.name;
      row.url = ticket.url;
      row.promise = PromiseWords(promise.metric);
      row.aim = promise.kind == PromiseKind::kTarget;
      row.state = row.aim ? AimStateWords(promise.state) : StateWords(promise.state);
      row.late = promise.state == ClockState::kBreached || promise.state == ClockState::kMissed;
      if (IsOpen(promise.state) && promise.due != absl::InfiniteFuture()) row.due = promise.due;
      unanswered |= promise.state == ClockState::kBreached && !row.aim && IsAnswer(promise.metric);
      view.rows.push_back(std::move(row));
    }
  }
  if (view.rows.empty() && !change.checked) return std::nullopt;
  std::stable_sort(view.rows.begin(), view.rows.end(), [](const CheckRow& a, const CheckRow& b) {
    const auto order = [](const CheckRow& row) {
      return std::make_tuple(row.due.value_or(absl::InfiniteFuture()), row.aim);
    };
    return order(a) < order(b);
  });
  if (view.rows.size() > kMaxRows) view.rows.resize(kMaxRows);
  if (mode == CheckMode::kBlocking) {
    view.verdict = unanswered ? CheckView::Verdict::kFailure : CheckView::Verdict::kSuccess;
  }
  return view;
}

}  // namespace retainer
