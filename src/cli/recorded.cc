#include "src/cli/recorded.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace retainer::cli {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    if (file && fs::file_size(path) == 0) return std::string();
    return absl::UnavailableError(absl::StrCat("cannot read ", path.string()));
  }
  return std::move(text).str();
}

// Removes header lines from the front of a recorded request and stores them.
void TakeHeaders(Recorded* recorded) {
  const std::size_t first = recorded->body.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || recorded->body[first] == '{' || recorded->body[first] == '[') {
    return;
  }
  std::size_t at = first;
  while (at < recorded->body.size()) {
    const std::size_t end = std::min(recorded->body.find('\n', at), recorded->body.size());
    std::string line = recorded->body.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    at = std::min(end + 1, recorded->body.size());
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;  // the request line
    const std::string name = absl::AsciiStrToLower(line.substr(0, colon));
    const std::string value(absl::StripAsciiWhitespace(line.substr(colon + 1)));
    if (name == "x-github-event" || name == "x-gitlab-event") recorded->event = value;
    if (name == "x-github-delivery" || name == "idempotency-key" || name == "webhook-id") {
      recorded->id = value;
    }
  }
  recorded->body.erase(0, at);
}

std::map<std::string, std::string> ReadIndex(const fs::path& folder) {
  std::map<std::string, std::string> events;
  const auto text = ReadFile(folder / "index.json");
  if (!text.ok()) return events;
  const auto index = nlohmann::json::parse(*text, nullptr, false);
  if (!index.is_array()) return events;
  for (const auto& entry : index) {
    if (!entry.is_object()) continue;
    const auto file = entry.find("file");
    const auto event = entry.find("event_header");
    if (file != entry.end() && event != entry.end() && file->is_string() && event->is_string()) {
      events[file->get<std::string>()] = event->get<std::string>();
    }
  }
  return events;
}

absl::Status ReadFolder(const fs::path& folder, std::vector<Recorded>* all) {
  const std::map<std::string, std::string> events = ReadIndex(folder);
  std::vector<fs::path> files;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->is_regular_file()) files.push_back(it->path());
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot read the folder ", folder.string(), ": ", error.message()));
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const fs::path below = file.lexically_relative(folder);
    const std::string suffix = file.extension().string();
    if (below == "index.json" || (suffix != ".json" && suffix != ".http")) continue;
    auto body = ReadFile(file);
    if (!body.ok()) return body.status();
    Recorded recorded{below.generic_string(), *std::move(body), {}, {}, {}, file.generic_string()};
    for (const fs::path& part : below.parent_path()) recorded.folders.push_back(part.string());
    TakeHeaders(&recorded);
    const auto event = events.find(recorded.name);
    if (recorded.event.empty() && event != events.end()) recorded.event = event->second;
    all->push_back(std::move(recorded));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Recorded>> ReadRecorded(const std::vector<std::string>& paths) {
  std::vector<Recorded> all;
  for (const std::string& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status)) {
      if (absl::Status read = ReadFolder(path, &all); !read.ok()) return read;
    } else if (fs::is_regular_file(status)) {
      auto body = ReadFile(path);
      if (!body.ok()) return body.status();
      Recorded recorded{path, *std::move(body), {}, {}, {}, path};
      TakeHeaders(&recorded);
      all.push_back(std::move(recorded));
    } else {
      return absl::NotFoundError(
          absl::StrCat(path, ": no such file or folder; name recorded deliveries or a folder"));
    }
  }
  return all;
}

}  // namespace retainer::cli
