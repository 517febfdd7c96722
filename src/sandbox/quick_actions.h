// GitLab's quick actions: lines of a note that are commands.
#pragma once

#include <string>
#include <vector>

#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

// A text that GitLab has searched for quick actions: it carries them out and removes their lines,
// and the rest is the note.
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

// Ignores the actions that `by` may not do.
void CarryOut(World& world, Project& project, Ticket& ticket, const User& by,
              const QuickActions& actions);

}  // namespace retainer::sandbox
