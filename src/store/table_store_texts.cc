// TableStore: what people wrote on tickets, and the key of links.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "src/base/digest.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/people_records.h"
#include "src/store/index_rows.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

constexpr char kLinkKeyName[] = "link_key";
constexpr std::size_t kLinkKeyBytes = 32;

bool IsEdit(const Fact& fact) {
  return fact.kind == FactKind::kCommentEdited || fact.kind == FactKind::kTextEdited;
}

absl::StatusOr<bool> Has(View& view, const TicketKey& ticket, FactKind kind,
                         const std::string& subject) {
  const auto found = view.Get(Table::kFacts, TicketRowKey(ticket) + MakeFactId(kind, subject, ""));
  if (!found.ok()) return found.status();
  return found->has_value();
}

}  // namespace

absl::Status TableStore::StageTexts(View& view, const TicketKey& ticket,
                                    const std::vector<Fact>& facts, Batch* batch) {
  const std::string prefix = TicketRowKey(ticket);
  bool gone = false;
  for (const Fact& fact : facts) {
    gone = gone || fact.kind == FactKind::kDeleted || fact.kind == FactKind::kMoved;
  }
  if (gone) return StageForgotten(view, ticket, batch);
  std::map<std::string, TicketText> kept;
  for (const Fact& fact : facts) {
    if (fact.kind == FactKind::kCommentDeleted) batch->Delete(Table::kTexts, prefix + fact.subject);
    if (fact.said.text == nullptr) continue;
    // A late version of a text that was taken out meanwhile stays out.
    const auto ticket_is_gone = Has(view, ticket, FactKind::kDeleted, "");
    if (!ticket_is_gone.ok()) return ticket_is_gone.status();
    const auto ticket_moved = Has(view, ticket, FactKind::kMoved, "");
    if (!ticket_moved.ok()) return ticket_moved.status();
    const auto comment_is_gone = Has(view, ticket, FactKind::kCommentDeleted, fact.subject);
    if (!comment_is_gone.ok()) return comment_is_gone.status();
    if (*ticket_is_gone || *ticket_moved || *comment_is_gone) continue;
    auto known = kept.find(fact.subject);
    if (known == kept.end()) {
      auto stored = ReadRecord<TicketText>(view, Table::kTexts, prefix + fact.subject);
      if (!stored.ok()) return stored.status();
      if (*stored) known = kept.emplace(fact.subject, **std::move(stored)).first;
    }
    const bool newer = known == kept.end() || fact.at > known->second.at ||
                       (fact.at == known->second.at && IsEdit(fact));
    if (newer) kept[fact.subject] = {fact.subject, *fact.said.text, fact.internal, fact.at};
  }
  for (const Fact& fact : facts) {
    if (fact.kind == FactKind::kCommentDeleted) kept.erase(fact.subject);
  }
  for (const auto& [object, text] : kept) {
    batch->Put(Table::kTexts, prefix + object, EncodeRecord(text));
  }
  return absl::OkStatus();
}

absl::Status TableStore::StageForgotten(View& view, const TicketKey& ticket, Batch* batch) {
  const std::string prefix = TicketRowKey(ticket);
  return view.Walk(Table::kTexts, prefix, PrefixEnd(prefix),
                   [&](std::string_view key, std::string_view) {
                     batch->Delete(Table::kTexts, std::string(key));
                     return true;
                   });
}

absl::StatusOr<std::vector<TicketText>> TableStore::LoadTexts(const TicketKey& ticket,
                                                              std::size_t limit) {
  std::vector<TicketText> texts;
  if (limit == 0) return texts;
  const std::string prefix = TicketRowKey(ticket);
  absl::Status unreadable;
  const absl::Status walked = engine_->Read()->Walk(
      Table::kTexts, prefix, PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
        auto text = DecodeRecord<TicketText>(value);
        if (!text) {
          unreadable = Unreadable(Table::kTexts, key);
          return false;
        }
        // A text that was edited to nothing: its row keeps a late earlier version out.
        if (!text->text.empty()) texts.push_back(*std::move(text));
        return texts.size() < limit;
      });
  if (!walked.ok()) return walked;
  if (!unreadable.ok()) return unreadable;
  return texts;
}

absl::Status TableStore::ForgetTexts(const TicketKey& ticket) {
  const LockStripes::Hold hold = locks_.Acquire({LockName(ticket)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    if (absl::Status status = StageForgotten(*view, ticket, &batch); !status.ok()) return status;
  }
  return batch.empty() ? absl::OkStatus() : engine_->Write(batch);
}

absl::StatusOr<std::string> TableStore::LinkKey() {
  const LockStripes::Hold hold = locks_.Acquire({kLinkKeyName});
  {
    const auto stored = engine_->Read()->Get(Table::kMeta, kLinkKeyName);
    if (!stored.ok()) return stored.status();
    if (*stored) {
      if ((*stored)->size() != kLinkKeyBytes) return Unreadable(Table::kMeta, kLinkKeyName);
      return **stored;
    }
  }
  if (absl::Status status = Prepare(); !status.ok()) return status;
  auto key = base::RandomBytes(kLinkKeyBytes);
  if (!key.ok()) return key.status();
  Batch batch;
  batch.Put(Table::kMeta, kLinkKeyName, *key);
  if (absl::Status written = engine_->Write(batch); !written.ok()) return written;
  return key;
}

}  // namespace retainer::store
