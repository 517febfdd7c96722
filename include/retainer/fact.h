// Facts: the things that happened to a ticket. A ticket is a set of facts.
//
// A fact's id is made from what the forge signed. A webhook, its redelivery and a later backfill of
// the same thing therefore give the same fact. `FactSet::Add` is a join (commutative, associative,
// idempotent): any order and any repetition of the same facts gives the same set.
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

// Persisted: numbers never change. For each kind: what `subject`, `value` and other fields hold.
// "network": an answer of the forge or an act of our own, not an event.
enum class FactKind : std::uint8_t {
  // actor = author; text; labels = those that it was opened with
  kOpened = 1,
  // subject = object id (`comment/17`, `review/5`, `note/9`); actor = author; internal; text
  kComment = 2,
  // subject as kComment; actor = editor; author; text = the new version; before = the previous one
  // (nullopt if the forge does not say); created = the comment's creation
  kCommentEdited = 3,
  // subject as kComment; actor = deleter; author
  kCommentDeleted = 4,
  // the opening text was edited: actor = editor; author; text and before as kCommentEdited
  kTextEdited = 5,
  kLabelAdded = 6,    // subject = label's name
  kLabelRemoved = 7,  // subject = label's name
  kLabels = 8,        // an observation: labels = the full set at `at`; no actor
  kAssigned = 9,      // subject = assignee's login; assignee
  kUnassigned = 10,   // subject = assignee's login; assignee
  kClosed = 11,       // value = `completed`, `not_planned`, `duplicate`, `merged` or empty
  kReopened = 12,
  // transferred: value = ToString(TicketKey) of the successor, empty if the forge does not say
  kMoved = 13,
  kDeleted = 14,
  kVisibility = 15,  // value = `public` or `confidential`: of the ticket, not of its project
  // anything else that a person did here (milestone, pin, review request, …): value = what
  kAction = 16,
  // network: subject = actor id (or `@login`); value = `admin`, `maintain`, `write`, `triage`,
  // `read`, `none`; expires
  kPermission = 17,
  // network: subject = actor id (or `@login`) + ` ` + organisation; value = `yes`, `no`, `unseen`
  // (our account is not a member and cannot tell); expires
  kMembership = 18,
  // network: subject = actor id (or `@login`); value = public, confirmed e-mail or empty; expires
  kProfile = 19,
  // network: subject = object id of a comment that we posted; value = kOwnMention if it is not the
  // status comment
  kOwnComment = 20,
  // typed at the command line, or done on a page: text.commands = the command; value = who, then
  // `: ` and the reason. For an excuse: subject = `METRIC CUSTOMER`. labels = kUndone if it takes
  // the last such act back; kContactOf and a customer's id if a contact of it did it on a page;
  // kLinkOf and a customer's id if somebody did it who has the link, whoever that is
  kOperator = 21,
  // claims that came with a duplicate or a transfer: value = carried clocks (the core's text form);
  // subject = ToString(TicketKey) of the predecessor; labels = kOfDuplicate if the predecessor is a
  // duplicate in another project; revision grows with the predecessor's facts
  kArrived = 22,
  // network: the ticket that a reference means.
  // subject: a number as people wrote it (`#12`, `!12`); kMovedTo, or kDuplicateOf and the second
  // of the closing, for the place where the forge says that this ticket went; empty for this ticket
  // itself; kLeftFor and a key for a ticket to which claims of this ticket were once sent.
  // value: ToString(TicketKey); empty if the forge knows none or does not say
  kReference = 23,
  // an observation of a change: value = its commits and what it says it fixes (the core's text
  // form, change.h); no actor
  kChangeSeen = 24,
  // the ticket was transferred here: value = ToString(TicketKey) of its predecessor, empty if the
  // forge does not say; no actor
  kCame = 25,
  // a label of the project was renamed, also on its tickets: subject = the new name, value = the
  // old name; actor = who renamed it
  kLabelRenamed = 26,
  // our own answer to a command that logs work, at the moment of logging: subject = `OBJECT NUMBER`
  // (the command's number among those of the object; the opening text has an empty name), value =
  // why it was refused, empty if it was logged; labels = the customer. internal: the customer was
  // private
  kWorkAnswered = 28,
};

// The source of a fact. Under the same id a stronger source (higher number) replaces a weaker one.
// Persisted.
enum class Provenance : std::uint8_t {
  kBackfill = 1,  // read later from the forge's API; its commands do not run
  kNetwork = 2,   // an answer of the forge to a question, or an act of our own
  kWebhook = 3,
  kOperator = 4,
  kPage = 5,  // done on a page of ours by whoever was signed in; the page checked their rights
};

// A text on its way from the forge to the store, cut to kMostSaid bytes of UTF-8. It is no part of
// the fact: any two are equal, and it is not stored with the fact (text_store.h).
inline constexpr std::size_t kMostSaid = 8 * 1024;
struct Said {
  // Nullptr: it is not known. An empty text: nothing is said any more.
  std::shared_ptr<const std::string> text;
  friend bool operator==(const Said&, const Said&) { return true; }
};

struct Fact {
  std::string id;  // unique within the ticket; see MakeFactId
  FactKind kind = FactKind::kAction;
  Provenance provenance = Provenance::kWebhook;
  absl::Time at = absl::UnixEpoch();  // the forge's time
  // `at` is the first receipt, because the forge gave no time or one too far ahead.
  bool at_receipt = false;
  Actor actor;
  Actor author;  // author of the object, if it can differ from the actor
  Actor assignee;
  std::string subject;
  std::string value;
  bool internal = false;  // the customer cannot read it; for an answer see IsHiddenAnswer (core.h)
  TextFeatures text;
  std::optional<TextFeatures> before;
  std::optional<absl::Time> created;
  std::vector<std::string> labels;  // sorted
  std::optional<absl::Time> expires;
  std::uint64_t revision = 0;
  Said said = {};
  friend bool operator==(const Fact&, const Fact&) = default;
};

// The fact's id; empty for nullptr.
inline std::string_view IdOf(const Fact* fact) {
  return fact == nullptr ? std::string_view() : fact->id;
}

// `kind:subject:discriminator`, for example `comment:comment/17:`, `label+:bug:1767225600`.
// Different triples give different ids, whatever the parts contain.
std::string MakeFactId(FactKind kind, std::string_view subject, std::string_view discriminator);

// The kind's name in fact ids, explanations and the ledger: `comment`, `label+`, …
std::string_view FactKindName(FactKind kind);

inline constexpr std::string_view kOwnMention = "mention";
inline constexpr std::string_view kOfDuplicate = "duplicate";
inline constexpr std::string_view kUndone = "undone";
inline constexpr std::string_view kContactOf = "contact of ";
inline constexpr std::string_view kLinkOf = "link of ";
inline constexpr std::string_view kMovedTo = "moved";
inline constexpr std::string_view kDuplicateOf = "duplicate ";
inline constexpr std::string_view kLeftFor = "left for ";

// A set of facts ordered by id. Facts in a set are immutable. Copies of a set share their content
// until one of them changes (copy-on-write), so a copy is cheap.
class FactSet {
  struct Entry {
    absl::Time at;  // copy of fact->at: saves a cache miss
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

  // Returns true if the set changed. If the id exists already, the fact that is kept is the one
  // with the higher revision; else the stronger provenance; else, if both were taken at receipt,
  // the earlier time; else the smaller one in a fixed order. So the order of arrival does not
  // matter.
  bool Add(Fact fact);

  // nullptr if there is none. Valid as long as any set contains the fact.
  const Fact* Find(std::string_view id) const;
  bool empty() const { return size() == 0; }
  std::size_t size() const { return facts_ == nullptr ? 0 : facts_->size(); }
  // Iterates over ids and facts, ordered by id.
  Iterator begin() const { return Iterator(facts_ == nullptr ? nullptr : facts_->data()); }
  Iterator end() const {
    return Iterator(facts_ == nullptr ? nullptr : facts_->data() + facts_->size());
  }

  // The facts ordered by time, then by id.
  std::vector<const Fact*> InOrder() const;

  friend bool operator==(const FactSet& a, const FactSet& b);

 private:
  // The index of the first fact whose id is not less than `id`.
  std::size_t LowerBound(std::string_view id) const;

  // Ordered by id. Nullptr: empty. Changed only while it is not shared.
  std::shared_ptr<std::vector<Entry>> facts_;
};

}  // namespace retainer
