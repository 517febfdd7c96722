#include "src/api/admission.h"

#include <algorithm>

#include "src/api/client_address.h"

namespace retainer::api {

bool ConnectionGate::Enter(const std::string& address) {
  std::size_t& held = held_[ClientNetwork(address)];
  if (limit_ > 0 && held >= limit_) return false;
  ++held;
  return true;
}

void ConnectionGate::Leave(const std::string& address) {
  const auto it = held_.find(ClientNetwork(address));
  if (it != held_.end() && --it->second == 0) held_.erase(it);
}

BodyBudget::BodyBudget(const BodyLimits& limits)
    : limits_(limits),
      large_of_all_(limits.all - std::min(limits.all, limits.kept_for_small)),
      large_of_network_(static_cast<std::size_t>(
          static_cast<double>(limits.per_network) * static_cast<double>(large_of_all_) /
          static_cast<double>(std::max<std::size_t>(1, limits.all)))) {}

BodyBudget::Answer BodyBudget::Grow(Hold& hold, std::size_t bytes) {
  const std::size_t more = bytes - hold.bytes;
  const std::size_t more_large = Large(bytes) - Large(hold.bytes);
  const auto it = networks_.find(hold.network);
  const Pot network = it == networks_.end() ? Pot() : it->second;
  const auto over = [&](const Pot& pot, std::size_t all, std::size_t large) {
    return pot.all + more > all || (more_large > 0 && pot.large + more_large > large);
  };
  if (over(network, limits_.per_network, large_of_network_)) return Answer::kShareSpent;
  if (over(everybody_, limits_.all, large_of_all_)) return Answer::kFull;
  for (Pot* pot : {&everybody_, &networks_[hold.network]}) {
    pot->all += more;
    pot->large += more_large;
  }
  hold.bytes = bytes;
  return Answer::kYes;
}

void BodyBudget::Release(Hold& hold) {
  if (hold.bytes == 0) return;
  const auto it = networks_.find(hold.network);
  for (Pot* pot : {&everybody_, &it->second}) {
    pot->all -= hold.bytes;
    pot->large -= Large(hold.bytes);
  }
  if (it->second.all == 0) networks_.erase(it);
  hold.bytes = 0;
}

}  // namespace retainer::api
