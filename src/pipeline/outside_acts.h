// Whatever is told to a forge or a sink is on disk before it: what they were told cannot be unsaid,
// and a decision that a power cut takes away is made again, perhaps of more news.
//
// Stands before the ports through which the desk acts outside. Every call that changes something
// there is preceded by Store::MakeDurable; where that fails it is not made, and its error is
// Unavailable. Reading is passed on as it is. Thread-safe as what it stands before.
#pragma once

#include <memory>
#include <vector>

#include "retainer/forge.h"
#include "retainer/notice_sink.h"
#include "retainer/store.h"
#include "src/pipeline/inquiries.h"

namespace retainer {

class OutsideActs {
 public:
  // The store, clients and sinks outlive this object.
  explicit OutsideActs(Store& store) : store_(store) {}

  // The same slots and sinks, guarded. Valid as long as this object.
  std::vector<ForgeSlot> Guard(std::vector<ForgeSlot> forges);
  std::vector<NoticeSink*> Guard(const std::vector<NoticeSink*>& sinks);

 private:
  Store& store_;
  std::vector<std::unique_ptr<Forge>> forges_;
  std::vector<std::unique_ptr<NoticeSink>> sinks_;
};

}  // namespace retainer
