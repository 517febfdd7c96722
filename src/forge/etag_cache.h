// A cache of GET answers by account and target, so that an unchanged answer costs no rate limit
// (304).
//
// Bounded by entries and bytes; evicts the least recently used first. Thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "src/base/bounded_map.h"
#include "src/forge/http.h"

namespace retainer::forge {

class EtagCache {
 public:
  EtagCache(std::size_t max_entries, std::size_t max_bytes) : entries_(max_entries, max_bytes) {}

  // The stored response, with its `ETag` header.
  std::optional<HttpResponse> Find(const std::string& key);
  // Stores a 200 that has an ETag; ignores everything else.
  void Store(const std::string& key, const HttpResponse& response);
  std::size_t bytes() const;

 private:
  mutable std::mutex mutex_;
  base::BoundedMap<std::string, HttpResponse> entries_;
};

}  // namespace retainer::forge
