// A forge at which people sign in: it confirms the accounts that the test has put behind codes.
#pragma once

#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "retainer/sign_in.h"
#include "src/base/digest.h"

namespace retainer {

class FakeSignIn final : public SignIn {
 public:
  explicit FakeSignIn(std::string forge) : forge_(std::move(forge)) {}

  const std::string& forge() const override { return forge_; }
  std::string AuthorizeUrl(const std::string& state, const std::string& challenge,
                           const std::string& redirect_uri) const override {
    return absl::StrCat("https://forge.example/authorize?state=", state, "&challenge=", challenge,
                        "&redirect_uri=", redirect_uri);
  }
  absl::StatusOr<Account> Finish(const std::string& code, const std::string& verifier,
                                 const std::string& redirect_uri) override {
    ++finished_;
    if (!trouble.ok()) return trouble;
    const auto agreed = agreed_.find(code);
    const std::string challenge =
        absl::WebSafeBase64Escape(base::ToBytes(base::Sha256({verifier})));
    if (agreed == agreed_.end() || agreed->second.challenge != challenge ||
        agreed->second.redirect_uri != redirect_uri) {
      return absl::PermissionDeniedError("no such code");
    }
    const Account account = agreed->second.account;
    agreed_.erase(agreed);
    return account;
  }

  // The person agrees, in the browser that was sent to `url`. Returns the query with which the
  // forge sends it back.
  std::string Agree(const std::string& url, const Actor& actor) {
    const std::string code = absl::StrCat("code", ++codes_);
    agreed_[code] = {{forge_, actor}, Part(url, "challenge"), Part(url, "redirect_uri")};
    return absl::StrCat("code=", code, "&state=", Part(url, "state"));
  }
  static std::string Part(const std::string& url, const std::string& name) {
    const std::size_t at = url.find(name + "=") + name.size() + 1;
    return url.substr(at, url.find('&', at) - at);
  }
  int finished() const { return finished_; }

  absl::Status trouble;

 private:
  struct Agreed {
    Account account;
    std::string challenge;
    std::string redirect_uri;
  };
  const std::string forge_;
  std::map<std::string, Agreed> agreed_;
  int codes_ = 0;
  int finished_ = 0;
};

}  // namespace retainer
