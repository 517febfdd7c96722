#include "src/cli/loading.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/policy/config_parser.h"
#include "src/policy/policy_source.h"

namespace retainer::cli {
namespace {

// An error with the problems, without the last line end.
absl::Status Refused(const std::vector<policy::Problem>& problems) {
  std::string text = policy::FormatProblems(problems);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return absl::InvalidArgumentError(text);
}

// Names a policy's file by its path, so that a person can find it.
void NameInFolder(const std::string& folder, std::string* file) {
  if (!file->empty() && !folder.empty()) *file = absl::StrCat(folder, "/", *file);
}

std::vector<policy::Problem> InFolder(std::vector<policy::Problem> problems,
                                      const std::string& folder) {
  for (policy::Problem& problem : problems) NameInFolder(folder, &problem.file);
  return problems;
}

policy::PolicyPlaces InFolder(policy::PolicyPlaces places, const std::string& folder) {
  for (auto& [forge, place] : places.forges) NameInFolder(folder, &place.file);
  for (auto& [sink, place] : places.sinks) NameInFolder(folder, &place.file);
  for (auto* named : {&places.terms, &places.calendars, &places.holidays}) {
    for (auto& [name, place] : *named) NameInFolder(folder, &place.file);
  }
  for (auto& [target, place] : places.targets) NameInFolder(folder, &place.file);
  return places;
}

}  // namespace

absl::StatusOr<Config> LoadConfigFile(const std::string& path, Secrets secrets) {
  FileFindings findings;
  auto config = LoadConfigFile(path, &findings, secrets);
  for (const policy::Problem& warning : findings.warnings) {
    std::cerr << "warning: " << policy::FormatProblem(warning) << "\n";
  }
  return config;
}

absl::StatusOr<Config> LoadConfigFile(const std::string& path, FileFindings* findings,
                                      Secrets secrets) {
  policy::ConfigSources sources = policy::SystemSources();
  sources.read_secrets = secrets == Secrets::kRead;
  policy::ConfigResult result = policy::LoadConfig(path, sources);
  findings->problems = policy::Sorted(std::move(result.problems));
  findings->warnings = policy::Sorted(std::move(result.warnings));
  findings->policy = result.policy;
  findings->data = std::move(result.data);
  if (!result.config) return Refused(findings->problems);
  return *std::move(result.config);
}

absl::StatusOr<LoadedPolicy> LoadPolicyFolder(const std::string& folder) {
  FileFindings findings;
  return LoadPolicyFolder(folder, &findings);
}

absl::StatusOr<LoadedPolicy> LoadPolicyFolder(const std::string& folder, FileFindings* findings) {
  // Not repeated: an address may hold a token.
  if (folder.find("://") != std::string::npos) {
    return absl::NotFoundError(
        "the policy is to be a folder, not an address: clone the repository and give its folder");
  }
  auto files = policy::ReadPolicyFolder(folder);
  if (!files.ok()) return files.status();
  return LoadPolicyFiles(*std::move(files), folder, findings);
}

absl::StatusOr<LoadedPolicy> LoadPolicyFiles(std::map<std::string, std::string> files,
                                             const std::string& folder, FileFindings* findings) {
  policy::PolicyResult result = policy::ParsePolicy(files);
  findings->problems = policy::Sorted(InFolder(std::move(result.problems), folder));
  if (!result.policy) return Refused(findings->problems);
  LoadedPolicy loaded;
  loaded.id = policy::PolicyId(files);
  loaded.files = std::move(files);
  loaded.policy = *std::move(result.policy);
  loaded.warnings = policy::Sorted(InFolder(std::move(result.warnings), folder));
  loaded.places = InFolder(std::move(result.places), folder);
  return loaded;
}

absl::StatusOr<std::shared_ptr<const Terms>> CompileFiles(
    const std::map<std::string, std::string>& files) {
  policy::PolicyResult result = policy::ParsePolicy(files);
  if (!result.policy) return Refused(result.problems);
  return CompileTerms(policy::PolicyId(files), absl::UnixEpoch(), *std::move(result.policy));
}

TermsHistory CompileHistory(const std::vector<StoredTerms>& stored, Log& log) {
  TermsHistory history;
  for (const StoredTerms& terms : stored) {
    policy::PolicyResult result = policy::ParsePolicy(terms.files);
    absl::StatusOr<std::shared_ptr<const Terms>> compiled =
        result.policy ? CompileTerms(terms.id, terms.effective, *std::move(result.policy),
                                     terms.source.commit)
                      : Refused(result.problems);
    if (compiled.ok()) {
      history.push_back(*std::move(compiled));
    } else {
      log.Error("a policy version of the past can no longer be read",
                {{"version", terms.id}, {"reason", std::string(compiled.status().message())}});
    }
  }
  return history;
}

}  // namespace retainer::cli
