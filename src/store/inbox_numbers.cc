#include "src/store/inbox_numbers.h"

#include <utility>

#include "src/store/codec/keys.h"

namespace retainer::store {
namespace {

constexpr std::string_view kNextSeqKey = "next_seq";
constexpr std::uint64_t kBlock = 4096;

}  // namespace

absl::Status InboxNumbers::Load() {
  const auto view = engine_.Read();
  auto stored = view->Get(Table::kMeta, kNextSeqKey);
  if (!stored.ok()) return stored.status();
  if (!*stored) return absl::OkStatus();
  KeyReader reader(**stored);
  std::uint64_t next = 0;
  if (!reader.U64(&next) || !reader.AtEnd()) {
    return absl::DataLossError("the store's record \"next_seq\" in table meta cannot be read");
  }
  next_ = reserved_ = next;
  return absl::OkStatus();
}

InboxNumbers::Taken::~Taken() {
  if (owner_ == nullptr) return;
  std::lock_guard lock(owner_->mutex_);
  owner_->doubtful_.insert(seq_);
  owner_->changed_.notify_all();
}

void InboxNumbers::Taken::Arrived() {
  InboxNumbers& owner = *std::exchange(owner_, nullptr);
  std::unique_lock lock(owner.mutex_);
  owner.on_their_way_.erase(seq_);
  owner.changed_.notify_all();
  owner.changed_.wait(lock, [&] {
    for (std::uint64_t lower : owner.on_their_way_) {
      if (lower > seq_) break;
      if (!owner.doubtful_.contains(lower)) return false;
    }
    return true;
  });
}

std::vector<std::uint64_t> InboxNumbers::Doubts() const {
  std::lock_guard lock(mutex_);
  return {doubtful_.begin(), doubtful_.end()};
}

void InboxNumbers::SettleDoubts(const std::vector<std::uint64_t>& doubts) {
  std::lock_guard lock(mutex_);
  for (std::uint64_t seq : doubts) {
    doubtful_.erase(seq);
    on_their_way_.erase(seq);
  }
  changed_.notify_all();
}

absl::StatusOr<InboxNumbers::Taken> InboxNumbers::Take() {
  std::lock_guard lock(mutex_);
  if (next_ == reserved_) {
    Batch batch;
    batch.Put(Table::kMeta, std::string(kNextSeqKey), KeyWriter().U64(next_ + kBlock).Take());
    if (absl::Status status = engine_.Write(batch); !status.ok()) return status;
    reserved_ = next_ + kBlock;
  }
  const std::uint64_t seq = next_++;
  on_their_way_.insert(seq);
  return Taken(this, seq);
}

std::uint64_t InboxNumbers::Settled() const {
  std::lock_guard lock(mutex_);
  return on_their_way_.empty() ? next_ : *on_their_way_.begin();
}

}  // namespace retainer::store
