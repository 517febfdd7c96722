// Makes the sinks of a configuration: chat, webhook, mail.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/notice_sink.h"
#include "src/sinks/transport.h"

namespace retainer::sinks {

class OutgoingSink : public NoticeSink {
 public:
  // Checks everything that can be checked without sending a notice: the address, TLS, the login.
  // Errors as Transport's.
  virtual absl::Status Check() = 0;
};

// InvalidArgument, with the remedy, when the configuration cannot send a notice. The sinks share
// `transport`.
// REQUIRES: `clock` outlives the sink.
absl::StatusOr<std::unique_ptr<OutgoingSink>> MakeSink(const std::string& name,
                                                       const SinkConfig& config, Clock& clock,
                                                       std::shared_ptr<const Transport> transport);

}  // namespace retainer::sinks
