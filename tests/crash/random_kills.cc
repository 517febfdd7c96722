#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "tests/crash/kills.h"

namespace retainer {
namespace {

// Somebody else's trouble on top: the forge cuts answers, and carries calls out late.
void AddForgeFaults(DeskRun& run, bool is_gitlab, int count, std::mt19937_64& random) {
  static constexpr sandbox::FaultKind kKinds[] = {
      sandbox::FaultKind::kDropAfterApplying, sandbox::FaultKind::kDropAfterApplying,
      sandbox::FaultKind::kLate, sandbox::FaultKind::kDropConnection,
      sandbox::FaultKind::kStatus502};
  static constexpr const char* kMethods[] = {"POST", "PATCH", "DELETE", "POST"};
  static constexpr const char* kGitLabMethods[] = {"POST", "PUT", "DELETE", "PUT"};
  for (; count > 0; --count) {
    sandbox::Fault fault;
    fault.kind = kKinds[random() % 5];
    fault.delay = absl::Seconds(static_cast<int>(1 + random() % 18));
    run.sandbox().FailNext((is_gitlab ? kGitLabMethods : kMethods)[random() % 4],
                           is_gitlab ? "/projects/" : "/repos/", fault);
  }
}

}  // namespace

std::vector<CrashRow> RunRandomKills(const KillOptions& options) {
  CrashRow row;
  row.trouble = options.forge + ": killed at random, lists late, answers cut";
  std::mt19937_64 random(options.seed);
  const auto upto = [&](int most) {
    return static_cast<int>(random() % static_cast<std::uint64_t>(most + 1));
  };
  CrashStory story;
  story.forge = options.forge;
  story.tickets = std::max(1, (options.kills + 63) / 64);  // about eight kills an act
  const CalmRun calm = RunCalm(options.programs, story);

  const auto began = std::chrono::steady_clock::now();
  DeskRun run(options.programs.service, options.programs.library, story.project());
  for (std::size_t i = 0; i < calm.acts.size(); ++i) {
    const CrashAct& act = calm.acts[i];
    run.Begin(act);
    const int left = static_cast<int>(calm.acts.size() - i);
    const int open = options.kills - row.tried;
    const int kills = left == 1 ? open : std::min(open, (open + left - 1) / left - 2 + upto(4));
    for (int k = 0; k < kills; ++k) {
      run.sandbox().SetListLag(absl::Seconds(upto(15)));
      AddForgeFaults(run, options.forge == "gitlab", upto(2), random);
      run.Up();
      run.Deliver();
      // Some longer lives, for the late steps of a face.
      const int steps = upto(3) == 0 ? upto(40) : upto(12);
      for (int step = 0; step < steps; ++step) {
        std::this_thread::sleep_for(std::chrono::milliseconds(upto(15)));
        if (run.clock().Now() < StoryBegin() + act.at + absl::Minutes(4)) {
          run.clock().Advance(absl::Seconds(1));
        }
        if (upto(2) == 0) run.Deliver();
      }
      run.Kill();
      ++row.tried;
      run.sandbox().ClearFaults();
    }
    run.Up();
    CompareAfterAct(calm, i, run, &row);
    if (options.progress != nullptr) {
      *options.progress << row.tried << " kills, " << i + 1 << " acts\n" << std::flush;
    }
  }
  CompareAtEnd(calm, run, kPatience, &row);
  row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return {row};
}

}  // namespace retainer
