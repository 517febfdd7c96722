#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "retainer/names.h"
#include "retainer/standing.h"
#include "src/base/utf8.h"
#include "src/policy/encoding.h"
#include "src/policy/policy_keys.h"
#include "src/policy/policy_sections.h"

namespace retainer::policy {
namespace {

// GitHub's limit.
//
// Rationale: a longer name would be refused and retried for ever.
constexpr std::size_t kMostCharacters = 50;

// Why at least one forge refuses the name for a label; empty when all accept it.
std::string WhyNoLabel(const std::string& name) {
  if (!base::IsUtf8(name)) return "is not UTF-8";
  if (base::CountCodePoints(name) > kMostCharacters) {
    return absl::StrCat("has ", base::CountCodePoints(name),
                        " characters, and GitHub takes at most ", kMostCharacters);
  }
  if (name.find(',') != std::string::npos)
    return "holds a comma, which GitLab does not allow in labels";
  if (std::any_of(name.begin(), name.end(),
                  [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); })) {
    return "holds a line end or a control character";
  }
  if (name.empty() || name.front() == ' ' || name.back() == ' ') {
    return "begins or ends with a blank, which forges take away";
  }
  return "";
}

// Checks that a policy uses each label once.
class LabelCheck {
 public:
  explicit LabelCheck(PolicyDraft* draft) : reader_(draft->reader) {}

  // `what` describes the label for people; `mend` says what can be shortened. False when the label
  // is refused.
  bool Add(const YamlNode& at, const std::string& what, const std::string& name,
           const std::string& mend) {
    if (const std::string why = WhyNoLabel(name); !why.empty()) {
      reader_.Error(at, absl::StrCat("the label of ", what, ", \"", name, "\", ", why), mend);
      return false;
    }
    // Forges compare label names without case.
    const auto [other, is_new] = seen_.emplace(FoldName(name), what);
    if (is_new) return true;
    reader_.Error(at,
                  absl::StrCat("\"", name, "\", the label of ", what,
                               ", is the same label as that of ", other->second),
                  "give each a name of its own: forges tell no upper from lower case");
    return false;
  }

 private:
  Reader& reader_;
  std::map<std::string, std::string> seen_;  // names in lower case -> description
};

}  // namespace

void ReadLabels(const YamlNode& node, PolicyDraft* draft) {
  Reader& reader = draft->reader;
  LabelNames& labels = draft->policy.labels;
  if (!reader.Map(node, "labels", policy_keys::Labels())) return;
  const auto read = [&](const char* key, const std::string& placeholder, bool may_be_none,
                        std::string* name) {
    const YamlNode* value = node.Find(key);
    if (value == nullptr) return;
    draft->label_keys.emplace(absl::StrCat("template ", key), *value);
    const auto text = reader.Text(*value, key);
    if (!text) return;
    if (!placeholder.empty() && !(may_be_none && *text == "none") &&
        !absl::StrContains(*text, placeholder)) {
      reader.Error(*value, absl::StrCat("the label \"", key, "\" does not hold ", placeholder),
                   absl::StrCat("write e.g. \"", key, ": ", placeholder, "\"",
                                may_be_none ? ", or none" : ""));
    } else {
      *name = *text;
    }
  };
  read("waiting", "", false, &labels.waiting);
  read("workaround", "", false, &labels.workaround);
  read("support", "{plan}", false, &labels.support);
  read("priority", "{priority}", false, &labels.priority);
  read("state", "{state}", true, &labels.state);
}

void CheckLabels(const YamlNode& root, PolicyDraft* draft) {
  const LabelNames& labels = draft->policy.labels;
  // The place of a problem: the template if the policy sets it, otherwise the value put into it.
  const auto at = [&](const std::string& key, const std::string& what) -> const YamlNode& {
    for (const std::string& name : {absl::StrCat("template ", key), what}) {
      const auto found = draft->label_keys.find(name);
      if (found != draft->label_keys.end()) return found->second;
    }
    return root;
  };
  LabelCheck check(draft);
  check.Add(at("waiting", ""), "`waiting`", labels.waiting, "write another name");
  check.Add(at("workaround", ""), "`workaround`", labels.workaround, "write another name");
  const std::string shorten = "shorten the name, or the template under `labels`";
  for (const Priority& priority : draft->policy.priorities) {
    const std::string what = absl::StrCat("priority ", priority.name);
    if (!check.Add(at("priority", what), what,
                   absl::StrReplaceAll(labels.priority, {{"{priority}", priority.name}}),
                   shorten)) {
      break;
    }
  }
  for (const auto& [name, plan] : draft->policy.plans) {
    const std::string what = absl::StrCat("plan ", name);
    if (!check.Add(at("support", what), what,
                   absl::StrReplaceAll(labels.support, {{"{plan}", name}}), shorten)) {
      break;
    }
  }
  std::set<std::string> of_requests;
  for (const auto& [name, request] : draft->policy.requests) {
    const std::string what = absl::StrCat("request ", name);
    for (const std::string& label : request.labels) {
      // Of a label of two requests the reader of requests has said so.
      if (!of_requests.insert(FoldName(label)).second) continue;
      if (!check.Add(at("", what), what, label, "write another name")) break;
    }
  }
  if (labels.state == "none") return;
  for (auto i = static_cast<std::uint8_t>(ClockState::kCancelled);
       i <= static_cast<std::uint8_t>(ClockState::kBreached); ++i) {
    const std::string state(ClockStateName(static_cast<ClockState>(i)));
    if (!check.Add(at("state", ""), absl::StrCat("state ", state),
                   absl::StrReplaceAll(labels.state, {{"{state}", state}}), shorten)) {
      break;
    }
  }
}

}  // namespace retainer::policy
