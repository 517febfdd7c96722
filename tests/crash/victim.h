// The service that is killed: a process of the program `killed_service`.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <map>
#include <string>

#include "absl/time/time.h"

namespace retainer {

struct VictimOptions {
  std::string program;
  std::string config;
  std::string clock;                               // the file of its clock
  std::string log;                                 // the file of its standard error
  std::map<std::string, std::string> environment;  // added to ours
};

// For one thread, except Strike. Throws std::runtime_error if the program does not start although
// nobody kills it, or stops working.
class Victim {
 public:
  explicit Victim(const VictimOptions& options);
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  // False after its end was noticed.
  bool alive() const { return alive_; }
  const std::string& url() const { return url_; }
  // Waits until everything that is due now is done. False: it was killed.
  bool Settle();
  // The same, but what is not done by then may stay. Returns what stays; empty: nothing, or dead.
  std::string SettleWithin(absl::Duration patience);
  // Kills it, and waits until none of its threads runs. Any thread may call it.
  void Strike() const;

 private:
  std::string Read();
  void Reap();

  const std::string log_;
  pid_t pid_ = 0;
  FILE* in_ = nullptr;
  FILE* out_ = nullptr;
  bool alive_ = true;
  std::string url_;
};

}  // namespace retainer
