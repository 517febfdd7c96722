// What a CI job finds at its forge: an OpenID Connect issuer, and GitHub's endpoint that gives a
// job its own token. On loopback, until the end of the scope.
#pragma once

#include <memory>
#include <string>

namespace retainer {

class CiForge {
 public:
  CiForge();
  ~CiForge();
  CiForge(const CiForge&) = delete;
  CiForge& operator=(const CiForge&) = delete;

  const std::string& issuer() const;
  // The ACTIONS_ID_TOKEN_REQUEST_URL of a GitHub job, and the token for requests there.
  std::string request_url() const;
  static std::string request_token() { return "job-request-token"; }
  // Sets the repository that its tokens name.
  void SetRepository(const std::string& id);
  // The token of a GitLab job of that project, for that audience.
  std::string GitLabToken(const std::string& audience, const std::string& project_id) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer
