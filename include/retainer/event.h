// What a delivery says, in the forge-neutral form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/fact.h"
#include "retainer/ids.h"

namespace retainer {

struct ProjectInfo {
  std::string id;    // stable; empty where the delivery is about no project
  std::string path;  // `owner/repo`
  std::string url;
  bool is_private = false;      // not readable by everybody (`internal` ones count as private)
  std::string installation_id;  // GitHub App; empty elsewhere
  // The forge's instant of all this, where it tells one: what was told of a later one counts.
  std::optional<absl::Time> as_of = std::nullopt;
  // A name that was told of it at `former_as_of`, and that the forge says leads to it, although it
  // is called otherwise.
  std::string former = {};
  absl::Time former_as_of = absl::UnixEpoch();
  // Private, and not `internal`: its members alone read it. False where that is not told.
  bool members_only = false;
};

// The ticket as the delivery shows it.
struct TicketInfo {
  TicketKind kind = TicketKind::kIssue;
  std::int64_t number = 0;
  std::string title;
  std::string url;
  Actor author;  // id may be known without a login
  std::optional<absl::Time> created_at;
  std::optional<absl::Time> updated_at;
  bool open = true;
  bool confidential = false;  // GitLab
  // The title that the delivery says was changed to `title` just now.
  std::string former_title = {};
};

enum class EventKind : std::uint8_t {
  kTicket,  // `ticket` is set; `facts` are about it (possibly none)
  kPing,
  kProject,       // renamed, transferred, publicized, privatized: `project` is how it is now
  kLabel,         // a label of the project was created, edited or deleted
  kPush,          // `ref`, `commit`
  kRelease,       // `ref` = tag, `commit` where known
  kInstallation,  // an app installation came, changed or went; `projects`
  kSubscription,  // marketplace purchase or sponsorship
  kNothing,       // understood, and nothing for us to do: `reason`
};

struct Event {
  std::string forge;
  EventKind kind = EventKind::kNothing;
  std::string type;    // the forge's own event name: `issues`, `Note Hook`
  std::string action;  // the forge's own action; empty where there is none
  std::string reason;  // for kNothing: why; for humans
  ProjectInfo project;
  Actor sender;
  std::optional<TicketInfo> ticket;
  std::vector<Fact> facts;
  std::string ref;           // of kLabel: its name now
  std::string renamed_from;  // of kLabel: the name that it had before; empty where that stayed
  std::string commit;
  // Of an installation; of a ticket that was transferred, the project it went to.
  std::vector<ProjectInfo> projects;
  // kSubscription: who, which plan or tier, from when.
  Actor account;
  std::string plan;
  std::optional<absl::Time> effective;
};

}  // namespace retainer
