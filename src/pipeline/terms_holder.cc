#include "src/pipeline/terms_holder.h"

#include <utility>

namespace retainer::pipeline {

TermsHistory TermsHolder::Get() const {
  std::lock_guard lock(mutex_);
  return terms_;
}

void TermsHolder::Set(TermsHistory terms) {
  std::lock_guard lock(mutex_);
  terms_ = std::move(terms);
  ++version_;
}

std::uint64_t TermsHolder::version() const {
  std::lock_guard lock(mutex_);
  return version_;
}

}  // namespace retainer::pipeline
