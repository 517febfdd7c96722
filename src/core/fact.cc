#include "retainer/fact.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace retainer {
namespace {

// A total order over the content of facts, for the last step of the join: if two deliveries
// describe the same thing with different content, the result must not depend on their order.
auto Content(const Fact& f) {
  const auto text = [](const TextFeatures& t) {
    std::string s = absl::StrCat(t.substance, t.thanks, "|", t.form_priority);
    for (const Command& c : t.commands) {
      absl::StrAppend(&s, "|", static_cast<int>(c.name), ":", c.argument, ":", c.bare);
    }
    if (!t.mistyped.empty()) absl::StrAppend(&s, "|?", t.mistyped);
    if (t.asks) absl::StrAppend(&s, "|asks");
    return s;
  };
  return std::make_tuple(
      f.at, f.actor, f.author, f.assignee, f.subject, f.value, f.internal, text(f.text),
      f.before.has_value(), f.before ? text(*f.before) : std::string(),
      f.created.value_or(absl::InfinitePast()), f.labels, f.expires.value_or(absl::InfinitePast()));
}

// True if `challenger` replaces `holder` under the same id.
bool Wins(const Fact& challenger, const Fact& holder) {
  if (challenger.revision != holder.revision) return challenger.revision > holder.revision;
  if (challenger.provenance != holder.provenance) return challenger.provenance > holder.provenance;
  if (challenger.at_receipt != holder.at_receipt) return !challenger.at_receipt;
  return Content(challenger) < Content(holder);
}

void AppendPart(std::string* id, std::string_view part) {
  for (char c : part) {
    if (c == ':' || c == '\\') id->push_back('\\');
    id->push_back(c);
  }
}

}  // namespace

std::string_view FactKindName(FactKind kind) {
  switch (kind) {
    case FactKind::kOpened:
      return "opened";
    case FactKind::kComment:
      return "comment";
    case FactKind::kCommentEdited:
      return "comment-edited";
    case FactKind::kCommentDeleted:
      return "comment-deleted";
    case FactKind::kTextEdited:
      return "text-edited";
    case FactKind::kLabelAdded:
      return "label+";
    case FactKind::kLabelRemoved:
      return "label-";
    case FactKind::kLabels:
      return "labels";
    case FactKind::kAssigned:
      return "assigned";
    case FactKind::kUnassigned:
      return "unassigned";
    case FactKind::kClosed:
      return "closed";
    case FactKind::kReopened:
      return "reopened";
    case FactKind::kMoved:
      return "moved";
    case FactKind::kDeleted:
      return "deleted";
    case FactKind::kVisibility:
      return "visibility";
    case FactKind::kAction:
      return "action";
    case FactKind::kPermission:
      return "permission";
    case FactKind::kMembership:
      return "membership";
    case FactKind::kProfile:
      return "profile";
    case FactKind::kOwnComment:
      return "own-comment";
    case FactKind::kOperator:
      return "operator";
    case FactKind::kArrived:
      return "arrived";
    case FactKind::kReference:
      return "reference";
    case FactKind::kChangeSeen:
      return "change";
    case FactKind::kCame:
      return "came";
    case FactKind::kLabelRenamed:
      return "label-renamed";
    case FactKind::kWorkAnswered:
      return "work-answered";
  }
  return "";
}

std::string MakeFactId(FactKind kind, std::string_view subject, std::string_view discriminator) {
  std::string id(FactKindName(kind));
  id.push_back(':');
  AppendPart(&id, subject);
  id.push_back(':');
  AppendPart(&id, discriminator);
  return id;
}

bool FactSet::Add(Fact fact) {
  const std::size_t place = LowerBound(fact.id);
  const bool known = place < size() && (*facts_)[place].fact->id == fact.id;
  if (known && !Wins(fact, *(*facts_)[place].fact)) return false;
  if (facts_ == nullptr) {
    facts_ = std::make_shared<std::vector<Entry>>();
  } else if (facts_.use_count() > 1) {
    facts_ = std::make_shared<std::vector<Entry>>(*facts_);
  } else {
    // The last other owner may have released it on another thread: its reads must happen before our
    // changes.
    std::atomic_thread_fence(std::memory_order_acquire);
  }
  Entry entry{fact.at, std::make_shared<const Fact>(std::move(fact))};
  if (known) {
    (*facts_)[place] = std::move(entry);
  } else {
    facts_->insert(facts_->begin() + static_cast<std::ptrdiff_t>(place), std::move(entry));
  }
  return true;
}

const Fact* FactSet::Find(std::string_view id) const {
  const std::size_t place = LowerBound(id);
  return place < size() && (*facts_)[place].fact->id == id ? (*facts_)[place].fact.get() : nullptr;
}

std::size_t FactSet::LowerBound(std::string_view id) const {
  // Fast path: a store adds facts in the order of ids.
  if (empty() || facts_->back().fact->id < id) return size();
  const auto place = std::partition_point(facts_->begin(), facts_->end(),
                                          [id](const Entry& entry) { return entry.fact->id < id; });
  return static_cast<std::size_t>(place - facts_->begin());
}

std::vector<const Fact*> FactSet::InOrder() const {
  struct Place {
    absl::Time at;
    std::uint32_t by_id;
  };
  if (empty()) return {};
  std::vector<Place> places;
  places.reserve(size());
  for (const Entry& entry : *facts_) {
    places.push_back({entry.at, static_cast<std::uint32_t>(places.size())});
  }
  // Facts of the same instant stay ordered by id.
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return a.at < b.at; });
  std::vector<const Fact*> order;
  order.reserve(places.size());
  for (const Place& place : places) order.push_back((*facts_)[place.by_id].fact.get());
  return order;
}

bool operator==(const FactSet& a, const FactSet& b) {
  if (a.empty() || b.empty() || a.facts_ == b.facts_) return a.size() == b.size();
  return std::equal(
      a.facts_->begin(), a.facts_->end(), b.facts_->begin(), b.facts_->end(),
      [](const auto& x, const auto& y) { return x.fact == y.fact || *x.fact == *y.fact; });
}

}  // namespace retainer
