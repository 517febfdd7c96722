// git's own http-backend behind a small HTTPS server on loopback, with a certificate of a new
// authority.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/fakes/temporary_folder.h"

namespace retainer {

class HttpsGit {
 public:
  // Serves the repositories below `folder`.
  explicit HttpsGit(std::string folder);
  ~HttpsGit();

  static bool Installed();

  // `https://localhost:PORT/NAME`
  std::string Url(const std::string& name) const;
  std::string Url(const std::string& host, const std::string& name) const;
  // The certificate of the authority, a PEM file.
  std::string authority() const;

  // From now on the server wants this token as the password.
  void Demand(const std::string& token);
  // From now on a fetch's pack is never sent: the server is silent, or talks without end.
  enum class Fault { kNone, kSilent, kEndless, kRedirects };
  void Break(Fault fault);
  // How many requests had an Authorization header so far.
  int authorized() const;

 private:
  class Server;
  TemporaryFolder certificates_;
  std::unique_ptr<Server> server_;
};

}  // namespace retainer
