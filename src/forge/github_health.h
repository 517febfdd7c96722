// Which permissions a GitHub App or token lacks, each with the remedy. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

absl::StatusOr<std::vector<std::string>> MissingOfApp(const ApiCalls& calls,
                                                      const std::string& forge);
absl::StatusOr<std::vector<std::string>> MissingOfToken(const ApiCalls& calls,
                                                        const std::string& forge);

}  // namespace retainer::forge
