// The cost of judging a ticket: Evaluate alone, and Decide as a worker calls it.
#include <benchmark/benchmark.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/core/story.h"

namespace retainer {
namespace {

using core::Story;
using core::StoryPolicy;

// Five metrics by office hours in one zone, as a paying customer has them.
Policy BenchPolicy() {
  Policy policy = StoryPolicy();
  Plan& gold = policy.plans["gold"];
  gold.calendars = {"office"};
  gold.warn_at = {0.5, 0.75, 0.9};
  gold.escalation = {{1.0, std::nullopt, {"lead"}}, {1.5, std::nullopt, {"lead"}}};
  for (auto& [priority, promises] : gold.promises) {
    promises.targets.erase(Metric::kAcknowledgement);
  }
  return policy;
}

// `facts` facts: mostly comments, to and fro; every tenth a waiting or a label.
Story Conversation(int facts) {
  Story story(BenchPolicy());
  story.Opens("dave", "Down.\n\n/support priority P1\n");
  for (int i = 1; i < facts; ++i) {
    story.Wait(absl::Minutes(7));
    if (i % 10 == 7) {
      story.Labels("alice", i % 20 == 7 ? "waiting for customer" : "bug");
    } else if (i % 2 == 1) {
      story.Says("alice", "Looking into it.");
    } else {
      story.Says("dave", "It still fails.");
    }
  }
  return story.Wait(absl::Minutes(1));
}

void BM_Evaluate(benchmark::State& state) {
  const Story story = Conversation(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(story.See());
}
BENCHMARK(BM_Evaluate)->Arg(5)->Arg(50)->Arg(500)->Arg(5000)->Unit(benchmark::kMicrosecond);

void BM_Decide(benchmark::State& state) {
  Story story = Conversation(static_cast<int>(state.range(0)));
  const auto before = ClockStates(story.See());
  const Fact news = MakeComment({Provenance::kWebhook, story.now()}, "comment/999999",
                                story.Who("alice"), Moment::At(story.now()), "On it.");
  for (auto _ : state) {
    benchmark::DoNotOptimize(Decide(story.context(), story.facts(), {news}, story.terms(),
                                    story.pins(), before, story.now()));
  }
}
BENCHMARK(BM_Decide)->Arg(50)->Arg(5000)->Unit(benchmark::kMicrosecond);

// Under a policy of a thousand customers in its third version, all of their contacts pinned; the
// ticket is a private customer's, so that it is judged a second time as outsiders would.
void BM_DecideUnderLargePolicy(benchmark::State& state) {
  Policy policy = BenchPolicy();
  for (int i = 0; i < 1000; ++i) {
    Customer customer = policy.customers[0];
    customer.id = absl::StrCat("customer-", i);
    customer.alias = absl::StrCat("c-", i);
    customer.contacts.logins = {{"github", absl::StrCat("contact-", i)}};
    policy.customers.push_back(customer);
  }
  Story story(policy);
  story.NewTerms("v2", policy).NewTerms("v3", policy);
  for (int i = 0; i < 1000; ++i) {
    story.pins().Add({"github", absl::StrCat("contact-", i)}, absl::StrCat(1000 + i));
  }
  story.Opens("dave", "Down.");
  for (int i = 0; i < 20; ++i) {
    story.Wait(absl::Minutes(7)).Says(i % 2 == 0 ? "alice" : "dave", "It still fails.");
  }
  const auto before = ClockStates(story.See());
  for (auto _ : state) {
    benchmark::DoNotOptimize(Decide(story.context(), story.facts(), {}, story.terms(), story.pins(),
                                    before, story.now()));
  }
}
BENCHMARK(BM_DecideUnderLargePolicy)->Unit(benchmark::kMicrosecond);

// Office hours with a lunch break in a zone with summer time, compiled: what one due instant and
// one sum cost, from instants spread over two years.
class CompiledCalendar {
 public:
  CompiledCalendar() {
    CalendarSpec spec;
    spec.name = "office";
    spec.time_zone = "Europe/Paris";
    for (int day = 0; day < 5; ++day) {
      spec.weekly[day] = {{9 * 60, 12 * 60 + 30}, {13 * 60 + 30, 18 * 60}};
    }
    spec.yearly_holidays = {{1, 1}, {5, 1}, {12, 25}};
    calendar_ = BusinessTime::Compile({spec}).value();
    calendar_->Deadline(At(0), absl::Hours(4000));
  }
  const BusinessTime& operator*() const { return *calendar_; }
  static absl::Time At(int i) {
    return absl::FromUnixSeconds(1767225600) + (i % 1024) * absl::Minutes(1021);
  }

 private:
  std::shared_ptr<const BusinessTime> calendar_;
};

void BM_Deadline(benchmark::State& state) {
  const CompiledCalendar calendar;
  const absl::Duration open = absl::Hours(state.range(0));
  int i = 0;
  for (auto _ : state) benchmark::DoNotOptimize((*calendar).Deadline(calendar.At(++i), open));
}
BENCHMARK(BM_Deadline)->Arg(1)->Arg(40)->Arg(1000);

void BM_DeadlineAroundPauses(benchmark::State& state) {
  const CompiledCalendar calendar;
  int i = 0;
  for (auto _ : state) {
    const absl::Time from = calendar.At(++i);
    benchmark::DoNotOptimize(
        (*calendar).Deadline(from, absl::Hours(40),
                             {{from + absl::Hours(5), from + absl::Hours(30)},
                              {from + absl::Hours(50), from + absl::Hours(70)}}));
  }
}
BENCHMARK(BM_DeadlineAroundPauses);

void BM_Elapsed(benchmark::State& state) {
  const CompiledCalendar calendar;
  const absl::Duration span = absl::Hours(state.range(0));
  int i = 0;
  for (auto _ : state) {
    const absl::Time from = calendar.At(++i);
    benchmark::DoNotOptimize((*calendar).Elapsed(from, from + span));
  }
}
BENCHMARK(BM_Elapsed)->Arg(1)->Arg(200)->Arg(5000);

}  // namespace
}  // namespace retainer

BENCHMARK_MAIN();
