#include "src/cli/inbox_operations.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "src/cli/projects.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::cli {

namespace {

constexpr std::size_t kMostAside = 10000;

std::string AsideId(const SetAsideEntry& entry) {
  return absl::StrCat(entry.entry.delivery.forge, "/", entry.entry.seq);
}

}  // namespace

absl::StatusOr<OperationResult> ListInbox(const pipeline::Desk& desk, Store& store) {
  const auto aside = store.ListSetAside(kMostAside);
  if (!aside.ok()) return aside.status();
  const auto dead = store.ListDeadFaces(kMostAside);
  if (!dead.ok()) return dead.status();
  const auto untold = store.ListDeadNotices(kMostAside);
  if (!untold.ok()) return untold.status();
  OperationResult result{"",
                         {{"deliveries", nlohmann::ordered_json::array()},
                          {"tickets", nlohmann::ordered_json::array()},
                          {"labels", nlohmann::ordered_json::array()},
                          {"notices", nlohmann::ordered_json::array()}}};
  for (const SetAsideEntry& entry : *aside) {
    const Delivery& delivery = entry.entry.delivery;
    result.data["deliveries"].push_back({{"id", AsideId(entry)},
                                         {"forge", delivery.forge},
                                         {"delivery", delivery.id},
                                         {"event", delivery.event_type},
                                         {"received", Rfc3339(delivery.received)},
                                         {"set_aside", Rfc3339(entry.at)},
                                         {"reason", entry.reason}});
    absl::StrAppend(&result.text, AsideId(entry), "  ", Rfc3339(delivery.received), "  ",
                    delivery.event_type, " ", delivery.id, "  ", entry.reason, "\n");
  }
  for (const DeadFace& face : *dead) {
    const std::string name = pipeline::NameOf(store, face.ticket);
    result.data["tickets"].push_back(
        {{"id", name}, {"given_up", Rfc3339(face.at)}, {"reason", face.reason}});
    absl::StrAppend(&result.text, name, "  ", Rfc3339(face.at), "  cannot be shown: ", face.reason,
                    "\n");
  }
  const auto refused = store.ListRefusedLabels(kMostAside);
  if (!refused.ok()) return refused.status();
  for (const RefusedLabels& ticket : *refused) {
    const std::string name = pipeline::NameOf(store, ticket.ticket);
    for (const RefusedLabel& label : ticket.labels) {
      result.data["labels"].push_back({{"id", name},
                                       {"label", label.name},
                                       {"given_up", Rfc3339(label.at)},
                                       {"reason", label.reason}});
      absl::StrAppend(&result.text, name, "  ", Rfc3339(label.at), "  label \"", label.name,
                      "\" is refused: ", label.reason, "\n");
    }
  }
  for (const DeadNotice& notice : *untold) {
    const std::string& id = notice.record.notice.id;
    result.data["notices"].push_back(
        {{"id", id}, {"given_up", Rfc3339(notice.at)}, {"reason", notice.reason}});
    absl::StrAppend(&result.text, id, "  ", Rfc3339(notice.at), "  cannot be told: ", notice.reason,
                    "\n");
  }
  result.data["held"] = nlohmann::ordered_json::array();
  if (absl::Status held = ListHeld(desk, store, &result.text, &result.data["held"]); !held.ok()) {
    return held;
  }
  if (result.text.empty()) result.text = "Nothing is set aside.\n";
  return result;
}

absl::StatusOr<OperationResult> RetryInbox(pipeline::Desk& desk, Store& store, Clock& clock,
                                           const nlohmann::ordered_json& request) {
  const bool all = request.value("all", false);
  std::set<std::string> wanted;
  for (const nlohmann::ordered_json& id : request.at("ids")) wanted.insert(id.get<std::string>());
  std::set<std::string> left = wanted;
  // Chosen when any of its names is wanted; all of its names then count as found.
  const auto chosen = [&](std::initializer_list<std::string> names) {
    bool found = all;
    for (const std::string& name : names) {
      found |= wanted.contains(name);
      left.erase(name);
    }
    return found;
  };
  const auto aside = store.ListSetAside(kMostAside);
  if (!aside.ok()) return aside.status();
  const auto dead = store.ListDeadFaces(kMostAside);
  if (!dead.ok()) return dead.status();
  const auto untold = store.ListDeadNotices(kMostAside);
  if (!untold.ok()) return untold.status();
  std::vector<std::string> notices;
  for (const DeadNotice& notice : *untold) {
    if (chosen({notice.record.notice.id})) notices.push_back(notice.record.notice.id);
  }
  std::vector<const SetAsideEntry*> entries;
  for (const SetAsideEntry& entry : *aside) {
    if (chosen({AsideId(entry), entry.entry.delivery.id})) entries.push_back(&entry);
  }
  std::vector<TicketKey> faces;
  for (const DeadFace& face : *dead) {
    if (chosen({pipeline::NameOf(store, face.ticket), ToString(face.ticket)}))
      faces.push_back(face.ticket);
  }
  const auto refused = store.ListRefusedLabels(kMostAside);
  if (!refused.ok()) return refused.status();
  for (const RefusedLabels& labels : *refused) {
    const std::string name = pipeline::NameOf(store, labels.ticket);
    const bool twice = std::find(faces.begin(), faces.end(), labels.ticket) != faces.end();
    if (chosen({name, ToString(labels.ticket)}) && !twice) faces.push_back(labels.ticket);
  }
  if (!left.empty()) {
    return absl::NotFoundError(absl::StrCat("nothing that is set aside is called \"", *left.begin(),
                                            "\": see `retainer inbox list`"));
  }
  for (const SetAsideEntry* entry : entries) {
    const absl::Status status = store.Requeue(entry->entry.delivery.forge, entry->entry.seq);
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  for (const TicketKey& key : faces) {
    const absl::Status status = store.ReviveFace(key, clock.Now());
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  for (const std::string& id : notices) {
    const absl::Status status = store.ReviveNotice(id);
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  desk.Nudge();
  return OperationResult{
      entries.empty() && faces.empty() && notices.empty()
          ? std::string("Nothing is set aside.\n")
          : absl::StrCat(entries.size(), " deliveries, ", faces.size(), " tickets and ",
                         notices.size(), " notices are tried again\n"),
      {{"deliveries", entries.size()}, {"tickets", faces.size()}, {"notices", notices.size()}}};
}

}  // namespace retainer::cli
