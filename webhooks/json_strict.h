// The strict parser of bodies. It decides what is refused, and gives the reason. Bodies that the
// fast parser accepts never come here (json_body.cc).
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "absl/status/statusor.h"

namespace retainer::webhooks {

inline constexpr int kMaxBodyDepth = 64;
inline constexpr std::size_t kMaxBodyValues = 1'000'000;

// InvalidArgument with the reason, but without any content. The top value must be an object. Never
// throws and never recurses.
absl::StatusOr<std::unique_ptr<nlohmann::json>> ReadStrictly(std::string_view text);

}  // namespace retainer::webhooks
