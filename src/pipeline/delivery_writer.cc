#include "src/pipeline/delivery_writer.h"

#include <future>
#include <iterator>
#include <memory>
#include <utility>

#include "src/pipeline/short_turns.h"

namespace retainer::pipeline {

DeliveryWriter::~DeliveryWriter() { Stop(); }

void DeliveryWriter::Start() {
  const std::lock_guard lock(mutex_);
  running_ = true;
  thread_ = std::thread([this] { Run(); });
}

void DeliveryWriter::Stop() {
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
  }
  came_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void DeliveryWriter::Put(Delivery delivery, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (running_) {
      ++waiting_;
      queue_.push_back({std::move(delivery), std::move(done)});
      if (!writing_) came_.notify_one();
      return;
    }
  }
  done(store_.PutDelivery(delivery));
}

absl::StatusOr<Store::Put> DeliveryWriter::PutAndWait(const Delivery& delivery) {
  {
    std::unique_lock lock(mutex_);
    if (running_ && (writing_ || !queue_.empty())) {
      lock.unlock();
      // Shared, because the waiting caller may be gone before the call of `done` has returned.
      const auto put = std::make_shared<std::promise<absl::StatusOr<Store::Put>>>();
      Put(delivery, [put](const absl::StatusOr<Store::Put>& result) { put->set_value(result); });
      return put->get_future().get();
    }
    writing_ = true;
  }
  auto put = store_.PutDelivery(delivery);
  const std::lock_guard lock(mutex_);
  writing_ = false;
  if (!queue_.empty() || !running_) came_.notify_one();
  return put;
}

void DeliveryWriter::Run() {
  TakeShortTurns();
  std::unique_lock lock(mutex_);
  for (;;) {
    came_.wait(lock, [this] { return (!queue_.empty() && !writing_) || !running_; });
    if (queue_.empty()) return;
    writing_ = true;
    std::size_t count = 0;
    for (std::size_t bytes = 0;
         count < queue_.size() && count < kMostAtOnce && bytes < kMostBytesAtOnce; ++count) {
      bytes += queue_[count].delivery.body.size();
    }
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Entry> entries(std::make_move_iterator(queue_.begin()),
                               std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    lock.unlock();
    Write(std::move(entries));
    lock.lock();
    writing_ = false;
  }
}

void DeliveryWriter::Write(std::vector<Entry> entries) {
  std::vector<Delivery> deliveries;
  deliveries.reserve(entries.size());
  for (Entry& entry : entries) deliveries.push_back(std::move(entry.delivery));
  const auto puts = store_.PutDeliveries(deliveries);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    --waiting_;
    if (puts.ok()) {
      entries[i].done((*puts)[i]);
    } else {
      entries[i].done(puts.status());
    }
  }
}

}  // namespace retainer::pipeline
