// The Merkle tree over the ledger's records: RFC 6962, section 2.1, with SHA-256.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "src/base/digest.h"

namespace retainer::ledger {

// The leaf of a record (section 2.1): SHA-256 of a zero byte and the content.
base::Digest LeafOf(std::string_view content);

// The root alone, in the memory of its logarithm. Not thread-safe.
class MerkleRoot {
 public:
  // Adds the next record; `content`: the bytes that are hashed.
  void Add(std::string_view content) { AddLeaf(LeafOf(content)); }
  // The same for a record of which only the leaf is left.
  void AddLeaf(const base::Digest& leaf);
  // The root of what was added; of nothing: the digest of nothing.
  base::Digest Root() const;

 private:
  struct Complete {
    std::uint64_t size;  // a power of two
    base::Digest root;
  };
  std::vector<Complete> subtrees_;  // the largest first
};

// A tree that proves. Uses 64 bytes for each record. Adding costs amortised constant time,
// everything else the square of the logarithm of the size. Not thread-safe.
class MerkleTree {
 public:
  // Adds the next record; `content`: the bytes that are hashed.
  void Add(std::string_view content) { AddLeaf(LeafOf(content)); }
  // The same for a record of which only the leaf is left.
  void AddLeaf(const base::Digest& leaf);
  std::uint64_t size() const { return levels_.empty() ? 0 : levels_.front().size(); }

  // The root of the first `size` records; of none: the digest of nothing. REQUIRES: size <= size().
  base::Digest Root(std::uint64_t size) const;
  // The audit path (section 2.1.1) from a record to the root of the first `size` records. `index`
  // counts from 0. REQUIRES: index < size <= size().
  std::vector<base::Digest> Inclusion(std::uint64_t index, std::uint64_t size) const;
  // The proof (section 2.1.2) that the first `from` records begin the first `to` records. Empty if
  // both are equal. REQUIRES: 0 < from <= to <= size().
  std::vector<base::Digest> Consistency(std::uint64_t from, std::uint64_t to) const;

 private:
  // The root of the records from `start` on. REQUIRES: `start` is a multiple of the largest power
  // of two below `count`, as all subtrees of the RFC are.
  base::Digest Subtree(std::uint64_t start, std::uint64_t count) const;

  // levels_[k][i]: the root of the 2^k records from i * 2^k on.
  std::vector<std::vector<base::Digest>> levels_;
};

}  // namespace retainer::ledger
