#include "src/pages/page_front.h"

#include <utility>

#include "src/base/digest.h"
#include "src/pages/cookies.h"
#include "src/pages/frame.h"
#include "templates/page_renderer.h"

namespace retainer::pages {
namespace {

constexpr std::size_t kLongestSegment = 200;

void AddAssets(std::vector<PageRoute>* routes) {
  for (const templates::PageAsset& asset : templates::PageAssets()) {
    routes->push_back({asset.path,
                       [&asset](const PageVisit&) {
                         PageAnswer answer;
                         answer.type = asset.type;
                         answer.body = std::string(asset.text);
                         answer.headers = {{"Cache-Control", "public, max-age=31536000, immutable"},
                                           {"X-Content-Type-Options", "nosniff"}};
                         answer.compressible = true;
                         return answer;
                       },
                       nullptr, Needs::kNobody});
  }
}

bool Allows(const Rights& rights, Needs needs) {
  switch (needs) {
    case Needs::kNobody:
    case Needs::kNothing:
    case Needs::kLink:
      return true;
    case Needs::kDesk:
      return rights.desk();
    case Needs::kTeam:
      return rights.team();
    case Needs::kContact:
      return !rights.customers.empty();
  }
  return false;
}

}  // namespace

std::string PageVisit::Asked(const std::string& name) const {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

std::string PageVisit::Field(const std::string& name) const {
  const auto found = form.find(name);
  return found == form.end() ? std::string() : found->second;
}

Pages::Pages(PageContext context) : context_(std::move(context)) {
  AddAssets(&routes_);
  AddSignInPages(context_, &routes_);
  AddJoinPages(context_, &routes_);
  AddDeskPages(context_, &routes_);
  AddTicketPages(context_, &routes_);
  AddMyPages(context_, &routes_);
  AddCustomerPages(context_, &routes_);
  AddSystemPages(context_, &routes_);
  AddFigurePages(context_, &routes_);
  AddFeedbackPages(context_, &routes_);
}

const PageRoute* Pages::Find(const std::string& path, std::string* varying) const {
  for (const PageRoute& route : routes_) {
    const std::size_t varies = route.path.find('{');
    if (varies == std::string::npos) {
      if (path == route.path) return &route;
      continue;
    }
    if (path.compare(0, varies, route.path, 0, varies) != 0) continue;
    const std::string last = path.substr(varies);
    if (last.empty() || last.size() > kLongestSegment || last.find('/') != last.npos) continue;
    *varying = last;
    return &route;
  }
  return nullptr;
}

std::optional<std::string> Pages::RouteOf(const std::string& path) const {
  std::string ignored;
  const PageRoute* route = Find(path, &ignored);
  return route == nullptr ? std::nullopt : std::optional(route->path);
}

PageAnswer Pages::Answer(const PageRequest& request) const {
  PageVisit visit{request, "", std::nullopt, {}};
  const PageRoute* route = Find(request.path, &visit.in_path);
  if (route == nullptr) return NothingHere();
  if (route->needs == Needs::kNobody) {
    return request.method == "POST" ? NothingHere() : route->get(visit);
  }
  auto visitor = FindVisitor(context_, request.cookies);
  if (!visitor.ok()) return NotNow(context_.log, "session", visitor.status());
  visit.visitor = *std::move(visitor);
  const Rights rights = visit.visitor ? visit.visitor->rights : Rights();
  if (!Allows(rights, route->needs)) {
    // A session that gives no right any more ends. (Somebody who is about to join has none yet.)
    if (visit.visitor && !rights.any() && rights.complete) {
      const absl::Status ended = context_.store.EndSession(visit.visitor->session.hash);
      if (!ended.ok()) return NotNow(context_.log, "session", ended);
    }
    return AskToSignIn(context_, visit);
  }
  if (request.method != "POST") return route->get(visit);
  if (!route->post) return Message(405, "This page takes no form", "Go back to the page before.");
  visit.form = ReadForm(request.body);
  std::string proof;
  if (visit.visitor) {
    proof = visit.visitor->csrf;
  } else if (route->needs == Needs::kLink && context_.feedback_links) {
    proof = context_.feedback_links->FormProof(visit.in_path);
  }
  if (proof.empty() || !base::EqualInConstantTime(proof, visit.form["csrf"])) {
    return Message(403, "Please try again",
                   "You are not signed in any more, or this form is from another session. Open the "
                   "page again, and sign in if it asks for it.");
  }
  return route->post(visit);
}

PageAnswer Pages::TooMany() const {
  PageAnswer answer = Message(429, "Too many wrong links",
                              "Somebody at your address tried many links that do not work. Wait a "
                              "minute, then open yours again.");
  answer.headers.emplace_back("Retry-After", "60");
  return answer;
}

}  // namespace retainer::pages
