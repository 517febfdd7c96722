// OutsideActs: makes sure that data is on disk before a forge or sink is told. What was told cannot
// be undone, and a decision that a power cut removes is made again, perhaps with more news.
//
// It wraps the ports through which the desk acts outside. It calls Store::MakeDurable before every
// call that changes something there. If that fails, the call is not made, and the error is
// Unavailable. Reads are passed on. As thread-safe as what it wraps.
#pragma once

#include <memory>
#include <vector>

#include "retainer/forge.h"
#include "retainer/notice_sink.h"
#include "retainer/store.h"
#include "src/pipeline/tries.h"

namespace retainer::pipeline {

class OutsideActs {
 public:
  // The store, clients and sinks must outlive this object.
  explicit OutsideActs(Store& store) : store_(store) {}

  // Returns wrapped slots and sinks. Valid as long as this object.
  std::vector<ForgeSlot> Guard(std::vector<ForgeSlot> forges);
  std::vector<NoticeSink*> Guard(const std::vector<NoticeSink*>& sinks);
  // Returns a wrapped sink that keeps this one alive. Thread-safe.
  std::shared_ptr<NoticeSink> Guard(std::shared_ptr<NoticeSink> sink) const;

 private:
  Store& store_;
  std::vector<std::unique_ptr<Forge>> forges_;
  std::vector<std::unique_ptr<NoticeSink>> sinks_;
};

}  // namespace retainer::pipeline
