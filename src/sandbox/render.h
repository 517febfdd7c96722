// A thread as a reader of the forge's page sees it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "src/sandbox/world.h"

namespace retainer::sandbox {

// Markdown as it reads on a terminal: HTML comments gone, folded sections open, tables aligned,
// entities and emphasis resolved.
std::string ReadMarkdown(std::string_view markdown);

// The whole thread as text; internal notes and confidential ones only for a member.
std::string ThreadText(World& world, const Project& project, const Ticket& ticket, bool as_member);
// The same as a page for a browser. Everything that people wrote is escaped.
std::string ThreadPage(World& world, const Project& project, const Ticket& ticket);

}  // namespace retainer::sandbox
