#include "src/cli/desk_state.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "retainer/instant_text.h"
#include "src/cli/look_through.h"
#include "src/cli/projects.h"
#include "src/cli/sink_trouble.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::cli {

namespace {

constexpr absl::Duration kLongWait = absl::Minutes(5);
// A command waits a minute for its answer.
constexpr absl::Duration kLookPatience = absl::Seconds(20);
constexpr absl::Duration kGapsTold = absl::Hours(24 * 7);
constexpr char kMendAndRetry[] = "fix that, then `retainer inbox retry --all`";

// Adds what waits for a person, with the first one's reason and the remedy; nothing when `count` is
// 0.
template <class Entry>
absl::Status AddWaiting(std::uint64_t count, const char* what,
                        absl::StatusOr<std::vector<Entry>> (Store::*list)(std::size_t),
                        const char* mend, Store& store, nlohmann::ordered_json* trouble) {
  if (count == 0) return absl::OkStatus();
  const auto first = (store.*list)(1);
  if (!first.ok()) return first.status();
  trouble->push_back(absl::StrCat(
      count, " ", what,
      first->empty() ? "" : absl::StrCat(", the first because: ", first->front().reason), "; ",
      mend));
  return absl::OkStatus();
}

std::string GapWords(const Gap& gap) {
  const std::string when =
      absl::StrCat(gap.forge, ": from ", Rfc3339(gap.from), " to ", Rfc3339(gap.to), " ");
  if (gap.unlogged) {
    return absl::StrCat(when,
                        "deliveries could not reach us, and the forge keeps no log of that time "
                        "that we may read: the projects were read back instead");
  }
  const std::uint64_t recovered = gap.sent_again + gap.read;
  return absl::StrCat(
      when, recovered + gap.lost + gap.missing, " deliveries were missed: ", recovered,
      " recovered (", gap.read, " of them from the forge's log), ", gap.lost, " lost, ",
      gap.missing, " still missing",
      gap.read + gap.missing > 0 ? "; does the webhook's URL lead here, and does it answer?" : "",
      gap.lost > 0 ? "; the projects of the lost ones are read back, but a command in them was not "
                     "heard: `retainer explain` shows a ticket"
                   : "");
}

// Deliveries that did not come, in gaps that were found in the last days: for people. What is lost
// or still missing is trouble, what was recovered is not.
absl::Status AddGaps(Store& store, absl::Time now, nlohmann::ordered_json* trouble,
                     nlohmann::ordered_json* warnings) {
  const auto gaps = store.ListGaps();
  if (!gaps.ok()) return gaps.status();
  for (const Gap& gap : *gaps) {
    if (gap.found < now - kGapsTold) continue;
    const std::string words = GapWords(gap);
    (gap.lost + gap.missing > 0 ? trouble : warnings)->push_back(words);
  }
  return absl::OkStatus();
}

}  // namespace

OperationResult DeskStatus(pipeline::Desk& desk) {
  const pipeline::Health health = desk.CheckHealth();
  const std::string why = health.ready     ? "the service works"
                          : !health.policy ? "no valid policy is in force"
                          : !health.store  ? absl::StrCat("cannot be written: ", health.store_error)
                          : health.stopping ? "the service stops"
                                            : "the service is not ready";
  return OperationResult{
      absl::StrCat(why, "\n"),
      {{"ready", health.ready}, {"policy", health.terms_id}, {"inbox", health.stats.inbox}}};
}

absl::StatusOr<OperationResult> DeskState(pipeline::Desk& desk, Store& store, absl::Time now) {
  const pipeline::Health health = desk.CheckHealth();
  nlohmann::ordered_json trouble = nlohmann::ordered_json::array();
  if (!health.store_error.empty()) {
    trouble.push_back(absl::StrCat("cannot be written: ", health.store_error,
                                   "; deliveries are answered with 503 until it can"));
  }
  if (health.inbox_age && *health.inbox_age > kLongWait) {
    trouble.push_back(
        absl::StrCat(health.stats.inbox, " deliveries wait, the oldest for ",
                     absl::FormatDuration(absl::Floor(*health.inbox_age, absl::Seconds(1))), ": ",
                     health.policy ? "see the service's log" : "no valid policy is in force"));
  }
  absl::Status added = AddWaiting(
      health.stats.set_aside, "deliveries are set aside", &Store::ListSetAside,
      "`retainer inbox list` shows them, `retainer inbox retry` tries them again", store, &trouble);
  if (!added.ok()) return added;
  added = AddWaiting(health.stats.dead_faces,
                     "tickets could not be shown on their forge and were given up",
                     &Store::ListDeadFaces, kMendAndRetry, store, &trouble);
  if (!added.ok()) return added;
  const auto refused = store.ListRefusedLabels(1);
  if (!refused.ok()) return refused.status();
  for (const RefusedLabels& ticket : *refused) {
    const std::string name = pipeline::NameOf(store, ticket.ticket);
    trouble.push_back(absl::StrCat(
        "the forge refuses the label \"", ticket.labels.front().name, "\" on ", name, ": ",
        ticket.labels.front().reason,
        "; `retainer inbox list` shows all; fix that, then `retainer inbox retry --all`"));
  }
  added = AddWaiting(health.stats.dead_notices, "notices could not be sent and were given up",
                     &Store::ListDeadNotices, kMendAndRetry, store, &trouble);
  if (!added.ok()) return added;
  for (const pipeline::ForgeState& forge : health.forges) {
    for (const std::string& error : {forge.worker_error, forge.dispatcher_error}) {
      if (!error.empty()) trouble.push_back(absl::StrCat("forge ", forge.name, ": ", error));
    }
  }
  auto found = LookAtProjects(desk, store);
  if (!found.ok()) return found.status();
  for (std::string& wrong : found->wrong) trouble.push_back(std::move(wrong));
  nlohmann::ordered_json gaps = nlohmann::ordered_json::array();
  added = AddGaps(store, now, &trouble, &gaps);
  if (!added.ok()) return added;
  const auto look = LookThroughStore(store, kLookPatience);
  if (!look.ok()) return look.status();
  for (const std::string& damage : look->damaged) {
    trouble.push_back(absl::StrCat(
        damage, "; stop the service, restore the data folder from a backup, look at its disk"));
  }
  if (look->more > 0) trouble.push_back(absl::StrCat(look->more, " more records cannot be read"));
  const auto head = store.ReadLedgerHead();
  if (!head.ok()) return head.status();
  const absl::Status ledger = store.VerifyLedger();
  const auto projects = store.ListProjects();
  if (!projects.ok()) return projects.status();
  auto sinks = TroubledSinks(store);
  if (!sinks.ok()) return sinks.status();
  nlohmann::ordered_json paths = nlohmann::ordered_json::array();
  for (const ProjectRecord& project : *projects) {
    paths.push_back({{"forge", project.key.forge}, {"path", project.path}});
  }
  return OperationResult{"",
                         {{"policy", health.terms_id},
                          {"policy_trouble", health.policy_trouble},
                          {"ready", health.ready},
                          {"inbox", health.stats.inbox},
                          {"set_aside", health.stats.set_aside},
                          {"dirty_faces", health.stats.dirty_faces},
                          {"dead_faces", health.stats.dead_faces},
                          {"pending_notices", health.stats.pending_notices},
                          {"dead_notices", health.stats.dead_notices},
                          {"looked_through", look->whole},
                          {"ledger_length", head->length},
                          {"ledger_error", ledger.ok() ? "" : std::string(ledger.message())},
                          {"projects", paths},
                          {"sinks", *std::move(sinks)},
                          {"warnings", found->warnings},
                          {"gaps", gaps},
                          {"trouble", trouble}}};
}

}  // namespace retainer::cli
