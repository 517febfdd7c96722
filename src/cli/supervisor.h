// Tells systemd what the service does (sd_notify(3)): one datagram per message to the socket that
// NOTIFY_SOCKET names. Without that variable nothing is sent. Thread-safe.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace retainer::cli {

class Supervisor {
 public:
  // Reads the variables of systemd and removes them, so that child processes do not get them.
  Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // The store is open and the ports are bound.
  void Ready() { Send("READY=1\nSTATUS=Ready"); }
  // The policy is read again, from Reloading to Reloaded.
  void Reloading();
  void Reloaded();
  void Stopping() { Send("STOPPING=1\nSTATUS=Stopping"); }
  // The start waits for something outside, for at most `patience` until the next call.
  void Waiting(std::string_view why, absl::Duration patience);
  // The service has proved that it works (watchdog.h).
  void Alive() { Send("WATCHDOG=1"); }

  // How long systemd waits for Alive before it ends the service; nullopt: for ever.
  std::optional<absl::Duration> watchdog() const { return watchdog_; }

 private:
  void Send(std::string_view message) const;

  std::string socket_;
  std::optional<absl::Duration> watchdog_;
  std::atomic<bool> reloading_ = false;
};

}  // namespace retainer::cli
