// Tables in memory. Thread-safe. A View holds a shared lock while it lives.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>

#include "src/store/engine.h"

namespace retainer::store {

class MemoryEngine final : public Engine {
 public:
  std::unique_ptr<View> Read() override;
  absl::Status Prepare() override { return absl::OkStatus(); }
  absl::Status Write(const Batch& batch) override;

 private:
  class MemoryCursor;
  class MemoryView;
  using Rows = std::map<std::string, std::string, std::less<>>;

  std::shared_mutex mutex_;
  std::array<Rows, kTableNames.size()> tables_;
};

}  // namespace retainer::store
