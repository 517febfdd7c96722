// Reads recorded deliveries for `retainer replay`.
//
// A file holds either only a body (JSON), or an HTTP request's headers (`Name: value` lines), an
// empty line and the body. Files of a folder are read in the order of their names. An `index.json`
// in the folder may name each file's event header: `[{"file": "github/issues/opened.json",
// "event_header": "issues"}, …]`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace retainer::cli {

struct Recorded {
  std::string name;  // the file's name as given, or relative to the given folder
  std::string body;
  std::string event;  // the event header; empty when unknown
  std::string id;     // the forge's delivery id, if recorded
  // The file's parent folders below the given folder; one of them may name a forge.
  std::vector<std::string> folders;
  // The file's path, because the same name may occur in several folders.
  std::string path;
};

// NotFound, with the path, when it does not exist; Unavailable when it cannot be read.
absl::StatusOr<std::vector<Recorded>> ReadRecorded(const std::vector<std::string>& paths);

}  // namespace retainer::cli
