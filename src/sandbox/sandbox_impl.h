// The sandbox's implementation. Private to the sandbox.
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
#include "src/sandbox/app_manifests.h"
#include "src/sandbox/faults.h"
#include "src/sandbox/github_api.h"
#include "src/sandbox/gitlab_api.h"
#include "src/sandbox/hooks.h"
#include "src/sandbox/http_server.h"
#include "src/sandbox/message.h"
#include "src/sandbox/oauth.h"
#include "src/sandbox/sandbox.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

// Returns `github` or `gitlab`.
const char* ForgeName(ForgeKind forge);
std::optional<ForgeKind> ForgeKindOf(const std::string& forge);

class Sandbox::Impl {
 public:
  explicit Impl(SandboxOptions options)
      : options_(std::move(options)),
        world_(options_.clock),
        oauth_(world_),
        manifests_(world_, oauth_),
        server_([this](const sandbox::Request& request) { return Serve(request); },
                [this](const std::string& method, const std::string& target, int status) {
                  (void)Tell({method, target, status}, Moment::kAnswered);
                }) {
    world_.on_happening = [this](const sandbox::Happening& happening) { Queue(happening); };
    world_.on_redeliver = [this](const std::string& guid) { return Requeue(guid) > 0; };
  }

  // The objects of an action by a person. SetScene returns all of them, or an error.
  struct Scene {
    sandbox::Project* project = nullptr;
    sandbox::Ticket* ticket = nullptr;
    sandbox::User* user = nullptr;
  };

  absl::StatusOr<Scene> SetScene(const std::string& forge, const std::string& path,
                                 const std::string& login);

  absl::StatusOr<Scene> SetScene(const TicketRef& ref, const std::string& login);

  // As SetScene, and checks that the user has at least `role`.
  absl::StatusOr<Scene> SetScene(const TicketRef& ref, const std::string& login, const char* role);

  // The id of a person or an organisation on GitHub; 0: there is none.
  std::int64_t PayerId(const std::string& account);
  void TellPurchase(const std::string& action, std::int64_t payer,
                    const sandbox::Purchase& purchase, absl::Time effective,
                    const std::optional<sandbox::Purchase>& before);

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

  // Tells the watcher of an API request. False: it must not be carried out.
  bool Tell(const SandboxRequest& request, Moment moment);

  // Carries out the requests of kLate faults that are due.
  void CatchUp();

  // Serves an API request, without faults.
  sandbox::Response Carry(const sandbox::Request& request);

  sandbox::Response Answer(const sandbox::Request& request);

  // Serves a thread's page: as text, or as HTML if the browser asks for it.
  sandbox::Response Page(const sandbox::Request& request);

  // The addresses of all public threads, one per line.
  sandbox::Response Index();

  SandboxOptions options_;
  mutable std::mutex mutex_;  // guards all following members except the server
  sandbox::World world_;
  sandbox::OAuth oauth_;
  sandbox::AppManifests manifests_;
  sandbox::ContentLimit content_limit_;
  sandbox::Faults faults_;
  std::vector<SandboxRequest> requests_;
  std::map<ForgeKind, SandboxHook> hooks_;
  std::vector<std::pair<absl::Time, sandbox::Request>> late_;  // still to be carried out
  std::vector<sandbox::Message> outbox_;
  std::deque<sandbox::Message> sent_;
  std::mutex watcher_mutex_;  // guards watcher_
  Watcher watcher_;
  sandbox::HttpServer server_;  // the last member, so that its threads end first
};

}  // namespace retainer::sandbox
