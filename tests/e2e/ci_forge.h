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
  // A GitHub job's ACTIONS_ID_TOKEN_REQUEST_URL and the token to ask there with.
  std::string request_url() const;
  static std::string request_token() { return "job-request-token"; }
  // The tokens that it hands out name this repository.
  void SetRepository(const std::string& id);
  // A GitLab job's token, for that audience, of that project.
  std::string GitLabToken(const std::string& audience, const std::string& project_id) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer
