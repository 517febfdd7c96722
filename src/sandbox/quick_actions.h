// GitLab's quick actions: lines of a note that are commands.
#pragma once

#include <string>
#include <vector>

#include "src/sandbox/world.h"

namespace retainer::sandbox {

// What GitLab makes of a text with quick actions: its own are taken out and carried out, the rest
// is the note.
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

// Does nothing where `by` may not.
void CarryOut(World& world, Project& project, Ticket& ticket, const User& by,
              const QuickActions& actions);

}  // namespace retainer::sandbox
