// A bounded cache: it limits the number of entries and their total weight, and evicts the least
// recently used entry first. Not thread-safe.
#pragma once

#include <cstddef>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <utility>

namespace retainer::base {

template <class Key, class Value>
class BoundedMap {
 public:
  struct Entry {
    Key key;
    Value value;
    std::size_t weight = 0;
  };
  using const_iterator = typename std::list<Entry>::const_iterator;

  explicit BoundedMap(std::size_t most,
                      std::size_t most_weight = std::numeric_limits<std::size_t>::max())
      : most_(most), most_weight_(most_weight) {}
  BoundedMap(const BoundedMap&) = delete;
  BoundedMap& operator=(const BoundedMap&) = delete;

  // Counts as a use. nullptr when the key has no value. Valid until the next non-const call.
  Value* Find(const Key& key) {
    const auto it = index_.find(key);
    if (it == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, it->second);
    return &it->second->value;
  }

  // Inserts or replaces; counts as a use. A value heavier than `most_weight` is not kept.
  void Put(const Key& key, Value value, std::size_t weight = 0) {
    Erase(key);
    if (weight > most_weight_ || most_ == 0) return;
    entries_.push_front({key, std::move(value), weight});
    index_.emplace(key, entries_.begin());
    weight_ += weight;
    while (entries_.size() > most_ || weight_ > most_weight_) Drop(std::prev(entries_.end()));
  }

  void Erase(const Key& key) {
    if (const auto it = index_.find(key); it != index_.end()) Drop(it->second);
  }

  std::size_t size() const { return entries_.size(); }
  std::size_t weight() const { return weight_; }
  // The most recently used entry comes first.
  const_iterator begin() const { return entries_.begin(); }
  const_iterator end() const { return entries_.end(); }

 private:
  void Drop(typename std::list<Entry>::iterator it) {
    weight_ -= it->weight;
    index_.erase(it->key);
    entries_.erase(it);
  }

  const std::size_t most_;
  const std::size_t most_weight_;
  std::list<Entry> entries_;
  std::map<Key, typename std::list<Entry>::iterator> index_;
  std::size_t weight_ = 0;
};

}  // namespace retainer::base
