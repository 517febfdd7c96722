// The terms in force, shared by all threads: readers take a snapshot, a reload replaces it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "retainer/policy.h"

namespace retainer::pipeline {

// Thread-safe.
class TermsHolder {
 public:
  // Empty while there is no valid policy.
  TermsHistory Get() const;
  void Set(TermsHistory terms);
  // A version counter: rises with every Set.
  std::uint64_t version() const;

 private:
  mutable std::mutex mutex_;
  TermsHistory terms_;
  std::uint64_t version_ = 0;
};

}  // namespace retainer::pipeline
