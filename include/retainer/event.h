// What a delivery says, in the forge-neutral form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/fact.h"
#include "retainer/ids.h"
#include "retainer/subscription.h"

namespace retainer {

struct ProjectInfo {
  std::string id;    // stable id; empty if the delivery is about no project
  std::string path;  // `owner/repo`
  std::string url;
  bool is_private = false;  // not readable by everybody (`internal` counts as private)
  // Id of the GitHub App installation; empty for other forges and tokens.
  std::string installation_id;
  // The forge's time of this information, if the forge tells it. Newer information wins.
  std::optional<absl::Time> as_of = std::nullopt;
  // An earlier path of the project: a delivery named it at `former_as_of`, and the forge redirects
  // it to this project. Empty if there is none.
  std::string former = {};
  absl::Time former_as_of = absl::UnixEpoch();
  // Only members can read it: it is private and not `internal`. False if unknown.
  bool members_only = false;
};

// The ticket as the delivery shows it.
struct TicketInfo {
  TicketKind kind = TicketKind::kIssue;
  std::int64_t number = 0;
  std::string title;
  std::string url;
  Actor author;  // the id may be known without a login
  std::optional<absl::Time> created_at;
  std::optional<absl::Time> updated_at;
  bool open = true;
  bool confidential = false;  // GitLab
  // The title before this delivery's change to `title`; empty if the title did not change.
  std::string former_title = {};
};

enum class EventKind : std::uint8_t {
  kTicket,  // `ticket` is set; `facts` are about it (possibly none)
  kPing,
  // renamed, transferred, made public or made private: `project` is its present state
  kProject,
  kLabel,         // a label of the project was created, edited or deleted
  kPush,          // `ref`, `commit`
  kInstallation,  // an app installation was added, changed or removed: `projects`
  kSubscription,  // marketplace purchase or sponsorship
  kNothing,       // nothing to do: `reason`
};

struct Event {
  std::string forge;
  EventKind kind = EventKind::kNothing;
  std::string type;    // the forge's event name: `issues`, `Note Hook`
  std::string action;  // the forge's action; empty if there is none
  std::string reason;  // kNothing: why, for people
  ProjectInfo project;
  Actor sender;
  std::optional<TicketInfo> ticket;
  std::vector<Fact> facts;
  std::string ref;           // kPush: the ref. kLabel: the label's present name
  std::string renamed_from;  // kLabel: the earlier name; empty if it did not change
  std::string commit;
  // kInstallation: its projects. For a transferred ticket: the project that it went to.
  std::vector<ProjectInfo> projects;
  // kSubscription: who bought, and what happened. A private sponsor has no login, so that it cannot
  // be shown anywhere; only an organisation has one, because its members are asked for by it.
  Actor account;
  std::optional<Subscription> subscription;
};

}  // namespace retainer
