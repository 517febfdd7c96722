// How well the search finds the ticket that people called the same: measured on the store's own
// duplicates, against chance and against a search by title alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/store.h"
#include "src/similar/index.h"

namespace retainer::similar {

// Shown hits have at least this score until an evaluation has found a better one.
inline constexpr double kFirstThreshold = 0.5;
// With fewer duplicates the threshold is not changed.
inline constexpr std::size_t kFewestDuplicates = 10;

// Shares of the duplicates whose original is among the first 5 and 10 hits, and is the first one.
struct Quality {
  double recall_at_5 = 0;
  double recall_at_10 = 0;
  double precision_at_1 = 0;
};

struct Evaluation {
  std::size_t tickets = 0;     // searched
  std::size_t duplicates = 0;  // with an original that is known
  Quality search;
  Quality title_only;
  Quality random;  // what chance is expected to find
  // The score at which showing the first hit is right most often (the best F1). Nullopt: too few
  // duplicates.
  std::optional<double> threshold;
};

// What a search returned: the score of the first hit, and whether it was the right one.
struct FirstHit {
  double score = 0;
  bool right = false;
};
// The threshold with the best F1 over `first`; of equal ones the highest. 0: none was right. Pure.
double BestThreshold(std::vector<FirstHit> first);

// A ticket with its words, and the ticket that people called the same (empty: none).
struct Judged {
  Entry entry;
  std::string same_as;
};

// Measures the search. All tickets are added first, some at a time; then each duplicate is searched
// for. They lie in an index of their own: only what is added at a time is in memory. Errors: the
// index's.
class Measurement {
 public:
  // `path`: of the index, which is deleted at the beginning and at the end; empty: in memory.
  explicit Measurement(std::string path);
  ~Measurement();
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;

  absl::Status Add(const std::vector<Judged>& tickets);
  // Counts nothing if the original was not added. A duplicate's own entry is no hit.
  absl::Status SearchFor(const Judged& duplicate);
  Evaluation Result() const;

 private:
  const std::string path_;
  std::optional<Index> index_;
  Evaluation sums_;
  std::vector<FirstHit> first_;
};

// The ticket of which people said that this one is a duplicate of it: by closing it as one, or by
// a command. Nullopt: none that is known.
std::optional<std::string> OriginalOf(const TicketKey& ticket, const FactSet& facts);

}  // namespace retainer::similar
