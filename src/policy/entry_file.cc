#include "src/policy/entry_file.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "src/policy/policy_keys.h"

namespace retainer::policy {
namespace {

constexpr std::string_view kCustomers = "customers";

// The keys of an entry of a section; nothing for what is no section of entries.
policy_keys::Keys EntryKeys(std::string_view section) {
  if (section == kCustomers) return policy_keys::Customer();
  if (section == "plans") return policy_keys::Plan();
  if (section == "teams") return policy_keys::Team();
  if (section == "calendars") return policy_keys::Calendar();
  return {};
}

// The innermost folder that is named after a section: `customers` for `desk/customers/eu/acme.yml`.
// Empty: none.
std::string_view SectionOf(std::string_view file) {
  for (std::size_t end = file.rfind('/'); end != std::string_view::npos; end = file.rfind('/')) {
    file = file.substr(0, end);
    const std::string_view folder = file.substr(file.rfind('/') + 1);  // npos + 1 is 0
    if (!EntryKeys(folder).empty()) return folder;
  }
  return {};
}

// `acme` for `desk/customers/acme.yml`.
std::string_view StemOf(std::string_view file) {
  file = file.substr(file.rfind('/') + 1);
  return file.substr(0, file.rfind('.'));
}

bool Has(const policy_keys::Keys& keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// A node that the file does not have.
YamlNode Added(YamlNode::Kind kind, const std::string& file, std::string_view scalar = "") {
  YamlNode node;
  node.kind = kind;
  node.file = file;
  node.scalar = std::string(scalar);
  return node;
}

}  // namespace

bool IsEntryFile(std::string_view file) { return !SectionOf(file).empty(); }

YamlNode AsPolicy(YamlNode document) {
  const std::string file = document.file;
  const std::string_view section = SectionOf(file);
  const policy_keys::Keys entry_keys = EntryKeys(section);
  const policy_keys::Keys root_keys = policy_keys::Root();
  if (section.empty() || !document.IsMap() ||
      std::any_of(document.keys.begin(), document.keys.end(), [&](const YamlNode& key) {
        return Has(root_keys, key.scalar) && !Has(entry_keys, key.scalar);
      })) {
    return document;
  }
  const YamlNode name = Added(YamlNode::Kind::kScalar, file, StemOf(file));
  const bool is_list = section == kCustomers;
  if (is_list && document.Find("id") == nullptr) {
    YamlNode key = name;
    key.scalar = "id";
    document.keys.insert(document.keys.begin(), std::move(key));
    document.values.insert(document.values.begin(), name);
  }
  YamlNode entries = Added(is_list ? YamlNode::Kind::kSequence : YamlNode::Kind::kMap, file);
  if (is_list) {
    entries.items.push_back(std::move(document));
  } else {
    entries.keys.push_back(name);
    entries.values.push_back(std::move(document));
  }
  YamlNode policy = Added(YamlNode::Kind::kMap, file);
  policy.keys.push_back(Added(YamlNode::Kind::kScalar, file, section));
  policy.values.push_back(std::move(entries));
  return policy;
}

const YamlNode& AsWritten(const YamlNode& policy) {
  if (policy.order != 0) return policy;
  const YamlNode& entries = policy.values.front();
  return entries.IsMap() ? entries.values.front() : entries.items.front();
}

}  // namespace retainer::policy
