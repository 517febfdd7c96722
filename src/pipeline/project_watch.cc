#include "src/pipeline/project_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace retainer::pipeline {
namespace {

ProjectRef RefOf(const ProjectRecord& project) { return {project.key.forge, project.path}; }

ProjectRecord RecordOf(const std::string& forge, const ProjectInfo& found, absl::Time now) {
  ProjectRecord record;
  record.key = {forge, found.id};
  record.path = found.path;
  record.url = found.url;
  record.is_private = found.is_private;
  record.members_only = found.members_only;
  record.installation_id = found.installation_id;
  record.first_seen = record.told_at = now;
  return record;
}

}  // namespace

absl::StatusOr<absl::Time> ProjectWatch::RunOnce() {
  const absl::Time now = clock_.Now();
  const absl::Time steady = clock_.Steady();
  if (!poked_.exchange(false) && steady < next_) return next_;
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return absl::InfiniteFuture();
  absl::Status looked = looked_ ? absl::OkStatus() : NoticeAbsence(now);
  if (looked.ok()) looked = FindNamed(now, *terms.back());
  if (looked.ok()) looked = FindMatching(now, *terms.back());
  if (looked.ok()) looked = AskMembers(now, *terms.back());
  if (looked.ok()) looked = Look(terms);
  if (looked.ok()) looked = store_.MarkAlive(now);
  if (!looked.ok()) {
    poked_ = true;
    return looked;
  }
  looked_ = true;
  next_ = steady + kEvery;
  return next_;
}

absl::Status ProjectWatch::NoticeAbsence(absl::Time now) {
  const auto last = store_.LastAlive();
  if (!last.ok()) return last.status();
  if (!*last || now - **last <= kAway) return absl::OkStatus();
  auto projects = store_.ListProjects();
  if (!projects.ok()) return projects.status();
  const TermsHistory terms = terms_.Get();
  std::size_t count = 0;
  for (const ProjectRecord& project : *projects) {
    if (!Covers(terms, NamesOf(project))) continue;
    absl::Status wanted = resync_.Request(project.key, "outage", **last - Resync::kSlack);
    if (!wanted.ok()) return wanted;
    ++count;
  }
  log_.Warning("the service was down: changes since then are read back",
               {{"for", absl::FormatDuration(absl::Floor(now - **last, absl::Seconds(1)))},
                {"projects", absl::StrCat(count)}});
  return absl::OkStatus();
}

absl::Status ProjectWatch::FindNamed(absl::Time now, const Terms& terms) {
  for (const ProjectRef& pattern : terms.policy.projects) {
    if (pattern.path.find('*') != std::string::npos) continue;
    const std::string name = ToString(pattern);
    const auto wait = ask_again_.find(name);
    if (wait != ask_again_.end() && clock_.Steady() < wait->second) continue;
    auto known = store_.FindProjectByPath(pattern);
    if (!known.ok()) return known.status();
    if (*known) continue;
    const ForgeSlot* slot = judge_.FindForge(pattern.forge);
    if (slot == nullptr || slot->client == nullptr) continue;
    const auto found = slot->client->FindProject(pattern.path);
    if (!found.ok() || found->id.empty()) {
      const bool settled = found.ok() || absl::IsNotFound(found.status()) ||
                           absl::IsPermissionDenied(found.status());
      ask_again_[name] =
          clock_.Steady() + std::max(settled ? absl::Hours(1) : absl::Minutes(5),
                                     RetryAfter(found.status()).value_or(absl::ZeroDuration()));
      if (SaidFirst(absl::StrCat("named ", name))) {
        log_.Warning("a project that the policy names cannot be read",
                     {{"project", name},
                      {"error", found.status().ToString()},
                      {"mend", "check the name, and that our account may read it"}});
      }
      continue;
    }
    ProjectRecord record = RecordOf(pattern.forge, *found, now);
    if (record.path.empty()) record.path = pattern.path;
    ProjectRecord named = record;
    named.path = pattern.path;
    named.told_at = absl::UnixEpoch();  // whenever it had this name, it was in the past
    record = JoinProject(record, named, terms_.Get());
    if (absl::Status saved = store_.SaveProject(record); !saved.ok()) return saved;
    ask_again_[name] = clock_.Steady() + absl::Hours(1);
  }
  return absl::OkStatus();
}

absl::Status ProjectWatch::FindMatching(absl::Time now, const Terms& terms) {
  std::set<std::string> forges;
  for (const ProjectRef& pattern : terms.policy.projects) {
    if (pattern.path.find('*') != std::string::npos) forges.insert(pattern.forge);
  }
  for (const std::string& forge : forges) {
    const auto wait = list_again_.find(forge);
    if (wait != list_again_.end() && wait->second.first == terms.id &&
        clock_.Steady() < wait->second.second) {
      continue;
    }
    const ForgeSlot* slot = judge_.FindForge(forge);
    if (slot == nullptr || slot->client == nullptr) continue;
    const auto listed = slot->client->ListProjects();
    const absl::Duration pause = listed.ok() ? kListedEvery : absl::Minutes(5);
    list_again_[forge] = {
        terms.id, clock_.Steady() +
                      std::max(pause, RetryAfter(listed.status()).value_or(absl::ZeroDuration()))};
    if (!listed.ok()) {
      if (SaidFirst(absl::StrCat("list ", forge))) {
        log_.Warning(
            "the projects that our account reaches cannot be listed: a project that only "
            "a pattern covers is adopted at its first delivery",
            {{"forge", forge}, {"error", listed.status().ToString()}});
      }
      continue;
    }
    for (const ProjectInfo& found : *listed) {
      const ProjectRecord record = RecordOf(forge, found, now);
      if (!Covers(terms, NamesOf(record))) continue;
      const auto known = store_.FindProject(record.key);
      if (!known.ok()) return known.status();
      if (*known) continue;
      if (absl::Status saved = store_.SaveProject(record); !saved.ok()) return saved;
    }
  }
  return absl::OkStatus();
}

absl::Status ProjectWatch::AskMembers(absl::Time now, const Terms& terms) {
  auto projects = store_.ListProjects();
  if (!projects.ok()) return projects.status();
  for (const ProjectRecord& project : *projects) {
    if (!project.members_only || !Covers(terms, NamesOf(project))) continue;
    const bool own = std::any_of(terms.policy.customers.begin(), terms.policy.customers.end(),
                                 [&](const Customer& customer) {
                                   return !customer.is_public &&
                                          AnyNames(customer.projects, terms.id, NamesOf(project));
                                 });
    const auto wait = members_again_.find(project.key);
    if (!own || (wait != members_again_.end() && clock_.Steady() < wait->second)) continue;
    const ForgeSlot* slot = judge_.FindForge(project.key.forge);
    if (slot == nullptr || slot->client == nullptr) continue;
    const auto found = slot->client->FindProject(project.path);
    members_again_[project.key] =
        clock_.Steady() +
        std::max(kMembersAskedEvery, RetryAfter(found.status()).value_or(absl::ZeroDuration()));
    if (!found.ok() || found->id != project.key.id) continue;
    if (found->members_only && found->is_private) continue;
    ProjectRecord told = project;
    told.is_private = found->is_private;
    told.members_only = found->members_only;
    told.told_at = std::max(now, project.told_at);
    if (changed_) changed_(project.key);
    const absl::Status saved = store_.SaveProject(JoinProject(project, told, terms_.Get()));
    if (changed_) changed_(project.key);
    if (!saved.ok()) return saved;
    log_.Info("more people than its members can read a project now",
              {{"project", ToString(RefOf(project))}});
  }
  return absl::OkStatus();
}

absl::Status ProjectWatch::Adopt(const ProjectRecord& project) {
  if (absl::Status set = resync_.SetCovered(project.key, true); !set.ok()) return set;
  if (absl::Status wanted = resync_.Request(project.key, "adopted", std::nullopt); !wanted.ok()) {
    return wanted;
  }
  log_.Info("a project is adopted: its open tickets are read",
            {{"project", ToString(RefOf(project))}});
  return absl::OkStatus();
}

absl::Status ProjectWatch::EndCoverage(const ProjectRecord& project, const Terms& terms) {
  log_.Error("the policy no longer covers a project: its promises end",
             {{"project", ToString(RefOf(project))},
              {"terms", terms.id},
              {"mend", NotCovered(terms.policy, RefOf(project))}});
  return resync_.SetCovered(project.key, false);
}

absl::Status ProjectWatch::Look(const TermsHistory& terms) {
  const Terms& current = *terms.back();
  auto projects = store_.ListProjects();
  if (!projects.ok()) return projects.status();
  auto resyncs = store_.ListResyncs();
  if (!resyncs.ok()) return resyncs.status();
  auto held = store_.ListHeld();
  if (!held.ok()) return held.status();
  std::map<ProjectKey, bool> was_covered;
  for (const ResyncRecord& record : *resyncs) was_covered[record.project] = record.covered;
  std::map<ProjectKey, std::uint64_t> waiting;
  for (const HeldDeliveries& one : *held) waiting[one.project] = one.count;

  std::size_t stale = 0;
  // forge -> number of deliveries, number of projects
  std::map<std::string, std::pair<double, double>> uncovered;
  for (const ProjectRecord& project : *projects) {
    const auto before = was_covered.find(project.key);
    const auto waits = waiting.find(project.key);
    forges_.insert(project.key.forge);
    if (!Covers(current, NamesOf(project))) {
      if (before != was_covered.end() && before->second) {
        if (absl::Status ended = EndCoverage(project, current); !ended.ok()) return ended;
      }
      if (waits != waiting.end()) {
        uncovered[project.key.forge].first += static_cast<double>(waits->second);
        uncovered[project.key.forge].second += 1;
      }
      continue;
    }
    const auto old_name = StaleName(current.policy, current.id, NamesOf(project));
    stale += old_name ? 1 : 0;
    if (old_name && SaidFirst(absl::StrCat(current.id, " ", ToString(RefOf(project))))) {
      log_.Error("the policy names a project by an old name",
                 {{"project", ToString(RefOf(project))},
                  {"mend", NamedByOldName(RefOf(project), *old_name)}});
    }
    if (waits != waiting.end()) {
      for (;;) {
        auto released = store_.ReleaseHeld(project.key, kReleasedAtOnce);
        if (!released.ok()) return released.status();
        if (*released < kReleasedAtOnce) break;
      }
      log_.Info(
          "deliveries that were held are read: the policy covers their project now",
          {{"project", ToString(RefOf(project))}, {"deliveries", absl::StrCat(waits->second)}});
      if (released_) released_(project.key.forge);
    }
    if (before == was_covered.end() || !before->second) {
      if (absl::Status adopted = Adopt(project); !adopted.ok()) return adopted;
    }
  }
  metrics_.Set("retainer_stale_project_names", static_cast<double>(stale));
  for (const std::string& forge : forges_) {
    const auto [deliveries, count] = uncovered[forge];
    metrics_.Set("retainer_held_deliveries", deliveries, {{"forge", forge}});
    metrics_.Set("retainer_uncovered_projects", count, {{"forge", forge}});
  }
  return absl::OkStatus();
}

}  // namespace retainer::pipeline
