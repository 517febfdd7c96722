#include "retainer/pins.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace retainer {
namespace {

template <class T>
using ByAccount = std::map<std::string, absl::flat_hash_map<std::string, T>, std::less<>>;

template <class T>
const T& FindOr(const ByAccount<T>& all, std::string_view forge, std::string_view id,
                const T& none) {
  const auto accounts = all.find(forge);
  if (accounts == all.end()) return none;
  const auto found = accounts->second.find(absl::string_view(id.data(), id.size()));
  return found == accounts->second.end() ? none : found->second;
}

}  // namespace

struct Pins::Held {
  std::map<Login, std::string> ids;
  // Keys: forge, then actor id.
  ByAccount<std::vector<std::string>> names;
  ByAccount<std::vector<JoinedTime>> joined;
};

Pins::Held& Pins::Own() {
  if (held_ == nullptr) {
    held_ = std::make_shared<Held>();
  } else if (held_.use_count() > 1) {
    held_ = std::make_shared<Held>(*held_);
  } else {
    // The last other owner may have released it on another thread: its reads must happen before our
    // changes.
    std::atomic_thread_fence(std::memory_order_acquire);
  }
  return *held_;
}

const std::string* Pins::Find(const Login& login) const {
  if (held_ == nullptr) return nullptr;
  const auto pin = held_->ids.find(login);
  return pin == held_->ids.end() ? nullptr : &pin->second;
}

const std::vector<std::string>& Pins::NamesOf(std::string_view forge, std::string_view id) const {
  static const std::vector<std::string> kNone;
  return held_ == nullptr ? kNone : FindOr(held_->names, forge, id, kNone);
}

const std::vector<JoinedTime>& Pins::JoinedBy(std::string_view forge, std::string_view id) const {
  static const std::vector<JoinedTime> kNone;
  return held_ == nullptr ? kNone : FindOr(held_->joined, forge, id, kNone);
}

bool Pins::Add(Login login, std::string id) {
  if (Find(login) != nullptr) return false;
  Held& held = Own();
  std::vector<std::string>& names = held.names[login.forge][id];
  names.insert(std::upper_bound(names.begin(), names.end(), login.name), login.name);
  held.ids.emplace(std::move(login), std::move(id));
  return true;
}

void Pins::Join(const std::string& forge, const std::string& id, JoinedTime time) {
  std::vector<JoinedTime>& times = Own().joined[forge][id];
  const auto before = [](const JoinedTime& a, const JoinedTime& b) {
    return std::tie(a.customer, a.since, a.until) < std::tie(b.customer, b.since, b.until);
  };
  times.insert(std::upper_bound(times.begin(), times.end(), time, before), std::move(time));
}

std::size_t Pins::size() const { return held_ == nullptr ? 0 : held_->ids.size(); }

}  // namespace retainer
