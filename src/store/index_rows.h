// The rows of `indexes`, `open_tickets`, `wakeups` and `counters` that are derived from a ticket's
// record (formats: codec/tables.h). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "retainer/store.h"
#include "src/store/codec/tables.h"
#include "src/store/engine.h"

namespace retainer::store {

std::string TicketRowKey(const TicketKey& key);
// Of a delivery in the inbox, set aside or held.
std::string EntryKey(const std::string& forge, std::uint64_t seq);
std::string IndexProject(const std::string& forge, const std::string& project);
std::string IndexTurn(Turn turn);
// The value part in the keys of a kProjectPriority list.
std::string IndexProjectPriority(std::string_view project, std::string_view priority);

// All derived rows: table and key -> value.
std::map<std::pair<Table, std::string>, std::string> DerivedRows(const TicketRecord& record);
// Counter keys, and what the record adds to them.
std::map<std::string, std::int64_t> EndingRows(const TicketRecord& record);
std::map<std::string, std::int64_t> OpenRows(const TicketRecord& record);

// Stages the row changes between two records of a ticket.
void StageDerived(const std::optional<TicketRecord>& old, const TicketRecord& record, Batch* batch);

// The key prefix of a list. Without `order`: the list by due instant.
std::string ListPrefix(Dimension dimension, std::string_view customer, std::string_view value,
                       std::optional<ListOrder> order = std::nullopt);

// The key prefix of the instants at which hidden commitments of a project (IndexProject) count.
std::string HiddenOwedPrefix(std::string_view project, OwedAt which, HiddenEnd end);

// The key prefix of tickets with a question to ask their forge now.
std::string AsksPrefix(const std::string& forge);

// The key prefix of the tickets in which an account takes part.
std::string TakesPartPrefix(const std::string& forge, const std::string& account);
// The same of all accounts of a forge.
std::string TakesPartPrefix(const std::string& forge);
// Stages these rows for a fact of a ticket.
void StageTakesPart(const TicketKey& ticket, const Fact& fact, Batch* batch);

// The key prefix of changes in this state that say they fix a ticket.
std::string FixesPrefix(const TicketKey& fixed, ChangeState state);

}  // namespace retainer::store
