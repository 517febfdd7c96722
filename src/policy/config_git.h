// Reads a policy's place in a git repository from a configuration: `policy: git+https://…#branch`
// and `policy_git`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retainer/config.h"
#include "src/policy/config_value.h"
#include "src/policy/problem.h"
#include "src/policy/reader.h"

namespace retainer::policy {

// True for the value of `policy` that names a repository and not a folder.
bool IsGitAddress(std::string_view text);

// `address` is the node with the value `text`; `options` is `policy_git`, or null. nullopt with
// problems when something is wrong. Credentials that the address does not use are a warning.
std::optional<PolicyGitConfig> ReadPolicyGit(const YamlNode& address, const std::string& text,
                                             const YamlNode* options, const ConfigValues& values,
                                             Reader* reader, std::vector<Problem>* warnings);

}  // namespace retainer::policy
