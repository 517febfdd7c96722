// MentionSink: mentions people on a ticket on the forge, if the policy asks for it.
//
// One short comment per mention, posted once. The intent is on disk before the call. If the result
// of the call is unknown, the comment is searched (by marker and our author) before another one is
// posted. It is also searched if it may have been posted before the store was restored from a
// backup. A posted comment becomes a fact of the ticket, so that it starts and stops no clock.
//
// Only members of the teams with a login on the ticket's own forge are mentioned, and only if the
// customer is public. Nothing is posted if nothing may be written to the forge (observe mode, a
// forge without a client). Posting is a mutation like any other: the client spaces them, and
// mentions go before faces. One thread at a time.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "retainer/face.h"
#include "retainer/notice_sink.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/restore_hold.h"
#include "src/pipeline/right_of_way.h"

namespace retainer::pipeline {

class MentionSink final : public NoticeSink {
 public:
  // The address at which a ticket's customer can say how it was.
  using RateUrl = std::function<std::string(const TicketKey& ticket)>;

  // All arguments must outlive this object.
  MentionSink(Judge& judge, Store& store, const Renderer& renderer, Clock& clock, Log& log,
              Metrics& metrics, const TermsHolder& terms, RightOfWay& right_of_way, bool observe,
              const RestoreHold* restore_hold = nullptr, RateUrl rate_url = nullptr);
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return false; }
  // As NoticeSink. Notices of other kinds are ignored. NotFound if the notice is not in the store's
  // queue.
  absl::Status Tell(const Notice& notice) override;

 private:
  absl::Status Post(const ForgeSlot& slot, NoticeRecord record, const std::string& body,
                    const std::string& marker);
  absl::Status Remember(const ForgeSlot& slot, const Notice& notice, const RemoteComment& comment);

  Judge& judge_;
  Store& store_;
  const Renderer& renderer_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  RightOfWay& right_of_way_;
  const bool observe_;
  const RestoreHold* const restore_hold_;
  const RateUrl rate_url_;
  const std::string name_ = "mention";
};

}  // namespace retainer::pipeline
