// Sends signed deliveries over loopback and measures the answers' duration.
//
//     delivery_load URL SECRET_FILE --rate 200 --seconds 60
//     delivery_load URL SECRET_FILE --opened --connections 64
//     delivery_load URL SECRET_FILE --opened --rate 50 --requests-a-connection 1 --from 127.0.0.9
//
// The first sends comments on tickets of retainer_seed; with --opened they are new issues of 12 KB.
// Without --rate, as fast as they are answered.
// Prints a line of JSON at the end. Exit code 1 when a delivery was refused or not answered within
// 10 s.
#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/bench/http_load.h"
#include "tests/bench/signed_deliveries.h"

int main(int argc, char** argv) {
  CLI::App app("Sends signed deliveries and says what their answers took");
  retainer::DeliveryOptions deliveries;
  retainer::LoadOptions load;
  load.connections = 16;
  std::string secret_file;
  bool opened = false;
  double seconds = 60;
  std::uint64_t most = 0;
  app.add_option("url", load.url, "http://ADDRESS:PORT")->required();
  app.add_option("secret", secret_file, "The file with the webhook secret")->required();
  app.add_option("--rate", load.rate, "A second, over all connections; 0: as fast as answered")
      ->check(CLI::Range(0, 100000));
  app.add_option("--seconds", seconds)->check(CLI::Range(0.1, 600.0));
  app.add_option("--connections", load.connections)->check(CLI::Range(1, 10000));
  app.add_option("--requests-a-connection", load.requests_a_connection, "0: connections are kept");
  app.add_option("--from", load.from, "The address to send from");
  app.add_option("--path", deliveries.path)->capture_default_str();
  app.add_option("--header", deliveries.headers, "\"Name: value\", as often as wanted");
  app.add_flag("--opened", opened, "New issues in place of comments");
  app.add_option("--first", deliveries.first, "The number of the first new issue");
  app.add_option("--projects", deliveries.projects, "Of retainer_seed");
  app.add_option("--numbers", deliveries.numbers, "Of retainer_seed");
  app.add_option("--most", most, "So many deliveries at most (20,000 a second)");
  CLI11_PARSE(app, argc, argv);
  std::ifstream file(secret_file);
  std::getline(file, deliveries.secret);
  absl::StripAsciiWhitespace(&deliveries.secret);
  if (deliveries.secret.empty()) {
    std::cerr << secret_file << " holds no secret\n";
    return 2;
  }

  load.duration = absl::Seconds(seconds);
  const double rate = load.rate > 0 ? load.rate : 20000;
  if (most == 0) most = static_cast<std::uint64_t>(std::ceil(rate * seconds));
  const retainer::OpenedIssues issues(deliveries);
  const std::vector<retainer::LoadRequest> requests =
      opened ? issues.Make(most) : retainer::Comments(deliveries, most, absl::Now(), rate);
  const auto result = retainer::RunLoad(
      load, [&](std::uint64_t n) { return n < requests.size() ? &requests[n] : nullptr; });
  if (!result.ok()) {
    std::cerr << result.status().message() << "\n";
    return 2;
  }
  std::cout << "{\"deliveries\":" << result->milliseconds.size()
            << ",\"accepted\":" << result->answered - result->refused
            << ",\"refused\":" << result->refused << ",\"unanswered\":" << result->unanswered
            << ",\"seconds\":" << result->seconds << ",\"a_second\":"
            << (result->seconds > 0 ? static_cast<double>(result->answered) / result->seconds : 0)
            << ",\"p50_ms\":" << result->Percentile(0.5)
            << ",\"p99_ms\":" << result->Percentile(0.99) << ",\"max_ms\":" << result->Percentile(1)
            << ",\"client_busy\":" << 100 * result->busy
            << ",\"ran_out\":" << (result->ran_out ? "true" : "false") << "}\n";
  return result->refused + result->unanswered == 0 ? 0 : 1;
}
