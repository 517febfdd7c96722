#include "src/sandbox/github_shapes.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "src/base/digest.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/message.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

// One of a repository's addresses: the field's name, and the suffix after the repository's address.
struct Address {
  const char* field;
  const char* rest;
};
constexpr Address kRepositoryAddresses[] = {
    {"forks_url", "/forks"},
    {"keys_url", "/keys{/key_id}"},
    {"collaborators_url", "/collaborators{/collaborator}"},
    {"teams_url", "/teams"},
    {"hooks_url", "/hooks"},
    {"issue_events_url", "/issues/events{/number}"},
    {"events_url", "/events"},
    {"assignees_url", "/assignees{/user}"},
    {"branches_url", "/branches{/branch}"},
    {"tags_url", "/tags"},
    {"blobs_url", "/git/blobs{/sha}"},
    {"git_tags_url", "/git/tags{/sha}"},
    {"git_refs_url", "/git/refs{/sha}"},
    {"trees_url", "/git/trees{/sha}"},
    {"statuses_url", "/statuses/{sha}"},
    {"languages_url", "/languages"},
    {"stargazers_url", "/stargazers"},
    {"contributors_url", "/contributors"},
    {"subscribers_url", "/subscribers"},
    {"subscription_url", "/subscription"},
    {"commits_url", "/commits{/sha}"},
    {"git_commits_url", "/git/commits{/sha}"},
    {"comments_url", "/comments{/number}"},
    {"issue_comment_url", "/issues/comments{/number}"},
    {"contents_url", "/contents/{+path}"},
    {"compare_url", "/compare/{base}...{head}"},
    {"merges_url", "/merges"},
    {"archive_url", "/{archive_format}{/ref}"},
    {"downloads_url", "/downloads"},
    {"issues_url", "/issues{/number}"},
    {"pulls_url", "/pulls{/number}"},
    {"milestones_url", "/milestones{/number}"},
    {"notifications_url", "/notifications{?since,all,participating}"},
    {"labels_url", "/labels{/name}"},
    {"releases_url", "/releases{/id}"},
    {"deployments_url", "/deployments"},
};
constexpr Address kAccountAddresses[] = {
    {"followers_url", "/followers"},
    {"following_url", "/following{/other_user}"},
    {"gists_url", "/gists{/gist_id}"},
    {"starred_url", "/starred{/owner}{/repo}"},
    {"subscriptions_url", "/subscriptions"},
    {"organizations_url", "/orgs"},
    {"repos_url", "/repos"},
    {"events_url", "/events{/privacy}"},
    {"received_events_url", "/received_events"},
};

std::string NodeId(const char* kind, std::int64_t id) {
  return absl::StrCat(kind, "_", absl::WebSafeBase64Escape(absl::StrCat(kind, id)));
}

json GitHubTimeOrNull(const std::optional<absl::Time>& time) {
  return time ? json(GitHubShapes::Time(*time)) : json();
}

json Reactions(const std::string& url) {
  return {{"url", url + "/reactions"},
          {"total_count", 0},
          {"+1", 0},
          {"-1", 0},
          {"laugh", 0},
          {"hooray", 0},
          {"confused", 0},
          {"heart", 0},
          {"rocket", 0},
          {"eyes", 0}};
}

}  // namespace

std::string GitHubShapes::Time(absl::Time time) { return Rfc3339(time); }

json GitHubShapes::Account(const User& user) const {
  const std::string url = absl::StrCat(api_, "/users/", Escape(user.login));
  std::string page = user.login;
  if (user.machine && page.size() > 5 && page.substr(page.size() - 5) == "[bot]") {
    page = "apps/" + page.substr(0, page.size() - 5);
  }
  json out = {{"login", user.login},
              {"id", user.id},
              {"node_id", NodeId(user.machine ? "BOT" : "U", user.id)},
              {"avatar_url", absl::StrCat(web_, "/avatars/u/", user.id)},
              {"gravatar_id", ""},
              {"url", url},
              {"html_url", absl::StrCat(web_, "/", page)},
              {"type", user.machine ? "Bot" : "User"},
              {"user_view_type", "public"},
              {"site_admin", false}};
  for (const Address& address : kAccountAddresses) out[address.field] = url + address.rest;
  return out;
}

json GitHubShapes::FullAccount(const User& user) const {
  json out = Account(user);
  out["name"] = user.name;
  out["company"] = nullptr;
  out["blog"] = "";
  out["location"] = nullptr;
  out["email"] = user.email.empty() ? json() : json(user.email);
  out["hireable"] = nullptr;
  out["bio"] = nullptr;
  out["public_repos"] = 0;
  out["public_gists"] = 0;
  out["followers"] = 0;
  out["following"] = 0;
  out["created_at"] = Time(user.created);
  out["updated_at"] = Time(user.created);
  return out;
}

json GitHubShapes::Owner(const Project& project) const {
  if (const User* user = world_.FindUser(project.forge, project.owner())) return Account(*user);
  const Organization* organization = world_.FindOrganization(project.forge, project.owner());
  User account;
  account.login = project.owner();
  if (organization != nullptr) account.id = organization->id;
  json out = Account(account);
  out["node_id"] = NodeId("O", account.id);
  out["type"] = "Organization";
  return out;
}

json GitHubShapes::Payer(std::int64_t id) const {
  const Organization* organization = world_.FindOrganization(ForgeKind::kGitHub, id);
  if (organization == nullptr) return Account(world_.UserOf(ForgeKind::kGitHub, id));
  User account;
  account.login = organization->name;
  account.id = id;
  json out = Account(account);
  out["node_id"] = NodeId("O", id);
  out["type"] = "Organization";
  return out;
}

json GitHubShapes::OrganizationOf(const Organization& organization) const {
  const std::string url = absl::StrCat(api_, "/orgs/", organization.name);
  return {{"login", organization.name},
          {"id", organization.id},
          {"node_id", NodeId("O", organization.id)},
          {"url", url},
          {"repos_url", url + "/repos"},
          {"events_url", url + "/events"},
          {"hooks_url", url + "/hooks"},
          {"issues_url", url + "/issues"},
          {"members_url", url + "/members{/member}"},
          {"public_members_url", url + "/public_members{/member}"},
          {"avatar_url", absl::StrCat(web_, "/avatars/u/", organization.id)},
          {"description", ""}};
}

std::string GitHubShapes::RepositoryUrl(const Project& project) const {
  return absl::StrCat(api_, "/repos/", project.path);
}

std::string GitHubShapes::IssueUrl(const Project& project, const Ticket& ticket) const {
  return absl::StrCat(RepositoryUrl(project), "/issues/", ticket.number);
}

std::string GitHubShapes::PageUrl(const Project& project, const Ticket& ticket) const {
  return absl::StrCat(web_, "/", project.path,
                      ticket.kind == TicketKind::kChange ? "/pull/" : "/issues/", ticket.number);
}

json GitHubShapes::Repository(const Project& project) const {
  const std::string url = RepositoryUrl(project);
  const std::string page = absl::StrCat(web_, "/", project.path);
  int open = 0;
  for (const auto& [key, ticket] : project.tickets) open += ticket.open && !ticket.deleted ? 1 : 0;
  json out = {{"id", project.id},
              {"node_id", NodeId("R", project.id)},
              {"name", project.name()},
              {"full_name", project.path},
              {"private", project.is_private},
              {"owner", Owner(project)},
              {"html_url", page},
              {"description", nullptr},
              {"fork", false},
              {"url", url},
              {"created_at", Time(project.created)},
              {"updated_at", Time(std::max(project.created, project.updated))},
              {"pushed_at", Time(project.created)},
              {"git_url", absl::StrCat("git://", page.substr(page.find("://") + 3), ".git")},
              {"ssh_url", absl::StrCat("git@localhost:", project.path, ".git")},
              {"clone_url", page + ".git"},
              {"svn_url", page},
              {"homepage", nullptr},
              {"size", 0},
              {"stargazers_count", 0},
              {"watchers_count", 0},
              {"language", nullptr},
              {"has_issues", true},
              {"has_projects", true},
              {"has_downloads", true},
              {"has_wiki", true},
              {"has_pages", false},
              {"has_discussions", false},
              {"forks_count", 0},
              {"mirror_url", nullptr},
              {"archived", false},
              {"disabled", false},
              {"open_issues_count", open},
              {"license", nullptr},
              {"allow_forking", true},
              {"is_template", false},
              {"web_commit_signoff_required", false},
              {"topics", json::array()},
              {"visibility", project.visibility()},
              {"forks", 0},
              {"open_issues", open},
              {"watchers", 0},
              {"custom_properties", json::object()},
              {"default_branch", "main"}};
  for (const Address& address : kRepositoryAddresses) out[address.field] = url + address.rest;
  return out;
}

json GitHubShapes::Label(const Project& project, const ProjectLabel& label) const {
  return {{"id", label.id},
          {"node_id", NodeId("LA", label.id)},
          {"url", absl::StrCat(RepositoryUrl(project), "/labels/", Escape(label.name))},
          {"name", label.name},
          {"color", label.color},
          {"default", false},
          {"description", label.description.empty() ? json() : json(label.description)}};
}

json GitHubShapes::Labels(const Project& project, const Ticket& ticket) const {
  json out = json::array();
  for (const std::string& name : ticket.labels) {
    for (const ProjectLabel& label : project.labels) {
      if (SameName(label.name, name)) out.push_back(Label(project, label));
    }
  }
  return out;
}

json GitHubShapes::Accounts(const std::vector<std::int64_t>& ids) const {
  json out = json::array();
  for (std::int64_t id : ids) out.push_back(Account(world_.UserOf(ForgeKind::kGitHub, id)));
  return out;
}

json GitHubShapes::Via(bool via_app) const {
  return via_app && world_.app() != nullptr ? AppOf(*world_.app()) : json();
}

json GitHubShapes::Issue(const Project& project, const Ticket& ticket) const {
  const std::string url = IssueUrl(project, ticket);
  std::size_t comments = 0;
  for (const Remark& remark : ticket.remarks) {
    comments += remark.kind == Remark::Kind::kComment ? 1 : 0;
  }
  const json assignees = Accounts(ticket.assignees);
  json out = {{"url", url},
              {"repository_url", RepositoryUrl(project)},
              {"labels_url", url + "/labels{/name}"},
              {"comments_url", url + "/comments"},
              {"events_url", url + "/events"},
              {"timeline_url", url + "/timeline"},
              {"html_url", PageUrl(project, ticket)},
              {"id", ticket.id},
              {"node_id", NodeId("I", ticket.id)},
              {"number", ticket.number},
              {"title", ticket.title},
              {"user", Account(world_.UserOf(project.forge, ticket.author))},
              {"labels", Labels(project, ticket)},
              {"state", ticket.open ? "open" : "closed"},
              {"state_reason", ticket.reason.empty() ? json() : json(ticket.reason)},
              {"locked", false},
              {"assignee", assignees.empty() ? json() : assignees[0]},
              {"assignees", assignees},
              {"milestone", nullptr},
              {"comments", comments},
              {"created_at", Time(ticket.created)},
              {"updated_at", Time(ticket.updated)},
              {"closed_at", GitHubTimeOrNull(ticket.closed)},
              {"author_association", world_.Association(project, ticket.author)},
              {"active_lock_reason", nullptr},
              {"body", ticket.body.empty() ? json() : json(ticket.body)},
              {"reactions", Reactions(url)},
              {"performed_via_github_app", nullptr}};
  if (ticket.kind == TicketKind::kChange) {
    const std::string page = PageUrl(project, ticket);
    out["draft"] = false;
    out["pull_request"] = {{"url", absl::StrCat(RepositoryUrl(project), "/pulls/", ticket.number)},
                           {"html_url", page},
                           {"diff_url", page + ".diff"},
                           {"patch_url", page + ".patch"},
                           {"merged_at", nullptr}};
  }
  return out;
}

json GitHubShapes::PullRequest(const Project& project, const Ticket& ticket) const {
  const std::string url = absl::StrCat(RepositoryUrl(project), "/pulls/", ticket.number);
  const std::string page = PageUrl(project, ticket);
  const std::string commit = HeadOf(ticket);
  json out = Issue(project, ticket);
  for (const char* field :
       {"labels_url", "events_url", "timeline_url", "repository_url", "pull_request", "reactions",
        "state_reason", "performed_via_github_app"}) {
    out.erase(field);
  }
  json branch = {{"label", absl::StrCat(project.owner(), ":change-", ticket.number)},
                 {"ref", absl::StrCat("change-", ticket.number)},
                 {"sha", commit},
                 {"user", Owner(project)},
                 {"repo", Repository(project)}};
  out["head"] = branch;
  branch["label"] = project.owner() + ":main";
  branch["ref"] = "main";
  branch["sha"] = base::Sha256Hex(absl::StrCat("base ", project.id)).substr(0, 40);
  out["base"] = branch;
  out["node_id"] = NodeId("PR", ticket.id);
  out["url"] = url;
  out["issue_url"] = IssueUrl(project, ticket);
  out["diff_url"] = page + ".diff";
  out["patch_url"] = page + ".patch";
  out["commits_url"] = url + "/commits";
  out["review_comments_url"] = url + "/comments";
  out["review_comment_url"] = RepositoryUrl(project) + "/pulls/comments{/number}";
  out["statuses_url"] = absl::StrCat(RepositoryUrl(project), "/statuses/", commit);
  const bool merged = !ticket.merge.empty();
  out["merged_at"] = merged ? json(Time(*ticket.closed)) : json();
  out["merge_commit_sha"] = merged ? json(ticket.merge) : json();
  out["requested_reviewers"] = json::array();
  out["requested_teams"] = json::array();
  out["auto_merge"] = nullptr;
  out["draft"] = false;
  out["merged"] = merged;
  out["mergeable"] = nullptr;
  out["rebaseable"] = nullptr;
  out["mergeable_state"] = "unknown";
  out["merged_by"] = nullptr;
  std::size_t review_comments = 0;
  for (const Remark& remark : ticket.remarks) {
    review_comments += remark.kind == Remark::Kind::kReviewComment ? 1 : 0;
  }
  out["review_comments"] = review_comments;
  out["maintainer_can_modify"] = false;
  out["commits"] = 1;
  out["additions"] = 1;
  out["deletions"] = 0;
  out["changed_files"] = 1;
  out["_links"] = {{"self", {{"href", url}}},
                   {"html", {{"href", page}}},
                   {"issue", {{"href", IssueUrl(project, ticket)}}},
                   {"comments", {{"href", IssueUrl(project, ticket) + "/comments"}}},
                   {"review_comments", {{"href", url + "/comments"}}},
                   {"commits", {{"href", url + "/commits"}}}};
  return out;
}

json GitHubShapes::Comment(const Project& project, const Ticket& ticket,
                           const Remark& remark) const {
  const std::string url = absl::StrCat(RepositoryUrl(project), "/issues/comments/", remark.id);
  return {{"url", url},
          {"html_url", absl::StrCat(PageUrl(project, ticket), "#issuecomment-", remark.id)},
          {"issue_url", IssueUrl(project, ticket)},
          {"id", remark.id},
          {"node_id", NodeId("IC", remark.id)},
          {"user", Account(world_.UserOf(project.forge, remark.author))},
          {"created_at", Time(remark.created)},
          {"updated_at", Time(remark.updated)},
          {"author_association", world_.Association(project, remark.author)},
          {"body", remark.body},
          {"reactions", Reactions(url)},
          {"performed_via_github_app", Via(remark.via_app)}};
}

json GitHubShapes::Review(const Project& project, const Ticket& ticket,
                          const Remark& remark) const {
  const std::string page = absl::StrCat(PageUrl(project, ticket), "#pullrequestreview-", remark.id);
  const std::string change = absl::StrCat(RepositoryUrl(project), "/pulls/", ticket.number);
  return {{"id", remark.id},
          {"node_id", NodeId("PRR", remark.id)},
          {"user", Account(world_.UserOf(project.forge, remark.author))},
          {"body", remark.body.empty() ? json() : json(remark.body)},
          {"commit_id", HeadOf(ticket)},
          {"submitted_at", Time(remark.created)},
          {"state", remark.state},
          {"html_url", page},
          {"pull_request_url", change},
          {"author_association", world_.Association(project, remark.author)},
          {"_links", {{"html", {{"href", page}}}, {"pull_request", {{"href", change}}}}}};
}

json GitHubShapes::ReviewComment(const Project& project, const Ticket& ticket,
                                 const Remark& remark) const {
  const std::string url = absl::StrCat(RepositoryUrl(project), "/pulls/comments/", remark.id);
  const std::string page = absl::StrCat(PageUrl(project, ticket), "#discussion_r", remark.id);
  const std::string change = absl::StrCat(RepositoryUrl(project), "/pulls/", ticket.number);
  return {{"url", url},
          {"pull_request_review_id", nullptr},
          {"id", remark.id},
          {"node_id", NodeId("PRRC", remark.id)},
          {"diff_hunk", "@@ -0,0 +1 @@"},
          {"path", "README.md"},
          {"position", 1},
          {"original_position", 1},
          {"commit_id", HeadOf(ticket)},
          {"original_commit_id", HeadOf(ticket)},
          {"user", Account(world_.UserOf(project.forge, remark.author))},
          {"body", remark.body},
          {"created_at", Time(remark.created)},
          {"updated_at", Time(remark.updated)},
          {"html_url", page},
          {"pull_request_url", change},
          {"author_association", world_.Association(project, remark.author)},
          {"_links",
           {{"self", {{"href", url}}},
            {"html", {{"href", page}}},
            {"pull_request", {{"href", change}}}}},
          {"reactions", Reactions(url)},
          {"start_line", nullptr},
          {"original_start_line", nullptr},
          {"start_side", nullptr},
          {"line", 1},
          {"original_line", 1},
          {"side", "RIGHT"}};
}

json GitHubShapes::Event(const Project& project, const Ticket& ticket,
                         const TicketEvent& event) const {
  json out = {{"id", event.id},
              {"node_id", NodeId("E", event.id)},
              {"url", absl::StrCat(RepositoryUrl(project), "/issues/events/", event.id)},
              {"actor", Account(world_.UserOf(project.forge, event.actor))},
              {"event", event.kind},
              {"commit_id", nullptr},
              {"commit_url", nullptr},
              {"created_at", Time(event.at)},
              {"performed_via_github_app", Via(event.via_app)}};
  if (!event.label.empty()) out["label"] = {{"name", event.label}, {"color", event.color}};
  if (event.assignee != 0) {
    out["assignee"] = Account(world_.UserOf(project.forge, event.assignee));
    out["assigner"] = out["actor"];
  }
  if (event.kind == "closed") {
    out["state_reason"] = ticket.kind == TicketKind::kChange ? json() : json(event.reason);
  }
  if (event.kind == "renamed") {
    out["rename"] = {{"from", event.old_title}, {"to", event.new_title}};
  }
  return out;
}

json GitHubShapes::AppOf(const App& app) const {
  return {{"id", app.id},
          {"slug", app.slug},
          {"client_id", app.client_id},
          {"node_id", NodeId("A", app.id)},
          {"owner", Account(world_.UserOf(ForgeKind::kGitHub, app.bot))},
          {"name", app.slug},
          {"description", ""},
          {"external_url", web_},
          {"html_url", absl::StrCat(web_, "/apps/", app.slug)},
          {"created_at", Time(world_.UserOf(ForgeKind::kGitHub, app.bot).created)},
          {"updated_at", Time(world_.UserOf(ForgeKind::kGitHub, app.bot).created)},
          {"permissions", app.permissions},
          {"events",
           {"issues", "issue_comment", "pull_request", "pull_request_review",
            "pull_request_review_comment", "label", "repository", "push"}}};
}

}  // namespace retainer::sandbox
