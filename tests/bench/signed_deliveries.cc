#include "tests/bench/signed_deliveries.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "src/base/digest.h"

namespace retainer {
namespace {

constexpr std::uint64_t kProjects = 20;
constexpr std::size_t kIssueBytes = 12 * 1024;
constexpr absl::string_view kApi = "https://api.forge.example";
constexpr absl::string_view kPages = "https://forge.example";

std::string Instant(absl::Time at) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", at, absl::UTCTimeZone());
}

// What follows a body: the request whole.
LoadRequest Signed(const DeliveryOptions& options, absl::string_view event, std::uint64_t run,
                   std::uint64_t n, std::string body, absl::string_view rest) {
  const std::string digest =
      base::ToHex(base::HmacSha256(options.secret, {body, {rest.data(), rest.size()}}));
  LoadRequest request;
  request.own = absl::StrFormat(
      "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Hookshot/044aadd\r\nAccept: */*\r\n"
      "Content-Type: application/json\r\nX-GitHub-Event: %s\r\n"
      "X-GitHub-Delivery: %08x-%04x-4%03x-8000-%012x\r\nX-GitHub-Hook-ID: 292430182\r\n"
      "X-GitHub-Hook-Installation-Target-ID: 79929171\r\n"
      "X-GitHub-Hook-Installation-Target-Type: repository\r\n"
      "X-Hub-Signature-256: sha256=%s\r\n",
      options.path, event, run >> 28 & 0xffffffff, run >> 12 & 0xffff, run & 0xfff, n, digest);
  for (const std::string& header : options.headers) absl::StrAppend(&request.own, header, "\r\n");
  absl::StrAppend(&request.own, "Content-Length: ", body.size() + rest.size(), "\r\n\r\n", body);
  request.shared = {rest.data(), rest.size()};
  return request;
}

// Delivery ids of a run are those of no other.
std::uint64_t NewRun() { return static_cast<std::uint64_t>(absl::ToUnixMicros(absl::Now())); }

// A person as GitHub describes one.
std::string Person(absl::string_view login, std::uint64_t id, absl::string_view kind) {
  const std::string api = absl::StrCat(kApi, "/users/", login);
  std::string json = absl::StrCat(
      R"({"login":")", login, R"(","id":)", id, R"(,"node_id":"MDQ6VXNlcj)", id,
      R"(","avatar_url":"https://avatars.forge.example/u/)", id,
      R"(?v=4","gravatar_id":"","url":")", api, R"(","html_url":")", kPages, "/", login, "\"");
  for (const absl::string_view part :
       {"followers", "following{/other_user}", "gists{/gist_id}", "starred{/owner}{/repo}",
        "subscriptions", "organizations:orgs", "repos", "events{/privacy}", "received_events"}) {
    const absl::string_view name = part.substr(0, part.find_first_of("{:"));
    const absl::string_view path = name == "organizations" ? "orgs" : part;
    absl::StrAppend(&json, ",\"", name, "_url\":\"", api, "/", path, "\"");
  }
  absl::StrAppend(&json, R"(,"type":")", kind, R"(","site_admin":false})");
  return json;
}

std::string Repository(std::uint64_t project, const std::string& at) {
  const std::string name = absl::StrCat("project", project);
  const std::string api = absl::StrCat(kApi, "/repos/acme/", name);
  const std::string page = absl::StrCat(kPages, "/acme/", name);
  std::string json = absl::StrCat(
      R"({"id":)", 5000 + project, R"(,"node_id":"MDEwOlJlcG9zaXRvcnk)", 5000 + project,
      R"(","name":")", name, R"(","full_name":"acme/)", name, R"(","private":false,"owner":)",
      Person("acme", 4100, "Organization"), R"(,"html_url":")", page,
      R"(","description":"A database","fork":false,"url":")", api, "\"");
  for (const absl::string_view part : {"forks",
                                       "keys{/key_id}",
                                       "teams",
                                       "collaborators{/collaborator}",
                                       "hooks",
                                       "issue_events{/number}",
                                       "events",
                                       "assignees{/user}",
                                       "tags",
                                       "branches{/branch}",
                                       "blobs{/sha}",
                                       "git_tags{/sha}",
                                       "git_refs{/sha}",
                                       "trees{/sha}",
                                       "statuses{/sha}",
                                       "languages",
                                       "stargazers",
                                       "contributors",
                                       "subscribers",
                                       "subscription",
                                       "commits{/sha}",
                                       "git_commits{/sha}",
                                       "comments",
                                       "issue_comment{/number}",
                                       "contents{/path}",
                                       "compare/{base}...{head}",
                                       "merges",
                                       "archive{/format}",
                                       "downloads",
                                       "issues{/number}",
                                       "pulls{/number}",
                                       "milestones{/number}",
                                       "labels{/name}",
                                       "notifications{?since,all,participating}",
                                       "releases{/id}",
                                       "deployments"}) {
    absl::StrAppend(&json, ",\"", part.substr(0, part.find_first_of("{/")), "_url\":\"", api, "/",
                    part, "\"");
  }
  absl::StrAppend(
      &json, R"(,"created_at":"2024-05-02T08:00:00Z","updated_at":")", at, R"(","pushed_at":")", at,
      R"(","git_url":"git://forge.example/acme/)", name, R"(.git","clone_url":")", page,
      R"(.git","homepage":null,"size":181200,"stargazers_count":8120,"watchers_count":8120,)",
      R"("language":"C++","has_issues":true,"has_projects":true,"has_downloads":true,)",
      R"("has_wiki":false,"has_pages":false,"has_discussions":true,"forks_count":712,)",
      R"("mirror_url":null,"archived":false,"disabled":false,"open_issues_count":1312,)",
      R"("license":{"key":"apache-2.0","name":"Apache License 2.0","spdx_id":"Apache-2.0"},)",
      R"("allow_forking":true,"is_template":false,"topics":["database","replication"],)",
      R"("visibility":"public","forks":712,"open_issues":1312,"watchers":8120,)",
      R"("default_branch":"main"})");
  return json;
}

// So many bytes of an issue's text with the log that people put into it, as JSON writes it.
std::string Text(std::size_t bytes) {
  std::string text =
      R"(### What happens\n\nAfter the upgrade every replica stops at its checkpoint.\n\n```\n)";
  for (std::uint64_t dice = 88172645463325252u; text.size() < bytes;) {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    absl::StrAppendFormat(&text, R"(%012d replica[%d]: segment %016x at %x is missing, waits\n)",
                          dice % 1'000'000'000'000, dice % 97, dice, dice >> 40);
  }
  text.resize(bytes);
  if (text.back() == '\\') text.back() = '.';
  return text;
}

}  // namespace

std::vector<LoadRequest> Comments(const DeliveryOptions& options, std::uint64_t count,
                                  absl::Time began, double rate) {
  const std::uint64_t run = NewRun();
  std::vector<LoadRequest> requests;
  requests.reserve(count);
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::uint64_t dice = n * 2654435761u;
    const std::uint64_t project = dice % options.projects;
    const std::uint64_t number = dice / 7 % options.numbers + 1;
    const std::string at = Instant(began + absl::Seconds(1) * (static_cast<double>(n) / rate));
    const std::string url = absl::StrCat(kPages, "/acme/project", project, "/issues/", number);
    const std::string maintainer = R"({"login": "maintainer0", "id": 1120, "type": "User"})";
    requests.push_back(Signed(
        options, "issue_comment", run, n,
        absl::StrCat(
            R"({"action": "created", "issue": {"id": )", 900000 + number, R"(, "number": )", number,
            R"(, "title": "Replica does not join after a restart", "state": "open", "labels": [],)",
            R"( "assignees": [], "body": "It stops.", "html_url": ")", url, R"(", "user": )",
            maintainer, R"(, "created_at": ")", at, R"(", "updated_at": ")", at,
            R"("}, "comment": {"id": )", 2'000'000'000 + n,
            R"(, "body": "We look into it and come back to you.", "html_url": ")", url, "#c", n,
            R"(", "user": )", maintainer, R"(, "created_at": ")", at, R"(", "updated_at": ")", at,
            R"("}, "repository": {"id": )", 5000 + project, R"(, "full_name": "acme/project)",
            project, R"(", "private": false, "html_url": "https://forge.example/acme/project)",
            project, R"("}, "sender": )", maintainer, "}"),
        ""));
  }
  return requests;
}

OpenedIssues::OpenedIssues(DeliveryOptions options) : options_(std::move(options)) {
  const std::string at = Instant(absl::Now());
  // Before the rest come an issue's own bytes: 3,000, a few more or fewer.
  for (std::uint64_t project = 0; project < kProjects; ++project) {
    const std::string api = absl::StrCat(kApi, "/repos/acme/project", project);
    const std::string start = absl::StrCat(
        R"(,"labels":[],"state":"open","locked":false,"assignee":null,"assignees":[],)",
        R"("milestone":null,"comments":0,"created_at":")", at, R"(","updated_at":")", at,
        R"(","closed_at":null,"author_association":"NONE","active_lock_reason":null,"body":")");
    const std::string end = absl::StrCat(
        R"("},"repository":)", Repository(project, at), R"(,"organization":{"login":"acme",)",
        R"("id":4100,"url":")", kApi,
        R"(/orgs/acme"},"installation":{"id":551,"node_id":"MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9u"}})");
    const std::size_t others = start.size() + end.size() + 3000;
    rests_.push_back(start + Text(kIssueBytes - others) + end);
  }
}

std::vector<LoadRequest> OpenedIssues::Make(std::uint64_t count) const {
  const std::uint64_t run = NewRun();
  std::vector<LoadRequest> requests;
  requests.reserve(count);
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::uint64_t number = options_.first + n;
    // One in ten is a customer's, by a contact of the policy that retainer_seed writes.
    const std::uint64_t customer = number % 60;
    const std::string author =
        n % 10 == 0 ? Person(absl::StrCat("contact", customer), 1000 + 2 * customer, "User")
                    : Person(absl::StrCat("user", number), 1'000'000 + number, "User");
    const std::uint64_t project = n % kProjects;
    const std::string path = absl::StrCat("/acme/project", project, "/issues/", number);
    const std::string api = absl::StrCat(kApi, "/repos", path);
    requests.push_back(
        Signed(options_, "issues", run, n,
               absl::StrCat(R"({"action":"opened","sender":)", author, R"(,"issue":{"url":")", api,
                            R"(","repository_url":")", kApi, "/repos/acme/project", project,
                            R"(","labels_url":")", api, R"(/labels{/name}","comments_url":")", api,
                            R"(/comments","events_url":")", api, R"(/events","html_url":")", kPages,
                            path, R"(","id":)", 3'000'000'000 + number, R"(,"node_id":"I_kwDO)",
                            number, R"(","number":)", number, R"(,"title":"Replica )", number,
                            R"( stops at its checkpoint after the upgrade","user":)", author),
               rests_[project]));
  }
  return requests;
}

}  // namespace retainer
