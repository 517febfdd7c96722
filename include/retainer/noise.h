// Noise: the notifications that our own acts cause on a forge, counted by kind, ticket and month.
//
// The budget: a ticket that causes more than kNoiseBudget notifications in a month is looked at. A
// usual ticket causes two (its status comment and an assignment), one that was late and escalated
// perhaps five; more than that is a policy that mentions too often, or something that goes in
// circles.
//
// What notifies people: a comment that we create (everybody who takes part in the ticket or watches
// it), and an assignment (the assignee). What notifies nobody: an edit of a comment, a label, a
// reaction, a check, and the deletion of a comment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/ids.h"

namespace retainer {

// The numbers are persisted.
enum class NoiseKind : std::uint8_t {
  kStatus = 1,      // the status comment was created
  kMention = 2,     // a comment that mentions people
  kAssignment = 3,  // one account was assigned
};
std::string_view NoiseKindName(NoiseKind kind);

inline constexpr std::uint64_t kNoiseBudget = 10;  // of a ticket, in a month

using NoiseCounts = std::map<NoiseKind, std::uint64_t>;
std::uint64_t SumOf(const NoiseCounts& counts);

// The calendar month of an instant, in UTC: the number of months since January of the year 0.
std::int32_t MonthOf(absl::Time at);

struct NoiseMonth {
  NoiseCounts kinds;
  std::uint64_t tickets = 0;  // with at least one notification
  std::uint64_t median = 0;   // notifications of such a ticket; of two middle ones the greater
  std::vector<std::pair<TicketKey, std::uint64_t>> noisiest;  // the noisiest first
};

// The part of the Store port about noise. Contract and errors as in store.h, but AddNoise does not
// sync: a power cut may lose the last counts.
class NoiseStore {
 public:
  static constexpr std::int32_t kMonthsKept = 13;  // earlier ones are deleted

  virtual ~NoiseStore() = default;

  virtual absl::Status AddNoise(const TicketKey& ticket, NoiseKind kind, std::uint64_t count,
                                absl::Time at) = 0;
  // At most `limit` tickets are named. Cost: the rows returned, and one row per different number of
  // notifications of a ticket.
  virtual absl::StatusOr<NoiseMonth> ReadNoise(std::int32_t month, std::size_t limit) = 0;
  virtual absl::StatusOr<NoiseCounts> ReadNoiseOf(const TicketKey& ticket, std::int32_t month) = 0;
};

}  // namespace retainer
