// Recorded deliveries, as `retainer replay` reads them.
//
// A file holds either a body alone (JSON), or an HTTP request's headers (`Name: value` lines), an
// empty line and the body. A folder is walked in the order of names; an `index.json` in it may name
// each file's event header: `[{"file": "github/issues/opened.json", "event_header": "issues"}, …]`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace retainer::cli {

struct Recorded {
  std::string name;  // of the file, as given or below the folder given
  std::string body;
  std::string event;                 // the event header; empty where nobody said
  std::string id;                    // the forge's delivery id, where recorded
  std::vector<std::string> folders;  // of the file below the folder given: may name a forge
  std::string path;                  // of the file: names may repeat between folders
};

// NotFound, naming the path, for what is not there; Unavailable for what cannot be read.
absl::StatusOr<std::vector<Recorded>> ReadRecorded(const std::vector<std::string>& paths);

}  // namespace retainer::cli
