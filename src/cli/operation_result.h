// The answer of an operation, and helpers that operations share.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "retainer/instant_text.h"

namespace retainer::cli {

// The JSON library's move constructor is declared noexcept, and asserts.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct OperationResult {
  std::string text;  // for people
  nlohmann::ordered_json data;
};

// True when nobody waits for the answer any more. Long operations look now and then, and then end
// with Cancelled.
using Gone = std::function<bool()>;
inline bool IsNeverGone() { return false; }

inline nlohmann::ordered_json TimeOrNull(const std::optional<absl::Time>& time) {
  using json = nlohmann::ordered_json;
  return time && *time != absl::InfiniteFuture() ? json(Rfc3339(*time)) : json(nullptr);
}

// A whole number of a request; `otherwise` when the request lacks it. Throws for anything else.
// Rationale: what the library makes of a fraction, or of a number that is too large, is undefined.
template <class T>
T Number(const nlohmann::ordered_json& request, const char* name, T otherwise) {
  const auto found = request.find(name);
  if (found == request.end()) return otherwise;
  const bool whole = std::is_signed_v<T> ? found->is_number_integer() : found->is_number_unsigned();
  if (!whole) throw std::invalid_argument(absl::StrCat(name, " is not a whole number"));
  return found->get<T>();
}

// A text of a request; empty when the request lacks it.
inline std::string Text(const nlohmann::ordered_json& request, const char* name) {
  return request.value(name, "");
}

}  // namespace retainer::cli
