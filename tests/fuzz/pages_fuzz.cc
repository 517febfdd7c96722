// Any request for a page, with any cookies and form: there is an answer, it leads nowhere else, and
// nobody joins who did not sign in.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

class Attacked : public Visited {
 public:
  Attacked() {
    Invite(/*uses=*/1000);
    Issue(1, kDave);
    for (const Actor& actor : {kAlice, kDave}) {
      Browser browser(*pages);
      SignIn(browser, "/", actor);
      const std::string page = browser.Get(actor == kAlice ? "/desk" : "/my").body;
      Person& person = people_[actor.login];
      person.cookies = "__Host-retainer=" + browser.cookies["__Host-retainer"];
      person.csrf = Browser::Field({200, "", page, {}}, "csrf");
    }
  }
  void TestBody() override {}

  // A letter for the method, then lines: path, query, cookies, form. The cookies `alice` and `dave`
  // are those of people who signed in, and `TOKEN` in the form is their CSRF token.
  void Ask(std::string_view input) {
    if (input.empty()) return;
    PageRequest request;
    request.method = input[0] == 'P' ? "POST" : input[0] == 'H' ? "HEAD" : "GET";
    input.remove_prefix(1);
    const auto line = [&] {
      const std::size_t end = std::min(input.find('\n'), input.size());
      std::string text(input.substr(0, end));
      input.remove_prefix(std::min(end + 1, input.size()));
      return text;
    };
    request.path = line();
    request.query = ReadForm(line());
    request.cookies = line();
    request.body = std::string(input);
    if (const auto person = people_.find(request.cookies); person != people_.end()) {
      request.cookies = person->second.cookies;
      request.body = absl::StrReplaceAll(request.body, {{"TOKEN", person->second.csrf}});
    }
    if (!pages->RouteOf(request.path)) return;
    const PageAnswer answer = pages->Answer(request);
    Check(answer.status >= 200 && answer.status < 600 && answer.status != 500);
    for (const auto& [name, value] : answer.headers) {
      Check(value.find('\n') == value.npos && value.find('\r') == value.npos);
      if (name != "Location") continue;
      Check(IsOwnPath(value) || absl::StartsWith(value, "https://forge.example/authorize?"));
    }
    Check(ReadCustomerFacts(store.LoadCustomer("acme")->facts).contacts.empty());
  }

 private:
  struct Person {
    std::string cookies;
    std::string csrf;
  };
  std::map<std::string, Person> people_;

  static void Check(bool holds) {
    if (!holds) std::abort();
  }
};

}  // namespace
}  // namespace retainer::pages

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static retainer::pages::Attacked attacked;
  attacked.Ask({reinterpret_cast<const char*>(data), size});
  return 0;
}
