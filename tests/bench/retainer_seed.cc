// Fills a folder with a store of a given size, for benchmarks and for trying things out:
//
//     retainer_seed FOLDER --open 1000000 [--closed N] [--policy DIR] [--now INSTANT] [--threads N]
//     retainer queue --config FOLDER/retainer.yaml
//
// seeding.h says what is written and how.
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "absl/time/clock.h"
#include "tests/bench/seeding.h"

int main(int argc, char** argv) {
  CLI::App app("Seeds a store with tickets, through the real judge and codecs");
  retainer::SeedOptions options;
  std::string now;
  app.add_option("folder", options.folder, "Gets retainer.yaml, policy/ and data/")->required();
  app.add_option("--open", options.open, "How many open tickets")->capture_default_str();
  app.add_option("--closed", options.closed, "How many closed ones")->capture_default_str();
  app.add_option("--projects", options.projects, "Spread over so many projects")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--policy", options.policy, "A policy folder in place of our own");
  app.add_option("--now", now, "As of when the tickets stand (RFC 3339; now)");
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  options.now = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  std::string problem;
  if (!now.empty() && !absl::ParseTime(absl::RFC3339_full, now, &options.now, &problem)) {
    std::cerr << "--now: " << problem << "\n";
    return 2;
  }
  const absl::Time began = absl::Now();
  const std::uint64_t total = options.open + options.closed;
  options.progress = [&](std::uint64_t done) {
    std::cerr << "\r" << done << " of " << total << " tickets, "
              << static_cast<int>(absl::ToDoubleSeconds(absl::Now() - began)) << " s" << std::flush;
  };
  const absl::Status seeded = retainer::Seed(options);
  std::cerr << "\n";
  if (!seeded.ok()) {
    std::cerr << seeded.message() << "\n";
    return 1;
  }
  std::cout << "{\"tickets\":" << total
            << ",\"seconds\":" << absl::ToDoubleSeconds(absl::Now() - began) << "}\n";
  return 0;
}
