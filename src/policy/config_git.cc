#include "src/policy/config_git.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/base/view.h"
#include "src/policy/duration.h"
#include "src/policy/policy_keys.h"

namespace retainer::policy {
namespace {

// A forge would take more for an attack.
constexpr absl::Duration kShortestPoll = absl::Seconds(10);
constexpr char kForm[] =
    "write git+https://HOST/PATH.git#BRANCH, git+ssh://git@HOST/PATH.git#BRANCH or "
    "git+file:///PATH#BRANCH";

bool IsPlain(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           also.find(c) != also.npos;
  });
}

// A branch's name as git allows it, without characters that nobody uses.
bool IsBranch(std::string_view name) {
  return !name.empty() && name.size() <= 200 && IsPlain(name, "-_./+@") &&
         name.find_first_of("-./") != 0 && !name.ends_with("/") && !name.ends_with(".") &&
         !name.ends_with(".lock") && name.find("..") == name.npos && name.find("//") == name.npos;
}

class GitReader {
 public:
  GitReader(const ConfigValues& values, Reader* reader, std::vector<Problem>* warnings)
      : values_(values), reader_(*reader), warnings_(*warnings) {}

  bool ReadAddress(const YamlNode& node, std::string_view text) {
    text.remove_prefix(4);
    const std::size_t hash = text.find('#');
    const std::string_view url = text.substr(0, hash);
    if (hash != text.npos) {
      git_.branch = text.substr(hash + 1);
      if (!IsBranch(git_.branch)) {
        return Wrong(node, "the text after # is no branch", "write e.g. #main");
      }
    }
    git_.url = url;
    const std::size_t authority = url.find("://");
    const std::string_view scheme = url.substr(0, authority == url.npos ? 0 : authority);
    if (scheme != "https" && scheme != "ssh" && scheme != "file") {
      return Wrong(node, "not an address of a policy in git", kForm);
    }
    const std::string_view rest = url.substr(authority + 3);
    const std::size_t slash = rest.find('/');
    const std::string_view host = rest.substr(0, slash);
    const std::string_view path = slash == rest.npos ? "" : rest.substr(slash);
    if (!IsPlain(rest, "-_./~+@:[]") || path.size() < 2 || host.empty() != (scheme == "file")) {
      return Wrong(node, "not an address of a policy in git", kForm);
    }
    const std::string_view user = host.substr(0, host.find('@') == host.npos ? 0 : host.find('@'));
    if (user.find(':') != user.npos) {
      return Wrong(node, "a password in the address would be shown in logs",
                   "write policy_git: {token: env:NAME}");
    }
    return true;
  }

  bool ReadOptions(const YamlNode& node) {
    if (!reader_.Map(node, "policy_git", policy_keys::PolicyGit())) return false;
    bool good = true;
    if (const YamlNode* n = node.Find("path")) good &= ReadPath(*n);
    if (const YamlNode* n = node.Find("poll")) good &= ReadPoll(*n);
    if (const YamlNode* n = node.Find("project")) good &= ReadProject(*n);
    for (const auto& [key, scheme] :
         {std::pair("token", "https"), {"ssh_key", "ssh"}, {"known_hosts", "ssh"}}) {
      const YamlNode* n = node.Find(key);
      if (n == nullptr || absl::StartsWith(git_.url, absl::StrCat(scheme, "://"))) continue;
      warnings_.push_back(
          {n->file, n->line, n->column,
           absl::StrCat("policy_git.", key, " is not used: it is for addresses with git+", scheme,
                        "://"),
           "leave it out, or correct `policy`"});
    }
    if (!good) return false;
    if (const YamlNode* n = node.Find("token")) {
      git_.token = values_.Secret(*n, "token").value_or("");
    }
    if (const YamlNode* n = node.Find("ssh_key")) {
      git_.ssh_key = values_.Secret(*n, "ssh_key").value_or("");
      if (!git_.ssh_key.empty() && !absl::StrContains(git_.ssh_key, "PRIVATE KEY-----")) {
        return Wrong(*n, "ssh_key is not a private key",
                     "make one: ssh-keygen -t ed25519 -N '' -f policy_key");
      }
      if (!git_.ssh_key.empty()) git_.ssh_key.push_back('\n');  // the reader takes the last one
    }
    if (const YamlNode* n = node.Find("known_hosts")) {
      git_.known_hosts = values_.Text(*n, "known_hosts").value_or("");
      git_.known_hosts.push_back('\n');
    }
    return true;
  }

  PolicyGitConfig& git() { return git_; }

  bool Wrong(const YamlNode& at, std::string what, std::string mend) {
    reader_.Error(at, std::move(what), std::move(mend));
    return false;
  }

 private:
  bool ReadPath(const YamlNode& node) {
    const auto text = values_.Text(node, "policy_git.path");
    if (!text) return false;
    std::vector<std::string> parts;
    for (const absl::string_view part : absl::StrSplit(*text, '/', absl::SkipEmpty())) {
      if (part == ".") continue;
      if (part == "..") {
        return Wrong(node, "policy_git.path leads out of the repository", "write e.g. path: desk");
      }
      absl::StrAppend(&git_.path, git_.path.empty() ? "" : "/", part);
    }
    return true;
  }

  bool ReadProject(const YamlNode& node) {
    const auto text = values_.Text(node, "policy_git.project");
    if (!text) return false;
    const std::size_t colon = text->find(':');
    const bool whole = colon != text->npos && colon > 0 && text->find('/', colon) != text->npos &&
                       IsPlain(text->substr(0, colon), "-_") &&
                       IsPlain(text->substr(colon + 1), "-_./");
    if (!whole) {
      return Wrong(node, "policy_git.project is not a project of a forge",
                   "write e.g. github:acme/support-policy");
    }
    git_.project = ProjectRef{text->substr(0, colon), text->substr(colon + 1)};
    return true;
  }

  bool ReadPoll(const YamlNode& node) {
    const auto text = values_.Text(node, "policy_git.poll");
    if (!text) return false;
    const auto poll = ParseDuration(*text);
    if (!poll.ok() || *poll < kShortestPoll) {
      return Wrong(node, "policy_git.poll is not a duration of at least 10s", "write e.g. 5m");
    }
    git_.poll = *poll;
    return true;
  }

  const ConfigValues& values_;
  Reader& reader_;
  std::vector<Problem>& warnings_;
  PolicyGitConfig git_;
};

}  // namespace

bool IsGitAddress(std::string_view text) { return text.starts_with("git+"); }

std::optional<PolicyGitConfig> ReadPolicyGit(const YamlNode& address, const std::string& text,
                                             const YamlNode* options, const ConfigValues& values,
                                             Reader* reader, std::vector<Problem>* warnings) {
  GitReader git(values, reader, warnings);
  if (!git.ReadAddress(address, text)) return std::nullopt;
  if (options != nullptr && !git.ReadOptions(*options)) return std::nullopt;
  if (git.git().url.starts_with("ssh://")) {
    for (const char* key : {"ssh_key", "known_hosts"}) {
      if (options != nullptr && options->Find(key) != nullptr) continue;
      git.Wrong(address, absl::StrCat("git+ssh:// needs policy_git.", key),
                "write policy_git: {ssh_key: file:PATH, known_hosts: file:PATH}");
      return std::nullopt;
    }
  }
  return git.git();
}

}  // namespace retainer::policy
