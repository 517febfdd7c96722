// GitLab's REST (v4) as far as Retainer calls it. Inside the sandbox only; the caller holds the lock.
#pragma once

#include <string>
#include <vector>

#include "src/sandbox/gitlab_shapes.h"
#include "src/sandbox/message.h"
#include "src/sandbox/world.h"

namespace retainer::sandbox {

// Answers `request`, whose segments begin after the API's root.
Response AnswerGitLab(World& world, const GitLabShapes& shapes, const std::string& api_url,
                      const Request& request);

// What GitLab makes of a text with quick actions: its own are taken out and carried out, the rest is
// the note.
struct QuickActions {
  std::string rest;  // trimmed
  bool any = false;
  bool close = false;
  bool reopen = false;
  std::vector<std::string> label;
  std::vector<std::string> unlabel;
  std::vector<std::string> assign;  // logins
};
QuickActions ReadQuickActions(const std::string& text);
void CarryOut(World& world, Project& project, Ticket& ticket, const User& by,
              const QuickActions& actions);

}  // namespace retainer::sandbox
