// Policies with many customers: 10,000 of them with 50,000 contacts. Loading one has to take less
// than a second, and to find a customer, or the customers of an author, less than a microsecond.
#include <benchmark/benchmark.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "retainer/policy.h"
#include "src/core/replay.h"
#include "src/core/roles.h"
#include "src/policy/policy_parser.h"
#include "tests/core/story.h"

namespace retainer {
namespace {

constexpr int kCustomers = 10'000;
constexpr int kContacts = 5;  // of each

// Several files, because one has at most 1 MiB.
std::map<std::string, std::string> Files() {
  constexpr int kInOneFile = 2'500;
  std::map<std::string, std::string> files = {{"policy.yaml", R"(version: 1
projects: ["github:acme/*"]
calendars: {always: {time_zone: UTC, hours: always}}
priorities: [{name: P1}]
plans: {gold: {calendars: [always], promises: {P1: {first_response: 1h}}}}
)"}};
  for (int i = 0; i < kCustomers; ++i) {
    std::string& customers = files[absl::StrCat("customers-", i / kInOneFile, ".yaml")];
    if (customers.empty()) customers = "customers:\n";
    absl::StrAppend(&customers, "  - id: customer-", i, "\n    alias: c-", i,
                    "\n    plan: gold\n    contacts: {logins: [");
    for (int j = 0; j < kContacts; ++j) {
      absl::StrAppend(&customers, j == 0 ? "" : ", ", "\"github:person-", i, "-", j, "\"");
    }
    absl::StrAppend(&customers, "]}\n");
  }
  return files;
}

Policy ManyCustomers() { return *policy::ParsePolicy(Files()).policy; }

void BM_Load(benchmark::State& state) {
  const std::map<std::string, std::string> files = Files();
  for (auto _ : state) {
    auto terms = CompileTerms("v1", absl::UnixEpoch(), *policy::ParsePolicy(files).policy);
    if (!terms.ok()) return state.SkipWithError("the policy is not valid");
    benchmark::DoNotOptimize(terms);
  }
}
BENCHMARK(BM_Load)->Unit(benchmark::kMillisecond);

void BM_FindCustomer(benchmark::State& state) {
  const auto terms = *CompileTerms("v1", absl::UnixEpoch(), ManyCustomers());
  int i = 0;
  for (auto _ : state) {
    i = (i + 7919) % kCustomers;
    benchmark::DoNotOptimize(terms->policy.FindCustomer(absl::StrCat("customer-", i)));
  }
}
BENCHMARK(BM_FindCustomer)->Unit(benchmark::kNanosecond);

// Of which customers the author of a ticket may be a contact.
void BM_MatchAuthor(benchmark::State& state) {
  const TermsHistory terms = {*CompileTerms("v1", absl::UnixEpoch(), ManyCustomers())};
  Fact opened;
  opened.kind = FactKind::kOpened;
  opened.actor = opened.author = {"4004", state.range(0) == 0 ? "nobody" : "person-9000-3"};
  TicketContext context;
  context.key.forge = "github";
  const Pins pins;
  const std::vector<const Fact*> order = {&opened};
  core::Roster roster(context, terms, pins, order);
  const core::ActorIndex author = roster.Find(opened.actor);
  for (auto _ : state) benchmark::DoNotOptimize(roster.MayBeContactOf(author, 0));
}
BENCHMARK(BM_MatchAuthor)->Arg(0)->Arg(1)->Unit(benchmark::kNanosecond);

}  // namespace
}  // namespace retainer

BENCHMARK_MAIN();
