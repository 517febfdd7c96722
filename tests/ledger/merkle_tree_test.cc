#include "src/ledger/merkle_tree.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace retainer::ledger {
namespace {

using base::Digest;

std::string Bytes(const Digest& digest) { return base::ToBytes(digest); }
Digest Node(const Digest& left, const Digest& right) {
  return base::Sha256({"\1", Bytes(left), Bytes(right)});
}

MerkleTree TreeOf(const std::vector<std::string>& records) {
  MerkleTree tree;
  for (const std::string& record : records) tree.Add(record);
  return tree;
}

std::vector<std::string> Numbers(int count) {
  std::vector<std::string> records;
  for (int i = 0; i < count; ++i) records.push_back(std::to_string(i));
  return records;
}

// RFC 9162, section 2.1.3.2.
bool Leads(std::uint64_t index, std::uint64_t size, Digest digest, const std::vector<Digest>& path,
           const Digest& root) {
  std::uint64_t last = size - 1;
  for (const Digest& sibling : path) {
    if (last == 0) return false;
    if (index % 2 == 1 || index == last) {
      digest = Node(sibling, digest);
      while (index % 2 == 0 && index != 0) {
        index /= 2;
        last /= 2;
      }
    } else {
      digest = Node(digest, sibling);
    }
    index /= 2;
    last /= 2;
  }
  return last == 0 && digest == root;
}

// RFC 9162, section 2.1.4.2.
bool Continues(std::uint64_t from, std::uint64_t to, const Digest& old_root, const Digest& new_root,
               std::vector<Digest> path) {
  if (from == to) return path.empty() && old_root == new_root;
  if (path.empty()) return false;
  if ((from & (from - 1)) == 0) path.insert(path.begin(), old_root);
  std::uint64_t index = from - 1;
  std::uint64_t last = to - 1;
  while (index % 2 == 1) {
    index /= 2;
    last /= 2;
  }
  Digest old_digest = path[0];
  Digest new_digest = path[0];
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (last == 0) return false;
    if (index % 2 == 1 || index == last) {
      old_digest = Node(path[i], old_digest);
      new_digest = Node(path[i], new_digest);
      while (index % 2 == 0 && index != 0) {
        index /= 2;
        last /= 2;
      }
    } else {
      new_digest = Node(new_digest, path[i]);
    }
    index /= 2;
    last /= 2;
  }
  return last == 0 && old_digest == old_root && new_digest == new_root;
}

// The inputs and roots that implementations of Certificate Transparency share.
TEST(MerkleTreeTest, HasTheRootsOfCertificateTransparency) {
  const MerkleTree tree =
      TreeOf({"", std::string(1, '\0'), "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43",
              "\x50\x51\x52\x53\x54\x55\x56\x57",
              "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"});
  const std::vector<std::string> roots = {
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  ASSERT_EQ(tree.size() + 1, roots.size());
  for (std::size_t size = 0; size < roots.size(); ++size) {
    EXPECT_EQ(base::ToHex(tree.Root(size)), roots[size]) << size;
  }
}

TEST(MerkleTreeTest, TheRootAloneIsThatOfTheTree) {
  const std::vector<std::string> records = Numbers(70);
  const MerkleTree tree = TreeOf(records);
  MerkleRoot root;
  EXPECT_EQ(root.Root(), tree.Root(0));
  for (std::size_t i = 0; i < records.size(); ++i) {
    root.Add(records[i]);
    EXPECT_EQ(root.Root(), tree.Root(i + 1)) << i;
  }
}

TEST(MerkleTreeTest, EveryRecordIsProvedInEveryTree) {
  const std::vector<std::string> records = Numbers(40);
  const MerkleTree tree = TreeOf(records);
  for (std::uint64_t size = 1; size <= tree.size(); ++size) {
    const Digest root = tree.Root(size);
    for (std::uint64_t index = 0; index < size; ++index) {
      const Digest leaf = base::Sha256({std::string_view("\0", 1), records[index]});
      const Digest other = base::Sha256({std::string_view("\0", 1), "other"});
      const std::vector<Digest> path = tree.Inclusion(index, size);
      EXPECT_TRUE(Leads(index, size, leaf, path, root)) << index << " of " << size;
      EXPECT_FALSE(Leads(index, size, other, path, root)) << index << " of " << size;
    }
  }
}

TEST(MerkleTreeTest, EveryTreeContinuesTheSmallerOnes) {
  const MerkleTree tree = TreeOf(Numbers(40));
  std::vector<std::string> changed = Numbers(40);
  changed[0] = "changed";
  const MerkleTree other = TreeOf(changed);
  for (std::uint64_t to = 1; to <= tree.size(); ++to) {
    for (std::uint64_t from = 1; from <= to; ++from) {
      const std::vector<Digest> path = tree.Consistency(from, to);
      EXPECT_TRUE(Continues(from, to, tree.Root(from), tree.Root(to), path)) << from << " " << to;
      EXPECT_FALSE(Continues(from, to, other.Root(from), tree.Root(to), path)) << from << " " << to;
    }
  }
}

}  // namespace
}  // namespace retainer::ledger
