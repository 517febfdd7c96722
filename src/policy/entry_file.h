// A policy's file that holds a single entry of a section: `customers/acme.yml` may be one customer,
// without the words `customers: [{id: acme, …}]` around it. Pure and thread-safe.
#pragma once

#include "src/policy/yaml_tree.h"

namespace retainer::policy {

// A document below a folder that is named after a section (`customers`, `plans`, `teams`,
// `calendars`) is one entry of it, unless it has a key that only a policy has. The entry has the
// file's name, without extension; a customer may give its `id` itself. Returns the entry as a
// policy with this one section, and every other document as it is.
YamlNode AsPolicy(YamlNode document);

// True for a file below such a folder.
bool IsEntryFile(std::string_view file);

// The document as it was before AsPolicy.
const YamlNode& AsWritten(const YamlNode& policy);

}  // namespace retainer::policy
