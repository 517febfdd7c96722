// Signed deliveries for benchmarks. They are made before anything is sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/bench/http_load.h"

namespace retainer {

struct DeliveryOptions {
  std::string secret;
  std::string path = "/webhooks/github";
  std::vector<std::string> headers;  // additional ones, "Name: value"
  std::uint64_t first = 1;           // the first new ticket's number; the next ones follow
  // As in retainer_seed; for comments.
  std::uint64_t projects = 200;
  std::uint64_t numbers = 5000;  // number of tickets in a project
};

// Comments by a maintainer on tickets of retainer_seed. The n-th one is written at `began` plus n /
// `rate` seconds.
std::vector<LoadRequest> Comments(const DeliveryOptions& options, std::uint64_t count,
                                  absl::Time began, double rate);

// `issues.opened` in GitHub's form with all of its URLs: 12 KB of JSON. Each opens a new ticket in
// one of 20 projects of retainer_seed; a tenth by the customers' contacts, the others by one new
// person each. Unlike at GitHub, the sender comes first. The parts that requests share (the issue's
// text, the repository) are at the end, and live as long as this object.
class OpenedIssues {
 public:
  explicit OpenedIssues(DeliveryOptions options);
  std::vector<LoadRequest> Make(std::uint64_t count) const;

 private:
  DeliveryOptions options_;
  std::vector<std::string> rests_;  // by project
};

}  // namespace retainer
