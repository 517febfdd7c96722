// A project's webhooks on GitLab: what the API shows of them, and adding and changing one. Private
// to the sandbox; the caller holds the lock and has checked who asks.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

// As the API lists them. A webhook that was set for the whole sandbox is shown in every project.
std::vector<nlohmann::json> ProjectHooks(World& world, const Project& project);
// Adds the webhook, or changes the one with `id`. Its deliveries go to the address and have the
// token that were given last. Nullopt: the address is none, or there is no such webhook.
std::optional<nlohmann::json> SaveProjectHook(World& world, const Project& project,
                                              std::optional<std::int64_t> id,
                                              const nlohmann::json& parameters);

}  // namespace retainer::sandbox
