// The Forge port's adapters (retainer/forge.h): GitHub, GitLab, and none at all.
//
// What is beyond the port's contract:
// - A ticket that was just created may be NotFound for a moment: events outrun the API. ReadTicket
//   and the writing calls answer NotFound and never wait; who was told of the ticket by a fresh
//   event should ask again before believing it.
// - A read or a write goes to a project by its path (GitHub) but only while that path belongs to
//   the project id in the ticket's key: another repository under a freed name is NotFound.
// - A mutation whose answer was lost (Unavailable) may have been carried out; CreateComment's
// caller
//   finds out with FindOwnComments.
// - NextMutationAt does not include the budgets for new content (80 a minute, 500 an hour on
//   GitHub): a CreateComment over the budget is ResourceExhausted while labels still pass.
// - Comments that are too long for the forge are InvalidArgument without a call.
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

namespace retainer {

struct ForgeOptions {
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration read_timeout = absl::Seconds(10);   // of silence
  absl::Duration total_timeout = absl::Seconds(30);  // for one answer
  std::size_t max_idle_connections = 4;
  Metrics* metrics = nullptr;  // told of every call; outlives the client
};

// The client of one configured forge. Nothing is asked yet: wrong credentials show in Check.
// InvalidArgument, naming the mend: api_url is no https URL, the app's key is no RSA key, a field
// is missing.
// REQUIRES: `clock` and `log` outlive the result.
absl::StatusOr<std::unique_ptr<Forge>> MakeForge(const ForgeConfig& config, const Clock& clock,
                                                 Log& log, const ForgeOptions& options = {});

// Answers Unavailable "offline" to everything: for replaying deliveries without a network.
std::unique_ptr<Forge> MakeOfflineForge(std::string name);

}  // namespace retainer
