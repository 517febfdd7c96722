#include "tests/crash/fault_table.h"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/e2e/process.h"

namespace retainer {
namespace {

constexpr absl::Duration kSpacing = absl::Seconds(20);
// A rate limit and the back-off after it.
constexpr absl::Duration kLongPatience = absl::Hours(1);

CrashStory LoadStory(const FaultOptions& options) {
  CrashStory story;
  story.forge = options.forge;
  story.tickets = options.tickets;
  story.spacing = kSpacing;
  return story;
}

// Trouble around one act of the story. Returns how much there was.
using Trouble = std::function<int(DeskRun& run, const CalmRun& calm, std::size_t act)>;

void LiveThrough(DeskRun& run, const CalmRun& calm, std::size_t act) {
  run.Begin(calm.acts[act]);
  run.LiveUntil(QuietAfter(calm.acts, act));
}

CrashRow Run(const FaultOptions& options, const CalmRun& calm, const std::string& name,
             const Trouble& trouble) {
  CrashRow row;
  row.trouble = absl::StrCat(options.forge, ": ", name);
  const auto began = std::chrono::steady_clock::now();
  try {
    DeskRun run(options.programs.service, options.programs.library, calm.story.project());
    for (std::size_t act = 0; act < calm.acts.size(); ++act) row.tried += trouble(run, calm, act);
    CompareAtEnd(calm, run, kLongPatience, &row);
  } catch (const std::runtime_error& error) {
    ++row.wrong;
    row.Detail(error.what());
  }
  row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (options.progress != nullptr) PrintTable(*options.progress, {row});
  return row;
}

struct ForgeFault {
  std::string name;
  sandbox::Fault fault;
  std::vector<std::string> methods;
  std::string path = "/";
};

std::vector<ForgeFault> ForgeFaults(bool is_gitlab) {
  using sandbox::FaultKind;
  const std::vector<std::string> all = {"GET", "POST", "PATCH", "PUT", "DELETE"};
  const std::vector<std::string> changes = {"POST", "PATCH", "PUT", "DELETE"};
  const auto fault = [](FaultKind kind, int count = 2) {
    sandbox::Fault made;
    made.kind = kind;
    made.count = count;
    return made;
  };
  const auto waiting = [&](FaultKind kind, absl::Duration retry_after) {
    sandbox::Fault made = fault(kind);
    made.retry_after = retry_after;
    return made;
  };
  const auto late = [&](FaultKind kind, absl::Duration delay, int count) {
    sandbox::Fault made = fault(kind, count);
    made.delay = delay;
    return made;
  };
  const std::string objects = is_gitlab ? "/projects/" : "/repos/";
  return {
      {"403 without headers", fault(FaultKind::kSecondaryLimit), all},
      {"403 with Retry-After", waiting(FaultKind::kSecondaryLimit, absl::Minutes(3)), all},
      {"rate limit used up, with its headers", late(FaultKind::kRateLimit, absl::Minutes(10), 2),
       all},
      {"429 without headers", fault(FaultKind::kTooManyRequests), all},
      {"429 with Retry-After", waiting(FaultKind::kTooManyRequests, absl::Minutes(2)), all},
      {"500", fault(FaultKind::kStatus500), all},
      {"502 with a page of HTML", fault(FaultKind::kStatus502), all},
      {"503 in plain text", fault(FaultKind::kStatus503), all},
      {"401", fault(FaultKind::kStatus401, 1), all, objects},
      {"time-out, carried out", late(FaultKind::kSlow, absl::Seconds(12), 1), changes, objects},
      {"connection cut, not carried out", fault(FaultKind::kDropConnection, 3), all},
      {"carried out, not answered", fault(FaultKind::kDropAfterApplying, 3), all},
      {"carried out 17 s later, not answered", late(FaultKind::kLate, absl::Seconds(17), 2),
       changes, objects},
      {"answer cut in its middle", fault(FaultKind::kCutBody), all},
      {"half of the JSON", fault(FaultKind::kBrokenJson), all},
      {"JSON of another shape", fault(FaultKind::kOtherJson), all},
      {"404 for what is there", fault(FaultKind::kStatus404, 1), all, objects},
  };
}

// Waits (real time) until the disk refused something, at most ten seconds.
void AwaitRefusal(DeskRun& run) {
  const std::int64_t before = run.disk().failed;
  for (int i = 0; i < 1000 && run.disk().failed == before; ++i) {
    run.Deliver();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

std::vector<CrashRow> RunForgeFaults(const FaultOptions& options) {
  const CalmRun calm = RunCalm(options.programs, LoadStory(options));
  std::vector<CrashRow> rows;
  for (const ForgeFault& one : ForgeFaults(options.forge == "gitlab")) {
    // A real time-out takes ten seconds each.
    const bool slow = one.fault.kind == sandbox::FaultKind::kSlow;
    rows.push_back(
        Run(options, calm, one.name, [&](DeskRun& run, const CalmRun& story, std::size_t act) {
          const std::size_t before = run.sandbox().faults_played();
          if (!slow || act % 8 == 0) {
            for (const std::string& method : one.methods) {
              run.sandbox().FailNext(method, one.path, one.fault);
            }
          }
          LiveThrough(run, story, act);
          run.sandbox().ClearFaults();
          return static_cast<int>(run.sandbox().faults_played() - before);
        }));
  }
  return rows;
}

std::vector<CrashRow> RunDiskFaults(const FaultOptions& options) {
  const CalmRun calm = RunCalm(options.programs, LoadStory(options));
  std::vector<CrashRow> rows;
  for (const auto& [name, error] : {std::pair<const char*, int>{"disk full", ENOSPC},
                                    {"disk read-only", EROFS},
                                    {"disk with errors", EIO}}) {
    rows.push_back(Run(options, calm, name,
                       [error = error](DeskRun& run, const CalmRun& story, std::size_t act) {
                         const std::int64_t before = run.disk().failed;
                         run.disk().error = error;
                         run.Begin(story.acts[act]);
                         AwaitRefusal(run);
                         // Other things happen meanwhile.
                         run.clock().Advance(absl::Seconds(5));
                         run.Deliver();
                         run.disk().error = 0;
                         run.LiveUntil(QuietAfter(story.acts, act));
                         return static_cast<int>(run.disk().failed - before);
                       }));
  }
  return rows;
}

std::vector<CrashRow> RunClockFaults(const FaultOptions& options) {
  const CalmRun calm = RunCalm(options.programs, LoadStory(options));
  std::vector<CrashRow> rows;
  for (const auto& [name, by] :
       {std::pair<const char*, absl::Duration>{"clock back an hour for a while", absl::Hours(-1)},
        {"clock forth a month for a while", absl::Hours(24 * 30)}}) {
    rows.push_back(
        Run(options, calm, name, [by = by](DeskRun& run, const CalmRun& story, std::size_t act) {
          const bool jumps = act % 5 == 1;
          if (jumps) run.clock().SetWrongBy(by);
          LiveThrough(run, story, act);
          if (!jumps) return 0;
          run.clock().SetWrongBy(absl::ZeroDuration());
          return 1;
        }));
  }
  return rows;
}

std::vector<CrashRow> RunRestoreDrill(const FaultOptions& options) {
  const CalmRun calm = RunCalm(options.programs, LoadStory(options));
  const std::size_t acts = calm.acts.size();
  std::vector<CrashRow> rows;
  // The machine is lost soon after the backup, and later.
  for (const std::size_t later : {std::size_t{1}, acts / 4, acts / 2}) {
    rows.push_back(Run(options, calm, absl::StrCat("machine lost ", later, " acts after a backup"),
                       [&](DeskRun& run, const CalmRun& story, std::size_t act) {
                         const std::string backup = run.path("desk.tar");
                         const auto retainer = [&](const std::string& command) {
                           Process::Environment environment = run.environment();
                           environment.erase(kDiskFaultsFile);
                           environment[kClockFile] = run.path("clock");
                           const Finished done = Execute({options.retainer, command, backup,
                                                          "--config", run.path("retainer.yaml")},
                                                         environment);
                           if (done.exit_code != 0)
                             throw std::runtime_error(command + ": " + done.err);
                         };
                         run.Begin(story.acts[act]);
                         run.Deliver();
                         if (act == acts / 4) retainer("backup");
                         run.LiveUntil(QuietAfter(story.acts, act));
                         if (act != acts / 4 + later) return 0;
                         run.Kill();
                         std::filesystem::remove_all(run.path("data"));
                         retainer("restore");
                         run.Up();
                         run.AllowHold(absl::Minutes(30));
                         return 1;
                       }));
  }
  return rows;
}

}  // namespace retainer
