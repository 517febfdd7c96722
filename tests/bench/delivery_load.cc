// Signed deliveries at a steady rate over loopback: comments on tickets that retainer_seed made.
//
//     delivery_load URL SECRET_FILE --rate 200 --seconds 60
//
// A line of JSON at the end: how many were taken and refused, and what an answer took.
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "webhooks/signature.h"

namespace {

struct Options {
  std::string url;
  std::string secret_file;
  int rate = 200;
  int seconds = 60;
  int senders = 16;  // each waits for its answer, which waits for the disk
  // As in retainer_seed.
  int projects = 200;
  int numbers = 5000;  // of tickets a project has
};

// The n-th comment, by a maintainer on one of the tickets.
std::string Body(const Options& options, std::uint64_t n, absl::Time now) {
  const std::uint64_t dice = n * 2654435761u;
  const std::uint64_t project = dice % static_cast<std::uint64_t>(options.projects);
  const std::uint64_t number = dice / 7 % static_cast<std::uint64_t>(options.numbers) + 1;
  const std::string at = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone());
  const std::string url =
      absl::StrCat("https://forge.example/acme/project", project, "/issues/", number);
  const std::string maintainer = R"({"login": "maintainer0", "id": 1120, "type": "User"})";
  return absl::StrCat(
      R"({"action": "created", "issue": {"id": )", 900000 + number, R"(, "number": )", number,
      R"(, "title": "Replica does not join after a restart", "state": "open", "labels": [],)",
      R"( "assignees": [], "body": "It stops.", "html_url": ")", url, R"(", "user": )", maintainer,
      R"(, "created_at": ")", at, R"(", "updated_at": ")", at, R"("}, "comment": {"id": )",
      2'000'000'000 + n, R"(, "body": "We look into it and come back to you.", "html_url": ")", url,
      "#c", n, R"(", "user": )", maintainer, R"(, "created_at": ")", at, R"(", "updated_at": ")",
      at, R"("}, "repository": {"id": )", 5000 + project, R"(, "full_name": "acme/project)",
      project, R"(", "private": false, "html_url": "https://forge.example/acme/project)", project,
      R"("}, "sender": )", maintainer, "}");
}

double Percentile(std::vector<double> sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * sorted.size()))];
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Sends signed deliveries at a steady rate");
  Options options;
  app.add_option("url", options.url)->required();
  app.add_option("secret", options.secret_file, "The file with the webhook secret")->required();
  app.add_option("--rate", options.rate, "A second")->check(CLI::Range(1, 5000));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 600));
  app.add_option("--projects", options.projects);
  app.add_option("--numbers", options.numbers);
  CLI11_PARSE(app, argc, argv);
  std::string secret;
  std::ifstream file(options.secret_file);
  std::getline(file, secret);
  absl::StripAsciiWhitespace(&secret);

  const absl::Time began = absl::Now();
  const auto run = static_cast<std::uint64_t>(absl::ToUnixMicros(began));  // ids of its own
  const int total = options.rate * options.seconds;
  std::mutex mutex;
  std::vector<double> took;
  int refused = 0;
  std::vector<std::thread> senders;
  for (int s = 0; s < options.senders; ++s) {
    senders.emplace_back([&, s] {
      httplib::Client client(options.url);
      client.set_keep_alive(true);
      // Else a body that follows its headers waits 40 ms for the kernel's acknowledgement of those.
      client.set_tcp_nodelay(true);
      for (int i = s; i < total; i += options.senders) {
        absl::SleepFor(began + absl::Seconds(1) * i / options.rate - absl::Now());
        const std::string body = Body(options, static_cast<std::uint64_t>(i), absl::Now());
        const httplib::Headers headers = {
            {"X-GitHub-Event", "issue_comment"},
            {"X-GitHub-Delivery", absl::StrCat("load-", run, "-", i)},
            {"X-Hub-Signature-256",
             "sha256=" + retainer::ToHex(retainer::HmacSha256(secret, {body}))}};
        const absl::Time sent = absl::Now();
        const auto answer = client.Post("/webhooks/github", headers, body, "application/json");
        const double milliseconds = absl::ToDoubleMilliseconds(absl::Now() - sent);
        const std::lock_guard lock(mutex);
        took.push_back(milliseconds);
        refused += !answer || answer->status / 100 != 2;
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  std::sort(took.begin(), took.end());
  std::cout << "{\"deliveries\":" << took.size() << ",\"refused\":" << refused
            << ",\"a_second\":" << took.size() / absl::ToDoubleSeconds(absl::Now() - began)
            << ",\"p50_ms\":" << Percentile(took, 0.5) << ",\"p99_ms\":" << Percentile(took, 0.99)
            << "}\n";
  return refused == 0 ? 0 : 1;
}
