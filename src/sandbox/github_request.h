// Answers one request to GitHub's REST API. Private to the sandbox.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/sandbox/github_answers.h"
#include "src/sandbox/github_api.h"

namespace retainer::sandbox {

// The caller holds the lock. The arguments must outlive this.
class GitHubApi {
 public:
  GitHubApi(World& world, const GitHubShapes& shapes, const std::string& api, ContentLimit* limit,
            const Request& request)
      : world_(world), shapes_(shapes), api_(api), limit_(limit), request_(request) {}

  Response Answer();

 private:
  bool Get() const { return request_.method == "GET"; }
  bool Is(const char* method) const { return request_.method == method; }
  std::size_t Size() const { return request_.segments.size(); }
  const std::string& At(std::size_t index) const { return request_.segments[index]; }
  bool At(std::size_t index, const char* word) const { return Size() > index && At(index) == word; }

  // ---- The caller

  Response Authenticate();
  Response AuthenticateApp(const std::string& token);
  bool Installed() const { return credential_ != nullptr && credential_->installation != 0; }

  // The refusal if an installation lacks `permission` at `level`; nullopt if it has it.
  std::optional<Response> Lacks(const std::string& permission, const std::string& level) const;
  bool CanSee(const Project& project) const;
  bool CanWrite(const Project& project, const char* role) const;

  // ---- The choice of the answer

  Response Route();
  Response RouteApp();
  static nlohmann::json HookConfig(const Hook& hook);
  static nlohmann::json AttemptOf(const HookAttempt& attempt);
  Response AppHook();
  Response Projects();
  Response Marketplace();
  Response RepositoryHooks(const Project& project);
  nlohmann::json Installation(const App& app, std::int64_t id) const;
  Response AccessToken(const App& app, std::int64_t id, const std::string& owner);
  Response RateLimit();
  Response OneUser();
  Response Membership();
  Response Moved(const Project& project) const;
  Response Redirect(const std::string& location) const;
  // `rest` is the index of the first segment after the repository.
  Response InProject(Project& project, std::size_t rest);
  Response WithTicket(Project& project, std::optional<TicketKind> kind, std::int64_t number,
                      const std::function<Response(Ticket&)>& then);
  Response InIssue(Project& project, Ticket& ticket, const std::string& what,
                   const std::string& which, std::size_t size);

  // ---- Answers within a repository

  Response ReactionsOf(Project& project, Remark::Kind kind, std::int64_t id,
                       const std::string& which);
  Response Permission(Project& project, const std::string& login);
  Response List(const std::vector<nlohmann::json>& things);
  std::optional<absl::Time> Since() const;
  Response Issues(Project& project);
  Response Remarks(Project& project, Ticket& ticket, Remark::Kind kind);
  nlohmann::json ShapeOf(const Project& project, const Ticket& ticket, const Remark& remark) const;
  Response Events(Project& project, Ticket& ticket, bool timeline);
  // The request's body. Sets `problem` when it is not valid.
  nlohmann::json Body(std::optional<Response>& problem) const;
  // The refusal to create or change content of a ticket; nullopt when it is allowed.
  std::optional<Response> Barred(const Project& project, const Ticket& ticket, const char* role);
  std::optional<Response> OverLimit();
  // The text of a comment in the request.
  std::string Text(std::optional<Response>& problem) const;
  Response CreateComment(Project& project, Ticket& ticket);
  Response OneComment(Project& project, Remark::Kind kind, std::int64_t id);
  Response ProjectLabels(Project& project, const std::string& name, std::size_t size);
  Response TicketLabels(Project& project, Ticket& ticket, const std::string& name,
                        std::size_t size);
  Response Assignees(Project& project, Ticket& ticket);
  // `id` 0: create a new one.
  Response CheckRun(Project& project, std::int64_t id);
  Response SetStatus(Project& project, const std::string& commit);

  World& world_;
  const GitHubShapes& shapes_;
  const std::string& api_;
  ContentLimit* limit_;
  const Request& request_;
  const Credential* credential_ = nullptr;
  const User* user_ = nullptr;
  bool as_app_ = false;
  std::string who_;
};

}  // namespace retainer::sandbox
