// Reads values from a YAML tree and collects what is wrong with them.
//
// Not thread-safe: use one Reader per parse. Nothing here throws or stops at the first problem.
// When there are more problems than anybody fixes at once, lists and maps count as empty, so that
// the rest costs nothing.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/ids.h"
#include "retainer/policy.h"
#include "src/policy/problem.h"
#include "src/policy/yaml_tree.h"

namespace retainer::policy {

class Reader {
 public:
  explicit Reader(std::vector<Problem>* problems) : problems_(*problems) {}

  // Adds the document of one file. Problems and places in it have the path of their keys from then
  // on. REQUIRES: `document` outlives this.
  void AddDocument(const YamlNode* document) { documents_[document->file] = document; }

  // The first place that names each forge.
  const std::map<std::string, Place>& forges() const { return forges_; }

  void Error(const YamlNode& at, std::string what, std::string mend = "");
  Place PlaceOf(const YamlNode& node) const;

  // Keys that belong to another file, and which file: "into the configuration".
  struct Elsewhere {
    std::vector<std::string_view> keys;
    std::string_view where;
  };

  // True when `node` is a map. Adds a problem for each key that is not in `known`, and suggests the
  // nearest known key. `what` names the thing: "a plan".
  bool Map(const YamlNode& node, std::string_view what, const std::vector<std::string_view>& known,
           const Elsewhere& elsewhere = {});
  // A map whose keys are names of the writer's choice.
  bool NamedMap(const YamlNode& node, std::string_view what);
  // The items of a list. Adds a problem and returns nothing for anything else.
  const std::vector<YamlNode>& List(const YamlNode& node, std::string_view what);

  // nullopt, with a problem, for anything but a scalar that is not empty.
  std::optional<std::string> Text(const YamlNode& node, std::string_view what);
  std::vector<std::string> Texts(const YamlNode& node, std::string_view what);
  std::optional<bool> Bool(const YamlNode& node, std::string_view what);
  // A name of letters, digits, `-`, `_` and `.`.
  std::optional<std::string> Name(const YamlNode& node, std::string_view what);
  // A whole number between `least` and `most`.
  std::optional<int> Count(const YamlNode& node, std::string_view what, int least, int most);
  std::optional<double> Percent(const YamlNode& node, std::string_view what, double most);
  std::optional<absl::Time> Instant(const YamlNode& node);
  std::optional<absl::CivilDay> Day(const YamlNode& node);
  // `github:acme/*`
  std::optional<ProjectRef> ProjectPattern(const YamlNode& node);
  std::vector<ProjectRef> ProjectPatterns(const YamlNode& node);
  // `github:alice`; `what` is "a login" or "an organization".
  std::optional<Login> ReadLogin(const YamlNode& node, std::string_view what);
  // A list of logins; `list` is its key: "members".
  std::vector<Login> Logins(const YamlNode& node, std::string_view list, std::string_view what);

 private:
  bool IsFull() const;

  std::vector<Problem>& problems_;
  std::map<std::string, Place> forges_;
  std::map<std::string, const YamlNode*> documents_;  // by file
};

// `did you mean "x"?`, or the list of known words.
std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& known);
bool IsForgeName(std::string_view name);  // [a-z0-9-]+
std::string AsciiLower(std::string_view text);
// `github:alice` in lower case. Equal logins have equal keys.
std::string LoginKey(const Login& login);

}  // namespace retainer::policy
