// Debian's sshd on loopback: one process per connection, on a port that the test opened.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/temporary_folder.h"

namespace retainer {

class SshGit {
 public:
  SshGit();
  ~SshGit();

  static bool Installed();

  // `ssh://USER@127.0.0.1:PORT/FOLDER`, for this account.
  std::string Url(const std::string& folder) const;
  std::string user_key() const;     // a private key that may log in
  std::string other_key() const;    // one that may not
  std::string known_hosts() const;  // the line with the server's key
  std::string wrong_hosts() const;  // the same with another key

 private:
  void Serve();
  std::string Read(const std::string& name) const;
  std::string HostLine(const std::string& key) const;

  TemporaryFolder folder_;
  int listener_ = -1;
  int port_ = 0;
  std::vector<int> children_;
  std::thread thread_;
};

}  // namespace retainer
