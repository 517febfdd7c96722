// Facts: the things that happened to a ticket, and the set of them that a ticket is.
//
// A fact's id comes from what the forge signed, so that a webhook, its redelivery and a later
// backfill of the same thing are one fact. `FactSet::Add` is a join (commutative, associative,
// idempotent): any order and any repetition of the same facts ends in the same set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "retainer/ids.h"
#include "retainer/text.h"

namespace retainer {

// Persisted: numbers never change. For each kind: what `subject`, `value` and the other fields
// hold.
enum class FactKind : std::uint8_t {
  kOpened = 1,   // actor = author; text; labels = those it was opened with
  kComment = 2,  // subject = object id (`comment/17`, `review/5`, `note/9`); actor = author;
                 // internal; text
  kCommentEdited =
      3,  // subject as kComment; actor = editor; author; text = the new version; before = the
          // previous one (nullopt where the forge does not say); created = the comment's creation
  kCommentDeleted = 4,  // subject as kComment; actor = deleter; author
  kTextEdited = 5,      // the opening text: actor = editor; author; text, before, as kCommentEdited
  kLabelAdded = 6,      // subject = label's name
  kLabelRemoved = 7,    // subject = label's name
  kLabels = 8,          // an observation: labels = the full set at `at`; no actor
  kAssigned = 9,        // subject = assignee's login; assignee
  kUnassigned = 10,     // subject = assignee's login; assignee
  kClosed = 11,         // value = `completed`, `not_planned`, `duplicate`, `merged` or empty
  kReopened = 12,
  kMoved = 13,  // transferred: value = ToString(TicketKey) of the successor, empty where the forge
                // does not say
  kDeleted = 14,
  kVisibility = 15,  // value = `public` or `confidential`: the ticket's own, not its project's
  kAction =
      16,  // anything else a person did here (milestone, pin, review request, …): value = what
  kPermission = 17,  // network: subject = actor id (or `@login`); value = `admin`, `maintain`,
                     // `write`, `triage`, `read`, `none`; expires
  kMembership = 18,  // network: subject = actor id (or `@login`) + ` ` + organisation; value =
                     // `yes`, `no`, `unseen` (an outsider cannot tell); expires
  kProfile = 19,  // network: subject = actor id (or `@login`); value = public, confirmed e-mail or
                  // empty; expires
  kOwnComment =
      20,          // network: subject = object id of a comment that we posted; value = kOwnMention
                   // where it is not the status comment
  kOperator = 21,  // typed at the command line: text.commands holds the command; value = operator
                   // and reason; subject of an excuse = `METRIC CUSTOMER`, value of it = reason;
                   // labels = kUndone where it takes the last such act back
  kArrived = 22,  // claims that came with a duplicate or a transfer: value = carried clocks (core's
                  // own text form); subject = ToString(TicketKey) of the predecessor; labels =
                  // kOfDuplicate where that one is a duplicate in another project; revision grows
                  // with the predecessor's facts
  kReference = 23,  // network: which ticket is meant. subject = a number as people wrote it (`#12`,
                    // `!12`); kMovedTo, or kDuplicateOf and the closing's second, for where the
                    // forge says that this ticket went; empty for this ticket itself; kLeftFor and
                    // a key where claims of this ticket were once sent to. value =
                    // ToString(TicketKey); empty where the forge has none or does not say
  kChangeSeen = 24,    // an observation of a change: value = its commits and what it says it fixes
                       // (core's own text form, change.h); no actor
  kCame = 25,          // the ticket came here by a transfer: value = ToString(TicketKey) of what it
                       // was, empty where the forge does not say; no actor
  kLabelRenamed = 26,  // a label of the project got another name, on its tickets too: subject = the
                       // name now, value = that before; actor = who renamed it
};

// Where a fact was learnt. A stronger one replaces a weaker one under the same id. Persisted.
enum class Provenance : std::uint8_t {
  kBackfill = 1,  // read from the forge's API afterwards; runs no commands
  kNetwork = 2,   // an answer to a question, or an act of our own
  kWebhook = 3,
  kOperator = 4,
};

struct Fact {
  std::string id;  // unique within the ticket; see MakeFactId
  FactKind kind = FactKind::kAction;
  Provenance provenance = Provenance::kWebhook;
  absl::Time at = absl::UnixEpoch();  // the forge's time
  bool at_receipt =
      false;  // the forge gave no time, or one too far ahead: `at` is the first receipt
  Actor actor;
  Actor author;  // of the object, where it can differ from the actor
  Actor assignee;
  std::string subject;
  std::string value;
  bool internal = false;  // the customer cannot read it; of an answer: core.h, IsHiddenAnswer
  TextFeatures text;
  std::optional<TextFeatures> before;
  std::optional<absl::Time> created;
  std::vector<std::string> labels;  // sorted
  std::optional<absl::Time> expires;
  std::uint64_t revision = 0;
  friend bool operator==(const Fact&, const Fact&) = default;
};

// Empty where there is no fact.
inline std::string_view IdOf(const Fact* fact) {
  return fact == nullptr ? std::string_view() : fact->id;
}

// `kind:subject:discriminator`, e.g. `comment:comment/17:`, `label+:bug:1767225600`. Distinct
// triples give distinct ids whatever the parts contain.
std::string MakeFactId(FactKind kind, std::string_view subject, std::string_view discriminator);

// The kind's name in fact ids, explanations and the ledger: `comment`, `label+`, …
std::string_view FactKindName(FactKind kind);

inline constexpr std::string_view kOwnMention = "mention";
inline constexpr std::string_view kOfDuplicate = "duplicate";
inline constexpr std::string_view kUndone = "undone";
inline constexpr std::string_view kMovedTo = "moved";
inline constexpr std::string_view kDuplicateOf = "duplicate ";
inline constexpr std::string_view kLeftFor = "left for ";

// A set of facts ordered by id. Facts are immutable once they are in a set; copies of a set share
// all that they hold until one of them changes, so that a copy costs nothing.
class FactSet {
  struct Entry {
    absl::Time at;  // the fact's, beside it: facts lie all over memory
    std::shared_ptr<const Fact> fact;
  };

 public:
  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = std::pair<const std::string&, const Fact&>;
    Iterator() = default;
    explicit Iterator(const Entry* entry) : entry_(entry) {}
    value_type operator*() const { return {entry_->fact->id, *entry_->fact}; }
    Iterator& operator++() { return ++entry_, *this; }
    Iterator operator++(int) { return Iterator(entry_++); }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const Entry* entry_ = nullptr;
  };

  // True when the set changed. Under an id that is there already the join keeps: the higher
  // revision; else the stronger provenance; else, of two taken at receipt, the earlier; else the
  // smaller in a fixed order, so that no order of arrival shows.
  bool Add(Fact fact);

  // nullptr where there is none; holds as long as any set with the fact.
  const Fact* Find(std::string_view id) const;
  bool empty() const { return size() == 0; }
  std::size_t size() const { return facts_ == nullptr ? 0 : facts_->size(); }
  // Ids and facts, by id.
  Iterator begin() const { return Iterator(facts_ == nullptr ? nullptr : facts_->data()); }
  Iterator end() const {
    return Iterator(facts_ == nullptr ? nullptr : facts_->data() + facts_->size());
  }

  // By time, then by id.
  std::vector<const Fact*> InOrder() const;

  friend bool operator==(const FactSet& a, const FactSet& b);

 private:
  // The place of the first fact whose id is not before `id`.
  std::size_t LowerBound(std::string_view id) const;

  std::shared_ptr<std::vector<Entry>> facts_;  // by id; nullptr: none. Changed only while unshared
};

}  // namespace retainer
