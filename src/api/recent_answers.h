// Keeps answers for the second in which they were made. Many jobs and dashboards ask the same, and
// callers with the same rights may get the same answer. An answer is reused until its second ends
// or a write changes its project. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "src/api/exchange.h"
#include "src/base/bounded_map.h"

namespace retainer::api {

class RecentAnswers {
 public:
  struct Key {
    std::string question;
    std::int64_t second = 0;
    std::uint64_t version = 0;  // Store::ProjectVersion
    friend bool operator==(const Key&, const Key&) = default;
  };
  // Call it before anything is read for the answer. REQUIRES: the request has a caller.
  static Key KeyOf(const ApiContext& context, std::string_view route, const ApiRequest& request,
                   const ProjectRecord& project, const TermsHistory& terms, absl::Time now);

  // Nullptr when there is none.
  std::shared_ptr<const ApiAnswer> Find(const Key& key);
  // Keeps the answer. Computes its tag and its compressed body once, for all callers.
  // REQUIRES: its status is 200.
  std::shared_ptr<const ApiAnswer> Keep(const Key& key, ApiAnswer answer);

 private:
  static constexpr std::size_t kMostKept = 256;  // some megabytes at most

  std::mutex mutex_;
  base::BoundedMap<std::string, std::pair<Key, std::shared_ptr<const ApiAnswer>>> kept_{kMostKept};
};

}  // namespace retainer::api
