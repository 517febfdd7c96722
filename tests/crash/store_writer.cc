// Writes deliveries and decisions to a store until it is killed. After each it prints what the
// store acknowledged: lines `D forge id` and `C forge number fact-id` on standard output.
//
//     store_writer FOLDER RUN
#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "src/store/rocksdb_store.h"
#include "tests/crash/crash_story.h"

namespace retainer {
namespace {

// One write call per line: lines of several threads do not mix, and the other side reads everything
// that was written before the end.
void Say(const std::string& line) {
  if (write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(3);
}

void WriteForever(Store& store, const std::string& forge, const std::string& run) {
  for (int n = 0;; ++n) {
    const std::string id = run + "-" + std::to_string(n);
    if (!store.PutDelivery(CrashDelivery(forge, id)).ok()) _exit(4);
    Say("D " + forge + " " + id + "\n");

    // The front of the queue may be left from an earlier run.
    const auto front = store.ReadInbox(forge, 0, 1);
    if (!front.ok() || front->empty()) _exit(5);
    const TicketKey key = CrashTicket(forge, n % kCrashTickets + 1);
    const auto ticket = store.LoadTicket(key);
    if (!ticket.ok()) _exit(6);
    const DecisionWrite write = CrashDecision(*ticket, front->front());
    if (!store.Commit(write).ok()) _exit(7);
    Say("C " + forge + " " + std::to_string(key.number) + " " + write.facts[0].id + "\n");
  }
}

}  // namespace
}  // namespace retainer

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  retainer::store::RocksDbOptions options;
  // Small buffers, so that kills also happen during flushes and compactions.
  options.write_buffer_bytes = std::size_t{256} << 10;
  options.max_wal_bytes = std::size_t{256} << 10;
  auto store = retainer::store::OpenRocksDbStore(argv[1], options);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return 1;
  }
  std::vector<std::thread> threads;
  for (const char* forge : retainer::kCrashForges) {
    threads.emplace_back(
        [&store, forge, argv] { retainer::WriteForever(**store, forge, argv[2]); });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}
