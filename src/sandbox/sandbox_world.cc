#include "src/sandbox/sandbox_world.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/sandbox/crypto.h"

namespace retainer::sandbox {
namespace {

constexpr char kAutomaticColor[] = "ededed";

bool Holds(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& other) { return SameName(other, name); });
}

}  // namespace

bool SameName(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(absl::string_view(a.data(), a.size()),
                                absl::string_view(b.data(), b.size()));
}

int RoleRank(std::string_view role) {
  if (role == "admin" || role == "owner") return 4;
  if (role == "maintain" || role == "maintainer") return 3;
  if (role == "write" || role == "developer") return 2;
  if (role == "triage" || role == "reporter") return 1;
  if (role == "read" || role == "guest") return 0;
  return -1;
}

std::string Project::owner() const { return path.substr(0, path.rfind('/')); }
std::string Project::name() const { return path.substr(path.rfind('/') + 1); }

absl::Time World::Now(ForgeKind forge) const {
  absl::Time now = clock_.Now() + skew_;
  if (forge == ForgeKind::kGitHub) return absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  return absl::FromUnixMillis(absl::ToUnixMillis(now));
}

// ---- Things by name or id

User* World::FindUser(ForgeKind forge, std::string_view login) {
  for (User& user : users_) {
    if (user.forge == forge && SameName(user.login, login)) return &user;
  }
  return nullptr;
}

User* World::FindUser(ForgeKind forge, std::int64_t id) {
  for (User& user : users_) {
    if (user.forge == forge && user.id == id) return &user;
  }
  return nullptr;
}

const User& World::UserOf(ForgeKind forge, std::int64_t id) {
  User* user = FindUser(forge, id);
  assert(user != nullptr);
  return *user;
}

Organization* World::FindOrganization(ForgeKind forge, std::string_view name) {
  for (Organization& organization : organizations_) {
    if (organization.forge == forge && SameName(organization.name, name)) return &organization;
  }
  return nullptr;
}

Organization* World::FindOrganization(ForgeKind forge, std::int64_t id) {
  for (Organization& organization : organizations_) {
    if (organization.forge == forge && organization.id == id) return &organization;
  }
  return nullptr;
}

Project* World::FindProject(ForgeKind forge, std::string_view path) {
  for (Project& project : projects_) {
    if (project.forge == forge && SameName(project.path, path)) return &project;
  }
  return nullptr;
}

Project* World::FindFormerProject(ForgeKind forge, std::string_view path) {
  for (Project& project : projects_) {
    if (project.forge == forge && Holds(project.former_paths, path)) return &project;
  }
  return nullptr;
}

Project* World::FindProject(ForgeKind forge, std::int64_t id) {
  for (Project& project : projects_) {
    if (project.forge == forge && project.id == id) return &project;
  }
  return nullptr;
}

Ticket* World::FindTicket(Project& project, std::optional<TicketKind> kind, std::int64_t number) {
  for (TicketKind candidate : {TicketKind::kIssue, TicketKind::kChange}) {
    if (kind && *kind != candidate) continue;
    auto it = project.tickets.find({candidate, number});
    if (it != project.tickets.end()) return &it->second;
  }
  return nullptr;
}

bool World::IsPublic(const Project& project, const Ticket& ticket) {
  return !project.is_private && !ticket.deleted && !ticket.confidential;
}

std::vector<std::pair<const Project*, const Ticket*>> World::PublicTickets() const {
  std::vector<std::pair<const Project*, const Ticket*>> out;
  for (const Project& project : projects_) {
    for (const auto& [key, ticket] : project.tickets) {
      if (IsPublic(project, ticket)) out.emplace_back(&project, &ticket);
    }
  }
  return out;
}

ProjectLabel* World::FindLabel(Project& project, std::string_view name) {
  for (ProjectLabel& label : project.labels) {
    if (SameName(label.name, name)) return &label;
  }
  return nullptr;
}

Remark* World::FindRemark(Ticket& ticket, std::int64_t id) {
  for (Remark& remark : ticket.remarks) {
    if (remark.id == id) return &remark;
  }
  return nullptr;
}

std::pair<Ticket*, Remark*> World::FindRemark(Project& project, Remark::Kind kind,
                                              std::int64_t id) {
  for (auto& [key, ticket] : project.tickets) {
    Remark* remark = FindRemark(ticket, id);
    if (remark != nullptr && remark->kind == kind) return {&ticket, remark};
  }
  return {nullptr, nullptr};
}

// ---- Rights

std::string World::Role(const Project& project, std::int64_t user) const {
  auto it = project.roles.find(user);
  if (it != project.roles.end()) return it->second;
  return project.is_private && !project.internal ? "none" : "read";
}

std::string World::Association(const Project& project, std::int64_t user) {
  const User* owner = FindUser(project.forge, project.owner());
  if (owner != nullptr && owner->id == user) return "OWNER";
  if (Organization* organization = FindOrganization(project.forge, project.owner())) {
    auto it = organization->members.find(user);
    // Others see a private member as a contributor, because membership is private.
    if (it != organization->members.end()) return it->second ? "MEMBER" : "CONTRIBUTOR";
  }
  return project.roles.count(user) > 0 ? "COLLABORATOR" : "NONE";
}

bool World::Assignable(const Project& project, const Ticket& ticket, std::int64_t user) {
  auto role = project.roles.find(user);
  if (role != project.roles.end() && role->second != "none") return true;
  return std::any_of(ticket.remarks.begin(), ticket.remarks.end(),
                     [&](const Remark& remark) { return remark.author == user; });
}

// ---- Making the stage

User& World::AddUser(const User& user) {
  User* known = FindUser(user.forge, user.login);
  if (known == nullptr) {
    users_.push_back(user);
    known = &users_.back();
    if (known->id == 0) known->id = NextId();
    known->created = Now(user.forge);
  } else {
    known->name = user.name;
    known->email = user.email;
    known->machine = user.machine;
    known->administrator = user.administrator;
  }
  if (known->name.empty()) known->name = known->login;
  return *known;
}

Organization& World::AddOrganization(ForgeKind forge, const std::string& name) {
  if (Organization* known = FindOrganization(forge, name)) return *known;
  organizations_.push_back({.id = NextId(), .forge = forge, .name = name});
  return organizations_.back();
}

Project& World::AddProject(ForgeKind forge, const std::string& path, std::int64_t id) {
  if (Project* known = FindProject(forge, path)) return *known;
  Project& project = projects_.emplace_back();
  project.id = id == 0 ? NextId() : id;
  project.forge = forge;
  project.path = path;
  project.created = Now(forge);
  return project;
}

// ---- Changes

TicketEvent& World::AddEvent(Project& project, Ticket& ticket, const User& by,
                             const std::string& kind, bool via_app) {
  TicketEvent& event = ticket.events.emplace_back();
  event.id = NextId();
  event.kind = kind;
  event.actor = by.id;
  event.at = Now(project.forge);
  event.via_app = via_app;
  ticket.updated = event.at;
  return event;
}

Ticket& World::Open(Project& project, const User& by, TicketKind kind, const std::string& title,
                    const std::string& body, const std::vector<std::string>& labels,
                    bool confidential) {
  bool own_numbers = project.forge == ForgeKind::kGitLab && kind == TicketKind::kChange;
  std::int64_t number = own_numbers ? ++project.last_change : ++project.last_issue;
  Ticket& ticket = project.tickets[{kind, number}];
  ticket.kind = kind;
  ticket.id = NextId();
  ticket.number = number;
  ticket.title = title;
  ticket.body = body;
  ticket.author = by.id;
  ticket.created = ticket.updated = Now(project.forge);
  ticket.confidential = confidential;
  if (project.forge == ForgeKind::kGitHub) {
    Tell({Happening::Kind::kOpened, &project, &ticket, &by});
    ChangeLabels(project, ticket, by, labels, {}, false);
  } else {
    for (const std::string& name : labels) {
      ticket.labels.push_back(AddLabel(project, &by, name, kAutomaticColor, "").name);
    }
    Tell({Happening::Kind::kOpened, &project, &ticket, &by});
  }
  return ticket;
}

Remark& World::AddRemark(Project& project, Ticket& ticket, const User& by, Remark remark) {
  remark.id = NextId();
  remark.author = by.id;
  remark.created = remark.updated = ticket.updated = Now(project.forge);
  Remark& added = ticket.remarks.emplace_back(std::move(remark));
  if (added.system) return added;
  ++ticket.comments_made[by.id];
  Happening happening{Happening::Kind::kCommented, &project, &ticket, &by, &added};
  if (added.kind == Remark::Kind::kReview) happening.kind = Happening::Kind::kReviewed;
  if (added.kind == Remark::Kind::kReviewComment) {
    happening.kind = Happening::Kind::kReviewCommented;
  }
  Tell(happening);
  return added;
}

void World::EditRemark(Project& project, Ticket& ticket, const User& by, Remark& remark,
                       const std::string& body) {
  if (remark.body == body) return;
  Happening happening{Happening::Kind::kCommentEdited, &project, &ticket, &by, &remark};
  happening.old_body = remark.body;
  remark.body = body;
  remark.updated = Now(project.forge);
  Tell(happening);
}

void World::DeleteRemark(Project& project, Ticket& ticket, const User& by, std::int64_t id) {
  auto it = std::find_if(ticket.remarks.begin(), ticket.remarks.end(),
                         [&](const Remark& remark) { return remark.id == id; });
  if (it == ticket.remarks.end()) return;
  Remark removed = std::move(*it);
  ticket.remarks.erase(it);
  ticket.updated = Now(project.forge);
  Tell({Happening::Kind::kCommentDeleted, &project, &ticket, &by, &removed});
}

void World::EditText(Project& project, Ticket& ticket, const User& by, const std::string& title,
                     const std::string& body) {
  Happening happening{Happening::Kind::kEdited, &project, &ticket, &by};
  happening.title_changed = title != ticket.title;
  happening.body_changed = body != ticket.body;
  if (!happening.title_changed && !happening.body_changed) return;
  happening.old_title = ticket.title;
  happening.old_body = ticket.body;
  happening.old_updated = ticket.updated;
  if (happening.title_changed) {
    TicketEvent& event = AddEvent(project, ticket, by, "renamed", false);
    event.old_title = ticket.title;
    event.new_title = title;
  }
  ticket.title = title;
  ticket.body = body;
  ticket.updated = Now(project.forge);
  ticket.edited = ticket.updated;
  ticket.editor = by.id;
  Tell(happening);
}

ProjectLabel& World::AddLabel(Project& project, const User* by, const std::string& name,
                              const std::string& color, const std::string& description) {
  if (ProjectLabel* known = FindLabel(project, name)) return *known;
  ProjectLabel& label = project.labels.emplace_back(
      ProjectLabel{NextId(), name, color, description, Now(project.forge)});
  if (by != nullptr) {
    Happening happening{Happening::Kind::kLabelCreated, &project, nullptr, by};
    happening.label = &label;
    Tell(happening);
  }
  return label;
}

void World::ChangeLabels(Project& project, Ticket& ticket, const User& by,
                         const std::vector<std::string>& add,
                         const std::vector<std::string>& remove, bool via_app) {
  const std::vector<std::string> before = ticket.labels;
  const absl::Time old_updated = ticket.updated;
  const bool github = project.forge == ForgeKind::kGitHub;
  for (const std::string& name : remove) {
    auto it = std::find_if(ticket.labels.begin(), ticket.labels.end(),
                           [&](const std::string& other) { return SameName(other, name); });
    if (it == ticket.labels.end()) continue;
    ticket.labels.erase(it);
    ProjectLabel& label = AddLabel(project, nullptr, name, kAutomaticColor, "");
    TicketEvent& event = AddEvent(project, ticket, by, "unlabeled", via_app);
    event.label = label.name;
    event.color = label.color;
    event.label_id = label.id;
    if (github) {
      Happening happening{Happening::Kind::kUnlabeled, &project, &ticket, &by};
      happening.label = &label;
      Tell(happening);
    }
  }
  for (const std::string& name : add) {
    if (Holds(ticket.labels, name)) continue;
    ProjectLabel& label = AddLabel(project, &by, name, kAutomaticColor, "");
    ticket.labels.push_back(label.name);
    TicketEvent& event = AddEvent(project, ticket, by, "labeled", via_app);
    event.label = label.name;
    event.color = label.color;
    event.label_id = label.id;
    if (github) {
      Happening happening{Happening::Kind::kLabeled, &project, &ticket, &by};
      happening.label = &label;
      Tell(happening);
    }
  }
  if (!github && ticket.labels != before) {
    Happening happening{Happening::Kind::kRelabeled, &project, &ticket, &by};
    happening.old_labels = before;
    happening.old_updated = old_updated;
    Tell(happening);
  }
}

void World::SetAssignees(Project& project, Ticket& ticket, const User& by,
                         const std::vector<std::int64_t>& assignees, bool via_app) {
  const std::vector<std::int64_t> before = ticket.assignees;
  const absl::Time old_updated = ticket.updated;
  auto differ = [&](const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& minus) {
    std::vector<std::int64_t> rest;
    for (std::int64_t id : from) {
      if (std::find(minus.begin(), minus.end(), id) == minus.end()) rest.push_back(id);
    }
    return rest;
  };
  auto tell = [&](std::int64_t id, const char* event_kind, Happening::Kind kind) {
    AddEvent(project, ticket, by, event_kind, via_app).assignee = id;
    Happening happening{kind, &project, &ticket, &by};
    happening.assignee = &UserOf(project.forge, id);
    happening.old_assignees = before;
    if (project.forge == ForgeKind::kGitHub) Tell(happening);
  };
  const std::vector<std::int64_t> gone = differ(before, assignees);
  const std::vector<std::int64_t> come = differ(assignees, before);
  if (gone.empty() && come.empty()) return;
  for (std::int64_t id : gone) {
    ticket.assignees.erase(std::find(ticket.assignees.begin(), ticket.assignees.end(), id));
    tell(id, "unassigned", Happening::Kind::kUnassigned);
  }
  for (std::int64_t id : come) {
    ticket.assignees.push_back(id);
    tell(id, "assigned", Happening::Kind::kAssigned);
  }
  if (project.forge == ForgeKind::kGitLab) {
    for (std::int64_t id : come) {
      Remark note;
      note.body = absl::StrCat("assigned to @", UserOf(project.forge, id).login);
      note.system = true;
      AddRemark(project, ticket, by, std::move(note));
    }
    Happening happening{Happening::Kind::kAssigned, &project, &ticket, &by};
    happening.old_assignees = before;
    happening.old_updated = old_updated;
    Tell(happening);
  }
}

void World::Close(Project& project, Ticket& ticket, const User& by, const std::string& reason,
                  bool via_app) {
  if (!ticket.open) return;
  Happening happening{Happening::Kind::kClosed, &project, &ticket, &by};
  happening.old_updated = ticket.updated;
  ticket.open = false;
  ticket.reason = project.forge == ForgeKind::kGitHub && reason.empty() ? "completed" : reason;
  ticket.closed = Now(project.forge);
  ticket.closed_by = by.id;
  AddEvent(project, ticket, by, "closed", via_app).reason = ticket.reason;
  Tell(happening);
}

void World::Reopen(Project& project, Ticket& ticket, const User& by, bool via_app) {
  if (ticket.open) return;
  Happening happening{Happening::Kind::kReopened, &project, &ticket, &by};
  happening.old_updated = ticket.updated;
  ticket.open = true;
  ticket.reason = project.forge == ForgeKind::kGitHub ? "reopened" : "";
  ticket.closed.reset();
  ticket.closed_by = 0;
  AddEvent(project, ticket, by, "reopened", via_app);
  Tell(happening);
}

void World::Push(Project& project, Ticket& ticket, const User& by, const std::string& commit) {
  Happening happening{Happening::Kind::kPushed, &project, &ticket, &by};
  happening.old_updated = ticket.updated;
  ++ticket.pushes;
  ticket.commit = commit;
  ticket.updated = Now(project.forge);
  Tell(happening);
}

void World::Merge(Project& project, Ticket& ticket, const User& by) {
  if (!ticket.open) return;
  ticket.merge = base::Sha256Hex(absl::StrCat("merge ", ticket.id)).substr(0, 40);
  project.main.push_back(ticket.merge);
  Close(project, ticket, by, "", false);
}

const Check* World::FindCheck(const Project& project, std::string_view commit,
                              std::string_view name) {
  for (auto it = project.checks.rbegin(); it != project.checks.rend(); ++it) {
    if (it->commit == commit && it->name == name) return &*it;
  }
  return nullptr;
}

const Award& World::AddAward(Ticket& ticket, const User& by, std::int64_t remark,
                             const std::string& name) {
  return ticket.awards.emplace_back(Award{NextId(), remark, by.id, name});
}

Check& World::AddCheck(Project& project, Check check) {
  check.id = NextId();
  check.at = check.created = Now(project.forge);
  return project.checks.emplace_back(std::move(check));
}

std::string HeadOf(const Ticket& ticket) {
  if (!ticket.commit.empty()) return ticket.commit;
  return base::Sha256Hex(absl::StrCat("commit ", ticket.id, " ", ticket.pushes)).substr(0, 40);
}

bool HasCommit(const Project& project, std::string_view commit) {
  const auto& pushed = project.pushed;
  if (std::find(pushed.begin(), pushed.end(), commit) != pushed.end()) return true;
  return std::any_of(project.tickets.begin(), project.tickets.end(), [&](const auto& entry) {
    const Ticket& ticket = entry.second;
    return ticket.kind == TicketKind::kChange &&
           (HeadOf(ticket) == commit || ticket.merge == commit);
  });
}

std::optional<bool> Holds(const Project& project, std::string_view ref, std::string_view commit) {
  if (ref == commit) return true;
  const auto tag = project.tags.find(std::string(ref));
  if (tag == project.tags.end() && ref != "main") return std::nullopt;
  const std::size_t length = tag == project.tags.end() ? project.main.size() : tag->second;
  const auto at = std::find(project.main.begin(), project.main.end(), commit);
  if (at == project.main.end()) return std::nullopt;
  return static_cast<std::size_t>(at - project.main.begin()) < length;
}

Ticket& World::Transfer(Project& project, Ticket& ticket, const User& by, Project& to) {
  Ticket& arrived = to.tickets[{TicketKind::kIssue, ++to.last_issue}];
  arrived = ticket;
  arrived.id = NextId();
  arrived.number = to.last_issue;
  for (const std::string& name : ticket.labels) AddLabel(to, nullptr, name, kAutomaticColor, "");
  ticket.moved = {to.id, arrived.number};
  ticket.moved_id = arrived.id;
  if (project.forge == ForgeKind::kGitHub) {
    AddEvent(to, arrived, by, "transferred", false);
  } else if (ticket.open) {
    ticket.open = false;
    ticket.closed = Now(project.forge);
    ticket.closed_by = by.id;
  }
  ticket.updated = Now(project.forge);
  Tell({.kind = Happening::Kind::kTransferred,
        .project = &project,
        .ticket = &ticket,
        .sender = &by,
        .other_project = &to,
        .other_ticket = &arrived});
  Tell({.kind = Happening::Kind::kArrived,
        .project = &to,
        .ticket = &arrived,
        .sender = &by,
        .other_project = &project,
        .other_ticket = &ticket});
  return arrived;
}

void World::Delete(Project& project, Ticket& ticket, const User& by) {
  ticket.deleted = true;
  Tell({Happening::Kind::kDeleted, &project, &ticket, &by});
}

void World::Rename(Project& project, const User& by, const std::string& new_path) {
  Happening happening{Happening::Kind::kRenamed, &project, nullptr, &by};
  happening.old_path = project.path;
  project.former_paths.push_back(project.path);
  project.path = new_path;
  project.updated = Now(project.forge);
  Tell(happening);
}

}  // namespace retainer::sandbox
