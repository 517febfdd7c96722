// The records of the ledger.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/ids.h"
#include "src/store/codec/fields.h"

namespace retainer::store {

// One fact of a decision. `name` is the fact's id. If the id may name a person (permissions,
// memberships, profiles, assignments), it is the kind and the beginning of the digest instead, so
// the ledger holds nothing that would have to be erased. `digest` is SHA-256 of the fact's record.
// An override of the gate is stored likewise: `override:~…` with the digest of its record; the
// entry's ticket is then number 0 of the project. A customer's fact: `customer:~…`, no project.
struct LedgerFact {
  std::string name;
  std::string digest;  // 32 bytes; empty for a fact without its content
};

template <class Io>
void Describe(Io& io, LedgerFact& fact) {
  io(1, fact.name);
  io(2, fact.digest);
}

// A record whose content was erased (`retainer forget`), named by a later record. `leaf`: SHA-256
// of a zero byte and the content, its leaf in the Merkle tree (src/ledger). `before` and `digest`
// are those of its predecessor and its own: the chain is fixed also across it.
struct ErasedRecord {
  std::uint64_t number = 0;
  std::string leaf;    // 32 bytes
  std::string before;  // 32 bytes; empty for record 1
  std::string digest;  // 32 bytes
};

template <class Io>
void Describe(Io& io, ErasedRecord& erased) {
  io(1, erased.number);
  io(2, erased.leaf);
  io(3, erased.before);
  io(4, erased.digest);
}

struct LedgerEntry {
  TicketKey ticket;
  absl::Time at;
  std::vector<LedgerFact> facts;
  std::vector<std::string> changes;
  std::string terms_id;
  std::string commit;
  // 16 random bytes. Rationale: a proof for one customer holds digests of its neighbours' records
  // (src/ledger), and without it a record with few words could be found by guessing.
  std::string salt;
  std::vector<ErasedRecord> erased;
};

template <class Io>
void Describe(Io& io, LedgerEntry& entry) {
  io(1, entry.ticket);
  io(2, entry.at);
  io(3, entry.facts);
  io(4, entry.changes);
  io(5, entry.terms_id);
  io(6, entry.commit);
  io(7, entry.salt);
  io(8, entry.erased);
}

// A ledger record as stored. `content`: the entry's record, the bytes that were hashed. `digest`:
// SHA-256(the predecessor's digest (32 bytes; nothing for the first) || content).
//
// Of an erased record the content is gone and the digest stays, so the chain goes on from it. Its
// leaf stays for the Merkle tree, and `rest` has what named nobody: the entry without the names,
// for people alone. A later record names it (ErasedRecord), with the same leaf and digests: a
// content that is missing without one is damage.
struct LedgerRecord {
  std::string content;
  std::string digest;  // 32 bytes
  std::string leaf;    // 32 bytes; empty unless it was erased
  std::string rest;    // the record of a LedgerEntry; empty unless it was erased
};

inline bool IsErased(const LedgerRecord& record) { return !record.leaf.empty(); }

template <class Io>
void Describe(Io& io, LedgerRecord& record) {
  io(1, record.content);
  io(2, record.digest);
  io(3, record.leaf);
  io(4, record.rest);
}

struct StoredLedgerHead {
  std::uint64_t length = 0;
  std::string digest;  // 32 bytes; empty for an empty ledger
};

template <class Io>
void Describe(Io& io, StoredLedgerHead& head) {
  io(1, head.length);
  io(2, head.digest);
}

}  // namespace retainer::store
