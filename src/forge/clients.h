// The adapters of the Forge port (retainer/forge.h): GitHub, GitLab, and one that is offline.
//
// They add to the port's contract:
// - A ticket that was just created may be NotFound for a moment, because events arrive before the
//   API shows the ticket. ReadTicket and the writing calls answer NotFound and never wait. A caller
//   that learnt of the ticket from a fresh event should ask again before it believes the answer.
// - On GitHub, reads and writes address a project by its path, but only while that path belongs to
//   the project id in the ticket's key. Another repository that took over the path is NotFound.
// - A mutation whose answer was lost (Unavailable) may have been carried out. After CreateComment
//   the caller finds out with FindOwnComments.
// - NextMutationAt does not include the budgets for new content (80 a minute, 500 an hour on
//   GitHub). A CreateComment over the budget is ResourceExhausted while labels still pass.
// - Comments that are too long for the forge are InvalidArgument, without a call.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/forge.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "src/forge/forge_use.h"

namespace retainer::forge {

struct ForgeOptions {
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration read_timeout = absl::Seconds(10);   // without a byte
  absl::Duration total_timeout = absl::Seconds(30);  // for one whole answer
  std::size_t max_idle_connections = 4;
  Metrics* metrics = nullptr;  // counts every call; null: no counting; must outlive the client
  ForgeUse use = {};           // for Check and CheckHooks
};

// Makes the client of one configured forge. Makes no call: Check finds wrong credentials.
// InvalidArgument, with the remedy: api_url is not an https URL, the app's key is not an RSA key,
// or a field is missing.
// REQUIRES: `clock` and `log` outlive the result.
absl::StatusOr<std::unique_ptr<Forge>> MakeForge(const ForgeConfig& config, const Clock& clock,
                                                 Log& log, const ForgeOptions& options = {});

// Answers Unavailable "offline" to every call. Used to replay deliveries without a network.
std::unique_ptr<Forge> MakeOfflineForge(std::string name);

}  // namespace retainer::forge
