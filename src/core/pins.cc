#include "retainer/pins.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace retainer {

struct Pins::Held {
  std::map<Login, std::string> ids;
  // Key: forge, then actor id.
  std::map<std::string, absl::flat_hash_map<std::string, std::vector<std::string>>, std::less<>>
      names;
};

const std::string* Pins::Find(const Login& login) const {
  if (held_ == nullptr) return nullptr;
  const auto pin = held_->ids.find(login);
  return pin == held_->ids.end() ? nullptr : &pin->second;
}

const std::vector<std::string>& Pins::NamesOf(std::string_view forge, std::string_view id) const {
  static const std::vector<std::string> kNone;
  if (held_ == nullptr) return kNone;
  const auto accounts = held_->names.find(forge);
  if (accounts == held_->names.end()) return kNone;
  const auto names = accounts->second.find(absl::string_view(id.data(), id.size()));
  return names == accounts->second.end() ? kNone : names->second;
}

bool Pins::Add(Login login, std::string id) {
  if (Find(login) != nullptr) return false;
  if (held_ == nullptr) {
    held_ = std::make_shared<Held>();
  } else if (held_.use_count() > 1) {
    held_ = std::make_shared<Held>(*held_);
  } else {
    // The last other owner may have released it on another thread: its reads must happen before our
    // changes.
    std::atomic_thread_fence(std::memory_order_acquire);
  }
  std::vector<std::string>& names = held_->names[login.forge][id];
  names.insert(std::upper_bound(names.begin(), names.end(), login.name), login.name);
  held_->ids.emplace(std::move(login), std::move(id));
  return true;
}

std::size_t Pins::size() const { return held_ == nullptr ? 0 : held_->ids.size(); }

}  // namespace retainer
