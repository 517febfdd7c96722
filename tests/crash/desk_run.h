// A desk under test: the service in a process of its own, a sandbox forge, a receiver of notices,
// and one clock for all. Also what people do there, the same in every run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/sandbox/demo_story.h"
#include "src/sandbox/sandbox.h"
#include "tests/crash/disk_faults.h"
#include "tests/crash/shared_clock.h"
#include "tests/crash/victim.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer {

// For what cannot fail unless the test is wrong. Throws std::runtime_error.
void Must(const absl::Status& status);
template <class T>
T Must(absl::StatusOr<T> value) {
  Must(value.status());
  return *std::move(value);
}

class DeskRun;

// What somebody does, and when.
struct CrashAct {
  absl::Duration at;  // time since StoryBegin
  int ticket;
  std::function<void(DeskRun&)> act;  // null: time alone
};

absl::Time StoryBegin();
// Eight acts for each ticket, in the order of time; a ticket begins `spacing` after the last one.
std::vector<CrashAct> CrashActs(const ProjectRef& project, int tickets, absl::Duration spacing);

// For one thread. Throws std::runtime_error if the service fails although nobody kills it.
class DeskRun {
 public:
  // `service`: the program. `library`: disk_faults.
  DeskRun(const std::string& service, const std::string& library, const ProjectRef& project);
  ~DeskRun();

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  sandbox::Sandbox& sandbox() { return sandbox_; }
  SharedClock& clock() { return clock_; }
  sinks::HttpReceiver& sink() { return told_; }
  DiskFaults& disk() { return *disk_; }
  std::vector<TicketRef>& tickets() { return tickets_; }
  const std::string& bot() const { return bot_; }
  // The service's environment.
  std::map<std::string, std::string> environment() const;

  bool alive() const { return victim_ != nullptr && victim_->alive(); }
  // Starts the service if it does not run. It may be dead again afterwards.
  void Up();
  void Kill();
  // As Kill, but from any thread while the service runs; it is noticed at the next Settle.
  void Strike() { victim_->Strike(); }
  // Sends the forge's deliveries. Those that were not accepted are sent again.
  void Deliver();
  // Delivers and waits until everything is done that is due now. False: it was killed.
  bool Settle();
  // Lets everything happen that is due until then, as long as the service lives.
  void LiveUntil(absl::Time end, absl::Duration step = absl::Seconds(10));
  // For so long (by the clock) a restored desk may hold back what it would say.
  void AllowHold(absl::Duration time) { hold_until_ = clock_.Now() + time; }
  // The clock jumps there, and the act is done. What is due in between is due late.
  void Begin(const CrashAct& act);

  // A ticket as its readers see it, without what differs in each run: the forge's address and the
  // numbers of comments.
  sandbox::Sandbox::Shown Look(int ticket);
  // How many comments the service ever made on it.
  int CommentsMade(int ticket);

  struct Told {
    std::map<std::string, std::set<std::string>> contents;  // by the telling's name
    std::map<std::string, std::set<std::string>> ids;       // the `webhook-id`s of each name
    int messages = 0;
    int two_contents = 0;  // webhook-ids with two contents
  };
  Told WhatWasTold();

 private:
  void SetGitLab(const ProjectRef& project);

  const std::string service_;
  const std::string library_;
  TemporaryFolder folder_;
  SharedClock clock_;
  sandbox::Sandbox sandbox_;
  sinks::HttpReceiver told_;
  sandbox::StoryCredentials credentials_;
  std::string bot_;
  DiskFaults* disk_ = nullptr;
  std::vector<TicketRef> tickets_;
  absl::Time hold_until_ = absl::InfinitePast();
  std::unique_ptr<Victim> victim_;
};

}  // namespace retainer
