// Answers of the second in which they were given: many jobs and dashboards ask the same, and
// callers of whom the same is known may see the same. An answer is used again as long as its second
// lasts and no write has touched its project. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "src/api/exchange.h"

namespace retainer {

class RecentAnswers {
 public:
  struct Key {
    std::string question;
    std::int64_t second = 0;
    std::uint64_t version = 0;  // Store::ProjectVersion
    friend bool operator==(const Key&, const Key&) = default;
  };
  // Before anything is read for the answer. REQUIRES: the request has a caller.
  static Key KeyOf(const ApiContext& context, std::string_view route, const ApiRequest& request,
                   const ProjectRecord& project, const TermsHistory& terms, absl::Time now);

  // Nullptr where there is none.
  std::shared_ptr<const ApiAnswer> Find(const Key& key) const;
  // With its tag and packed, once for all who ask. REQUIRES: a 200.
  std::shared_ptr<const ApiAnswer> Keep(const Key& key, ApiAnswer answer);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::pair<Key, std::shared_ptr<const ApiAnswer>>> kept_;
};

}  // namespace retainer
