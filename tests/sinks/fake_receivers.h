// Receivers of notices on ports of this machine: HTTP, SMTP, and one that never answers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace retainer::sinks {

struct Received {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class HttpReceiver {
 public:
  HttpReceiver();
  ~HttpReceiver();
  std::string url(const std::string& path = "/hook") const;
  int port() const;
  // Sets its answer from now on.
  void Answer(int status, std::map<std::string, std::string> headers = {}, std::string body = "");
  std::vector<Received> received() const;
  // Called for each message from now on, before it is answered. Null: no more.
  void OnReceived(std::function<void()> call);
  // Waits for `count` messages; false when they do not come.
  bool Await(std::size_t count) const;

 private:
  class Server;
  const std::unique_ptr<Server> server_;
};

struct Mail {
  bool is_encrypted = false;
  std::string hello;
  std::string login;  // the decoded AUTH PLAIN
  std::string from;
  std::vector<std::string> to;
  std::string message;  // with line ends, without the dots that SMTP doubles
};

struct SmtpBehaviour {
  bool offers_starttls = false;
  bool offers_login = false;
  std::string to_login = "235 welcome";
  std::string to_recipient = "250 yes";
  std::string to_message = "250 taken";
};

class SmtpReceiver {
 public:
  explicit SmtpReceiver(SmtpBehaviour behaviour = {});
  ~SmtpReceiver();
  int port() const { return port_; }
  std::vector<Mail> mails() const;
  // The commands of all connections, in order.
  std::vector<std::string> commands() const;
  // The authority of its certificate for `localhost`, in PEM.
  std::string authority() const { return authority_; }

 private:
  class Line;
  void Accept();
  void Talk(int connection);

  const SmtpBehaviour behaviour_;
  int listener_ = -1;
  int port_ = 0;
  std::string authority_;
  std::shared_ptr<void> key_;
  std::shared_ptr<void> certificate_;
  mutable std::mutex mutex_;
  int connection_ = -1;
  bool stopping_ = false;
  std::vector<Mail> mails_;
  std::vector<std::string> commands_;
  std::thread thread_;
};

// Accepts connections and never answers.
class SilentReceiver {
 public:
  SilentReceiver();
  ~SilentReceiver();
  int port() const { return port_; }

 private:
  int listener_ = -1;
  int port_ = 0;
};

}  // namespace retainer::sinks
