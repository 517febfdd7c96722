// Names of things: projects, tickets, actors.
//
// Plain values, comparable and hashable, safe to copy between threads. A *key* is made of ids that
// a forge never changes and is what the store persists; a *ref* is what people type and read, made
// of names that change.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace retainer {

enum class ForgeKind : std::uint8_t { kGitHub = 1, kGitLab = 2 };

// What a ticket is on its forge. Persisted: numbers never change.
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
  std::string project;  // the stable id, not the path
  TicketKind kind = TicketKind::kIssue;
  std::int64_t number = 0;  // GitHub's number, GitLab's iid
  friend auto operator<=>(const TicketKey&, const TicketKey&) = default;
};

// `github:owner/repo#12`, `gitlab:group/project#7`, `gitlab:group/project!7` for a change.
struct TicketRef {
  std::string forge;
  std::string path;
  TicketKind kind = TicketKind::kIssue;
  std::int64_t number = 0;
  friend auto operator<=>(const TicketRef&, const TicketRef&) = default;
};

// `github/1296269/issue/12`: for logs, the ledger and notice ids. Distinct keys give distinct
// texts.
std::string ToString(const TicketKey& key);
std::string ToString(const TicketRef& ref);
// InvalidArgument, naming the expected form, for anything else.
absl::StatusOr<TicketRef> ParseTicketRef(std::string_view text);

// Tells texts apart, the same on every machine; nothing to rely on against those who choose both.
std::uint64_t Fingerprint(std::string_view text);

// `forge:path`, as policies, tokens and the API write a project.
struct ProjectRef {
  std::string forge;
  std::string path;
  friend auto operator<=>(const ProjectRef&, const ProjectRef&) = default;
};
std::string ToString(const ProjectRef& ref);
absl::StatusOr<ProjectRef> ParseProjectRef(std::string_view text);

// A person or a machine as a delivery names it. `id` is the forge's stable id; it is empty where a
// forge leaves it out (many GitLab bodies do) and nobody has resolved it yet. `machine` is the
// forge's own word that this is a bot or an app; policies can name more.
struct Actor {
  std::string id;
  std::string login;
  bool machine = false;
  friend auto operator<=>(const Actor&, const Actor&) = default;
};

}  // namespace retainer
