// Erasing a person's data: what is asked of the store, and what it found (DiskStore).
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "retainer/forgotten.h"

namespace retainer::store {

// One person on one forge, by all names that the store or the caller knows.
struct Person {
  std::string forge;
  std::set<std::string> ids;     // of the account; more than one: the login had several owners
  std::set<std::string> logins;  // folded
  std::set<std::string> mails;   // folded
};

// How much names a person, or did before it was changed.
struct Traces {
  std::uint64_t tickets = 0;
  std::uint64_t facts = 0;
  std::uint64_t texts = 0;       // of tickets, for the search
  std::uint64_t customers = 0;   // facts of customers, and rows of contacts
  std::uint64_t policies = 0;    // versions that are no longer in force
  std::uint64_t deliveries = 0;  // in the inbox, set aside or held
  std::uint64_t notices = 0;
  std::uint64_t rows = 0;    // sessions, pins, links, overrides
  std::uint64_t ledger = 0;  // records
  friend bool operator==(const Traces&, const Traces&) = default;
  std::uint64_t Sum() const {
    return tickets + facts + texts + customers + policies + deliveries + notices + rows + ledger;
  }
};

// How far an erasure is.
struct ForgetState {
  bool done = false;            // or none was begun
  bool only_disk_left = false;  // no row names the person any more
  Traces traces;                // what was changed since the beginning
};

// HMAC-SHA-256 with the key.
Forgotten::Keyed KeyedBy(std::string key);

}  // namespace retainer::store
