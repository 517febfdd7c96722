#include "src/forge/etag_cache.h"

#include <utility>

namespace retainer::forge {

std::optional<HttpResponse> EtagCache::Find(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto it = index_.find(key);
  if (it == index_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, it->second);
  return it->second->response;
}

void EtagCache::Store(const std::string& key, const HttpResponse& response) {
  if (response.status != 200 || !response.headers.contains("ETag")) return;
  Entry entry{key, {response.status, {}, response.body}, key.size() + response.body.size()};
  for (const char* kept : {"ETag", "Link", "X-OAuth-Scopes"}) {
    if (const auto it = response.headers.find(kept); it != response.headers.end()) {
      entry.bytes += it->second.size();
      entry.response.headers.emplace(kept, it->second);
    }
  }
  std::lock_guard lock(mutex_);
  if (const auto it = index_.find(key); it != index_.end()) Erase(it->second);
  if (entry.bytes > max_bytes_) return;
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  index_[key] = entries_.begin();
  while (entries_.size() > max_entries_ || bytes_ > max_bytes_) Erase(std::prev(entries_.end()));
}

std::size_t EtagCache::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

void EtagCache::Erase(std::list<Entry>::iterator it) {
  bytes_ -= it->bytes;
  index_.erase(it->key);
  entries_.erase(it);
}

}  // namespace retainer::forge
