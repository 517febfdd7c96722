// A desk with its pages, and a browser that keeps cookies.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "src/base/digest.h"
#include "src/pages/cookies.h"
#include "src/pages/page_front.h"
#include "src/similar/similar.h"
#include "tests/pages/fake_sign_in.h"
#include "tests/pipeline/world.h"

namespace retainer::pages {

using pipeline::At;
using pipeline::kAlice;
using pipeline::kDave;
using pipeline::kErin;
using pipeline::MakePolicy;
using pipeline::MakeTerms;
using pipeline::World;

class Browser {
 public:
  explicit Browser(const Pages& pages) : pages_(pages) {}

  PageAnswer Get(const std::string& target, const std::string& method = "GET") {
    return Send(method, target, "");
  }
  PageAnswer Post(const std::string& target, const std::string& body) {
    return Send("POST", target, body);
  }
  static std::string Header(const PageAnswer& answer, const std::string& name) {
    for (const auto& [header, value] : answer.headers) {
      if (header == name) return value;
    }
    return "";
  }
  // The value of a hidden field.
  static std::string Field(const PageAnswer& answer, const std::string& name) {
    const std::string mark = absl::StrCat("name=\"", name, "\" value=\"");
    const std::size_t at = answer.body.find(mark);
    if (at == std::string::npos) return "";
    const std::size_t from = at + mark.size();
    return answer.body.substr(from, answer.body.find('"', from) - from);
  }

  std::map<std::string, std::string> cookies;

 private:
  PageAnswer Send(const std::string& method, const std::string& target, const std::string& body) {
    PageRequest request;
    request.method = method;
    request.body = body;
    const std::size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = ReadForm(target.substr(question + 1));
    for (const auto& [name, value] : cookies) {
      absl::StrAppend(&request.cookies, request.cookies.empty() ? "" : "; ", name, "=", value);
    }
    PageAnswer answer = pages_.Answer(request);
    for (const auto& [header, value] : answer.headers) {
      if (header != "Set-Cookie") continue;
      const std::size_t equals = value.find('=');
      const std::string name = value.substr(0, equals);
      const std::string content = value.substr(equals + 1, value.find(';') - equals - 1);
      if (absl::StrContains(value, "Max-Age=0;")) {
        cookies.erase(name);
      } else {
        cookies[name] = content;
      }
    }
    return answer;
  }

  const Pages& pages_;
};

class Visited : public World {
 protected:
  Visited() : github("github") {
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        pipeline::DeskOptions{});
    desk->SetTerms({MakeTerms("v1", At(-60 * 24), MakePolicy())});
    Open("https://desk.example");
  }

  void Open(const std::string& public_url, std::shared_ptr<WriteAccess> access = nullptr) {
    pages =
        std::make_unique<Pages>(PageContext{*desk,
                                            store,
                                            clock,
                                            log,
                                            public_url,
                                            {{"github", "carol"}},
                                            {&github},
                                            std::move(access),
                                            pipeline::FeedbackLinks(*store.LinkKey(), public_url),
                                            &similar});
  }
  std::vector<Forge*> Forges() { return {&forge}; }
  // The same policy for those who decide and for the pages.
  void Govern(Policy policy) {
    const TermsHistory history = {MakeTerms("v1", At(-60 * 24), std::move(policy))};
    terms.Set(history);
    desk->SetTerms(history);
  }
  // A ticket that `author` opens in this minute.
  void Issue(std::int64_t number, const Actor& author) {
    const int minute = static_cast<int>(absl::ToInt64Minutes(clock.Now() - At(0)));
    Deliver(absl::StrCat("d", ++deliveries), MakeEvent(number, author, {Opened(author, minute)}));
    Work();
  }
  void Say(std::int64_t number, const Actor& actor, const std::string& text) {
    const int minute = static_cast<int>(absl::ToInt64Minutes(clock.Now() - At(0)));
    const std::string id = absl::StrCat("d", ++deliveries);
    Deliver(id, MakeEvent(number, actor, {Commented(actor, minute, id, text)}));
    Work();
  }
  // Sends a form of the page, with its token.
  static PageAnswer Send(Browser& browser, const std::string& page, const std::string& action,
                         const std::string& fields) {
    const std::string csrf = Browser::Field(browser.Get(page), "csrf");
    return browser.Post(action, absl::StrCat("csrf=", csrf, "&", fields));
  }

  // Invites to a customer and returns the token.
  std::string Invite(std::uint32_t uses = 1, absl::Duration lasts = absl::Hours(1),
                     const std::string& customer = "acme") {
    const std::string token = absl::StrCat("token-", ++invitations);
    const auto made = desk->ChangeCustomer(customer, [&](const CustomerBook&) {
      return MakeInvited(customer, absl::StrCat("i", invitations), base::Sha256Hex(token), uses,
                         lasts, "carol", clock.Now());
    });
    EXPECT_TRUE(made.ok()) << made.status();
    return token;
  }
  // Goes to the forge from a page of ours, agrees there, and comes back.
  PageAnswer SignIn(Browser& browser, const std::string& next, const Actor& actor) {
    const PageAnswer away = browser.Get(absl::StrCat("/signin/github?next=", EscapeQuery(next)));
    EXPECT_EQ(away.status, 303);
    return browser.Get(
        absl::StrCat("/signed-in/github?", github.Agree(Browser::Header(away, "Location"), actor)));
  }
  std::vector<JoinedTime> JoinedBy(const Actor& actor) {
    return store.LoadPins()->JoinedBy("github", actor.id);
  }

  similar::Similar similar{store, clock, log, {"github"}, ""};
  FakeSignIn github;
  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<Pages> pages;
  int invitations = 0;
  int deliveries = 0;
};

}  // namespace retainer::pages
