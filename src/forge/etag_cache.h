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

#include "src/forge/http.h"

namespace retainer::forge {

class EtagCache {
 public:
  EtagCache(std::size_t max_entries, std::size_t max_bytes)
      : max_entries_(max_entries), max_bytes_(max_bytes) {}

  // The stored response, with its `ETag` header.
  std::optional<HttpResponse> Find(const std::string& key);
  // Stores a 200 that has an ETag; ignores everything else.
  void Store(const std::string& key, const HttpResponse& response);
  std::size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    HttpResponse response;
    std::size_t bytes = 0;
  };

  void Erase(std::list<Entry>::iterator it);

  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // most recently used first
  std::map<std::string, std::list<Entry>::iterator> index_;
  std::size_t bytes_ = 0;
};

}  // namespace retainer::forge
