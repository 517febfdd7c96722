// The throughput of the store: deliveries, one or many per write, synced; and decisions, not
// synced.
//
// `--benchmark_filter=` chooses the benchmarks; TMPDIR chooses the disk.
#include <benchmark/benchmark.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "src/store/rocksdb_store.h"
#include "tests/contract/store_samples.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer {
namespace {

// Shared by the threads of one run.
struct Bench {
  TemporaryFolder folder;
  std::unique_ptr<Store> store = *store::OpenRocksDbStore(folder.path() + "/data");
  std::atomic<std::uint64_t> next = 0;
};

class StoreBench : public benchmark::Fixture {
 public:
  void SetUp(const benchmark::State& state) override {
    if (state.thread_index() == 0) bench_ = std::make_unique<Bench>();
  }
  void TearDown(const benchmark::State& state) override {
    if (state.thread_index() == 0) bench_.reset();
  }

 protected:
  std::unique_ptr<Bench> bench_;
};

BENCHMARK_DEFINE_F(StoreBench, PutDelivery)(benchmark::State& state) {
  const std::string body(12'000, 'x');
  for (auto _ : state) {
    Delivery delivery = SampleDelivery(std::to_string(bench_->next++));
    delivery.body = body;
    if (!bench_->store->PutDelivery(delivery).ok()) state.SkipWithError("not stored");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_REGISTER_F(StoreBench, PutDelivery)->ThreadRange(1, 64)->UseRealTime();

// In the form of the one writer of deliveries: `range` waiting deliveries in one write.
BENCHMARK_DEFINE_F(StoreBench, PutDeliveries)(benchmark::State& state) {
  const std::string body(12'000, 'x');
  for (auto _ : state) {
    std::vector<Delivery> deliveries;
    for (int i = 0; i < state.range(0); ++i) {
      deliveries.push_back(SampleDelivery(std::to_string(bench_->next++)));
      deliveries.back().body = body;
    }
    if (!bench_->store->PutDeliveries(deliveries).ok()) state.SkipWithError("not stored");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_REGISTER_F(StoreBench, PutDeliveries)->RangeMultiplier(4)->Range(1, 64)->UseRealTime();

BENCHMARK_DEFINE_F(StoreBench, Commit)(benchmark::State& state) {
  for (auto _ : state) {
    DecisionWrite write =
        SampleWrite(SampleTicket(static_cast<std::int64_t>(bench_->next++) + 1), 0);
    write.facts = {SampleFact("comment/1")};
    write.record.customers = {"acme"};
    write.record.priorities = {"P1"};
    write.record.wake_at = At(60);
    write.face = SampleFace("first reply by");
    write.ledger.facts = {write.facts[0].id};
    if (!bench_->store->Commit(write).ok()) state.SkipWithError("not stored");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_REGISTER_F(StoreBench, Commit)->ThreadRange(1, 64)->UseRealTime();

}  // namespace
}  // namespace retainer

BENCHMARK_MAIN();
