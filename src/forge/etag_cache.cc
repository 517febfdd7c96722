#include "src/forge/etag_cache.h"

#include <utility>

namespace retainer::forge {

std::optional<HttpResponse> EtagCache::Find(const std::string& key) {
  std::lock_guard lock(mutex_);
  const HttpResponse* found = entries_.Find(key);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

void EtagCache::Store(const std::string& key, const HttpResponse& response) {
  if (response.status != 200 || !response.headers.contains("ETag")) return;
  HttpResponse stored{response.status, {}, response.body};
  std::size_t bytes = key.size() + response.body.size();
  for (const char* kept : {"ETag", "Link", "X-OAuth-Scopes"}) {
    if (const auto it = response.headers.find(kept); it != response.headers.end()) {
      bytes += it->second.size();
      stored.headers.emplace(kept, it->second);
    }
  }
  std::lock_guard lock(mutex_);
  entries_.Put(key, std::move(stored), bytes);
}

std::size_t EtagCache::bytes() const {
  std::lock_guard lock(mutex_);
  return entries_.weight();
}

}  // namespace retainer::forge
