#include "src/sandbox/sandbox.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/faults.h"
#include "src/sandbox/github_api.h"
#include "src/sandbox/gitlab_api.h"
#include "src/sandbox/hooks.h"
#include "src/sandbox/http_server.h"
#include "src/sandbox/message.h"
#include "src/sandbox/render.h"
#include "src/sandbox/world.h"

namespace retainer {
namespace {

using sandbox::Happening;
using sandbox::Message;
using sandbox::Project;
using sandbox::Remark;
using sandbox::Request;
using sandbox::Response;
using sandbox::Ticket;
using sandbox::User;

const char* NameOf(ForgeKind forge) { return forge == ForgeKind::kGitHub ? "github" : "gitlab"; }

std::optional<ForgeKind> KindOf(const std::string& forge) {
  if (forge == "github") return ForgeKind::kGitHub;
  if (forge == "gitlab") return ForgeKind::kGitLab;
  return std::nullopt;
}

}  // namespace

class Sandbox::Impl {
 public:
  explicit Impl(SandboxOptions options)
      : options_(std::move(options)),
        world_(options_.clock),
        server_([this](const Request& request) { return Serve(request); }) {
    world_.on_happening = [this](const Happening& happening) { Queue(happening); };
    world_.on_redeliver = [this](const std::string& guid) { return Requeue(guid) > 0; };
  }

  // What an act of people's hands needs: all of it there, or why not.
  struct Scene {
    Project* project = nullptr;
    Ticket* ticket = nullptr;
    User* user = nullptr;
  };

  absl::StatusOr<Scene> SetScene(const std::string& forge, const std::string& path,
                                 const std::string& login) {
    std::optional<ForgeKind> kind = KindOf(forge);
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

  absl::StatusOr<Scene> SetScene(const TicketRef& ref, const std::string& login) {
    absl::StatusOr<Scene> scene = SetScene(ref.forge, ref.path, login);
    if (!scene.ok()) return scene;
    scene->ticket = world_.FindTicket(*scene->project, ref.kind, ref.number);
    if (scene->ticket == nullptr || scene->ticket->deleted) return NoTicket(ref);
    if (RankOf(*scene) < 0) {
      return absl::PermissionDeniedError(absl::StrCat(login, " cannot see ", ref.path));
    }
    return scene;
  }

  // As SetScene, for an act that wants more than reading.
  absl::StatusOr<Scene> SetScene(const TicketRef& ref, const std::string& login, const char* role) {
    absl::StatusOr<Scene> scene = SetScene(ref, login);
    if (scene.ok() && RankOf(*scene) < sandbox::RoleRank(role)) {
      return absl::PermissionDeniedError(
          absl::StrCat(login, " needs the role ", role, " in ", ref.path, " for this"));
    }
    return scene;
  }

  int RankOf(const Scene& scene) {
    return sandbox::RoleRank(world_.Role(*scene.project, scene.user->id));
  }

  static absl::Status NoTicket(const TicketRef& ref) {
    return absl::NotFoundError(absl::StrCat("no such ticket in ", ref.path, ": ", ref.number));
  }

  TicketRef RefOf(const Project& project, const Ticket& ticket) const {
    return {NameOf(project.forge), project.path, ticket.kind, ticket.number};
  }

  std::string web_url() const {
    return absl::StrCat("http://", options_.host, ":", server_.port());
  }

  sandbox::GitHubShapes GitHub() {
    return sandbox::GitHubShapes(world_, web_url(), web_url() + "/api/v3");
  }
  sandbox::GitLabShapes GitLab() {
    return sandbox::GitLabShapes(world_, web_url(), web_url() + "/api/v4");
  }

  // ---- Webhooks

  void Queue(const Happening& happening) {
    const ForgeKind forge = happening.project->forge;
    // An app hears nothing of what it is not installed in.
    if (forge == ForgeKind::kGitHub && !happening.project->installed) return;
    std::optional<Message> message = forge == ForgeKind::kGitHub
                                         ? GitHubMessage(world_, GitHub(), happening)
                                         : GitLabMessage(world_, GitLab(), happening);
    if (message) outbox_.push_back(std::move(*message));
  }

  std::vector<std::pair<std::string, SandboxDelivery>> Take() {
    std::lock_guard lock(mutex_);
    CatchUp();
    std::vector<std::pair<std::string, SandboxDelivery>> out;
    for (Message& message : outbox_) {
      const SandboxHook& hook = hooks_[message.forge];
      SandboxDelivery delivery{NameOf(message.forge),
                               message.id,
                               message.event,
                               message.action,
                               SignedHeaders(message, hook, web_url(), world_.Now(message.forge)),
                               message.body};
      out.emplace_back(hook.url, std::move(delivery));
      sent_.push_back(std::move(message));
    }
    outbox_.clear();
    return out;
  }

  std::size_t Requeue(const std::string& id) {
    std::deque<Message> kept;
    std::size_t count = 0;
    for (Message& message : sent_) {
      if (id.empty() || message.id == id) {
        outbox_.push_back(std::move(message));
        ++count;
      } else {
        kept.push_back(std::move(message));
      }
    }
    sent_ = std::move(kept);
    return count;
  }

  // ---- Requests

  Response Serve(const Request& request) {
    std::lock_guard lock(mutex_);
    CatchUp();
    Response response = Answer(request);
    requests_.push_back({request.method, request.target, response.cut ? 0 : response.status});
    return response;
  }

  // Does what should have been done by now, though its answer was cut.
  void CatchUp() {
    const absl::Time now = options_.clock.Now();
    for (auto it = late_.begin(); it != late_.end();) {
      if (it->first > now) {
        ++it;
        continue;
      }
      (void)Carry(it->second);
      it = late_.erase(it);
    }
  }

  // A request of an API, without faults.
  Response Carry(const Request& request) {
    const bool github = request.segments[1] == "v3";
    Request inner = request;
    inner.segments.erase(inner.segments.begin(), inner.segments.begin() + 2);
    if (!github) return AnswerGitLab(world_, GitLab(), web_url() + "/api/v4", inner);
    return AnswerGitHub(world_, GitHub(), web_url() + "/api/v3",
                        options_.content_limits ? &content_limit_ : nullptr, inner);
  }

  Response Answer(const Request& request) {
    const std::vector<std::string>& segments = request.segments;
    const bool api = segments.size() >= 2 && segments[0] == "api";
    if (!api || (segments[1] != "v3" && segments[1] != "v4")) return Page(request);
    const ForgeKind forge = segments[1] == "v3" ? ForgeKind::kGitHub : ForgeKind::kGitLab;
    std::optional<Fault> fault = faults_.Take(request, forge);
    if (fault && fault->kind == FaultKind::kLate) {
      late_.emplace_back(options_.clock.Now() + fault->delay, request);
    }
    if (fault && sandbox::Prevents(fault->kind)) return sandbox::Bend(*fault, forge, {});
    Response response = Carry(request);
    return fault ? sandbox::Bend(*fault, forge, std::move(response)) : response;
  }

  // A thread's page, for whoever looks: text, or HTML where the browser asks for it.
  Response Page(const Request& request) {
    if (request.method == "GET" && request.segments.empty()) return Index();
    Response response;
    response.status = 404;
    response.content_type = "text/plain; charset=utf-8";
    response.body = "Nothing here. Threads are at /OWNER/REPO/issues/NUMBER\n";
    std::vector<std::string> path = request.segments;
    std::int64_t number = 0;
    if (request.method != "GET" || path.size() < 4 || !absl::SimpleAtoi(path.back(), &number)) {
      return response;
    }
    path.pop_back();
    const std::string what = path.back();
    path.pop_back();
    const bool gitlab = path.back() == "-";
    if (gitlab) path.pop_back();
    std::string name;
    for (const std::string& part : path) absl::StrAppend(&name, name.empty() ? "" : "/", part);
    const ForgeKind forge = gitlab ? ForgeKind::kGitLab : ForgeKind::kGitHub;
    const bool change = what == (gitlab ? "merge_requests" : "pull");
    Project* project = world_.FindProject(forge, name);
    if (project == nullptr || (!change && what != "issues")) return response;
    Ticket* ticket =
        world_.FindTicket(*project, change ? TicketKind::kChange : TicketKind::kIssue, number);
    if (ticket == nullptr || !sandbox::World::IsPublic(*project, *ticket)) return response;
    response.status = 200;
    if (absl::StrContains(request.Header("accept"), "text/html")) {
      response.content_type = "text/html; charset=utf-8";
      response.body = ThreadPage(world_, *project, *ticket);
    } else {
      response.body = ThreadText(world_, *project, *ticket, false);
    }
    return response;
  }

  // Where each public thread is, one a line.
  Response Index() {
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    for (const auto& [project, ticket] : world_.PublicTickets()) {
      const std::string page = project->forge == ForgeKind::kGitHub
                                   ? GitHub().PageUrl(*project, *ticket)
                                   : GitLab().PageUrl(*project, *ticket);
      absl::StrAppend(&response.body, page, "  ", ticket->title, "\n");
    }
    return response;
  }

  SandboxOptions options_;
  mutable std::mutex mutex_;  // guards all that follows but the server
  sandbox::World world_;
  sandbox::ContentLimit content_limit_;
  sandbox::Faults faults_;
  std::vector<SandboxRequest> requests_;
  std::map<ForgeKind, SandboxHook> hooks_;
  std::vector<std::pair<absl::Time, Request>> late_;  // still to be done
  std::vector<Message> outbox_;
  std::deque<Message> sent_;
  sandbox::HttpServer server_;  // last: its threads end first
};

Sandbox::Sandbox(SandboxOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Sandbox::~Sandbox() { Stop(); }

absl::Status Sandbox::Start() {
  return impl_->server_.Start(impl_->options_.host, impl_->options_.port);
}
void Sandbox::Stop() { impl_->server_.Stop(); }
int Sandbox::port() const { return impl_->server_.port(); }
std::string Sandbox::web_url() const { return impl_->web_url(); }
std::string Sandbox::github_api_url() const { return web_url() + "/api/v3"; }
std::string Sandbox::gitlab_api_url() const { return web_url() + "/api/v4"; }

// ---- The stage

std::int64_t Sandbox::AddUser(ForgeKind forge, const SandboxUser& user) {
  std::lock_guard lock(impl_->mutex_);
  User wanted;
  wanted.id = user.id;
  wanted.forge = forge;
  wanted.login = user.login;
  wanted.name = user.name;
  wanted.email = user.email;
  wanted.machine = user.machine;
  return impl_->world_.AddUser(wanted).id;
}

std::int64_t Sandbox::AddProject(const SandboxProject& project) {
  std::lock_guard lock(impl_->mutex_);
  const ForgeKind forge = KindOf(project.ref.forge).value_or(ForgeKind::kGitHub);
  Project& added = impl_->world_.AddProject(forge, project.ref.path, project.id);
  added.is_private = project.is_private;
  added.installed = project.installed;
  return added.id;
}

std::int64_t Sandbox::AddOrganization(ForgeKind forge, const std::string& name, bool is_private) {
  std::lock_guard lock(impl_->mutex_);
  sandbox::Organization& organization = impl_->world_.AddOrganization(forge, name);
  organization.is_private = is_private;
  return organization.id;
}

absl::Status Sandbox::AddMember(ForgeKind forge, const std::string& organization,
                                const std::string& login, bool publicly) {
  std::lock_guard lock(impl_->mutex_);
  sandbox::Organization* known = impl_->world_.FindOrganization(forge, organization);
  const User* user = impl_->world_.FindUser(forge, std::string_view(login));
  if (known == nullptr || user == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("no ", known == nullptr ? organization : login, "; add it first"));
  }
  known->members[user->id] = publicly;
  return absl::OkStatus();
}

absl::Status Sandbox::SetRole(const ProjectRef& project, const std::string& login,
                              const std::string& role) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(project.forge, project.path, login);
  if (!scene.ok()) return scene.status();
  if (role == "none") {
    scene->project->roles.erase(scene->user->id);
    return absl::OkStatus();
  }
  if (sandbox::RoleRank(role) < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no role ", role, "; there are admin, maintain, write, triage, read and none"));
  }
  scene->project->roles[scene->user->id] = role;
  return absl::OkStatus();
}

absl::Status Sandbox::AddLabel(const ProjectRef& project, const std::string& name,
                               const std::string& color) {
  std::lock_guard lock(impl_->mutex_);
  std::optional<ForgeKind> forge = KindOf(project.forge);
  Project* known = forge ? impl_->world_.FindProject(*forge, project.path) : nullptr;
  if (known == nullptr) return absl::NotFoundError(absl::StrCat("no project ", project.path));
  impl_->world_.AddLabel(*known, nullptr, name, color, "");
  return absl::OkStatus();
}

// ---- Credentials

absl::StatusOr<SandboxApp> Sandbox::RegisterApp(const std::string& slug,
                                                const std::string& public_key_pem) {
  sandbox::KeyPair key{"", public_key_pem};
  if (public_key_pem.empty()) {
    absl::StatusOr<sandbox::KeyPair> made = sandbox::MakeRsaKey();
    if (!made.ok()) return made.status();
    key = *std::move(made);
  }
  std::lock_guard lock(impl_->mutex_);
  const sandbox::App& app = impl_->world_.RegisterApp(slug, key.public_pem);
  return SandboxApp{absl::StrCat(app.id), app.client_id, slug, slug + "[bot]", key.private_pem};
}

void Sandbox::SetAppPermissions(std::map<std::string, std::string> permissions) {
  std::lock_guard lock(impl_->mutex_);
  if (impl_->world_.app() != nullptr) impl_->world_.app()->permissions = std::move(permissions);
}

absl::StatusOr<std::string> Sandbox::CreateToken(ForgeKind forge, const std::string& login) {
  std::lock_guard lock(impl_->mutex_);
  const User* user = impl_->world_.FindUser(forge, std::string_view(login));
  if (user == nullptr) return absl::NotFoundError(absl::StrCat("no user ", login));
  sandbox::Credential credential;
  credential.forge = forge;
  credential.user = user->id;
  return impl_->world_.IssueToken(credential);
}

void Sandbox::SetClockSkew(absl::Duration skew) {
  std::lock_guard lock(impl_->mutex_);
  impl_->world_.set_skew(skew);
}

void Sandbox::SetRateRemaining(ForgeKind forge, int remaining) {
  std::lock_guard lock(impl_->mutex_);
  impl_->world_.SetRateRemaining(forge, remaining);
}

// ---- Faults

void Sandbox::FailNext(const std::string& method, const std::string& path_prefix,
                       const Fault& fault) {
  std::lock_guard lock(impl_->mutex_);
  impl_->faults_.Add(method, path_prefix, fault);
}

void Sandbox::ClearFaults() {
  std::lock_guard lock(impl_->mutex_);
  impl_->faults_.Clear();
}

void Sandbox::SetListLag(absl::Duration lag) {
  std::lock_guard lock(impl_->mutex_);
  impl_->world_.set_list_lag(lag);
}

std::vector<SandboxRequest> Sandbox::requests() const {
  std::lock_guard lock(impl_->mutex_);
  return impl_->requests_;
}

void Sandbox::ClearRequests() {
  std::lock_guard lock(impl_->mutex_);
  impl_->requests_.clear();
}

// ---- People's hands

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
  // Both forges drop the labels of those who may not set any.
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

absl::Status Sandbox::Push(const TicketRef& change, const std::string& user) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(change, user);
  if (!scene.ok()) return scene.status();
  if (scene->ticket->author != scene->user->id &&
      impl_->RankOf(*scene) < sandbox::RoleRank("write")) {
    return absl::PermissionDeniedError(absl::StrCat(user, " may not push there"));
  }
  impl_->world_.Push(*scene->project, *scene->ticket, *scene->user);
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

// ---- Webhooks

void Sandbox::SetHook(ForgeKind forge, const SandboxHook& hook) {
  std::lock_guard lock(impl_->mutex_);
  impl_->hooks_[forge] = hook;
  const bool has_secret = !(hook.secret + hook.token + hook.signing_token).empty();
  impl_->world_.hooks[forge] = {hook.url, has_secret, hook.alert_status, hook.disabled_until, -1};
}

std::size_t Sandbox::pending() const {
  std::lock_guard lock(impl_->mutex_);
  impl_->CatchUp();
  return impl_->outbox_.size();
}

std::vector<DeliveryResult> Sandbox::DeliverPending(const DeliverOptions& options) {
  std::vector<std::pair<std::string, SandboxDelivery>> once = impl_->Take();
  std::vector<std::pair<std::string, SandboxDelivery>> deliveries;
  for (int i = 0; i < options.times; ++i) {
    deliveries.insert(deliveries.end(), once.begin(), once.end());
  }
  if (options.shuffle) {
    std::mt19937_64 random(*options.shuffle);
    std::shuffle(deliveries.begin(), deliveries.end(), random);
  }
  std::vector<DeliveryResult> results;
  for (const auto& [url, delivery] : deliveries) {
    // The lock is free meanwhile: the receiver may ask the forge back before it answers.
    sandbox::PostResult posted = url.empty() ? sandbox::PostResult{0, "no hook is set"}
                                             : sandbox::Post(url, delivery.headers, delivery.body);
    if (!url.empty()) {
      std::lock_guard lock(impl_->mutex_);
      impl_->world_.LogAttempt(*KindOf(delivery.forge), delivery.id, delivery.event,
                               delivery.action, posted.status);
    }
    results.push_back({delivery.forge, delivery.id, delivery.event, delivery.action, posted.status,
                       posted.error});
  }
  return results;
}

std::vector<SandboxDelivery> Sandbox::TakePending() {
  std::vector<SandboxDelivery> out;
  for (auto& [url, delivery] : impl_->Take()) out.push_back(std::move(delivery));
  return out;
}

std::size_t Sandbox::Redeliver(const std::string& id) {
  std::lock_guard lock(impl_->mutex_);
  return impl_->Requeue(id);
}

// ---- What a reader sees

absl::StatusOr<Sandbox::Shown> Sandbox::Look(const TicketRef& ref) const {
  std::lock_guard lock(impl_->mutex_);
  impl_->CatchUp();
  std::optional<ForgeKind> forge = KindOf(ref.forge);
  Project* project = forge ? impl_->world_.FindProject(*forge, ref.path) : nullptr;
  const Ticket* ticket =
      project == nullptr ? nullptr : impl_->world_.FindTicket(*project, ref.kind, ref.number);
  if (ticket == nullptr || ticket->deleted) return Impl::NoTicket(ref);
  const auto login = [&](std::int64_t id) {
    const User* user = impl_->world_.FindUser(*forge, id);
    return user == nullptr ? std::string() : user->login;
  };
  Shown shown;
  for (const Remark& remark : ticket->remarks) {
    if (!remark.system) shown.comments.emplace_back(login(remark.author), remark.body);
  }
  shown.labels.assign(ticket->labels.begin(), ticket->labels.end());
  for (const std::int64_t id : ticket->assignees) shown.assignees.push_back(login(id));
  if (ticket->kind == TicketKind::kChange) shown.head = sandbox::HeadOf(*ticket);
  for (const sandbox::Check& check : project->checks) {
    if (check.commit == shown.head) shown.checks.push_back(check.name);
  }
  std::sort(shown.labels.begin(), shown.labels.end());
  std::sort(shown.assignees.begin(), shown.assignees.end());
  return shown;
}

absl::StatusOr<std::string> Sandbox::RenderThread(const TicketRef& ref, bool as_member) const {
  std::lock_guard lock(impl_->mutex_);
  std::optional<ForgeKind> forge = KindOf(ref.forge);
  Project* project = forge ? impl_->world_.FindProject(*forge, ref.path) : nullptr;
  Ticket* ticket =
      project == nullptr ? nullptr : impl_->world_.FindTicket(*project, ref.kind, ref.number);
  if (ticket == nullptr || ticket->deleted) return Impl::NoTicket(ref);
  return ThreadText(impl_->world_, *project, *ticket, as_member);
}

}  // namespace retainer
