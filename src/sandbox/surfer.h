// A browser for the demo and for tests of pages: follows redirects, sends forms, keeps the cookies
// of each origin. It knows the pages of the desk and of the sandbox, and no others. One thread.
#pragma once

#include <map>
#include <string>

namespace retainer::sandbox {

class Surfer {
 public:
  struct Seen {
    std::string url;  // at which it arrived
    int status = 0;   // 0: no answer, and `body` says why
    std::string body;
  };

  Seen Open(const std::string& url);
  // Sends the page's form to `action`, with a button.
  Seen Send(const Seen& page, const std::string& action, const std::string& button = "",
            const std::string& value = "");
  // The address of the link whose text this is.
  static std::string Link(const Seen& page, const std::string& text);

 private:
  using Form = std::multimap<std::string, std::string>;
  Seen Go(std::string method, std::string url, const Form& form);

  std::map<std::string, std::map<std::string, std::string>> cookies_;
};

}  // namespace retainer::sandbox
