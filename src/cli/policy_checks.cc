#include "src/cli/policy_checks.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/cli/impact_pages.h"
#include "src/pipeline/tries.h"

namespace retainer::cli {
namespace {

// Of the branch's commits, and of proposals.
constexpr std::size_t kMostTold = 250;
constexpr char kOfBranch[] = "branch:";
constexpr char kMarker[] = "<!-- retainer:policy -->";
constexpr char kTooLong[] = "it takes too long here; run `retainer policy impact`";
constexpr char kNoImpact[] = "it could not be computed; the service's log says why";

std::string KeyOf(std::int64_t proposed, const std::string& commit) {
  return absl::StrCat(proposed == 0 ? kOfBranch : "proposed:", commit);
}

using Told = std::deque<std::pair<std::string, std::string>>;

// Adds it as the latest. Proposals, of which anybody can make many, push out none of the branch.
void Remember(const std::string& key, const std::string& digest, Told* told) {
  std::erase_if(*told, [&](const auto& entry) { return entry.first == key; });
  told->emplace_back(key, digest);
  const bool of_branch = absl::StartsWith(key, kOfBranch);
  const auto is_alike = [&](const auto& entry) {
    return absl::StartsWith(entry.first, kOfBranch) == of_branch;
  };
  if (std::count_if(told->begin(), told->end(), is_alike) <=
      static_cast<std::ptrdiff_t>(kMostTold)) {
    return;
  }
  told->erase(std::find_if(told->begin(), told->end(), is_alike));
}

std::string DigestOf(const PolicyCheckText& text) {
  return base::Sha256Hex(absl::StrCat(text.good ? "good" : "bad", "\n", text.title));
}

// A later try may help.
bool IsPassing(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsDeadlineExceeded(status) || absl::IsFailedPrecondition(status) ||
         absl::IsAborted(status);
}

}  // namespace

PolicyChecks::PolicyChecks(PolicyProject project, std::shared_ptr<Forge> forge, ReadRef read_ref,
                           pipeline::Desk& desk, Store& store, Clock& clock, Log& log,
                           std::string told)
    : project_(std::move(project)),
      forge_(std::move(forge)),
      read_ref_(std::move(read_ref)),
      desk_(desk),
      store_(store),
      clock_(clock),
      log_(log),
      told_file_(std::move(told)),
      thread_([this] { Run(); }) {}

PolicyChecks::~PolicyChecks() {
  (void)Stop();
  thread_.join();
}

void PolicyChecks::Tell(const PolicyVerdict& verdict) {
  Work work;
  work.commit = verdict.commit;
  work.text = PolicyCheckText{verdict.good, verdict.words, ""};
  Add(std::move(work));
}

void PolicyChecks::Propose(std::int64_t number, const std::string& author,
                           const std::string& head) {
  Work work;
  work.proposed = number;
  work.author = author;
  work.head = head;
  Add(std::move(work));
}

void PolicyChecks::Add(Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_.Add(std::move(work))) {
      Work look;
      look.proposed = Work::kAllOpen;
      look.not_before = clock_.Steady() + kLookAgain;
      if (!waiting_.Has(look)) waiting_.Add(std::move(look));
    }
  }
  changed_.notify_all();
}

bool PolicyChecks::Stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !inside_; });
  return ended_;
}

bool PolicyChecks::Enter() {
  const std::lock_guard lock(mutex_);
  inside_ = !stopping_;
  return inside_;
}

void PolicyChecks::Leave() {
  {
    const std::lock_guard lock(mutex_);
    inside_ = false;
  }
  changed_.notify_all();
}

void PolicyChecks::Run() {
  LoadTold();
  Propose(Work::kAllOpen, "", "");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const absl::Time now = clock_.Steady();
    std::optional<Work> work = waiting_.Take(now);
    if (!work) {
      const absl::Duration wait = std::min(waiting_.Next() - now, absl::Hours(1));
      changed_.wait_for(lock, absl::ToChronoNanoseconds(std::max(wait, absl::Milliseconds(1))));
      continue;
    }
    lock.unlock();
    absl::Duration wait;
    const bool done = Do(&*work, &wait);
    lock.lock();
    // Newer news of the same thing may have come meanwhile.
    if (done || stopping_ || waiting_.Has(*work) || ++work->tries >= kMostTries) continue;
    work->not_before = clock_.Steady() + std::max(wait, pipeline::BackOff(work->tries));
    waiting_.Add(*std::move(work));
  }
  ended_ = true;
  changed_.notify_all();
}

bool PolicyChecks::Do(Work* work, absl::Duration* wait) {
  *wait = absl::ZeroDuration();
  absl::Status status;
  bool unknown_commit = false;
  if (work->proposed == Work::kAllOpen) {
    status = ProposeAllOpen();
    if (status.ok()) return true;
  } else if (!work->text) {
    status = Read(work);
  }
  const std::string key = KeyOf(work->proposed, work->commit);
  std::string digest;
  if (status.ok()) {
    digest = DigestOf(*work->text);
    // What is said of the commit of a proposed change is as of its first reading.
    const bool told = std::any_of(told_.begin(), told_.end(), [&](const auto& entry) {
      return entry.first == key && (work->proposed != 0 || entry.second == digest);
    });
    const bool refused =
        std::find(given_up_.begin(), given_up_.end(), std::pair(key, digest)) != given_up_.end();
    if (told || refused) return true;
    status = Say(*work);
    // A forge can know a commit a moment later than its repository has it.
    unknown_commit = absl::IsNotFound(status);
  }
  if (status.ok()) {
    SaveTold(key, digest);
    log_.Info("a commit of the policy was judged",
              {{"commit", work->commit},
               {"change", work->proposed <= 0 ? "" : absl::StrCat("#", work->proposed)},
               {"verdict", work->text->title}});
    return true;
  }
  if (absl::IsCancelled(status)) return true;  // the service ends
  *wait = RetryAfter(status).value_or(absl::ZeroDuration());
  const bool passes = IsPassing(status) || unknown_commit;
  const bool last = !passes || work->tries + 1 >= kMostTries;
  log_.Warning(last ? "a commit of the policy gets no status"
                    : "a commit of the policy gets its status later",
               {{"commit", work->commit},
                {"change", work->proposed <= 0 ? "" : absl::StrCat("#", work->proposed)},
                {"reason", std::string(status.message())}});
  // The branch is read every few minutes: its commit is not tried again each time.
  if (last) Remember(key, digest, &given_up_);
  return last;
}

absl::Status PolicyChecks::ProposeAllOpen() {
  RemoteTicket at;
  at.key.forge = project_.forge;
  at.path = project_.path;
  for (const TicketKind kind : {TicketKind::kIssue, TicketKind::kChange}) {
    TicketListing listing;
    listing.kind = kind;
    const auto page = forge_->ListTickets(at, listing);
    if (!page.ok()) return page.status();
    for (const ListedTicket& ticket : page->tickets) {
      if (ticket.kind == TicketKind::kChange) Propose(ticket.number, "", "");
    }
  }
  return absl::OkStatus();
}

absl::Status PolicyChecks::Read(Work* work) {
  const PolicyReading reading = read_ref_(ProposalRef(project_.kind, work->proposed));
  if (!reading.of_commit) return reading.status;
  work->commit = reading.source.commit;
  const std::string key = KeyOf(work->proposed, work->commit);
  const bool told = std::any_of(told_.begin(), told_.end(),
                                [&](const auto& entry) { return entry.first == key; });
  if (told) {
    // A forge announces a commit before its repository has it.
    if (!work->head.empty() && work->head != work->commit) {
      return absl::UnavailableError("the repository does not have the new commit yet");
    }
    work->text = PolicyCheckText();
    return absl::OkStatus();
  }
  const auto project = forge_->FindProject(project_.path);
  if (!project.ok()) return project.status();
  work->project_id = project->id;
  const auto audience = AudienceOf(*work, *project);
  if (!audience.ok()) return audience.status();

  if (!Enter()) return absl::CancelledError("the service ends");
  const TermsHistory written = desk_.written_terms();
  std::shared_ptr<const Terms> proposed;
  absl::Status compiled;
  if (reading.status.ok()) {
    auto terms = CompileTerms(reading.policy->id, clock_.Now(), reading.policy->policy,
                              reading.source.commit);
    compiled = terms.status();
    if (terms.ok()) {
      auto whole = desk_.WithSubscribers(**terms);
      compiled = whole.status();
      if (whole.ok()) proposed = *std::move(whole);
    }
  }
  Leave();
  std::optional<Impact> impact;
  std::string no_impact;
  if (proposed != nullptr && !written.empty()) {
    auto found = FindImpact(*proposed, *audience);
    if (absl::IsCancelled(found.status())) return found.status();
    if (absl::IsDeadlineExceeded(found.status())) {
      no_impact = kTooLong;
    } else if (found.ok()) {
      impact = *std::move(found);
    } else {
      compiled = found.status();
    }
  }
  if (!compiled.ok()) no_impact = kNoImpact;
  // Others read the check: our own trouble is told to the log alone.
  if (!compiled.ok() || !reading.status.ok()) {
    log_.Warning(reading.status.ok() ? "the impact of a proposed policy could not be computed"
                                     : "a proposed policy is not valid",
                 {{"commit", work->commit},
                  {"change", absl::StrCat("#", work->proposed)},
                  {"error", StatusText(compiled.ok() ? reading.status : compiled)}});
  }
  work->text = ProposalText(reading, written.empty() ? nullptr : written.back().get(), impact,
                            no_impact, *audience);
  return absl::OkStatus();
}

absl::StatusOr<Audience> PolicyChecks::AudienceOf(const Work& work, const ProjectInfo& project) {
  // Only the forge's own answers count. Whoever it does not name as an author is a stranger.
  if (!project.members_only) return Audience::kOutsiders;
  RemoteTicket at;
  at.key = {project_.forge, project.id, TicketKind::kChange, work.proposed};
  at.path = project_.path;
  const auto told = forge_->ReadTicket(at);
  if (!told.ok()) {
    return IsPassing(told.status()) ? absl::StatusOr<Audience>(told.status())
                                    : Audience::kOutsiders;
  }
  const Actor& author = told->ticket.author;
  if (author.id.empty()) return Audience::kOutsiders;
  const auto permission = forge_->Permission(at, author);
  if (!permission.ok() && IsPassing(permission.status())) return permission.status();
  const bool writes = permission.ok() && (*permission == "admin" || *permission == "maintain" ||
                                          *permission == "write");
  return writes ? Audience::kTeam : Audience::kOutsiders;
}

absl::StatusOr<Impact> PolicyChecks::FindImpact(const Terms& proposed, Audience audience) {
  const absl::Time began = clock_.Steady();
  const absl::Duration longest = audience == Audience::kTeam ? kLongestImpact : kLongestForOthers;
  std::optional<ImpactTask> task;
  Impact whole;
  std::optional<TicketKey> after;
  do {
    // The desk is left between two pages: the service may end.
    if (!Enter()) return absl::CancelledError("the service ends");
    if (!task) task = MakeImpactTask(desk_.terms(), proposed, clock_.Now(), audience);
    auto page = RunImpactPage(
        store_,
        [&](const TicketKey& key, const TicketRecord& record) {
          return desk_.ContextOf(key, record);
        },
        *task, after);
    Leave();
    if (!page.ok()) return page.status();
    Merge(task->scope, std::move(page->part), &whole);
    after = page->last;
    if (after && clock_.Steady() - began > longest) {
      return absl::DeadlineExceededError("the impact of a proposed policy takes too long");
    }
  } while (after);
  return whole;
}

absl::Status PolicyChecks::Say(const Work& work) {
  RemoteTicket at;
  at.key = {project_.forge, work.project_id, TicketKind::kChange, work.proposed};
  at.path = project_.path;
  const PolicyCheckText& text = *work.text;
  const CommitStatus status{work.commit, std::string(kPolicyCheckName), text.good, text.title};
  if (work.proposed == 0) return forge_->SetStatus(at, status);
  if (project_.kind == ForgeKind::kGitHub) {
    RemoteCheck check;
    check.name = kPolicyCheckName;
    check.commit = work.commit;
    check.verdict = text.good ? CheckView::Verdict::kSuccess : CheckView::Verdict::kFailure;
    check.text = {text.title, text.summary};
    const auto set = forge_->SetCheck(at, check, "");
    // Only apps write checks; an account that is none has statuses and comments.
    if (!absl::IsPermissionDenied(set.status())) return set.status();
  }
  if (absl::Status set = forge_->SetStatus(at, status); !set.ok()) return set;
  return SayInComment(at, text);
}

absl::Status PolicyChecks::SayInComment(const RemoteTicket& at, const PolicyCheckText& text) {
  const std::string body = absl::StrCat(text.summary, "\n", kMarker);
  const auto own = forge_->FindOwnComments(at, kMarker, absl::UnixEpoch());
  if (!own.ok()) return own.status();
  if (!own->empty()) return forge_->UpdateComment(at, own->front().id, body);
  return forge_->CreateComment(at, body).status();
}

void PolicyChecks::LoadTold() {
  std::ifstream file(told_file_);
  std::string key;
  std::string digest;
  while (file >> key >> digest) Remember(key, digest, &told_);
}

void PolicyChecks::SaveTold(const std::string& key, const std::string& digest) {
  Remember(key, digest, &told_);
  // Replaced whole, so that a crash does not leave half of it. If it cannot be written, a commit
  // may be told again after a restart.
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(told_file_).parent_path(), ignored);
  {
    std::ofstream file(told_file_ + ".new", std::ios::trunc);
    for (const auto& [each, what] : told_) file << each << " " << what << "\n";
  }
  std::filesystem::rename(told_file_ + ".new", told_file_, ignored);
}

}  // namespace retainer::cli
