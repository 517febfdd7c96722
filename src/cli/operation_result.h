// The answer of an operation, and helpers that operations share.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "retainer/instant_text.h"

namespace retainer::cli {

struct OperationResult {
  std::string text;  // for people
  nlohmann::ordered_json data;
};

inline nlohmann::ordered_json TimeOrNull(const std::optional<absl::Time>& time) {
  using json = nlohmann::ordered_json;
  return time && *time != absl::InfiniteFuture() ? json(Rfc3339(*time)) : json(nullptr);
}

// A text of a request; empty when the request lacks it.
inline std::string Text(const nlohmann::ordered_json& request, const char* name) {
  return request.value(name, "");
}

}  // namespace retainer::cli
