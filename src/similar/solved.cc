#include "src/similar/solved.h"

#include <set>
#include <utility>

#include "src/base/utf8.h"

namespace retainer::similar {
namespace {

// So many texts of a ticket are read: the opening and its first comments.
constexpr std::size_t kMostTexts = 40;

bool IsConfidential(const FactSet& facts) {
  bool confidential = false;
  for (const Fact* fact : facts.InOrder()) {
    if (fact->kind == FactKind::kVisibility) confidential = fact->value == "confidential";
  }
  return confidential;
}

// The objects that machines wrote, and those that we did.
std::set<std::string> OfMachines(const FactSet& facts) {
  std::set<std::string> objects;
  for (const auto& [id, fact] : facts) {
    const bool own = fact.kind == FactKind::kOwnComment;
    if (own || (fact.kind == FactKind::kComment && fact.author.machine)) {
      objects.insert(fact.subject);
    }
  }
  return objects;
}

}  // namespace

std::string_view SolvedName(Solved solved) {
  switch (solved) {
    case Solved::kNo:
      return "no";
    case Solved::kAnswer:
      return "answer";
    case Solved::kFix:
      return "fix";
  }
  return "no";
}

Solved HowSolved(bool open, const FactSet& facts, bool fixed_by_change) {
  if (open) return Solved::kNo;
  std::set<std::string> deleted;
  const std::set<std::string> machines = OfMachines(facts);
  std::string reason;
  std::string author;
  for (const Fact* fact : facts.InOrder()) {
    switch (fact->kind) {
      case FactKind::kDeleted:
      case FactKind::kMoved:
        return Solved::kNo;
      case FactKind::kOpened:
        author = fact->author.id;
        break;
      case FactKind::kClosed:
        reason = fact->value;
        break;
      case FactKind::kCommentDeleted:
        deleted.insert(fact->subject);
        break;
      default:
        break;
    }
  }
  if (reason == "not_planned" || reason == "duplicate") return Solved::kNo;
  if (fixed_by_change || reason == "merged") return Solved::kFix;
  for (const auto& [id, fact] : facts) {
    if (fact.kind != FactKind::kComment || fact.internal || !fact.text.substance) continue;
    if (fact.text.thanks || fact.author.id == author) continue;
    if (!deleted.contains(fact.subject) && !machines.contains(fact.subject)) {
      return Solved::kAnswer;
    }
  }
  return Solved::kNo;
}

std::optional<absl::Time> UncoveredSince(const TermsHistory& terms, const ProjectNames& project) {
  std::optional<absl::Time> since;
  for (auto version = terms.rbegin(); version != terms.rend(); ++version) {
    if (Covers(**version, project)) break;
    since = (*version)->effective;
  }
  return since;
}

absl::StatusOr<ReadTicket> ReadWords(Store& store, const TicketRecord& record, bool is_private) {
  auto stored = store.LoadTicket(record.key);
  if (!stored.ok()) return stored.status();
  const auto fixes = store.FindFixes(record.key, ChangeState::kMerged, 1);
  if (!fixes.ok()) return fixes.status();
  const auto texts = store.LoadTexts(record.key, kMostTexts);
  if (!texts.ok()) return texts.status();
  ReadTicket read;
  read.facts = std::move(stored->facts);
  read.solved = HowSolved(record.open, read.facts, !fixes->empty());
  Entry& entry = read.entry;
  entry.ticket = ToString(record.key);
  entry.version = record.version;
  entry.hidden = is_private;
  const bool secret = is_private || IsConfidential(read.facts);
  std::string title = record.title;
  if (base::IsUtf8(title)) title = std::string(base::CutToBytes(title, kMostTitle));
  const std::set<std::string> machines = OfMachines(read.facts);
  for (const TicketText& text : *texts) {
    if (machines.contains(text.object)) continue;
    AddText(text.text, &entry.whole);
    if (!secret && !text.internal) AddText(text.text, &entry.open);
  }
  entry.whole.title = title;
  if (!secret) entry.open.title = title;
  return read;
}

}  // namespace retainer::similar
