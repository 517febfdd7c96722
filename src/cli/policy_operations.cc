#include "src/cli/policy_operations.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "retainer/policy_changes.h"
#include "src/cli/loading.h"

namespace retainer::cli {
namespace {

using nlohmann::ordered_json;

// As people read them; a shorter prefix could mean several.
constexpr std::size_t kShortId = 12;
constexpr std::size_t kShortCommit = 7;

struct Version {
  std::size_t number = 0;
  const StoredTerms* terms = nullptr;
};

absl::StatusOr<std::vector<StoredTerms>> Versions(Store& store) {
  auto versions = store.LoadTerms();
  if (versions.ok() && versions->empty()) {
    return absl::FailedPreconditionError("no policy was ever in force here");
  }
  return versions;
}

absl::StatusOr<Version> Find(const std::vector<StoredTerms>& versions, const std::string& wanted) {
  if (wanted.empty()) return Version{versions.size(), &versions.back()};
  std::size_t number = 0;
  if (absl::SimpleAtoi(wanted, &number) && number >= 1 && number <= versions.size()) {
    return Version{number, &versions[number - 1]};
  }
  std::optional<Version> found;
  for (std::size_t i = 0; wanted.size() >= kShortCommit && i < versions.size(); ++i) {
    const StoredTerms& terms = versions[i];
    if (!absl::StartsWith(terms.id, wanted) && !absl::StartsWith(terms.source.commit, wanted)) {
      continue;
    }
    // The same files may have come into force several times.
    if (found && found->terms->id != terms.id) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", wanted, "\" means more than one version: give its number"));
    }
    found = Version{i + 1, &terms};
  }
  if (found) return *found;
  return absl::NotFoundError(absl::StrCat(
      "there is no policy version \"", wanted,
      "\": give a number, or at least 7 digits of an id or a commit, as `retainer policy log` "
      "shows them"));
}

ordered_json TextOrNull(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json VersionJson(const Version& version, bool in_force) {
  const TermsSource& source = version.terms->source;
  return {{"version", version.number},
          {"id", version.terms->id},
          {"effective", Rfc3339(version.terms->effective)},
          {"in_force", in_force},
          {"commit", TextOrNull(source.commit)},
          {"author", TextOrNull(source.author)},
          {"subject", TextOrNull(source.subject)},
          {"committed", TimeOrNull(source.committed)}};
}

std::string VersionText(const Version& version) {
  const TermsSource& source = version.terms->source;
  std::string text = absl::StrCat(version.number, "  ", version.terms->id.substr(0, kShortId),
                                  "  from ", Rfc3339(version.terms->effective));
  if (!source.commit.empty()) {
    absl::StrAppend(&text, "  commit ", source.commit.substr(0, kShortCommit), "  ", source.author,
                    "  ", source.subject);
  }
  return text;
}

// What changed, in words. Nullopt if this program can no longer read one of the versions.
std::optional<std::vector<std::string>> WordsOf(const std::map<std::string, std::string>& before,
                                                const std::map<std::string, std::string>& after) {
  const auto was = CompileFiles(before);
  const auto is = CompileFiles(after);
  if (!was.ok() || !is.ok()) return std::nullopt;
  return PolicyChanges((*was)->policy, (*is)->policy, Audience::kTeam);
}

}  // namespace

absl::StatusOr<OperationResult> PolicyLog(Store& store) {
  const auto versions = Versions(store);
  if (!versions.ok()) return versions.status();
  OperationResult result{"", ordered_json::array()};
  for (std::size_t number = versions->size(); number > 0; --number) {  // the newest first
    const Version version{number, &(*versions)[number - 1]};
    result.data.push_back(VersionJson(version, number == versions->size()));
    absl::StrAppend(&result.text, VersionText(version), "\n");
  }
  return result;
}

absl::StatusOr<OperationResult> ShowPolicyVersion(Store& store, const ordered_json& request) {
  const auto versions = Versions(store);
  if (!versions.ok()) return versions.status();
  const auto version = Find(*versions, Text(request, "version"));
  if (!version.ok()) return version.status();
  OperationResult result{absl::StrCat(VersionText(*version), "\n"),
                         VersionJson(*version, version->number == versions->size())};
  result.data["files"] = ordered_json::object();
  for (const auto& [name, text] : version->terms->files) {
    result.data["files"][name] = text;
    absl::StrAppend(&result.text, "\n==> ", name, "\n", text,
                    text.empty() || text.back() == '\n' ? "" : "\n");
  }
  return result;
}

absl::StatusOr<OperationResult> DiffPolicyVersions(Store& store, const ordered_json& request) {
  const auto versions = Versions(store);
  if (!versions.ok()) return versions.status();
  const auto from = Find(*versions, Text(request, "from"));
  if (!from.ok()) return from.status();
  const auto to = Find(*versions, Text(request, "to"));
  if (!to.ok()) return to.status();
  const auto& before = from->terms->files;
  const auto& after = to->terms->files;
  const auto changes = WordsOf(before, after);
  OperationResult result{"", ordered_json::object()};
  result.data = {{"from", VersionJson(*from, from->number == versions->size())},
                 {"to", VersionJson(*to, to->number == versions->size())},
                 {"changes", changes ? ordered_json(*changes) : ordered_json(nullptr)},
                 {"files", ordered_json::array()}};
  if (changes) {
    for (const std::string& change : *changes) absl::StrAppend(&result.text, change, "\n");
  } else {
    result.text = "This program can no longer read one of the versions: only files are compared.\n";
  }
  if (!result.text.empty() && before != after) absl::StrAppend(&result.text, "\n");
  const auto add = [&](const std::string& name, const char* what) {
    result.data["files"].push_back({{"file", name}, {"change", what}});
    absl::StrAppend(&result.text, what, "  ", name, "\n");
  };
  for (const auto& [name, text] : before) {
    const auto now = after.find(name);
    if (now == after.end()) {
      add(name, "removed");
    } else if (now->second != text) {
      add(name, "changed");
    }
  }
  for (const auto& [name, text] : after) {
    if (!before.contains(name)) add(name, "added");
  }
  if (result.text.empty()) result.text = "The two versions are the same.\n";
  return result;
}

}  // namespace retainer::cli
