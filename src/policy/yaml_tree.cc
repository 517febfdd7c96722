#include "src/policy/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <sstream>
#include <unordered_map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"
#include "src/policy/yaml_error.h"

namespace retainer::policy {
namespace {

struct Refused : std::exception {
  explicit Refused(Problem p) : problem(std::move(p)) {}
  Problem problem;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, std::vector<Problem>* problems, std::size_t* nodes_left)
      : file_(file), problems_(problems), nodes_left_(nodes_left) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Add(Make(mark, YamlNode::Kind::kNull));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused({file_, mark.line + 1, mark.column + 1, "an alias (*name)",
                   "write the value out: aliases are not read"});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    // `!` is the tag of quoted scalars: a quoted "null" is text.
    const bool null = tag != "!" && (value == "~" || value == "null");
    YamlNode node = Make(mark, null ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar);
    if (!null) node.scalar = value;
    Add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    Open(Make(mark, YamlNode::Kind::kSequence));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    Open(Make(mark, YamlNode::Kind::kMap));
  }
  void OnMapEnd() override { Close(); }

  YamlNode Take() { return std::move(root_); }

 private:
  struct Level {
    YamlNode node;
    // In a map: the key that waits for its value.
    std::optional<YamlNode> key;
    // In a map: the line of each key.
    std::unordered_map<std::string, int> lines;
  };

  YamlNode Make(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (++nodes_ > kMaxYamlNodes) {
      throw Refused({file_, mark.line + 1, mark.column + 1,
                     absl::StrCat("more than ", kMaxYamlNodes, " values in one file"),
                     "split the file"});
    }
    if (nodes_left_ != nullptr && (*nodes_left_)-- == 0) {
      *nodes_left_ = 0;
      throw Refused(
          {file_, mark.line + 1, mark.column + 1,
           absl::StrCat("more than ", kMaxYamlNodesInAll, " values in all files together"),
           "remove what does not belong to the policy"});
    }
    YamlNode node;
    node.kind = kind;
    node.order = static_cast<int>(nodes_);
    node.file = file_;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void Open(YamlNode node) {
    if (static_cast<int>(levels_.size()) >= kMaxYamlDepth) {
      throw Refused({file_, node.line, node.column,
                     absl::StrCat("nested more than ", kMaxYamlDepth, " levels deep"),
                     "nothing here nests so deep; is a bracket missing?"});
    }
    levels_.push_back({std::move(node), std::nullopt, {}});
  }

  void Close() {
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.IsSequence()) {
      level.node.items.push_back(std::move(node));
    } else if (!level.key) {
      level.key = std::move(node);
    } else {
      AddPair(&level, std::move(node));
    }
  }

  void AddPair(Level* level, YamlNode value) {
    YamlNode key = *std::move(level->key);
    level->key.reset();
    if (!key.IsScalar()) {
      problems_->push_back({file_, key.line, key.column, "a key must be a plain word", "", Path()});
      return;
    }
    const auto [first, is_new] = level->lines.emplace(key.scalar, key.line);
    if (!is_new) {
      std::string path = Path();
      AppendKey(key.scalar, &path);
      problems_->push_back(
          {file_, key.line, key.column, absl::StrCat("\"", key.scalar, "\" is given twice"),
           absl::StrCat("keep one; the first is on line ", first->second), std::move(path)});
      return;
    }
    level->node.keys.push_back(std::move(key));
    level->node.values.push_back(std::move(value));
  }

  // The keys that lead to the innermost open map or list.
  std::string Path() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
      if (levels_[i].node.IsSequence()) {
        AppendIndex(levels_[i].node.items.size(), &path);
      } else if (levels_[i].key) {
        AppendKey(levels_[i].key->scalar, &path);
      }
    }
    return path;
  }

  const std::string& file_;
  std::vector<Problem>* problems_;
  std::vector<Level> levels_;
  YamlNode root_;
  std::size_t nodes_ = 0;
  std::size_t* nodes_left_;
};

// Bytes of a key in a path: a key can be as long as its file.
constexpr std::size_t kMostShown = 60;

// The last of the nodes that begins at or before `order`; their number if none does.
std::size_t LastBegun(const std::vector<YamlNode>& nodes, int order) {
  const auto next =
      std::upper_bound(nodes.begin(), nodes.end(), order,
                       [](int wanted, const YamlNode& node) { return wanted < node.order; });
  return next == nodes.begin() ? nodes.size() : static_cast<std::size_t>(next - nodes.begin()) - 1;
}

}  // namespace

void AppendKey(std::string_view key, std::string* path) {
  const bool plain =
      !key.empty() && key.size() <= kMostShown && std::all_of(key.begin(), key.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
      });
  if (plain) {
    absl::StrAppend(path, path->empty() ? "" : ".", base::View(key));
    return;
  }
  std::string shown;
  for (const char c : key.substr(0, kMostShown)) {
    shown += absl::ascii_iscntrl(static_cast<unsigned char>(c)) || c == '"' ? '?' : c;
  }
  if (key.size() > kMostShown) shown += "…";
  absl::StrAppend(path, "[\"", shown, "\"]");
}

void AppendIndex(std::size_t index, std::string* path) { absl::StrAppend(path, "[", index, "]"); }

std::string KeyPath(const YamlNode& root, const YamlNode& node) {
  std::string path;
  const YamlNode* at = &root;
  while (at->order < node.order) {
    const std::vector<YamlNode>& begun = at->IsMap() ? at->keys : at->items;
    const std::size_t i = LastBegun(begun, node.order);
    if (i == begun.size()) break;
    if (at->IsMap()) {
      AppendKey(begun[i].scalar, &path);
      if (begun[i].order == node.order) break;  // the key itself
      at = &at->values[i];
    } else {
      AppendIndex(i, &path);
      at = &begun[i];
    }
  }
  return path;
}

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].scalar == key) return &values[i];
  }
  return nullptr;
}

std::optional<YamlNode> ParseYaml(const std::string& file, const std::string& text,
                                  std::vector<Problem>* problems, std::size_t* nodes_left) {
  if (text.size() > kMaxYamlBytes) {
    problems->push_back(
        {file, 1, 1, absl::StrCat("larger than ", kMaxYamlBytes, " bytes"), "split the file"});
    return std::nullopt;
  }
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    TreeBuilder builder(file, problems, nodes_left);
    if (!parser.HandleNextDocument(builder)) {
      YamlNode empty;
      empty.file = file;
      return empty;
    }
    TreeBuilder rest(file, problems, nodes_left);
    if (parser.HandleNextDocument(rest)) {
      problems->push_back({file, rest.Take().line, 1, "a second document (---) in one file",
                           "put it into a file of its own"});
      return std::nullopt;
    }
    return builder.Take();
  } catch (const Refused& e) {
    problems->push_back(e.problem);
  } catch (const YAML::Exception& e) {
    problems->push_back(ExplainYaml(file, text, e.mark.line + 1, e.mark.column + 1, e.msg));
  } catch (const std::exception&) {
    problems->push_back({file, 1, 1, "not valid YAML", "check indentation and quotes"});
  }
  return std::nullopt;
}

}  // namespace retainer::policy
