// The part of the Store port about customers and about the people who signed in. Contract and
// errors as in store.h; each method is durable when it returns OK.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/customer_fact.h"
#include "retainer/fact.h"
#include "retainer/ids.h"
#include "retainer/policy.h"

namespace retainer {

struct StoredCustomer {
  std::string customer;
  std::uint64_t version = 0;  // rises with every fact
  std::vector<CustomerFact> facts;
};

// A signed-in person of the pages.
struct Session {
  std::string hash;  // SHA-256 of the cookie's value in hex
  Account account;   // empty if it began with an admin link
  absl::Time created;
  absl::Time expires;        // exclusive
  std::string by_link = {};  // who made the admin link by which it began
  friend bool operator==(const Session&, const Session&) = default;
};

// A link that makes whoever follows it first an admin of the pages.
struct AdminLink {
  std::string hash;  // SHA-256 of its token in hex
  std::string by;    // who made it
  absl::Time created;
  absl::Time expires;  // exclusive
  friend bool operator==(const AdminLink&, const AdminLink&) = default;
};

// The accounts (actor ids, without repetition) that take part in a ticket by this fact.
std::vector<std::string> AccountsIn(const Fact& fact);

class PeopleStore {
 public:
  virtual ~PeopleStore() = default;

  // Version 0 and no facts if nothing is known of the customer.
  virtual absl::StatusOr<StoredCustomer> LoadCustomer(const std::string& customer) = 0;
  // All customers with facts, ordered by id.
  virtual absl::StatusOr<std::vector<StoredCustomer>> ListStoredCustomers() = 0;
  // Adds facts to a customer, each with a ledger record in the same write; a fact whose id is known
  // is skipped. Aborted if the customer's version is not `version`: load and decide again.
  // InvalidArgument: a fact without id, or of another customer.
  virtual absl::Status AddCustomerFacts(const std::string& customer, std::uint64_t version,
                                        const std::vector<CustomerFact>& facts) = 0;
  // The customer that has an invitation with this hash. Cost: one row.
  virtual absl::StatusOr<std::optional<std::string>> FindInvited(const std::string& hash) = 0;

  // Saves a session, and deletes those that expired before its beginning.
  virtual absl::Status SaveSession(const Session& session) = 0;
  virtual absl::StatusOr<std::optional<Session>> FindSession(const std::string& hash) = 0;
  // OK if there is none.
  virtual absl::Status EndSession(const std::string& hash) = 0;
  virtual absl::Status EndSessionsOf(const Account& account) = 0;

  // Pins a login (in any case) to an account's id. Nothing changes if it is pinned already.
  virtual absl::Status PinLogin(const Login& login, const std::string& id) = 0;

  // Saves a link, and deletes those that expired before its making. With a ledger record.
  virtual absl::Status SaveAdminLink(const AdminLink& link) = 0;
  // Deletes the link and returns it, with a ledger record: of concurrent callers one gets it.
  // Nullopt: there is none, or it has expired at `now`.
  virtual absl::StatusOr<std::optional<AdminLink>> TakeAdminLink(const std::string& hash,
                                                                 absl::Time now) = 0;

  // The tickets of a forge in which an account takes part (AccountsIn), open or closed, after
  // `after`, in key order. The cost grows with these tickets, not with those of others. Includes a
  // ticket of which a fact named the account before it was replaced.
  virtual absl::StatusOr<std::vector<TicketKey>> ListTicketKeysOf(
      const std::string& forge, const std::string& account, const std::optional<TicketKey>& after,
      std::size_t limit) = 0;

  // 32 random bytes, made once per store: the key of links that are not stored.
  virtual absl::StatusOr<std::string> LinkKey() = 0;
};

}  // namespace retainer
