// What the sandbox is made of. Inside the sandbox only.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/sandbox/faults.h"
#include "src/sandbox/github_api.h"
#include "src/sandbox/gitlab_api.h"
#include "src/sandbox/hooks.h"
#include "src/sandbox/http_server.h"
#include "src/sandbox/message.h"
#include "src/sandbox/sandbox.h"
#include "src/sandbox/world.h"

namespace retainer {

// `github` or `gitlab`.
const char* ForgeName(ForgeKind forge);
std::optional<ForgeKind> ForgeKindOf(const std::string& forge);

class Sandbox::Impl {
 public:
  explicit Impl(SandboxOptions options)
      : options_(std::move(options)),
        world_(options_.clock),
        server_([this](const sandbox::Request& request) { return Serve(request); }) {
    world_.on_happening = [this](const sandbox::Happening& happening) { Queue(happening); };
    world_.on_redeliver = [this](const std::string& guid) { return Requeue(guid) > 0; };
  }

  // What an act of people's hands needs: all of it there, or why not.
  struct Scene {
    sandbox::Project* project = nullptr;
    sandbox::Ticket* ticket = nullptr;
    sandbox::User* user = nullptr;
  };

  absl::StatusOr<Scene> SetScene(const std::string& forge, const std::string& path,
                                 const std::string& login);

  absl::StatusOr<Scene> SetScene(const TicketRef& ref, const std::string& login);

  // As SetScene, for an act that wants more than reading.
  absl::StatusOr<Scene> SetScene(const TicketRef& ref, const std::string& login, const char* role);

  int RankOf(const Scene& scene) {
    return sandbox::RoleRank(world_.Role(*scene.project, scene.user->id));
  }

  static absl::Status NoTicket(const TicketRef& ref) {
    return absl::NotFoundError(absl::StrCat("no such ticket in ", ref.path, ": ", ref.number));
  }

  TicketRef RefOf(const sandbox::Project& project, const sandbox::Ticket& ticket) const {
    return {ForgeName(project.forge), project.path, ticket.kind, ticket.number};
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

  void Queue(const sandbox::Happening& happening);

  std::vector<std::pair<std::string, SandboxDelivery>> Take();

  std::size_t Requeue(const std::string& id);

  // ---- Requests

  sandbox::Response Serve(const sandbox::Request& request);

  // Does what should have been done by now, though its answer was cut.
  void CatchUp();

  // A request of an API, without faults.
  sandbox::Response Carry(const sandbox::Request& request);

  sandbox::Response Answer(const sandbox::Request& request);

  // A thread's page, for whoever looks: text, or HTML where the browser asks for it.
  sandbox::Response Page(const sandbox::Request& request);

  // Where each public thread is, one a line.
  sandbox::Response Index();

  SandboxOptions options_;
  mutable std::mutex mutex_;  // guards all that follows but the server
  sandbox::World world_;
  sandbox::ContentLimit content_limit_;
  sandbox::Faults faults_;
  std::vector<SandboxRequest> requests_;
  std::map<ForgeKind, SandboxHook> hooks_;
  std::vector<std::pair<absl::Time, sandbox::Request>> late_;  // still to be done
  std::vector<sandbox::Message> outbox_;
  std::deque<sandbox::Message> sent_;
  sandbox::HttpServer server_;  // last: its threads end first
};

}  // namespace retainer
