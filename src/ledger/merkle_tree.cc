#include "src/ledger/merkle_tree.h"

#include <algorithm>
#include <bit>

namespace retainer::ledger {
namespace {

using base::Digest;

std::string_view Bytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Another first byte than that of a leaf, so that no record can pass as an inner node.
Digest Node(const Digest& left, const Digest& right) {
  return base::Sha256({"\1", Bytes(left), Bytes(right)});
}

// The largest power of two below `count`. REQUIRES: count > 1.
std::uint64_t Split(std::uint64_t count) { return std::bit_floor(count - 1); }

}  // namespace

Digest LeafOf(std::string_view content) {
  return base::Sha256({std::string_view("\0", 1), content});
}

void MerkleRoot::AddLeaf(const Digest& leaf) {
  Complete last = {1, leaf};
  while (!subtrees_.empty() && subtrees_.back().size == last.size) {
    last = {2 * last.size, Node(subtrees_.back().root, last.root)};
    subtrees_.pop_back();
  }
  subtrees_.push_back(last);
}

Digest MerkleRoot::Root() const {
  if (subtrees_.empty()) return base::Sha256({});
  Digest root = subtrees_.back().root;
  for (std::size_t i = subtrees_.size() - 1; i > 0; --i) root = Node(subtrees_[i - 1].root, root);
  return root;
}

void MerkleTree::AddLeaf(const Digest& leaf) {
  Digest root = leaf;
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    levels_[level].push_back(root);
    const std::size_t count = levels_[level].size();
    if (count % 2 != 0) return;
    root = Node(levels_[level][count - 2], root);
  }
}

Digest MerkleTree::Subtree(std::uint64_t start, std::uint64_t count) const {
  if (std::has_single_bit(count)) {
    return levels_[std::countr_zero(count)][start / count];
  }
  const std::uint64_t left = Split(count);
  return Node(Subtree(start, left), Subtree(start + left, count - left));
}

Digest MerkleTree::Root(std::uint64_t size) const {
  return size == 0 ? base::Sha256({}) : Subtree(0, size);
}

std::vector<Digest> MerkleTree::Inclusion(std::uint64_t index, std::uint64_t size) const {
  std::vector<Digest> path;
  std::uint64_t start = 0;
  while (size > 1) {
    const std::uint64_t left = Split(size);
    if (index - start < left) {
      path.push_back(Subtree(start + left, size - left));
      size = left;
    } else {
      path.push_back(Subtree(start, left));
      start += left;
      size -= left;
    }
  }
  std::reverse(path.begin(), path.end());  // from the record to the root
  return path;
}

std::vector<Digest> MerkleTree::Consistency(std::uint64_t from, std::uint64_t to) const {
  std::vector<Digest> path;
  std::uint64_t start = 0;
  std::uint64_t size = to;
  // True while the old tree's root is the subtree's: whoever checks the proof has it already.
  bool known = true;
  while (from - start != size) {
    const std::uint64_t left = Split(size);
    if (from - start <= left) {
      path.push_back(Subtree(start + left, size - left));
      size = left;
    } else {
      path.push_back(Subtree(start, left));
      start += left;
      size -= left;
      known = false;
    }
  }
  if (!known) path.push_back(Subtree(start, size));
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace retainer::ledger
