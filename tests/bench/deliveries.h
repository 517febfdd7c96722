// Signed deliveries for measuring, made before anything is sent.
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
  std::vector<std::string> headers;  // further ones, "Name: value"
  std::uint64_t first = 1;           // the first new ticket's number; the next ones follow
  // As in retainer_seed, for comments.
  std::uint64_t projects = 200;
  std::uint64_t numbers = 5000;  // of tickets a project has
};

// Comments by a maintainer on tickets of retainer_seed, the n-th of them written at `began` plus n
// seconds by `rate`.
std::vector<LoadRequest> Comments(const DeliveryOptions& options, std::uint64_t count,
                                  absl::Time began, double rate);

// `issues.opened` as GitHub sends it, with all the URLs that stand in it: 12 KB of JSON. Each opens
// a ticket of its own in one of 20 projects of retainer_seed; a tenth by its customers' contacts,
// the others by a person each. The sender stands in front, unlike at GitHub: what they share (the
// issue's text, the repository) is the end, and lives as long as this.
class OpenedIssues {
 public:
  explicit OpenedIssues(DeliveryOptions options);
  std::vector<LoadRequest> Make(std::uint64_t count) const;

 private:
  DeliveryOptions options_;
  std::vector<std::string> rests_;  // by project
};

}  // namespace retainer
