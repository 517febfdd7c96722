// Sends questions to the API over kept-alive connections and measures the answers' duration.
//
//     question_load URL PATHS_FILE TOKEN_FILE --connections 10 --seconds 2
//     question_load URL PATHS_FILE TOKEN_FILE --connections 2 --rate 1000
//
// PATHS_FILE has one path per line, with its query; they are sent in turn, repeatedly. Prints a
// line of JSON at the end. Exit code 1 when an answer was not 2xx, or none came within 10 s.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/bench/http_load.h"

int main(int argc, char** argv) {
  CLI::App app("Asks the API again and again and says what the answers took");
  retainer::LoadOptions load;
  load.connections = 2;
  std::string paths_file;
  std::string token_file;
  double seconds = 10;
  app.add_option("url", load.url, "http://ADDRESS:PORT")->required();
  app.add_option("paths", paths_file, "A file with a path a line")->required();
  app.add_option("token", token_file, "The file with the bearer token")->required();
  app.add_option("--rate", load.rate, "A second, over all connections; 0: as fast as answered")
      ->check(CLI::Range(0, 100000));
  app.add_option("--seconds", seconds)->check(CLI::Range(0.1, 600.0));
  app.add_option("--connections", load.connections)->check(CLI::Range(1, 10000));
  CLI11_PARSE(app, argc, argv);
  std::string token;
  std::ifstream file(token_file);
  std::getline(file, token);
  absl::StripAsciiWhitespace(&token);

  load.duration = absl::Seconds(seconds);
  std::vector<retainer::LoadRequest> requests;
  std::ifstream paths(paths_file);
  for (std::string path; std::getline(paths, path);) {
    requests.push_back(
        {absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n",
                      "Authorization: Bearer ", token, "\r\n\r\n"),
         ""});
  }
  if (requests.empty()) {
    std::cerr << paths_file << " names no path\n";
    return 2;
  }
  const auto result =
      retainer::RunLoad(load, [&](std::uint64_t n) { return &requests[n % requests.size()]; });
  if (!result.ok()) {
    std::cerr << result.status().message() << "\n";
    return 2;
  }
  std::cout << "{\"answers\":" << result->answered << ",\"refused\":" << result->refused
            << ",\"unanswered\":" << result->unanswered << ",\"seconds\":" << result->seconds
            << ",\"a_second\":"
            << (result->seconds > 0 ? static_cast<double>(result->answered) / result->seconds : 0)
            << ",\"p50_ms\":" << result->Percentile(0.5)
            << ",\"p99_ms\":" << result->Percentile(0.99) << ",\"max_ms\":" << result->Percentile(1)
            << "}\n";
  return result->refused + result->unanswered == 0 ? 0 : 1;
}
