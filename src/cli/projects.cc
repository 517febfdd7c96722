#include "src/cli/projects.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "src/cli/unseen_members.h"

namespace retainer::cli {
namespace {

// This many refusals of one address are not an accident.
constexpr std::uint64_t kManyRefusals = 5;
constexpr std::size_t kMostSenders = 5;
// The number of steps in one request, so that a signal is handled in between.
constexpr int kSteps = 20;

ProjectRef RefOf(const ProjectRecord& project) { return {project.key.forge, project.path}; }

absl::StatusOr<std::map<ProjectKey, ProjectRecord>> KnownProjects(Store& store) {
  auto projects = store.ListProjects();
  if (!projects.ok()) return projects.status();
  std::map<ProjectKey, ProjectRecord> known;
  for (ProjectRecord& project : *projects) known.emplace(project.key, std::move(project));
  return known;
}

}  // namespace

absl::StatusOr<ProjectFindings> LookAtProjects(const pipeline::Desk& desk, Store& store) {
  ProjectFindings found;
  auto known = KnownProjects(store);
  if (!known.ok()) return known.status();
  auto resyncs = store.ListResyncs();
  if (!resyncs.ok()) return resyncs.status();
  auto held = store.ListHeld();
  if (!held.ok()) return held.status();
  const TermsHistory terms = desk.terms();
  if (!terms.empty()) {
    const Terms& current = *terms.back();
    for (const auto& entry : *known) {
      const ProjectRecord& project = entry.second;
      const auto old_name = StaleName(current.policy, current.id, NamesOf(project));
      if (old_name) found.wrong.push_back(NamedByOldName(RefOf(project), *old_name));
      if (EverCovered(terms, NamesOf(project)) && !Covers(current, NamesOf(project))) {
        found.warnings.push_back(absl::StrCat("an earlier policy covered it: ",
                                              NotCovered(current.policy, RefOf(project))));
      }
    }
    for (const HeldDeliveries& one : *held) {
      const auto project = known->find(one.project);
      if (project == known->end() || Covers(current, NamesOf(project->second))) continue;
      found.warnings.push_back(absl::StrCat(
          one.count, " deliveries are held: ", NotCovered(current.policy, RefOf(project->second)),
          ", and they are read; otherwise remove its webhook"));
    }
  }
  if (!terms.empty()) {
    auto unseen = UnseenMembers(terms.back()->policy, store);
    if (!unseen.ok()) return unseen.status();
    for (std::string& line : *unseen) found.warnings.push_back(std::move(line));
  }
  for (const ResyncRecord& resync : *resyncs) {
    const auto project = known->find(resync.project);
    if (project == known->end() || resync.trouble.empty()) continue;
    found.wrong.push_back(absl::StrCat(
        ToString(RefOf(project->second)), " cannot be read back: ", resync.trouble,
        resync.finished ? "; fix that, then `retainer resync`" : "; it is tried again"));
  }
  std::size_t told = 0;
  for (const pipeline::RefusedSender& sender : desk.Refused()) {
    if (sender.count < kManyRefusals || ++told > kMostSenders) continue;
    found.wrong.push_back(absl::StrCat(
        sender.count, " deliveries for ", sender.forge, " from ",
        sender.address.empty() ? "an unknown address" : sender.address, " were refused since ",
        Rfc3339(sender.first), ", the last at ", Rfc3339(sender.last), ": ", sender.reason,
        "; give that webhook and the configuration the same secret"));
  }
  return found;
}

absl::StatusOr<std::vector<std::string>> CompareProjects(const pipeline::Desk& desk, Store& store,
                                                         const Policy& policy) {
  std::vector<std::string> found;
  auto projects = store.ListProjects();
  if (!projects.ok()) return projects.status();
  const TermsHistory terms = desk.terms();
  for (const ProjectRecord& project : *projects) {
    if (!Covers(terms, NamesOf(project)) ||
        Covers(policy, "", ProjectNames{project.key.forge, project.path})) {
      continue;
    }
    std::optional<std::string> old_name;
    for (const FormerName& name : project.former) {
      if (Covers(policy, "", ProjectNames{project.key.forge, name.path})) old_name = name.path;
    }
    found.push_back(old_name
                        ? NamedByOldName(RefOf(project), *old_name)
                        : absl::StrCat("the policy in force covers it, but this one does not: ",
                                       NotCovered(policy, RefOf(project))));
  }
  return found;
}

absl::Status ListHeld(const pipeline::Desk& desk, Store& store, std::string* text,
                      nlohmann::ordered_json* list) {
  auto known = KnownProjects(store);
  if (!known.ok()) return known.status();
  auto held = store.ListHeld();
  if (!held.ok()) return held.status();
  const TermsHistory terms = desk.terms();
  for (const HeldDeliveries& one : *held) {
    const auto project = known->find(one.project);
    const ProjectRef ref = project == known->end() ? ProjectRef{one.project.forge, one.project.id}
                                                   : RefOf(project->second);
    const std::string why = terms.empty() ? std::string("no valid policy is in force")
                                          : NotCovered(terms.back()->policy, ref);
    list->push_back({{"project", ToString(ref)}, {"deliveries", one.count}, {"reason", why}});
    absl::StrAppend(text, ToString(ref), "  ", one.count, " deliveries are held: ", why, "\n");
  }
  return absl::OkStatus();
}

absl::StatusOr<nlohmann::ordered_json> ReadBackState(pipeline::Desk& desk, Store& store,
                                                     Clock& clock, bool drive) {
  absl::Time next = clock.Steady() + absl::Seconds(1);
  for (int step = 0; drive && step < kSteps; ++step) {
    auto stepped = desk.ReadBackStep();
    if (!stepped.ok()) return stepped.status();
    next = *stepped;
    if (next > clock.Steady()) break;
  }
  auto known = KnownProjects(store);
  if (!known.ok()) return known.status();
  auto resyncs = store.ListResyncs();
  if (!resyncs.ok()) return resyncs.status();
  std::size_t left = 0;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ResyncRecord& resync : *resyncs) {
    const auto project = known->find(resync.project);
    if (project == known->end() || !resync.covered) continue;
    left += resync.finished ? 0 : 1;
    list.push_back({{"project", ToString(RefOf(project->second))},
                    {"cause", resync.cause},
                    {"tickets", resync.read},
                    {"done", resync.finished.has_value()},
                    {"trouble", resync.trouble}});
  }
  const absl::Duration wait =
      next == absl::InfiniteFuture() ? absl::Seconds(1) : next - clock.Steady();
  return nlohmann::ordered_json{
      {"left", left},
      {"projects", std::move(list)},
      {"wait_ms", std::max<std::int64_t>(0, absl::ToInt64Milliseconds(wait))}};
}

}  // namespace retainer::cli
