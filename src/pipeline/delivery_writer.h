// DeliveryWriter: one thread writes all waiting deliveries in one write with one sync (group
// commit).
//
// Rationale: a sync costs the same for one delivery as for a hundred, and so does most of a write:
// one write of 64 deliveries takes a fourth of the processor time of 64 writes that the database
// groups. A single delivery is written at once. Those that arrive during a write share the next
// one. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/store.h"

namespace retainer::pipeline {

class DeliveryWriter {
 public:
  // Limits of one write. A write has at least one delivery, however large.
  static constexpr std::size_t kMostAtOnce = 256;
  static constexpr std::size_t kMostBytesAtOnce = std::size_t{8} << 20;

  // Receives the result of Store::PutDelivery.
  using Done = std::function<void(const absl::StatusOr<Store::Put>&)>;

  // The store must outlive this object.
  explicit DeliveryWriter(Store& store) : store_(store) {}
  // Calls Stop.
  ~DeliveryWriter();
  DeliveryWriter(const DeliveryWriter&) = delete;
  DeliveryWriter& operator=(const DeliveryWriter&) = delete;

  // REQUIRES: it was not started before.
  void Start();
  // Writes the waiting deliveries, then ends the thread. Idempotent.
  void Stop();

  // Calls `done` once: in the writer thread, or before this returns if the thread does not run.
  // `done` must not block.
  void Put(Delivery delivery, Done done);

  // Like Store::PutDelivery. If no write is under way, the caller writes itself, so a single
  // delivery does not wait for a thread.
  absl::StatusOr<Store::Put> PutAndWait(const Delivery& delivery);

  // Number of deliveries whose `done` was not called yet.
  std::size_t waiting() const { return waiting_; }

 private:
  struct Entry {
    Delivery delivery;
    Done done;
  };
  void Run();
  void Write(std::vector<Entry> entries);

  Store& store_;
  std::atomic<std::size_t> waiting_ = 0;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Entry> queue_;
  bool running_ = false;  // accepts deliveries
  bool writing_ = false;  // a write is under way
  std::thread thread_;
};

}  // namespace retainer::pipeline
