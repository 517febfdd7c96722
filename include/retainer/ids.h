// Names of projects, tickets and actors.
//
// Plain values, comparable and hashable, safe to copy between threads. A *key* is made of ids that
// a forge never changes; the store persists keys. A *ref* is made of names, which can change;
// people type and read refs.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace retainer {

enum class ForgeKind : std::uint8_t { kGitHub = 1, kGitLab = 2 };

// The kind of a ticket on its forge. Persisted: numbers never change.
enum class TicketKind : std::uint8_t { kIssue = 1, kChange = 2 };

// A project by its forge's configured name and the forge's stable id (a decimal number on GitHub
// and GitLab).
struct ProjectKey {
  std::string forge;
  std::string id;
  friend auto operator<=>(const ProjectKey&, const ProjectKey&) = default;
};

struct TicketKey {
  std::string forge;
  std::string project;  // stable id, not the path
  TicketKind kind = TicketKind::kIssue;
  std::int64_t number = 0;  // GitHub: number; GitLab: iid
  friend auto operator<=>(const TicketKey&, const TicketKey&) = default;
};

// `github:owner/repo#12`, `gitlab:group/project#7`; for a change `gitlab:group/project!7`.
struct TicketRef {
  std::string forge;
  std::string path;
  TicketKind kind = TicketKind::kIssue;
  std::int64_t number = 0;
  friend auto operator<=>(const TicketRef&, const TicketRef&) = default;
};

// `github/1296269/issue/12`: for logs, the ledger and notice ids. Different keys give different
// texts.
std::string ToString(const TicketKey& key);
std::string ToString(const TicketRef& ref);
// InvalidArgument for any other text; the message names the expected form.
absl::StatusOr<TicketRef> ParseTicketRef(std::string_view text);

// A hash that is the same on every machine. Not collision-resistant against an attacker.
std::uint64_t Fingerprint(std::string_view text);

// `forge:path`: how policies, tokens and the API write a project.
struct ProjectRef {
  std::string forge;
  std::string path;
  friend auto operator<=>(const ProjectRef&, const ProjectRef&) = default;
};
std::string ToString(const ProjectRef& ref);
absl::StatusOr<ProjectRef> ParseProjectRef(std::string_view text);

// A person or a machine. `id` is the forge's stable id; it is empty if the forge leaves it out
// (many GitLab bodies do) and it was not looked up yet. `machine`: the forge itself says that this
// is a bot or an app. Policies can name more bots.
struct Actor {
  std::string id;
  std::string login;
  bool machine = false;
  friend auto operator<=>(const Actor&, const Actor&) = default;
};

}  // namespace retainer
