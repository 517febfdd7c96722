// What happened to a customer: an append-only set of facts. Contacts and invitations are computed
// from it, and the same facts give the same result in any order, however often repeated.
//
// Pure values and functions, thread-safe. Persisted numbers never change their meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "retainer/fact.h"
#include "retainer/subscription.h"

namespace retainer {

// An account of a forge. `actor.id` identifies it; the login is the one that it had then.
struct Account {
  std::string forge;
  Actor actor;
  friend bool operator==(const Account&, const Account&) = default;
};
// `github:erin`, for people.
std::string ToString(const Account& account);

enum class CustomerFactKind : std::uint8_t {
  kInvited = 1,            // an invitation was made: `invitation`, `hash`, `uses`, `expires`
  kInvitationRevoked = 2,  // `invitation`
  kJoined = 3,             // `account` became a contact by `invitation`
  kRemoved = 4,            // `account` is no contact any more
  // Work (hours.h). `entry` identifies it.
  kWorkLogged = 5,     // `entry`, `minutes`, `accounted`, `day`, `text`, `ticket`, `ticket_name`
  kWorkCorrected = 6,  // `entry`: the one that it corrects; `minutes`, `accounted`; `text`: why
  kSponsorship = 10,   // `subscription` of `account`: a sponsorship
  kPurchase = 11,      // `subscription` of `account`: a purchase on the forge's marketplace
};
std::string_view CustomerFactKindName(CustomerFactKind kind);

struct CustomerFact {
  std::string id;        // unique within the customer
  std::string customer;  // the id that the policy gives it
  CustomerFactKind kind = CustomerFactKind::kInvited;
  absl::Time at;
  std::string by;  // who did it, for people: `github:erin`, or the name of an operator
  Account account;
  std::string invitation;  // the invitation's public id
  std::string hash;        // SHA-256 of the invitation's token in hex; the token is stored nowhere
  std::uint32_t uses = 0;  // how many accounts may join by the invitation
  absl::Time expires = absl::InfiniteFuture();  // exclusive
  std::string entry;                            // public id of an entry of work
  std::string ticket;       // ToString(TicketKey); empty: the work was for no ticket
  std::string ticket_name;  // its readable name then
  std::string text;
  int minutes = 0;     // as worked
  int accounted = 0;   // rounded up to the unit of the block
  absl::CivilDay day;  // when the work was done, in the customer's time zone
  std::optional<Subscription> subscription = std::nullopt;
  friend bool operator==(const CustomerFact&, const CustomerFact&) = default;
};

// An account that joined a customer, or bought its entitlement on a forge. It is a contact from
// `since` (inclusive) until `until` (exclusive).
struct Contact {
  Account account;
  absl::Time since;
  absl::Time until = absl::InfiniteFuture();
  std::string invitation;  // empty: it is a contact because it bought
  std::string removed_by;  // empty while it is a contact
  bool IsAt(absl::Time at) const { return since <= at && at < until; }
  friend bool operator==(const Contact&, const Contact&) = default;
};

struct Invitation {
  std::string id;
  std::string hash;
  std::uint32_t uses = 0;
  std::uint32_t used = 0;
  absl::Time made;
  std::string by;
  absl::Time expires;
  absl::Time revoked = absl::InfiniteFuture();
  // True if an account may join by it at `at`.
  bool IsOpen(absl::Time at) const { return used < uses && at < expires && at < revoked; }
  friend bool operator==(const Invitation&, const Invitation&) = default;
};

// What follows from a customer's facts. An account that was removed and joined again has two
// entries in `contacts`.
struct CustomerBook {
  std::vector<Contact> contacts;        // ordered by the beginning, then forge and account id
  std::vector<Invitation> invitations;  // ordered by the instant when it was made, then id
  std::vector<CustomerFact> work;       // kWorkLogged and kWorkCorrected, ordered by id
  // The entry of the account that is a contact at `at`; nullptr: it is none.
  const Contact* FindContact(const Account& account, absl::Time at) const;
  // Nullptr: no invitation has this hash. Compares in constant time.
  const Invitation* FindInvitation(std::string_view hash) const;
  friend bool operator==(const CustomerBook&, const CustomerBook&) = default;
};

CustomerBook ReadCustomerFacts(const std::vector<CustomerFact>& facts);

// The limits of an invitation, also for the command line.
inline constexpr std::uint32_t kMostUses = 1000;
inline constexpr absl::Duration kLongestInvitation = absl::Hours(24 * 90);

// The facts of the four acts. Each has an id, and `at` in whole seconds, as on forges. A
// joining is later than the account's last removal, and a removal not earlier than the joining that
// it ends, also if the clock was set back between the two. `id`: the invitation's new public id.
// InvalidArgument: a limit is exceeded, or `by` is empty.
absl::StatusOr<CustomerFact> MakeInvited(const std::string& customer, const std::string& id,
                                         const std::string& hash, std::uint32_t uses,
                                         absl::Duration lasts, const std::string& by,
                                         absl::Time now);
CustomerFact MakeInvitationRevoked(const std::string& customer, const std::string& invitation,
                                   const std::string& by, absl::Time now);
// Ends a contact that is one at `now`.
CustomerFact MakeRemoved(const std::string& customer, const Contact& contact, const std::string& by,
                         absl::Time now);
// The account joins by the invitation with this hash. `most`: how many accounts may be contacts by
// joining at the same time; nullopt: no limit. NotFound: no such invitation, it is not open, or
// the account joined by it before and was removed.
// AlreadyExists: the account is a contact. OutOfRange: `most` are contacts already.
absl::StatusOr<CustomerFact> MakeJoined(const CustomerBook& book, const std::string& customer,
                                        std::string_view hash, const Account& account,
                                        std::optional<std::size_t> most, absl::Time now);

}  // namespace retainer
