// Which tickets are in the index, and with which words: read from the store, one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/project.h"
#include "retainer/store.h"
#include "src/similar/index.h"

namespace retainer::similar {

// How a ticket was closed, as far as it helps whoever has the same trouble.
enum class Solved : std::uint8_t { kNo, kAnswer, kFix };
std::string_view SolvedName(Solved solved);  // `fix`

// kFix: it was merged, or a merged change says that it fixes it. kAnswer: somebody other than its
// author wrote a comment of substance that everybody who can read the ticket can read. kNo: it is
// open or gone, nobody answered, or it was closed as a duplicate or as not planned. Pure.
Solved HowSolved(bool open, const FactSet& facts, bool fixed_by_change);

// Its words are kept for so long after its last activity.
inline constexpr absl::Duration kTextsKept = absl::Hours(24 * 730);
// Its words are kept for so long after the policy ceased to cover its project, like the bodies of
// deliveries (ReconcilerOptions::keep_deliveries).
inline constexpr absl::Duration kUncoveredTextsKept = absl::Hours(24 * 14);

// The instant since which no version covers the project. Nullopt: it is covered, or there is no
// policy. Pure.
std::optional<absl::Time> UncoveredSince(const TermsHistory& terms, const ProjectNames& project);

struct ReadTicket {
  Entry entry;
  Solved solved = Solved::kNo;
  FactSet facts;
};
// Reads a ticket's words: title, opening and comments, without those of machines and our own. In a
// private project or a confidential ticket all of them are secret; else internal notes are.
// `is_private`: nobody knows that everybody can read its project. The store's errors.
absl::StatusOr<ReadTicket> ReadWords(Store& store, const TicketRecord& record, bool is_private);

}  // namespace retainer::similar
