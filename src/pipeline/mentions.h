// MentionSink: calls people to a ticket on the forge, where the policy asks for it.
//
// One short comment a mention, posted once: that it is being posted is on disk before the call, and
// whenever the call's end is not known the comment is looked for (marker and own author) before
// another is posted. What is posted becomes a fact of the ticket, so that it starts and stops
// nothing. Only members of the teams with a login on the ticket's own forge are mentioned, only
// where the customer is public; never where nothing is written to the forge (observe mode, a forge
// without a client). Posting is a mutation like any other: the forge's gate spaces them, and
// mentions go before faces.
//
// One thread at a time.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "retainer/face.h"
#include "retainer/notice_sink.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/right_of_way.h"

namespace retainer {

class MentionSink final : public NoticeSink {
 public:
  // Everything outlives this object.
  MentionSink(Judge& judge, Store& store, const Renderer& renderer, Clock& clock, Log& log,
              Metrics& metrics, const TermsHolder& terms, RightOfWay& right_of_way, bool observe);
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return false; }
  // As NoticeSink; notices of other kinds are passed over. NotFound where the notice does not wait
  // in the store.
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
  const std::string name_ = "mention";
};

}  // namespace retainer
