#include "src/store/lock_stripes.h"

#include <functional>
#include <set>

namespace retainer::store {

LockStripes::Hold LockStripes::Acquire(const std::vector<std::string>& names) {
  std::set<std::size_t> wanted;
  for (const std::string& name : names) {
    wanted.insert(std::hash<std::string>()(name) % stripes_.size());
  }
  Hold hold;
  hold.reserve(wanted.size());
  for (std::size_t index : wanted) hold.emplace_back(stripes_[index]);
  return hold;
}

}  // namespace retainer::store
