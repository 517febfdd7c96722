// GitLab's JSON for the sandbox's objects. REST answers and webhooks differ: in names, in the form
// of times, and in which fields they have. Pure; private to the sandbox.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

class GitLabShapes {
 public:
  GitLabShapes(World& world, std::string web, std::string api)
      : world_(world), web_(std::move(web)), api_(std::move(api)) {}

  static std::string Time(absl::Time time);      // REST: `2026-03-03T09:02:00.000Z`
  static std::string HookTime(absl::Time time);  // webhooks: `2026-03-03 09:02:00 UTC`

  // ---- REST
  nlohmann::json Person(const User& user) const;
  nlohmann::json FullPerson(const User& user) const;
  nlohmann::json Member(const User& user, int access_level) const;
  nlohmann::json ProjectOf(const Project& project) const;
  nlohmann::json Label(const ProjectLabel& label) const;
  // An issue or a merge request.
  nlohmann::json Issue(const Project& project, const Ticket& ticket) const;
  nlohmann::json Note(const Project& project, const Ticket& ticket, const Remark& remark) const;
  nlohmann::json LabelEvent(const Project& project, const Ticket& ticket,
                            const TicketEvent& event) const;
  nlohmann::json StateEvent(const Project& project, const Ticket& ticket,
                            const TicketEvent& event) const;

  // ---- Webhooks
  nlohmann::json HookUser(const User& user) const;
  nlohmann::json HookProject(const Project& project) const;
  nlohmann::json HookRepository(const Project& project) const;
  nlohmann::json HookLabels(const Project& project, const std::vector<std::string>& names) const;
  // `object_attributes` of an issue or merge request, and the ticket of a note.
  nlohmann::json HookTicket(const Project& project, const Ticket& ticket) const;
  nlohmann::json HookNote(const Project& project, const Ticket& ticket, const Remark& remark) const;

  std::string PageUrl(const Project& project, const Ticket& ticket) const;

 private:
  nlohmann::json People(const std::vector<std::int64_t>& ids) const;

  World& world_;
  std::string web_;
  std::string api_;
};

// GitLab's number for a role, from 50 (owner) to 10 (guest); 0 for none.
int AccessLevel(std::string_view role);

}  // namespace retainer::sandbox
