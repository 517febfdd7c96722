#include "src/sandbox/awards.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "src/sandbox/github_answers.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> kContents = {"+1",    "-1",     "laugh",  "confused",
                                                       "heart", "hooray", "rocket", "eyes"};

json Shape(World& world, ForgeKind forge, const Award& award) {
  const User& user = world.UserOf(forge, award.user);
  if (forge == ForgeKind::kGitHub) {
    return {{"id", award.id},
            {"content", award.name},
            {"user", {{"id", user.id}, {"login", user.login}}}};
  }
  return {{"id", award.id},
          {"name", award.name},
          {"user", {{"id", user.id}, {"username", user.login}}}};
}

Award* Find(Ticket& ticket, std::int64_t remark, std::int64_t user, const std::string& name) {
  const auto found =
      std::find_if(ticket.awards.begin(), ticket.awards.end(), [&](const Award& award) {
        return award.remark == remark && award.user == user && award.name == name;
      });
  return found == ticket.awards.end() ? nullptr : &*found;
}

json All(World& world, ForgeKind forge, const Ticket& ticket, std::int64_t remark) {
  json all = json::array();
  for (const Award& award : ticket.awards) {
    if (award.remark == remark) all.push_back(Shape(world, forge, award));
  }
  return all;
}

// Removes `by`'s own award.
bool Take(Ticket& ticket, std::int64_t remark, const User& by, const std::string& which) {
  std::int64_t id = 0;
  if (!absl::SimpleAtoi(which, &id)) return false;
  return std::erase_if(ticket.awards, [&](const Award& award) {
           return award.id == id && award.remark == remark && award.user == by.id;
         }) > 0;
}

}  // namespace

Response GitHubReactions(World& world, Ticket& ticket, std::int64_t remark, const User& by,
                         const Request& request, const std::string& which) {
  constexpr ForgeKind kForge = ForgeKind::kGitHub;
  if (request.method == "DELETE" && !which.empty()) {
    return Take(ticket, remark, by, which) ? Json(204, {}) : NotFound();
  }
  if (!which.empty()) return NotFound();
  if (request.method == "GET") return Json(200, All(world, kForge, ticket, remark));
  if (request.method != "POST") return NotFound();
  const json body = json::parse(request.body, nullptr, false);
  const json given = body.is_object() ? body.value("content", json()) : json();
  const std::string content = given.is_string() ? given.get<std::string>() : "";
  if (std::find(kContents.begin(), kContents.end(), content) == kContents.end()) {
    return Invalid("Reaction", "content", "invalid");
  }
  if (const Award* known = Find(ticket, remark, by.id, content)) {
    return Json(200, Shape(world, kForge, *known));
  }
  return Json(201, Shape(world, kForge, world.AddAward(ticket, by, remark, content)));
}

Response GitLabAwards(World& world, Ticket& ticket, std::int64_t remark, const User& by,
                      const Request& request, const std::string& which, const std::string& name) {
  constexpr ForgeKind kForge = ForgeKind::kGitLab;
  const auto none = [](const char* what) { return Json(404, {{"message", what}}); };
  if (request.method == "DELETE" && !which.empty()) {
    return Take(ticket, remark, by, which) ? Json(204, {}) : none("404 Award Emoji Not Found");
  }
  if (!which.empty()) return none("404 Award Emoji Not Found");
  if (request.method == "GET") return Json(200, All(world, kForge, ticket, remark));
  if (request.method != "POST") return none("404 Not Found");
  if (name.empty()) return Json(400, {{"error", "name is missing"}});
  if (Find(ticket, remark, by.id, name) != nullptr) {
    return none("404 Award Emoji Name has already been taken Not Found");
  }
  return Json(201, Shape(world, kForge, world.AddAward(ticket, by, remark, name)));
}

}  // namespace retainer::sandbox
