// The tables of the store: what each one's keys and values are. On RocksDB a table is a column
// family of that name.
//
//     table          key (codec/keys.h)                       value (codec/records.h unless said)
//     meta           "schema"                                 decimal number, kSchemaVersion
//                    "next_seq"                               u64: inbox numbers below it may be taken
//                    "ledger_head"                            StoredLedgerHead
//                    "forge/" text name                       kind, as text
//                    "probe"                                  empty: written to see whether writing works
//     inbox          text forge, u64 seq                      DeliveryRecord; undone deliveries
//     bodies         u64 seq                                  zstd frame of the body, its size within
//     deliveries     text forge, text id                      u64 seq; every id not yet expired
//     expiry         instant received, text forge, text id    u64 seq; what Expire looks through
//     set_aside      text forge, u64 seq                      DeliveryRecord with the reason
//     tickets        ticket                                   TicketRecord
//     open_tickets   ticket                                   empty; the open ones of `tickets`
//     indexes        u8 dimension, text value, instant due,   empty; see below
//                    ticket
//     facts          ticket, then the fact's id as it is      StoredFact
//     wakeups        instant, ticket                          empty; at most one a ticket
//     faces          ticket                                   FaceRecord
//     dirty          u8 rank, instant since, ticket           instant not_before (as in a key)
//     shown          ticket                                   ShownFace
//     dead_faces     ticket                                   DeadFace
//     notice_ids     the notice's id as it is                 instant (as in a key) of the queue entry
//                                                             while it waits; empty once it was told
//     notice_queue   instant at, then the notice's id as it is    Notice
//     terms          u64 number, from 1                       StoredTerms
//     projects       text forge, text id                      ProjectRecord
//     project_paths  text forge, text path in lower case      the project's id
//     pins           text forge, text login in lower case     the actor's id
//     tokens         the token's id as it is                  TokenRecord
//     token_hashes   the token's hash as it is                the token's id
//     ledger         u64 number, from 1                       LedgerRecord
//     counters       u8 counter                               u64, little-endian, added to modulo 2^64
//
// `indexes` holds, for every ticket that has them, its open state (dimension 1, value `open` or
// `closed`), project (2, `forge/id`), customers (3), priorities (4) and worst clock state (5, its
// name), each in the order of the next due instant (the infinite future where nothing is due).
//
// The numbers of Table and of the dimensions and counters are persisted or named on disk: they never
// change.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace retainer {

// Raised when an older program would damage or misread the store.
inline constexpr std::uint64_t kSchemaVersion = 1;

enum class Table : std::uint8_t {
  kMeta,
  kInbox,
  kBodies,
  kDeliveries,
  kExpiry,
  kSetAside,
  kTickets,
  kOpenTickets,
  kIndexes,
  kFacts,
  kWakeups,
  kFaces,
  kDirty,
  kShown,
  kDeadFaces,
  kNoticeIds,
  kNoticeQueue,
  kTerms,
  kProjects,
  kProjectPaths,
  kPins,
  kTokens,
  kTokenHashes,
  kLedger,
  kCounters,
};

inline constexpr std::array<std::string_view, 25> kTableNames = {
    "meta",       "inbox",        "bodies",       "deliveries", "expiry",
    "set_aside",  "tickets",      "open_tickets", "indexes",    "facts",
    "wakeups",    "faces",        "dirty",        "shown",      "dead_faces",
    "notice_ids", "notice_queue", "terms",        "projects",   "project_paths",
    "pins",       "tokens",       "token_hashes", "ledger",     "counters"};

inline std::string_view TableName(Table table) {
  return kTableNames[static_cast<std::size_t>(table)];
}

enum class Dimension : std::uint8_t {
  kState = 1,
  kProject = 2,
  kCustomer = 3,
  kPriority = 4,
  kWorst = 5,
};

enum class Counter : std::uint8_t {
  kInbox = 1,
  kSetAside = 2,
  kDirtyFaces = 3,
  kDeadFaces = 4,
  kPendingNotices = 5,
};

}  // namespace retainer
