// A YAML document as a plain tree that remembers where each thing stands.
//
// Pure and thread-safe. Hostile text gives a problem, never a crash: text, depth and the number of
// nodes are bounded, aliases are refused (one line of them can stand for millions of nodes), and
// the YAML library's exceptions stop here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/policy/problem.h"

namespace retainer {

inline constexpr std::size_t kMaxYamlBytes = 1 << 20;
inline constexpr int kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxYamlNodes = 100'000;       // of a file
inline constexpr std::size_t kMaxYamlNodesInAll = 200'000;  // of a policy

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  std::string file;
  int line = 1;
  int column = 1;
  std::string scalar;
  std::vector<YamlNode> items;   // of a sequence
  std::vector<YamlNode> keys;    // of a map: scalars, each once
  std::vector<YamlNode> values;  // of a map: as many as keys

  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsSequence() const { return kind == Kind::kSequence; }
  bool IsMap() const { return kind == Kind::kMap; }
  bool IsNull() const { return kind == Kind::kNull; }
  // The value of a key; nullptr where there is none.
  const YamlNode* Find(std::string_view key) const;
};

// nullopt, with a problem added, for what is no single well-formed document. A key that stands
// twice in one map adds a problem too; the first stays. `nodes_left`, where given, is what all
// files together may still hold; what this one holds is taken from it.
std::optional<YamlNode> ParseYaml(const std::string& file, const std::string& text,
                                  std::vector<Problem>* problems,
                                  std::size_t* nodes_left = nullptr);

}  // namespace retainer
