// A YAML document as a plain tree in which each node has its position.
//
// Pure and thread-safe. Hostile text gives a problem, never a crash: text, depth and the number of
// nodes are bounded, aliases are refused (one line of aliases can expand to millions of nodes), and
// the YAML library's exceptions are caught here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/policy/problem.h"

namespace retainer::policy {

inline constexpr std::size_t kMaxYamlBytes = 1 << 20;
inline constexpr int kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxYamlNodes = 100'000;         // per file
inline constexpr std::size_t kMaxYamlNodesInAll = 1'000'000;  // per policy

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  // The number of the node in its file, in the order in which nodes begin, from 1. 0: the file does
  // not have this node.
  int order = 0;
  std::string file;
  int line = 1;
  int column = 1;
  std::string scalar;
  std::vector<YamlNode> items;   // if this is a sequence
  std::vector<YamlNode> keys;    // if this is a map: scalars, without repetition
  std::vector<YamlNode> values;  // if this is a map: one per key

  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsSequence() const { return kind == Kind::kSequence; }
  bool IsMap() const { return kind == Kind::kMap; }
  bool IsNull() const { return kind == Kind::kNull; }
  // The value of a key; nullptr when the key is missing.
  const YamlNode* Find(std::string_view key) const;
};

// The keys that lead from `root` to a node of the same file, as Place::path has them.
std::string KeyPath(const YamlNode& root, const YamlNode& node);
// Adds a key, or the index of a list's item, to a path of keys.
void AppendKey(std::string_view key, std::string* path);
void AppendIndex(std::size_t index, std::string* path);

// nullopt, with a problem, when the text is not a single well-formed document. A repeated key in
// one map also adds a problem; the first one stays. `nodes_left`, if given, is the number of nodes
// that all files together may still have; the nodes of this file are subtracted from it.
std::optional<YamlNode> ParseYaml(const std::string& file, const std::string& text,
                                  std::vector<Problem>* problems,
                                  std::size_t* nodes_left = nullptr);

}  // namespace retainer::policy
