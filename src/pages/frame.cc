#include "src/pages/frame.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/pages/cookies.h"

namespace retainer::pages {
namespace {

using templates::PageValues;

// The pages of the navigation, and who sees their names there. A page is added here by one line.
struct Place {
  const char* path;
  const char* name;
  bool (*shown)(const Rights& rights);
};
constexpr Place kPlaces[] = {
    {"/desk", "Desk", [](const Rights& rights) { return rights.desk(); }},
    {"/desk/customers", "Customers", [](const Rights& rights) { return rights.team(); }},
    {"/desk/figures", "Figures", [](const Rights& rights) { return rights.team(); }},
    {"/desk/system", "System", [](const Rights& rights) { return rights.team(); }},
    {"/my", "My tickets", [](const Rights& rights) { return !rights.customers.empty(); }},
};

void Protect(PageAnswer* answer) {
  answer->headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
      "form-action 'self'; frame-ancestors 'none'");
  answer->headers.emplace_back("Referrer-Policy", "no-referrer");
  answer->headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer->headers.emplace_back("Cache-Control", "no-store");
}

// The place to which a page belongs: the longest path that begins its own.
const Place* HereFor(const std::string& path) {
  const Place* best = nullptr;
  for (const Place& place : kPlaces) {
    const std::string prefix = place.path;
    if (path != prefix && !absl::StartsWith(path, prefix + "/")) continue;
    if (best == nullptr || prefix.size() > std::string(best->path).size()) best = &place;
  }
  return best;
}

PageAnswer Framed(std::string_view name, const PageValues& values, PageValues frame, int status) {
  PageAnswer answer;
  answer.status = status;
  answer.body = templates::RenderPage(name, values, std::move(frame));
  Protect(&answer);
  return answer;
}

PageValues FrameFor(const std::string& title, const Visitor* visitor, const std::string& path) {
  PageValues frame;
  frame.texts["title"] = title;
  if (visitor == nullptr) return frame;
  PageValues who;
  who.texts = {{"account", visitor->name()}, {"csrf", visitor->csrf}};
  frame.Show("visitor", std::move(who));
  PageValues places;
  const Place* here = HereFor(path);
  for (const Place& place : kPlaces) {
    if (!place.shown(visitor->rights)) continue;
    PageValues link;
    link.texts = {{"path", place.path}, {"name", place.name}};
    if (&place == here) link.Show("here");
    places.sections["places"].push_back(std::move(link));
  }
  if (!places.sections.empty()) frame.Show("navigation", std::move(places));
  return frame;
}

}  // namespace

PageAnswer Page(std::string_view name, const std::string& title, const PageValues& values,
                const Visitor* visitor, int status) {
  return Framed(name, values, FrameFor(title, visitor, ""), status);
}

PageAnswer Page(std::string_view name, const std::string& title, const PageValues& values,
                const PageVisit& visit, int status) {
  PageValues frame = FrameFor(title, visit.visitor ? &*visit.visitor : nullptr, visit.request.path);
  frame.Show("wide");
  return Framed(name, values, std::move(frame), status);
}

std::string HomeOf(const Rights& rights) {
  for (const Place& place : kPlaces) {
    if (place.shown(rights)) return place.path;
  }
  return "/joined";
}

PageAnswer CsvFile(const std::string& name, std::string text) {
  PageAnswer answer;
  answer.type = "text/csv; charset=utf-8";
  answer.body = std::move(text);
  answer.headers.emplace_back("Content-Disposition",
                              absl::StrCat("attachment; filename=\"", name, ".csv\""));
  Protect(&answer);
  return answer;
}

PageAnswer Message(int status, const std::string& title, const std::string& text,
                   const std::string& link, const std::string& link_name) {
  PageValues values;
  values.texts = {{"title", title}, {"text", text}};
  if (!link.empty()) {
    PageValues to;
    to.texts = {{"address", link}, {"name", link_name}};
    values.Show("link", std::move(to));
  }
  return Page("message", title, values, nullptr, status);
}

PageAnswer Redirect(const std::string& to) {
  PageAnswer answer;
  answer.status = 303;
  answer.type = "text/plain; charset=utf-8";
  answer.headers.emplace_back("Location", to);
  Protect(&answer);
  return answer;
}

PageAnswer AskToSignIn(const PageContext& context, const PageVisit& visit) {
  std::string back = EscapeQuery(visit.request.path);
  for (const auto& [name, value] : visit.request.query) {
    absl::StrAppend(&back, absl::StrContains(back, "?") ? "&" : "?", EscapeQuery(name), "=",
                    EscapeQuery(value));
  }
  PageValues values;
  if (visit.visitor) {
    PageValues who;
    who.texts["account"] = visit.visitor->name();
    values.Show("visitor", std::move(who));
  }
  for (const SignIn* forge : context.sign_ins) {
    PageValues row;
    row.texts = {{"name", forge->forge()},
                 {"address", absl::StrCat("/signin/", EscapeQuery(forge->forge()),
                                          "?next=", EscapeQuery(back))}};
    values.sections["forges"].push_back(std::move(row));
  }
  if (context.sign_ins.empty()) values.Show("nobody");
  return Page("signin", "Sign in", values, visit.visitor ? &*visit.visitor : nullptr, 403);
}

PageAnswer NothingHere() { return Message(404, "There is nothing here", "Check the address."); }

PageAnswer DeadLink() {
  PageAnswer answer = Message(404, "This link does not work",
                              "It may have been used or withdrawn, or it is too old. Ask whoever "
                              "gave it to you for a new one.");
  answer.guessed = true;
  return answer;
}

PageAnswer NotNow(Log& log, std::string_view what, const absl::Status& status) {
  log.Warning("a page could not be answered",
              {{"what", std::string(what)}, {"error", StatusText(status)}});
  return Message(503, "Not now",
                 "Something that this page needs does not answer. Try again later.");
}

}  // namespace retainer::pages
