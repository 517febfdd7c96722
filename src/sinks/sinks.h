// The sinks of a configuration: chat, webhook, mail.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/notice_sink.h"
#include "src/sinks/transport.h"

namespace retainer {

class OutgoingSink : public NoticeSink {
 public:
  // Would a notice find its way, as far as can be seen without one: the address, TLS, the login.
  // Errors as Transport's.
  virtual absl::Status Check() = 0;
};

// InvalidArgument, naming the mend, for a configuration that no notice can be sent by. `transport`
// is shared by the sinks.
// REQUIRES: `clock` outlives the sink.
absl::StatusOr<std::unique_ptr<OutgoingSink>> MakeSink(const std::string& name,
                                                       const SinkConfig& config, Clock& clock,
                                                       std::shared_ptr<const Transport> transport);

}  // namespace retainer
