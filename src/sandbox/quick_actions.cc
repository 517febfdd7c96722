#include "src/sandbox/quick_actions.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace retainer::sandbox {

QuickActions ReadQuickActions(const std::string& text) {
  static constexpr const char* kOthers[] = {
      "/due",    "/estimate",  "/milestone", "/confidential", "/subscribe", "/todo",
      "/weight", "/duplicate", "/title",     "/lock",         "/unlock",    "/done"};
  QuickActions out;
  bool code = false;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    const std::string trimmed(absl::StripAsciiWhitespace(line));
    if (absl::StartsWith(trimmed, "```")) code = !code;
    const std::size_t space = trimmed.find(' ');
    const std::string word = trimmed.substr(0, space);
    const std::string argument = space == std::string::npos ? "" : trimmed.substr(space + 1);
    auto names = [&](char mark) {
      std::vector<std::string> found;
      for (const std::string& part :
           std::vector<std::string>(absl::StrSplit(argument, mark, absl::SkipEmpty()))) {
        std::string name(absl::StripAsciiWhitespace(part));
        if (name.size() > 1 && name.front() == '"' && name.back() == '"') {
          name = name.substr(1, name.size() - 2);
        }
        if (!name.empty()) found.push_back(name);
      }
      return found;
    };
    bool taken = !code;
    if (!taken) {
      // In a code block a slash is only text.
    } else if (word == "/close") {
      out.close = true;
    } else if (word == "/reopen") {
      out.reopen = true;
    } else if (word == "/label") {
      for (std::string& name : names('~')) out.label.push_back(std::move(name));
    } else if (word == "/unlabel") {
      for (std::string& name : names('~')) out.unlabel.push_back(std::move(name));
    } else if (word == "/assign") {
      for (std::string& name : names('@')) out.assign.push_back(std::move(name));
    } else {
      taken = std::find(std::begin(kOthers), std::end(kOthers), word) != std::end(kOthers);
    }
    out.any = out.any || taken;
    if (!taken) absl::StrAppend(&out.rest, line, "\n");
  }
  out.rest = out.any ? std::string(absl::StripAsciiWhitespace(out.rest)) : text;
  return out;
}

void CarryOut(World& world, Project& project, Ticket& ticket, const User& by,
              const QuickActions& actions) {
  if (RoleRank(world.Role(project, by.id)) >= RoleRank("reporter")) {
    world.ChangeLabels(project, ticket, by, actions.label, actions.unlabel, false);
    std::vector<std::int64_t> assignees = ticket.assignees;
    for (const std::string& login : actions.assign) {
      const User* user = world.FindUser(ForgeKind::kGitLab, std::string_view(login));
      if (user != nullptr) assignees.push_back(user->id);
    }
    world.SetAssignees(project, ticket, by, assignees, false);
    if (actions.close) world.Close(project, ticket, by, "", false);
    if (actions.reopen) world.Reopen(project, ticket, by, false);
  }
}

}  // namespace retainer::sandbox
