// The actions of people in the sandbox.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "src/sandbox/quick_actions.h"
#include "src/sandbox/sandbox_impl.h"

namespace retainer::sandbox {

using sandbox::Project;
using sandbox::Remark;
using sandbox::Ticket;
using sandbox::User;

absl::StatusOr<Sandbox::Impl::Scene> Sandbox::Impl::SetScene(const std::string& forge,
                                                             const std::string& path,
                                                             const std::string& login) {
  std::optional<ForgeKind> kind = ForgeKindOf(forge);
  if (!kind) {
    return absl::InvalidArgumentError(
        absl::StrCat("no forge ", forge, " here; the sandbox has github and gitlab"));
  }
  Scene scene;
  scene.project = world_.FindProject(*kind, path);
  if (scene.project == nullptr) {
    return absl::NotFoundError(absl::StrCat("no project ", forge, ":", path, "; add it first"));
  }
  scene.user = world_.FindUser(*kind, std::string_view(login));
  if (scene.user == nullptr) {
    return absl::NotFoundError(absl::StrCat("no user ", login, " on ", forge, "; add it first"));
  }
  return scene;
}

absl::StatusOr<Sandbox::Impl::Scene> Sandbox::Impl::SetScene(const TicketRef& ref,
                                                             const std::string& login) {
  absl::StatusOr<Scene> scene = SetScene(ref.forge, ref.path, login);
  if (!scene.ok()) return scene;
  scene->ticket = world_.FindTicket(*scene->project, ref.kind, ref.number);
  if (scene->ticket == nullptr || scene->ticket->deleted) return NoTicket(ref);
  if (RankOf(*scene) < 0) {
    return absl::PermissionDeniedError(absl::StrCat(login, " cannot see ", ref.path));
  }
  return scene;
}

absl::StatusOr<Sandbox::Impl::Scene> Sandbox::Impl::SetScene(const TicketRef& ref,
                                                             const std::string& login,
                                                             const char* role) {
  absl::StatusOr<Scene> scene = SetScene(ref, login);
  if (scene.ok() && RankOf(*scene) < sandbox::RoleRank(role)) {
    return absl::PermissionDeniedError(
        absl::StrCat(login, " needs the role ", role, " in ", ref.path, " for this"));
  }
  return scene;
}

absl::StatusOr<TicketRef> Sandbox::OpenIssue(const ProjectRef& project, const std::string& user,
                                             const std::string& title, const std::string& body,
                                             const std::vector<std::string>& labels,
                                             bool confidential) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(project.forge, project.path, user);
  if (!scene.ok()) return scene.status();
  if (impl_->RankOf(*scene) < 0) {
    return absl::PermissionDeniedError(absl::StrCat(user, " cannot see ", project.path));
  }
  // Both forges ignore labels from users who may not set any.
  const bool may_label = impl_->RankOf(*scene) >= sandbox::RoleRank("triage");
  const Ticket& ticket =
      impl_->world_.Open(*scene->project, *scene->user, TicketKind::kIssue, title, body,
                         may_label ? labels : std::vector<std::string>(), confidential);
  return impl_->RefOf(*scene->project, ticket);
}

absl::StatusOr<TicketRef> Sandbox::OpenPullRequest(const ProjectRef& project,
                                                   const std::string& user,
                                                   const std::string& title,
                                                   const std::string& body) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(project.forge, project.path, user);
  if (!scene.ok()) return scene.status();
  const Ticket& ticket = impl_->world_.Open(*scene->project, *scene->user, TicketKind::kChange,
                                            title, body, {}, false);
  return impl_->RefOf(*scene->project, ticket);
}

absl::StatusOr<std::int64_t> Sandbox::Comment(const TicketRef& ticket, const std::string& user,
                                              const std::string& body) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user);
  if (!scene.ok()) return scene.status();
  Remark remark;
  remark.body = body;
  if (scene->project->forge == ForgeKind::kGitHub) {
    return impl_->world_.AddRemark(*scene->project, *scene->ticket, *scene->user, remark).id;
  }
  const sandbox::QuickActions actions = sandbox::ReadQuickActions(body);
  remark.body = actions.rest;
  std::int64_t id = 0;
  if (!remark.body.empty()) {
    id = impl_->world_.AddRemark(*scene->project, *scene->ticket, *scene->user, remark).id;
  }
  CarryOut(impl_->world_, *scene->project, *scene->ticket, *scene->user, actions);
  return id;
}

absl::StatusOr<std::int64_t> Sandbox::InternalNote(const TicketRef& ticket, const std::string& user,
                                                   const std::string& body) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user, "reporter");
  if (!scene.ok()) return scene.status();
  if (scene->project->forge == ForgeKind::kGitHub) {
    return absl::InvalidArgumentError("GitHub has no internal notes");
  }
  Remark remark;
  remark.body = body;
  remark.internal = true;
  return impl_->world_.AddRemark(*scene->project, *scene->ticket, *scene->user, remark).id;
}

absl::Status Sandbox::EditComment(const TicketRef& ticket, const std::string& user,
                                  std::int64_t comment, const std::string& body) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user);
  if (!scene.ok()) return scene.status();
  Remark* remark = sandbox::World::FindRemark(*scene->ticket, comment);
  if (remark == nullptr) return absl::NotFoundError(absl::StrCat("no comment ", comment));
  if (remark->author != scene->user->id && impl_->RankOf(*scene) < sandbox::RoleRank("write")) {
    return absl::PermissionDeniedError(absl::StrCat(user, " may not edit what others wrote"));
  }
  impl_->world_.EditRemark(*scene->project, *scene->ticket, *scene->user, *remark, body);
  return absl::OkStatus();
}

absl::Status Sandbox::DeleteComment(const TicketRef& ticket, const std::string& user,
                                    std::int64_t comment) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user);
  if (!scene.ok()) return scene.status();
  const Remark* remark = sandbox::World::FindRemark(*scene->ticket, comment);
  if (remark == nullptr) return absl::NotFoundError(absl::StrCat("no comment ", comment));
  if (remark->author != scene->user->id && impl_->RankOf(*scene) < sandbox::RoleRank("write")) {
    return absl::PermissionDeniedError(absl::StrCat(user, " may not delete what others wrote"));
  }
  impl_->world_.DeleteRemark(*scene->project, *scene->ticket, *scene->user, comment);
  return absl::OkStatus();
}

absl::Status Sandbox::EditText(const TicketRef& ticket, const std::string& user,
                               const std::string& title, const std::string& body) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user);
  if (!scene.ok()) return scene.status();
  impl_->world_.EditText(*scene->project, *scene->ticket, *scene->user, title, body);
  return absl::OkStatus();
}

absl::Status Sandbox::Label(const TicketRef& ticket, const std::string& user,
                            const std::string& label) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user, "triage");
  if (!scene.ok()) return scene.status();
  impl_->world_.ChangeLabels(*scene->project, *scene->ticket, *scene->user, {label}, {}, false);
  return absl::OkStatus();
}

absl::Status Sandbox::Unlabel(const TicketRef& ticket, const std::string& user,
                              const std::string& label) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user, "triage");
  if (!scene.ok()) return scene.status();
  impl_->world_.ChangeLabels(*scene->project, *scene->ticket, *scene->user, {}, {label}, false);
  return absl::OkStatus();
}

absl::Status Sandbox::Close(const TicketRef& ticket, const std::string& user,
                            const std::string& reason) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user);
  if (!scene.ok()) return scene.status();
  if (scene->ticket->author != scene->user->id &&
      impl_->RankOf(*scene) < sandbox::RoleRank("triage")) {
    return absl::PermissionDeniedError(absl::StrCat(user, " may not close this"));
  }
  impl_->world_.Close(*scene->project, *scene->ticket, *scene->user, reason, false);
  return absl::OkStatus();
}

absl::Status Sandbox::Reopen(const TicketRef& ticket, const std::string& user) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user);
  if (!scene.ok()) return scene.status();
  if (scene->ticket->author != scene->user->id &&
      impl_->RankOf(*scene) < sandbox::RoleRank("triage")) {
    return absl::PermissionDeniedError(absl::StrCat(user, " may not reopen this"));
  }
  impl_->world_.Reopen(*scene->project, *scene->ticket, *scene->user, false);
  return absl::OkStatus();
}

absl::Status Sandbox::PushBranch(const ProjectRef& project, const std::string& user,
                                 const std::string& branch, const std::string& commit) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(project.forge, project.path, user);
  if (!scene.ok()) return scene.status();
  scene->project->pushed.push_back(commit);
  impl_->outbox_.push_back(PushMessage(impl_->world_, impl_->GitHub(), impl_->GitLab(),
                                       *scene->project, *scene->user, branch, commit));
  return absl::OkStatus();
}

absl::Status Sandbox::Push(const TicketRef& change, const std::string& user,
                           const std::string& commit) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(change, user);
  if (!scene.ok()) return scene.status();
  if (scene->ticket->author != scene->user->id &&
      impl_->RankOf(*scene) < sandbox::RoleRank("write")) {
    return absl::PermissionDeniedError(absl::StrCat(user, " may not push there"));
  }
  impl_->world_.Push(*scene->project, *scene->ticket, *scene->user, commit);
  return absl::OkStatus();
}

absl::Status Sandbox::Merge(const TicketRef& change, const std::string& user) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(change, user, "write");
  if (!scene.ok()) return scene.status();
  impl_->world_.Merge(*scene->project, *scene->ticket, *scene->user);
  return absl::OkStatus();
}

absl::Status Sandbox::Tag(const ProjectRef& project, const std::string& user,
                          const std::string& tag) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(project.forge, project.path, user);
  if (!scene.ok()) return scene.status();
  scene->project->tags[tag] = scene->project->main.size();
  return absl::OkStatus();
}

absl::Status Sandbox::Assign(const TicketRef& ticket, const std::string& user,
                             const std::string& assignee) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user, "triage");
  if (!scene.ok()) return scene.status();
  const User* who = impl_->world_.FindUser(scene->project->forge, std::string_view(assignee));
  if (who == nullptr) return absl::NotFoundError(absl::StrCat("no user ", assignee));
  std::vector<std::int64_t> assignees = scene->ticket->assignees;
  if (std::find(assignees.begin(), assignees.end(), who->id) == assignees.end()) {
    assignees.push_back(who->id);
  }
  impl_->world_.SetAssignees(*scene->project, *scene->ticket, *scene->user, assignees, false);
  return absl::OkStatus();
}

absl::Status Sandbox::Unassign(const TicketRef& ticket, const std::string& user,
                               const std::string& assignee) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user, "triage");
  if (!scene.ok()) return scene.status();
  const User* who = impl_->world_.FindUser(scene->project->forge, std::string_view(assignee));
  if (who == nullptr) return absl::NotFoundError(absl::StrCat("no user ", assignee));
  std::vector<std::int64_t> assignees = scene->ticket->assignees;
  assignees.erase(std::remove(assignees.begin(), assignees.end(), who->id), assignees.end());
  impl_->world_.SetAssignees(*scene->project, *scene->ticket, *scene->user, assignees, false);
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Sandbox::Review(const TicketRef& ticket, const std::string& user,
                                             const std::string& state, const std::string& body) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user);
  if (!scene.ok()) return scene.status();
  if (scene->ticket->kind != TicketKind::kChange) {
    return absl::InvalidArgumentError("only changes are reviewed");
  }
  Remark remark;
  remark.kind = Remark::Kind::kReview;
  remark.state = state;
  remark.body = body;
  return impl_->world_.AddRemark(*scene->project, *scene->ticket, *scene->user, remark).id;
}

absl::StatusOr<std::int64_t> Sandbox::ReviewComment(const TicketRef& ticket,
                                                    const std::string& user,
                                                    const std::string& body) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user);
  if (!scene.ok()) return scene.status();
  if (scene->ticket->kind != TicketKind::kChange) {
    return absl::InvalidArgumentError("only changes have lines to comment on");
  }
  Remark remark;
  remark.kind = Remark::Kind::kReviewComment;
  remark.body = body;
  return impl_->world_.AddRemark(*scene->project, *scene->ticket, *scene->user, remark).id;
}

absl::StatusOr<TicketRef> Sandbox::Transfer(const TicketRef& ticket, const std::string& user,
                                            const ProjectRef& to) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user, "write");
  if (!scene.ok()) return scene.status();
  Project* target = to.forge == ticket.forge
                        ? impl_->world_.FindProject(scene->project->forge, to.path)
                        : nullptr;
  if (target == nullptr || target == scene->project) {
    return absl::NotFoundError(absl::StrCat("no project ", to.path, " to move to on this forge"));
  }
  if (scene->ticket->kind != TicketKind::kIssue || scene->ticket->moved) {
    return absl::InvalidArgumentError("only issues move, and only once");
  }
  const Ticket& arrived =
      impl_->world_.Transfer(*scene->project, *scene->ticket, *scene->user, *target);
  return impl_->RefOf(*target, arrived);
}

absl::Status Sandbox::DeleteIssue(const TicketRef& ticket, const std::string& user) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(ticket, user, "admin");
  if (!scene.ok()) return scene.status();
  impl_->world_.Delete(*scene->project, *scene->ticket, *scene->user);
  return absl::OkStatus();
}

absl::Status Sandbox::RenameProject(const ProjectRef& project, const std::string& user,
                                    const std::string& new_path) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(project.forge, project.path, user);
  if (!scene.ok()) return scene.status();
  if (impl_->world_.FindProject(scene->project->forge, new_path) != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(new_path, " is taken"));
  }
  impl_->world_.Rename(*scene->project, *scene->user, new_path);
  return absl::OkStatus();
}

}  // namespace retainer::sandbox
