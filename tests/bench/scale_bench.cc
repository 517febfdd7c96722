// The cost of a store with a million open tickets: a tick, a start, and memory.
//
//     cmake --preset bench && cmake --build build/bench --target retainer scale_bench
//     build/bench/tests/bench/scale_bench FOLDER --service build/bench/retainer
//
// FOLDER needs about 5 GB. It is kept (delete it yourself), and its tickets are used again. Prints
// a line of JSON for each figure. Exit code 1 when one of these does not hold:
//
//   tick     with 1,000,000 open tickets, a tick in which 100 are due costs less than twice what it
//            costs among 10,000: medians of the same run, the two taking turns, in elapsed time and
//            in the thread's processor time
//   ready    `retainer serve` on the large store answers /readyz with 200 within 2 s of its start:
//            after a clean stop, after SIGKILL, and while everything is judged again
//   memory   it stays under 300 MB, when idle and while everything is judged again because the
//            policy changed
//   stop     SIGTERM ends it within 10 s
//
// `--smoke` (in tests/run.sh, with a few thousand tickets) runs all of it, waits until everything
// was judged again, and runs the commands. It does not check the bounds, which a build with
// sanitizers would not meet.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "src/cli/loading.h"
#include "src/cli/no_metrics.h"
#include "src/pipeline/timers.h"
#include "src/store/rocksdb_store.h"
#include "tests/bench/seeding.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/process.h"
#include "tests/fakes/asked_at_once.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_forge.h"
#include "tests/fakes/fake_log.h"

namespace retainer {
namespace {

constexpr double kMaxRatio = 2;
constexpr double kMaxReadySeconds = 2;
constexpr double kMaxMegabytes = 300;
constexpr double kMaxStopSeconds = 10;
constexpr std::size_t kDue = 100;

struct Options {
  std::string folder;
  std::string service;
  std::uint64_t open = 1'000'000;
  std::uint64_t small = 10'000;
  int ticks = 30;
  int judge_again_seconds = 60;
  bool smoke = false;
};

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << what << "\n";
  std::exit(1);
}

template <class T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) Fail(value.status().ToString());
  return *std::move(value);
}
void Must(const absl::Status& status) {
  if (!status.ok()) Fail(status.ToString());
}

class Verdict {
 public:
  explicit Verdict(bool smoke) : smoke_(smoke) {}
  void Note(const std::string& what, double value, double below = 0) {
    const bool holds = below <= 0 || value < below;
    std::cout << "{\"figure\":\"" << what << "\",\"value\":" << value;
    if (below > 0)
      std::cout << ",\"below\":" << below << ",\"holds\":" << (holds ? "true" : "false");
    std::cout << "}" << std::endl;
    if (!holds && !smoke_) failed_ = true;
  }
  void Demand(bool holds, const std::string& what) {
    if (holds) return;
    std::cerr << "not so: " << what << "\n";
    failed_ = true;
  }
  bool failed() const { return failed_; }

 private:
  const bool smoke_;
  bool failed_ = false;
};

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

// Returns the instant at which the folder was seeded.
absl::Time SeedOnce(const std::string& folder, std::uint64_t open) {
  const std::string mark = folder + "/seeded";
  std::ifstream known(mark);
  std::int64_t at = 0;
  if (known >> at) return absl::FromUnixSeconds(at);
  SeedOptions options;
  options.folder = folder;
  options.open = open;
  options.now = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  const absl::Time began = absl::Now();
  options.progress = [&](std::uint64_t done) {
    if (done * 10 / open != (done - 1) * 10 / open) {
      std::cerr << "seeded " << done << " of " << open << "\n";
    }
  };
  Must(Seed(options));
  std::cerr << "that took " << absl::ToInt64Seconds(absl::Now() - began) << " s\n";
  std::ofstream(mark) << absl::ToUnixSeconds(options.now) << "\n";
  return options.now;
}

// ---- Ticks

double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The timers of one store, run by hand.
class Ticking {
 public:
  Ticking(const std::string& folder, absl::Time now)
      : clock_(now), store_(Must(store::OpenRocksDbStore(folder + "/data"))) {
    terms_.Set(cli::CompileHistory(Must(store_->LoadTerms()), log_));
    asked_ = std::make_unique<AskedAtOnce>(
        *store_, clock_, log_, metrics_, terms_,
        std::vector<pipeline::ForgeSlot>{{"github", ForgeKind::kGitHub, &forge_}});
    timers_ =
        std::make_unique<pipeline::Timers>(asked_->judge, *store_, clock_, log_, metrics_, terms_);
  }

  // Moves the clock until about 100 tickets are due and judges them. Results in milliseconds,
  // scaled to 100 tickets.
  void Tick(std::vector<double>* elapsed, std::vector<double>* processor) {
    std::vector<std::pair<absl::Time, TicketKey>> due;
    std::size_t count = 0;
    for (;;) {
      due = Must(store_->DueWakeups(absl::InfiniteFuture(), kDue + 1));
      if (due.empty()) return;
      count = std::min(due.size(), kDue);
      // Do not take only a part of the tickets that are due at one instant.
      while (count > 0 && count < due.size() && due[count].first == due[count - 1].first) --count;
      if (count > 0) break;
      // At an opening hour many tickets are due; they are spread over a minute, so this is not a
      // tick.
      const absl::Time over = std::max(clock_.Now(), due[0].first) + absl::Minutes(2);
      for (absl::Time next; (next = Must(timers_->NextWake())) <= over;) {
        clock_.Set(std::max(clock_.Now(), next));
        Must(timers_->RunDue());
      }
    }
    clock_.Set(std::max(clock_.Now(), due[count - 1].first));
    const double began_thread = ThreadSeconds();
    const absl::Time began = absl::Now();
    const std::size_t judged = Must(timers_->RunDue());
    const double took = absl::ToDoubleMilliseconds(absl::Now() - began);
    if (judged == 0) return;
    const double each = static_cast<double>(kDue) / static_cast<double>(judged);
    elapsed->push_back(took * each);
    processor->push_back((ThreadSeconds() - began_thread) * 1e3 * each);
  }

 private:
  FakeClock clock_;
  FakeLog log_;
  cli::NoMetrics metrics_;
  FakeForge forge_{"github"};
  pipeline::TermsHolder terms_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<AskedAtOnce> asked_;
  std::unique_ptr<pipeline::Timers> timers_;
};

void MeasureTicks(const Options& options, absl::Time large_now, absl::Time small_now,
                  Verdict* verdict) {
  Ticking large(options.folder + "/large", large_now);
  Ticking small(options.folder + "/small", small_now);
  std::vector<double> large_elapsed, large_processor, small_elapsed, small_processor;
  {
    std::vector<double> warm;
    large.Tick(&warm, &warm);
    small.Tick(&warm, &warm);
  }
  for (int i = 0; i < options.ticks; ++i) {
    large.Tick(&large_elapsed, &large_processor);
    small.Tick(&small_elapsed, &small_processor);
  }
  if (large_elapsed.empty() || small_elapsed.empty()) {
    verdict->Demand(options.smoke, "there are tickets to judge: seed more");
    return;
  }
  const double among_many = Median(large_elapsed), among_few = Median(small_elapsed);
  verdict->Note(absl::StrCat("tick of 100 among ", options.open, ", ms"), among_many);
  verdict->Note(absl::StrCat("tick of 100 among ", options.small, ", ms"), among_few);
  verdict->Note("tick, ratio", among_many / among_few, kMaxRatio);
  verdict->Note(absl::StrCat("tick of 100 among ", options.open, ", processor ms"),
                Median(large_processor));
  verdict->Note(absl::StrCat("tick of 100 among ", options.small, ", processor ms"),
                Median(small_processor));
  verdict->Note("tick, ratio of processor time", Median(large_processor) / Median(small_processor),
                kMaxRatio);
}

// ---- The service

// `retainer serve`, from its start until it is stopped.
class Service {
 public:
  Service(const Options& options, const std::string& config)
      : began_(absl::Now()), process_({options.service, "serve", "--config", config}) {
    const auto line = process_.AwaitErrLine(Says("listening"));
    if (!line) Fail("the service does not start:\n" + process_.err());
    url_ = Field(*line, "url");
    while (HttpGet(url_, "/readyz").status != 200) {
      if (absl::Now() - began_ > absl::Minutes(1)) Fail("never ready:\n" + process_.err());
    }
    ready_seconds_ = absl::ToDoubleSeconds(absl::Now() - began_);
  }

  double ready_seconds() const { return ready_seconds_; }
  Process& process() { return process_; }
  bool Await(const std::string& event, absl::Duration patience) {
    return process_.AwaitErrLine(Says(event), patience).has_value();
  }
  double ReadySeconds() const {
    const absl::Time began = absl::Now();
    return HttpGet(url_, "/readyz").status == 200 ? absl::ToDoubleSeconds(absl::Now() - began)
                                                  : 1e9;
  }
  // Resident memory now, or its maximum so far with `peak`.
  double Megabytes(bool peak = false) const {
    std::ifstream status(absl::StrCat("/proc/", process_.pid(), "/status"));
    const std::string name = peak ? "VmHWM:" : "VmRSS:";
    for (std::string word; status >> word;) {
      double kilobytes = 0;
      if (word == name && status >> kilobytes) return kilobytes / 1024;
    }
    return 0;
  }
  double StopSeconds() {
    const absl::Time began = absl::Now();
    process_.Signal(SIGTERM);
    process_.Wait(absl::Minutes(1));
    return absl::ToDoubleSeconds(absl::Now() - began);
  }

 private:
  static std::function<bool(const std::string&)> Says(const std::string& event) {
    return [event](const std::string& line) {
      return line.find("\"event\":\"" + event + "\"") != std::string::npos;
    };
  }
  static std::string Field(const std::string& line, const std::string& name) {
    const std::string key = "\"" + name + "\":\"";
    const std::size_t at = line.find(key);
    if (at == std::string::npos) return "";
    return line.substr(at + key.size(), line.find('"', at + key.size()) - at - key.size());
  }

  const absl::Time began_;
  Process process_;
  std::string url_;
  double ready_seconds_ = 0;
};

// Changes a target in the policy, so that everything must be judged again.
void ChangePolicy(const std::string& folder) {
  const std::string path = folder + "/policy/policy.yaml";
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  const std::string before = text.str();
  std::string after = absl::StrReplaceAll(before, {{"resolution: 60d", "resolution: 61d"}});
  if (after == before) {
    after = absl::StrReplaceAll(before, {{"resolution: 61d", "resolution: 60d"}});
  }
  std::ofstream(path) << after;
}

void AskCommands(const Options& options, const std::string& config, Verdict* verdict) {
  const Finished queue = Execute({options.service, "queue", "--json", "--config", config});
  verdict->Demand(queue.exit_code == 0, "`retainer queue` answers: " + queue.err);
  const std::string key = "\"ticket\":\"";
  std::string text = absl::StrReplaceAll(queue.out, {{"\"ticket\": \"", key}});
  const std::size_t at = text.find(key);
  verdict->Demand(at != std::string::npos,
                  "`retainer queue` names tickets: " + text.substr(0, 200));
  if (at == std::string::npos) return;
  const std::size_t from = at + key.size();
  const std::string ticket = text.substr(from, text.find('"', from) - from);
  const Finished explain = Execute({options.service, "explain", ticket, "--config", config});
  verdict->Demand(explain.exit_code == 0 && !explain.out.empty(),
                  "`retainer explain " + ticket + "` answers: " + explain.err);
}

// The maximum of memory during `time`.
double Watch(Service& service, absl::Duration time, double* slowest_answer) {
  double most = 0;
  const absl::Time until = absl::Now() + time;
  while (absl::Now() < until) {
    most = std::max(most, service.Megabytes());
    *slowest_answer = std::max(*slowest_answer, service.ReadySeconds());
    // Read its log meanwhile: a full pipe would block it.
    service.process().AwaitErrLine([](const std::string&) { return false; },
                                   absl::Milliseconds(250));
  }
  return most;
}

void MeasureService(const Options& options, Verdict* verdict) {
  const std::string folder = options.folder + "/large";
  const std::string config = folder + "/retainer.yaml";
  const absl::Duration look = options.smoke ? absl::Milliseconds(300) : absl::Seconds(10);
  double slowest = 0;
  {
    Service service(options, config);
    verdict->Note("ready after a clean stop, s", service.ready_seconds(), kMaxReadySeconds);
    verdict->Note("memory at the start, MB", service.Megabytes(), kMaxMegabytes);
    verdict->Note("memory after a while, MB", Watch(service, look, &slowest), kMaxMegabytes);
    AskCommands(options, config, verdict);

    ChangePolicy(folder);
    service.process().Signal(SIGHUP);
    verdict->Demand(service.Await("tickets are judged again", absl::Minutes(1)),
                    "a changed policy has everything judged again");
    if (options.smoke) {
      verdict->Demand(service.Await("tickets were judged again", absl::Minutes(1)),
                      "judging again comes to its end");
    } else {
      Watch(service, absl::Seconds(options.judge_again_seconds), &slowest);
    }
    AskCommands(options, config, verdict);
    verdict->Note("memory at most, while judging again, MB", service.Megabytes(/*peak=*/true),
                  kMaxMegabytes);
    verdict->Note("slowest /readyz, s", slowest);
    verdict->Note("stopped by SIGTERM while judging again, s", service.StopSeconds(),
                  kMaxStopSeconds);
  }
  {
    Service service(options, config);
    verdict->Note("ready while judging again, s", service.ready_seconds(), kMaxReadySeconds);
    Watch(service, look, &slowest);
    verdict->Note("memory at most, MB", service.Megabytes(/*peak=*/true), kMaxMegabytes);
    service.process().Signal(SIGKILL);
    service.process().Wait();
  }
  Service service(options, config);
  verdict->Note("ready after SIGKILL, s", service.ready_seconds(), kMaxReadySeconds);
  verdict->Note("stopped by SIGTERM, s", service.StopSeconds(), kMaxStopSeconds);
}

}  // namespace
}  // namespace retainer

int main(int argc, char** argv) {
  CLI::App app("Measures what many open tickets cost");
  retainer::Options options;
  app.add_option("folder", options.folder, "Where the stores are, or are seeded")->required();
  app.add_option("--service", options.service, "The retainer binary; without it only ticks");
  app.add_option("--open", options.open, "Open tickets of the large store")->capture_default_str();
  app.add_option("--small", options.small, "Of the small one")->capture_default_str();
  app.add_option("--ticks", options.ticks)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--judge-again-seconds", options.judge_again_seconds,
                 "How long judging everything again is watched")
      ->capture_default_str();
  app.add_flag("--smoke", options.smoke, "Only whether it works");
  CLI11_PARSE(app, argc, argv);

  retainer::Verdict verdict(options.smoke);
  const absl::Time large = retainer::SeedOnce(options.folder + "/large", options.open);
  const absl::Time small = retainer::SeedOnce(options.folder + "/small", options.small);
  // Measure the service first, because the ticks move the clock ahead.
  if (!options.service.empty()) retainer::MeasureService(options, &verdict);
  retainer::MeasureTicks(options, large, small, &verdict);
  return verdict.failed() ? 1 : 0;
}
