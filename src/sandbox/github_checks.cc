#include "src/sandbox/github_checks.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "retainer/instant_text.h"
#include "src/base/utf8.h"
#include "src/sandbox/github_answers.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> kConclusions = {"action_required", "cancelled", "failure",
                                                          "neutral",         "success",   "skipped",
                                                          "timed_out",       "stale"};

std::string TextAt(const json& object, const char* key) {
  const json value = object.is_object() ? object.value(key, json()) : json();
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace

Response WriteCheckRun(World& world, Project& project, const User& by, Check* known,
                       const json& body, const std::string& repository_url) {
  const auto invalid = [](const char* field) { return Invalid("CheckRun", field, "invalid"); };
  Check check = known == nullptr ? Check() : *known;
  if (known == nullptr) {
    check.commit = TextAt(body, "head_sha");
    check.author = by.id;
    if (!HasCommit(project, check.commit)) return invalid("head_sha");
  }
  if (body.contains("name") || known == nullptr) check.name = TextAt(body, "name");
  if (check.name.empty()) return invalid("name");
  if (body.contains("conclusion")) check.verdict = TextAt(body, "conclusion");
  bool is_known = false;
  for (const std::string_view conclusion : kConclusions) is_known |= check.verdict == conclusion;
  if (!is_known) return invalid("conclusion");
  if (body.contains("details_url")) check.url = TextAt(body, "details_url");
  if (body.contains("output")) {
    check.title = TextAt(body["output"], "title");
    check.summary = TextAt(body["output"], "summary");
    if (check.title.empty() || check.summary.empty()) return invalid("output");
    if (check.summary.size() > 65535) return invalid("output");
  }
  if (known == nullptr) {
    return Json(201, CheckRunOf(world, world.AddCheck(project, std::move(check)), repository_url));
  }
  check.at = world.Now(ForgeKind::kGitHub);
  *known = std::move(check);
  return Json(200, CheckRunOf(world, *known, repository_url));
}

Response ListCheckRuns(World& world, const Project& project, const std::string& commit,
                       const std::string& name, const std::string& repository_url) {
  if (!HasCommit(project, commit)) return NotFound();
  json runs = json::array();
  for (const Check& check : project.checks) {
    if (check.is_status || check.commit != commit || (!name.empty() && check.name != name))
      continue;
    if (world.IsListed(ForgeKind::kGitHub, check.created)) {
      runs.insert(runs.begin(), CheckRunOf(world, check, repository_url));  // newest first
    }
  }
  return Json(200, {{"total_count", runs.size()}, {"check_runs", runs}});
}

json CheckRunOf(World& world, const Check& check, const std::string& repository_url) {
  // Only apps write checks; an app's account is called `slug[bot]`.
  const User* author = world.FindUser(ForgeKind::kGitHub, check.author);
  const std::string login = author == nullptr ? std::string() : author->login;
  const std::string slug = login.substr(0, login.find('['));
  const std::string at = Rfc3339(check.at);
  const std::string url = absl::StrCat(repository_url, "/check-runs/", check.id);
  return {{"id", check.id},
          {"node_id", absl::StrCat("CR_", check.id)},
          {"head_sha", check.commit},
          {"external_id", ""},
          {"url", url},
          {"html_url", url},
          {"details_url", check.url.empty() ? json() : json(check.url)},
          {"status", "completed"},
          {"conclusion", check.verdict},
          {"started_at", at},
          {"completed_at", at},
          {"name", check.name},
          {"output",
           {{"title", check.title},
            {"summary", check.summary},
            {"text", nullptr},
            {"annotations_count", 0},
            {"annotations_url", url + "/annotations"}}},
          {"check_suite", nullptr},
          {"app", {{"id", check.author}, {"slug", slug}}},
          {"pull_requests", json::array()}};
}

Response WriteStatus(World& world, Project& project, const User& by, const std::string& commit,
                     const json& body) {
  const auto invalid = [](const char* field) { return Invalid("Status", field, "invalid"); };
  Check status;
  status.commit = commit;
  status.is_status = true;
  status.author = by.id;
  if (!HasCommit(project, commit)) return invalid("sha");
  status.name = body.contains("context") ? TextAt(body, "context") : "default";
  status.verdict = TextAt(body, "state");
  bool is_known = false;
  for (const std::string_view state : {"error", "failure", "pending", "success"}) {
    is_known |= status.verdict == state;
  }
  if (!is_known) return invalid("state");
  status.title = TextAt(body, "description");
  if (base::CountCodePoints(status.title) > 140) return invalid("description");
  status.url = TextAt(body, "target_url");
  const Check& added = world.AddCheck(project, std::move(status));
  return Json(201, {{"id", added.id},
                    {"state", added.verdict},
                    {"context", added.name},
                    {"description", added.title},
                    {"target_url", added.url.empty() ? json() : json(added.url)},
                    {"created_at", Rfc3339(added.at)},
                    {"updated_at", Rfc3339(added.at)}});
}

Response Compare(const Project& project, const std::string& range) {
  const std::size_t dots = range.find("...");
  if (dots == std::string::npos) return NotFound();
  const std::string base = range.substr(0, dots);
  const std::string head = range.substr(dots + 3);
  const std::optional<bool> holds = Holds(project, base, head);
  if (!holds) return NotFound();
  const char* status = base == head ? "identical" : *holds ? "behind" : "ahead";
  return Json(200, {{"status", status}, {"commits", json::array()}});
}

}  // namespace retainer::sandbox
