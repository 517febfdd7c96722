// One sync for many: deliveries that wait are written by one thread, all that wait in one write.
//
// Rationale: a sync costs the same for one delivery and for a hundred, and so does most of a write:
// 64 in one write take a fourth of the processor time that 64 writes take which the database
// groups. One that comes alone is written at once; those that come while a write is under way share
// the next one. Thread-safe.
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

namespace retainer {

class DeliveryWriter {
 public:
  // Of one write; a write is at least one delivery, however large.
  static constexpr std::size_t kMostAtOnce = 256;
  static constexpr std::size_t kMostBytesAtOnce = std::size_t{8} << 20;

  // As Store::PutDelivery's answer.
  using Done = std::function<void(const absl::StatusOr<Store::Put>&)>;

  // The store outlives this object.
  explicit DeliveryWriter(Store& store) : store_(store) {}
  // Stops.
  ~DeliveryWriter();
  DeliveryWriter(const DeliveryWriter&) = delete;
  DeliveryWriter& operator=(const DeliveryWriter&) = delete;

  // REQUIRES: not started before.
  void Start();
  // Writes what waits, then ends the thread. May be called again.
  void Stop();

  // `done` is called once: by the thread, or, where it does not run, before this returns. It must
  // not block.
  void Put(Delivery delivery, Done done);

  // As Store::PutDelivery. Who comes while nobody writes does it himself: alone nobody waits for a
  // thread.
  absl::StatusOr<Store::Put> PutAndWait(const Delivery& delivery);

  // Those whose `done` was not called yet.
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
  bool running_ = false;  // takes what is put
  bool writing_ = false;  // somebody is
  std::thread thread_;
};

}  // namespace retainer
