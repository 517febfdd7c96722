#include "src/pages/frame.h"

#include <utility>

namespace retainer::pages {
namespace {

void Protect(PageAnswer* answer) {
  answer->headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
      "form-action 'self'; frame-ancestors 'none'");
  answer->headers.emplace_back("Referrer-Policy", "no-referrer");
  answer->headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer->headers.emplace_back("Cache-Control", "no-store");
}

}  // namespace

PageAnswer Page(std::string_view name, const std::string& title,
                const templates::PageValues& values, const Visitor* visitor, int status) {
  templates::PageValues frame;
  frame.texts["title"] = title;
  if (visitor != nullptr) {
    templates::PageValues who;
    who.texts = {{"account", ToString(visitor->session.account)}, {"csrf", visitor->csrf}};
    frame.Show("visitor", std::move(who));
  }
  PageAnswer answer;
  answer.status = status;
  answer.body = templates::RenderPage(name, values, std::move(frame));
  Protect(&answer);
  return answer;
}

PageAnswer Message(int status, const std::string& title, const std::string& text,
                   const std::string& link, const std::string& link_name) {
  templates::PageValues values;
  values.texts = {{"title", title}, {"text", text}};
  if (!link.empty()) {
    templates::PageValues to;
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
