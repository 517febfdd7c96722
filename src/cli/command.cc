#include "src/cli/command.h"

#include <iostream>

namespace retainer::cli {

void Fail(int code, std::string_view message) {
  std::cerr << "retainer: " << message << "\n";
  throw ExitWith{code};
}

void Fail(const absl::Status& status) {
  const std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      Fail(kUnreachable, message);
    case absl::StatusCode::kNotFound:
      Fail(kAnswerIsNo, message);
    default:
      Fail(kWrongUsage, message);
  }
}

}  // namespace retainer::cli
