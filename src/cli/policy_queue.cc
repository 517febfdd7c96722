#include "src/cli/policy_queue.h"

#include <algorithm>
#include <utility>

namespace retainer::cli {
namespace {

constexpr std::size_t kMostTurns = 200;

bool IsSame(const PolicyWork& a, const PolicyWork& b) {
  return a.proposed == b.proposed && (a.proposed != 0 || a.commit == b.commit);
}

template <typename Works>
auto FirstDue(Works& works, absl::Time now) {
  return std::find_if(works.begin(), works.end(),
                      [&](const PolicyWork& work) { return work.not_before <= now; });
}

}  // namespace

bool PolicyQueue::Add(PolicyWork work) {
  if (work.proposed == PolicyWork::kAllOpen) {
    find_open_ = std::move(work);
    return true;
  }
  for (Works* works : {&commits_, &proposals_, &listed_}) {
    std::erase_if(*works, [&](const PolicyWork& other) { return IsSame(other, work); });
  }
  if (work.proposed == 0) {
    commits_.push_back(std::move(work));
    if (commits_.size() > kMostCommits) commits_.pop_front();
    return true;
  }
  if (!work.author.empty()) return AddProposal(std::move(work));
  if (listed_.size() >= kMostListed) return false;
  listed_.push_back(std::move(work));
  return true;
}

std::size_t PolicyQueue::CountOf(const std::string& author) const {
  return static_cast<std::size_t>(
      std::count_if(proposals_.begin(), proposals_.end(),
                    [&](const PolicyWork& work) { return work.author == author; }));
}

bool PolicyQueue::AddProposal(PolicyWork work) {
  const std::string author = work.author;
  proposals_.push_back(std::move(work));
  const auto is_authors = [&](const PolicyWork& other) { return other.author == author; };
  if (CountOf(author) > kMostOfAuthor) {
    proposals_.erase(std::find_if(proposals_.begin(), proposals_.end(), is_authors));
    return false;
  }
  if (proposals_.size() <= kMostProposals) return true;
  // Nobody who proposes less makes room: of those with the most, the latest goes.
  std::size_t most = 0;
  for (const PolicyWork& each : proposals_) most = std::max(most, CountOf(each.author));
  const auto latest =
      std::find_if(proposals_.rbegin(), proposals_.rend(),
                   [&](const PolicyWork& each) { return CountOf(each.author) == most; });
  proposals_.erase(std::next(latest).base());
  return false;
}

PolicyQueue::Works::iterator PolicyQueue::NextProposal(absl::Time now) {
  auto next = proposals_.end();
  std::ptrdiff_t earliest = 0;
  for (auto work = proposals_.begin(); work != proposals_.end(); ++work) {
    if (work->not_before > now) continue;
    const auto turn = std::find(turns_.begin(), turns_.end(), work->author);
    const std::ptrdiff_t place = turn == turns_.end() ? -1 : turn - turns_.begin();
    if (next != proposals_.end() && place >= earliest) continue;
    next = work;
    earliest = place;
  }
  return next;
}

std::optional<PolicyWork> PolicyQueue::Take(absl::Time now) {
  const auto take = [](Works* works, const Works::iterator& at) {
    PolicyWork work = std::move(*at);
    works->erase(at);
    return work;
  };
  if (const auto commit = FirstDue(commits_, now); commit != commits_.end()) {
    return take(&commits_, commit);
  }
  if (const auto next = NextProposal(now); next != proposals_.end()) {
    std::erase(turns_, next->author);
    turns_.push_back(next->author);
    if (turns_.size() > kMostTurns) turns_.pop_front();
    return take(&proposals_, next);
  }
  if (find_open_ && find_open_->not_before <= now) {
    return std::exchange(find_open_, std::nullopt);
  }
  if (const auto listed = FirstDue(listed_, now); listed != listed_.end()) {
    return take(&listed_, listed);
  }
  return std::nullopt;
}

absl::Time PolicyQueue::Next() const {
  absl::Time next = find_open_ ? find_open_->not_before : absl::InfiniteFuture();
  for (const Works* works : {&commits_, &proposals_, &listed_}) {
    for (const PolicyWork& work : *works) next = std::min(next, work.not_before);
  }
  return next;
}

bool PolicyQueue::Has(const PolicyWork& work) const {
  if (work.proposed == PolicyWork::kAllOpen) return find_open_.has_value();
  const auto waits = [&](const Works& works) {
    return std::any_of(works.begin(), works.end(),
                       [&](const PolicyWork& other) { return IsSame(other, work); });
  };
  return waits(commits_) || waits(proposals_) || waits(listed_);
}

}  // namespace retainer::cli
