// Shows a thread as a reader of the forge's page sees it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

// Shows Markdown in plain text: HTML comments are removed, folded sections are open, tables are
// aligned, and entities and emphasis are resolved.
std::string ReadMarkdown(std::string_view markdown);

// The whole thread as text. Internal notes and confidential tickets are shown only to a member.
std::string ThreadText(World& world, const Project& project, const Ticket& ticket, bool as_member);
// The thread as a web page. Everything that people wrote is escaped.
std::string ThreadPage(World& world, const Project& project, const Ticket& ticket);

// `text` as the content or an attribute of HTML.
std::string HtmlEscape(std::string_view text);

}  // namespace retainer::sandbox
