// GitHub's JSON for the sandbox's objects. REST answers and webhooks contain the same objects.
// Pure; private to the sandbox.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/time/time.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

class GitHubShapes {
 public:
  // `web` and `api` are addresses without a trailing slash.
  GitHubShapes(World& world, std::string web, std::string api)
      : world_(world), web_(std::move(web)), api_(std::move(api)) {}

  static std::string Time(absl::Time time);  // `2026-03-03T09:02:00Z`
  nlohmann::json Account(const User& user) const;
  nlohmann::json FullAccount(const User& user) const;  // in the form of `GET /users/{login}`
  nlohmann::json Owner(const Project& project) const;
  nlohmann::json OrganizationOf(const Organization& organization) const;
  // A person or an organisation as an account that pays. REQUIRES: it exists.
  nlohmann::json Payer(std::int64_t account) const;
  nlohmann::json Repository(const Project& project) const;
  nlohmann::json Label(const Project& project, const ProjectLabel& label) const;
  nlohmann::json Labels(const Project& project, const Ticket& ticket) const;
  nlohmann::json Issue(const Project& project, const Ticket& ticket) const;
  nlohmann::json PullRequest(const Project& project, const Ticket& ticket) const;
  nlohmann::json Comment(const Project& project, const Ticket& ticket, const Remark& remark) const;
  nlohmann::json Review(const Project& project, const Ticket& ticket, const Remark& remark) const;
  nlohmann::json ReviewComment(const Project& project, const Ticket& ticket,
                               const Remark& remark) const;
  nlohmann::json Event(const Project& project, const Ticket& ticket,
                       const TicketEvent& event) const;
  nlohmann::json AppOf(const App& app) const;

  std::string RepositoryUrl(const Project& project) const;  // in the API
  std::string IssueUrl(const Project& project, const Ticket& ticket) const;
  std::string PageUrl(const Project& project, const Ticket& ticket) const;

 private:
  nlohmann::json Accounts(const std::vector<std::int64_t>& ids) const;
  nlohmann::json Via(bool via_app) const;

  World& world_;
  std::string web_;
  std::string api_;
};

}  // namespace retainer::sandbox
