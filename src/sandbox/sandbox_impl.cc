#include "src/sandbox/sandbox_impl.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "src/sandbox/render.h"

namespace retainer::sandbox {

using sandbox::Happening;
using sandbox::Message;
using sandbox::Project;
using sandbox::Request;
using sandbox::Response;
using sandbox::Ticket;

const char* ForgeName(ForgeKind forge) { return forge == ForgeKind::kGitHub ? "github" : "gitlab"; }

std::optional<ForgeKind> ForgeKindOf(const std::string& forge) {
  if (forge == "github") return ForgeKind::kGitHub;
  if (forge == "gitlab") return ForgeKind::kGitLab;
  return std::nullopt;
}

void Sandbox::Impl::Queue(const Happening& happening) {
  const ForgeKind forge = happening.project->forge;
  // An app gets no deliveries of projects in which it is not installed.
  if (forge == ForgeKind::kGitHub && !happening.project->installed) return;
  // Nor has every project a webhook that was made by the API.
  const Hook& made = world_.hooks[forge];
  if (!made.token.empty() && !made.events.contains(happening.project->id)) return;
  std::optional<Message> message = forge == ForgeKind::kGitHub
                                       ? GitHubMessage(world_, GitHub(), happening)
                                       : GitLabMessage(world_, GitLab(), happening);
  if (message) outbox_.push_back(std::move(*message));
}

std::vector<std::pair<std::string, SandboxDelivery>> Sandbox::Impl::Take() {
  std::lock_guard lock(mutex_);
  CatchUp();
  std::vector<std::pair<std::string, SandboxDelivery>> out;
  for (Message& message : outbox_) {
    SandboxHook hook = hooks_[message.forge];
    if (const Hook& made = world_.hooks[message.forge]; !made.token.empty()) {
      hook.url = made.url;
      hook.token = made.token;
      hook.signing_token.clear();
    }
    SandboxDelivery delivery{ForgeName(message.forge),
                             message.id,
                             message.event,
                             message.action,
                             SignedHeaders(message, hook, web_url(), world_.Now(message.forge)),
                             message.body};
    out.emplace_back(hook.url, std::move(delivery));
    sent_.push_back(std::move(message));
  }
  outbox_.clear();
  return out;
}

std::size_t Sandbox::Impl::Requeue(const std::string& id) {
  std::deque<Message> kept;
  std::size_t count = 0;
  for (Message& message : sent_) {
    if (id.empty() || message.id == id) {
      outbox_.push_back(std::move(message));
      ++count;
    } else {
      kept.push_back(std::move(message));
    }
  }
  sent_ = std::move(kept);
  return count;
}

Response Sandbox::Impl::Serve(const Request& request) {
  SandboxRequest seen{request.method, request.target, 0};
  if (!Tell(seen, Moment::kArrived)) {
    Response cut;
    cut.cut = true;
    return cut;
  }
  Response response;
  {
    std::lock_guard lock(mutex_);
    CatchUp();
    response = Answer(request);
    seen.status = response.cut ? 0 : response.status;
    requests_.push_back(seen);
  }
  (void)Tell(seen, Moment::kCarriedOut);
  return response;
}

bool Sandbox::Impl::Tell(const SandboxRequest& request, Moment moment) {
  const bool api = request.path.starts_with("/api/v3/") || request.path.starts_with("/api/v4/");
  std::lock_guard lock(watcher_mutex_);
  return !api || watcher_ == nullptr || watcher_(request, moment);
}

void Sandbox::Impl::CatchUp() {
  const absl::Time now = options_.clock.Now();
  for (auto it = late_.begin(); it != late_.end();) {
    if (it->first > now) {
      ++it;
      continue;
    }
    (void)Carry(it->second);
    it = late_.erase(it);
  }
}

Response Sandbox::Impl::Carry(const Request& request) {
  if (sandbox::OAuth::ForgeOf(request)) return oauth_.Answer(request);
  if (sandbox::AppManifests::Takes(request)) return manifests_.Answer(request, web_url());
  const bool github = request.segments[1] == "v3";
  Request inner = request;
  inner.segments.erase(inner.segments.begin(), inner.segments.begin() + 2);
  if (!github) return AnswerGitLab(world_, oauth_, GitLab(), web_url() + "/api/v4", inner);
  return AnswerGitHub(world_, GitHub(), web_url() + "/api/v3",
                      options_.content_limits ? &content_limit_ : nullptr, inner);
}

Response Sandbox::Impl::Answer(const Request& request) {
  const std::vector<std::string>& segments = request.segments;
  const bool api =
      segments.size() >= 2 && segments[0] == "api" && (segments[1] == "v3" || segments[1] == "v4");
  std::optional<ForgeKind> by_path = sandbox::OAuth::ForgeOf(request);
  if (sandbox::AppManifests::Takes(request)) by_path = ForgeKind::kGitHub;
  if (!api && !by_path) return Page(request);
  const ForgeKind forge = by_path               ? *by_path
                          : segments[1] == "v3" ? ForgeKind::kGitHub
                                                : ForgeKind::kGitLab;
  std::optional<Fault> fault = faults_.Take(request, forge);
  if (fault && fault->kind == FaultKind::kLate) {
    late_.emplace_back(options_.clock.Now() + fault->delay, request);
  }
  const absl::Time now = world_.Now(forge);
  if (fault && sandbox::Prevents(fault->kind)) return sandbox::Bend(*fault, forge, now, {});
  Response response = Carry(request);
  return fault ? sandbox::Bend(*fault, forge, now, std::move(response)) : response;
}

Response Sandbox::Impl::Page(const Request& request) {
  if (request.method == "GET" && request.segments.empty()) return Index();
  Response response;
  response.status = 404;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "Nothing here. Threads are at /OWNER/REPO/issues/NUMBER\n";
  std::vector<std::string> path = request.segments;
  std::int64_t number = 0;
  if (request.method != "GET" || path.size() < 4 || !absl::SimpleAtoi(path.back(), &number)) {
    return response;
  }
  path.pop_back();
  const std::string what = path.back();
  path.pop_back();
  const bool gitlab = path.back() == "-";
  if (gitlab) path.pop_back();
  std::string name;
  for (const std::string& part : path) absl::StrAppend(&name, name.empty() ? "" : "/", part);
  const ForgeKind forge = gitlab ? ForgeKind::kGitLab : ForgeKind::kGitHub;
  const bool change = what == (gitlab ? "merge_requests" : "pull");
  Project* project = world_.FindProject(forge, name);
  if (project == nullptr || (!change && what != "issues")) return response;
  Ticket* ticket =
      world_.FindTicket(*project, change ? TicketKind::kChange : TicketKind::kIssue, number);
  if (ticket == nullptr || !sandbox::World::IsPublic(*project, *ticket)) return response;
  response.status = 200;
  if (absl::StrContains(request.Header("accept"), "text/html")) {
    response.content_type = "text/html; charset=utf-8";
    response.body = ThreadPage(world_, *project, *ticket);
  } else {
    response.body = ThreadText(world_, *project, *ticket, false);
  }
  return response;
}

Response Sandbox::Impl::Index() {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  for (const auto& [project, ticket] : world_.PublicTickets()) {
    const std::string page = project->forge == ForgeKind::kGitHub
                                 ? GitHub().PageUrl(*project, *ticket)
                                 : GitLab().PageUrl(*project, *ticket);
    absl::StrAppend(&response.body, page, "  ", ticket->title, "\n");
  }
  return response;
}

}  // namespace retainer::sandbox
