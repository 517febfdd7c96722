// The judge of bodies: what it refuses is refused, in its words. Bodies that are plainly in order
// never come here (json_body.cc).
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "absl/status/statusor.h"

namespace retainer {

inline constexpr int kMaxBodyDepth = 64;
inline constexpr std::size_t kMaxBodyValues = 1'000'000;

// InvalidArgument, saying what is wrong but nothing of the content. The top is an object. Never
// throws and never recurses.
absl::StatusOr<std::unique_ptr<nlohmann::json>> ReadStrictly(std::string_view text);

}  // namespace retainer
