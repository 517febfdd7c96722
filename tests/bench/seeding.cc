#include "tests/bench/seeding.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "retainer/fact_builders.h"
#include "retainer/store.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "src/base/version.h"
#include "src/cli/loading.h"
#include "src/cli/no_metrics.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/reconciler.h"
#include "src/store/rocksdb_store.h"
#include "tests/fakes/asked_at_once.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_forge.h"

namespace retainer {
namespace {

constexpr std::string_view kForge = "github";
constexpr absl::Duration kOldest = absl::Hours(24 * 100);

// Writes reach the files but are not synced.
class UnsyncedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  UnsyncedFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "unsynced"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, result, debug);
    if (status.ok()) *result = std::make_unique<File>(std::move(*result));
    return status;
  }

 private:
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    explicit File(std::unique_ptr<rocksdb::FSWritableFile> file)
        : FSWritableFileOwnerWrapper(std::move(file)) {}
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      return Flush(options, debug);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      return Flush(options, debug);
    }
  };
};

std::string OwnPolicyYaml(absl::Time now) {
  const auto day = [&](int days) {
    return absl::FormatTime("%Y-%m-%d", now + days * absl::Hours(24), absl::UTCTimeZone());
  };
  std::string yaml = R"(version: 1
projects: ["github:acme/*"]
calendars:
  always: {time_zone: UTC, hours: always}
  paris: {time_zone: Europe/Paris, hours: {mon-fri: ["09:00-12:30", "13:30-18:00"]}}
priorities:
  - {name: P1, title: Production down}
  - {name: P2, title: Severely degraded}
  - {name: P3, title: Normal}
plans:
  gold:
    calendars: [always]
    promises:
      P1: {first_response: 1h, next_response: 2h, update: 4h, workaround: 2d, resolution: 30d}
      P2: {first_response: 4h, next_response: 1d, update: 2d, resolution: 60d}
      P3: {first_response: 1d, next_response: 2d, update: 14d, resolution: 120d}
    default_priority: P3
    warn_at: [50%, 90%]
    escalation: [{at: 100%, notify: [core]}]
  silver:
    calendars: [paris]
    promises:
      P1: {acknowledgement: 30m, first_response: 2h, update: 1bd, resolution: 20bd}
      P2: {first_response: 1bd, update: 5bd, resolution: 60bd}
      P3: {first_response: 2bd, update: 20bd, resolution: 100bd}
    default_priority: P2
    warn_at: [75%]
  bronze:
    calendars: [paris]
    promises:
      P1: {first_response: 1bd, resolution: 60bd}
      P2: {first_response: 2bd, resolution: 90bd}
      P3: {first_response: 3bd, resolution: 120bd}
    default_priority: P3
community: {comment: none, objectives: {first_response: 5bd}, calendars: [paris]}
teams:
  core: {members: ["github:maintainer0", "github:maintainer1", "github:maintainer2"]}
customers:
)";
  const std::string_view plans[] = {"gold", "silver", "bronze"};
  for (int i = 0; i < 60; ++i) {
    absl::StrAppend(&yaml, "  - {id: customer", i, ", alias: c-", i, ", name: Customer ", i,
                    ", plan: ", std::string(plans[i % 3]),
                    ", time_zone: Europe/Paris, term: {from: ", day(-400), ", until: ", day(400),
                    "}, contacts: {logins: [\"github:contact", i, "\", \"github:deputy", i,
                    "\"]}, visibility: ", i % 2 == 0 ? "private" : "public", "}\n");
  }
  return yaml;
}

absl::Status WriteIfAbsent(const std::filesystem::path& file, const std::string& text) {
  if (std::filesystem::exists(file)) return absl::OkStatus();
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) return absl::UnavailableError(absl::StrCat("cannot write ", file.string()));
  std::filesystem::permissions(
      file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return absl::OkStatus();
}

// The people who act in a ticket's story.
struct Cast {
  std::vector<std::vector<Actor>> contacts;  // by customer
  std::vector<Actor> responders;
  std::vector<std::string> priorities;
  std::vector<ProjectRecord> projects;
};

Cast MakeCast(const Policy& policy, const SeedOptions& options, FakeForge* forge) {
  Cast cast;
  int next_id = 1000;
  const auto person = [&](const Login& login) {
    const Actor actor{absl::StrCat(next_id++), login.name, false};
    forge->SetUser(actor.login, actor.id);
    return actor;
  };
  for (const Customer& customer : policy.customers) {
    std::vector<Actor> contacts;
    for (const Login& login : customer.contacts.logins) {
      if (login.forge == kForge) contacts.push_back(person(login));
    }
    if (!contacts.empty()) cast.contacts.push_back(std::move(contacts));
  }
  for (const auto& [name, team] : policy.teams) {
    for (const Login& login : team.members) {
      if (login.forge == kForge) cast.responders.push_back(person(login));
    }
  }
  for (const Priority& priority : policy.priorities) cast.priorities.push_back(priority.name);
  std::vector<std::string> patterns;
  for (const ProjectRef& pattern : policy.projects) {
    if (pattern.forge == kForge) patterns.push_back(pattern.path);
  }
  if (patterns.empty()) return cast;
  for (std::uint64_t i = 0; i < options.projects; ++i) {
    ProjectRecord project;
    project.key = {std::string(kForge), absl::StrCat(5000 + i)};
    project.path = absl::StrReplaceAll(
        patterns[i % patterns.size()],
        {{"**", absl::StrCat("project", i)}, {"*", absl::StrCat("project", i)}});
    project.url = absl::StrCat("https://forge.example/", project.path);
    project.first_seen = options.now - 2 * kOldest;
    cast.projects.push_back(std::move(project));
  }
  return cast;
}

// What has happened on the n-th ticket until now.
class Story {
 public:
  Story(const Cast& cast, const SeedOptions& options, std::uint64_t n)
      : cast_(cast), now_(options.now), random_(n * 2654435761u + 17) {
    // Project after project, so that the tables are written roughly in their order.
    const std::uint64_t total = options.open + options.closed;
    const std::uint64_t each = (total + cast.projects.size() - 1) / cast.projects.size();
    project_ = &cast.projects[n / each];
    key_ = {project_->key.forge, project_->key.id,
            Chance(10) ? TicketKind::kChange : TicketKind::kIssue,
            static_cast<std::int64_t>(n % each + 1)};
    at_ = Floor(now_ - kOldest * (static_cast<double>(Below(1'000'000)) / 1e6) - absl::Minutes(1));
    Open(n);
    const std::uint64_t exchanges = Below(4);
    for (std::uint64_t i = 0; i < exchanges && Pass(); ++i) Talk();
    // The closed tickets are spread evenly among the open ones.
    if ((n + 1) * options.closed / total > n * options.closed / total) Close();
  }

  const TicketKey& key() const { return key_; }
  pipeline::News TakeNews() { return std::move(news_); }

 private:
  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  bool Chance(std::uint64_t percent) { return Below(100) < percent; }
  static absl::Time Floor(absl::Time at) { return absl::FromUnixSeconds(absl::ToUnixSeconds(at)); }
  template <class T>
  const T& One(const std::vector<T>& of) {
    return of[Below(of.size())];
  }
  Learnt By() const { return {Provenance::kWebhook, at_}; }
  // Moves the time, unless that would be after now.
  bool Pass() {
    const absl::Time next =
        Floor(at_ + absl::Minutes(1) + absl::Minutes(static_cast<std::int64_t>(Below(3 * 1440))));
    if (next >= now_) return false;
    at_ = next;
    return true;
  }

  void Open(std::uint64_t n) {
    if (!cast_.contacts.empty() && Chance(30)) {
      author_ = One(One(cast_.contacts));
    } else {
      const std::uint64_t id = 100'000 + Below(200'000);
      author_ = Actor{absl::StrCat(id), absl::StrCat("user", id), false};
    }
    news_.facts.push_back(
        MakeOpened(By(), author_, Moment::At(at_),
                   "The server stops with an assertion when the second replica joins.\n\n"
                   "Steps: start two, kill one, start it again. It worked in the last version."));
    TicketInfo ticket;
    ticket.number = key_.number;
    ticket.title = absl::StrCat("Replica does not join after a restart, case ", n);
    ticket.url = absl::StrCat(project_->url, "/issues/", key_.number);
    ticket.author = author_;
    news_.ticket = std::move(ticket);
    if (!cast_.priorities.empty() && Chance(40)) {
      at_ += absl::Seconds(1);
      news_.facts.push_back(
          MakeLabelAdded(By(), "priority: " + One(cast_.priorities), author_, Moment::At(at_)));
    }
  }

  void Talk() {
    const bool answered = !cast_.responders.empty() && Chance(65);
    const Actor& who = answered ? One(cast_.responders) : author_;
    news_.facts.push_back(MakeComment(
        By(), IssueCommentId(absl::StrCat(10'000'000 + Below(1'000'000'000))), who, Moment::At(at_),
        "I can see the same in the log of the second one; here is what it says."));
    if (answered && Chance(10)) {
      at_ += absl::Seconds(1);
      news_.facts.push_back(MakeLabelAdded(By(), "waiting for customer", who, Moment::At(at_)));
    }
    if (answered && Chance(20)) {
      at_ += absl::Seconds(1);
      news_.facts.push_back(MakeAssigned(By(), who, who, Moment::At(at_)));
    }
  }

  void Close() {
    const Actor& who = cast_.responders.empty() ? author_ : One(cast_.responders);
    if (Pass()) Talk();
    at_ += absl::Seconds(2);
    news_.facts.push_back(MakeClosed(By(), "completed", who, Moment::At(at_)));
  }

  const Cast& cast_;
  const absl::Time now_;
  std::mt19937_64 random_;
  const ProjectRecord* project_ = nullptr;
  TicketKey key_;
  absl::Time at_;
  Actor author_;
  pipeline::News news_;
};

// One ticket: decided, committed, shown, and its notices sent.
absl::Status SeedOne(const Cast& cast, const SeedOptions& options, std::uint64_t n,
                     pipeline::Judge& judge, Store& store) {
  Story story(cast, options, n);
  auto judged = judge.Decide(story.key(), story.TakeNews());
  if (!judged.ok()) return judged.status();
  const Decision& decision = judged->decision;
  if (decision.face && *decision.face != Face()) {
    ShownFace shown;
    if (decision.face->comment) {
      shown.comment_id = absl::StrCat(2'000'000'000 + n);
      shown.comment_digest = absl::StrCat(absl::Hex(n, absl::kZeroPad16), "-1000");
      shown.discloses = decision.face->discloses;
    }
    for (const FaceLabel& label : decision.face->labels) shown.labels.push_back(label.name);
    if (absl::Status status = store.FinishFace(story.key(), 1, shown); !status.ok()) return status;
  }
  for (const Notice& notice : decision.notices) {
    if (absl::Status status = store.FinishNotice(notice.id, {}); !status.ok()) return status;
  }
  return absl::OkStatus();
}

class QuietLog final : public Log {
 public:
  void Write(LogLevel, std::string_view, Fields) override {}
};

absl::Status PrepareFolder(const SeedOptions& options) {
  const std::filesystem::path folder = options.folder;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot create ", options.folder, ": ", error.message()));
  }
  if (!options.policy.empty()) {
    std::filesystem::copy(options.policy, folder / "policy",
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing,
                          error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat("cannot copy ", options.policy, ": ", error.message()));
    }
  } else if (!std::filesystem::exists(folder / "policy")) {
    absl::Status status = WriteIfAbsent(folder / "policy/policy.yaml", OwnPolicyYaml(options.now));
    if (!status.ok()) return status;
  }
  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
           {"retainer.yaml", SeededConfigYaml("observe")},
           {"webhook.secret", "only-for-measuring-0123456789abcdef\n"},
           {"forge.token", "only-for-measuring\n"}}) {
    if (absl::Status status = WriteIfAbsent(folder / name, text); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", folder));
  const int synced = syncfs(fd);
  const int error = errno;
  close(fd);
  return synced == 0 ? absl::OkStatus()
                     : absl::ErrnoToStatus(error, absl::StrCat("cannot sync ", folder));
}

}  // namespace

std::string SeededConfigYaml(std::string_view mode) {
  return absl::StrCat(R"(listen: 127.0.0.1:0
metrics_listen: 127.0.0.1:0
public_url: https://support.example.com
store: rocksdb:./data
policy: ./policy
mode: )",
                      std::string(mode), R"(
forges:
  - name: github
    kind: github
    api_url: http://127.0.0.1:9
    webhook_secrets: [file:webhook.secret]
    token: file:forge.token
)");
}

absl::Status Seed(const SeedOptions& options) {
  if (absl::Status status = PrepareFolder(options); !status.ok()) return status;
  const std::string data = options.folder + "/data";
  const std::uint64_t total = options.open + options.closed;
  {
    const std::unique_ptr<rocksdb::Env> env =
        rocksdb::NewCompositeEnv(std::make_shared<UnsyncedFileSystem>());
    store::RocksDbOptions large;
    large.env = env.get();
    large.write_buffer_bytes = std::size_t{512} << 20;
    large.max_wal_bytes = std::size_t{1} << 30;
    auto opened = store::OpenRocksDbStore(data, large);
    if (!opened.ok()) return opened.status();
    Store& store = **opened;
    auto there = store.ListTickets(std::string(kForge), "", std::nullopt, 1, false);
    if (!there.ok()) return there.status();
    if (!there->empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat(data, " holds tickets already: seed into a new folder"));
    }
    absl::Status status = store.RegisterForges({{std::string(kForge), "github"}});
    if (!status.ok()) return status;
    auto policy = cli::LoadPolicyFolder(options.folder + "/policy");
    if (!policy.ok()) return policy.status();
    status = store.AppendTerms({policy->id, options.now - 2 * kOldest, policy->files});
    if (!status.ok()) return status;
    auto stored_terms = store.LoadTerms();
    if (!stored_terms.ok()) return stored_terms.status();

    FakeForge forge{std::string(kForge)};
    FakeClock clock(options.now);
    QuietLog log;
    cli::NoMetrics metrics;
    pipeline::TermsHolder terms;
    terms.Set(cli::CompileHistory(*stored_terms, log));
    const Cast cast = MakeCast(policy->policy, options, &forge);
    if (cast.projects.empty()) {
      return absl::InvalidArgumentError("the policy names no project of a forge \"github\"");
    }
    for (const ProjectRecord& project : cast.projects) {
      if (status = store.SaveProject(project); !status.ok()) return status;
    }
    const std::vector<pipeline::ForgeSlot> forges = {
        {std::string(kForge), ForgeKind::kGitHub, &forge}};

    // The service of this version must have nothing to judge again.
    pipeline::ReconcilerOptions up_to_date;
    up_to_date.program = base::kVersion;
    AskedAtOnce asked(store, clock, log, metrics, terms, forges);
    pipeline::Reconciler reconciler(asked.judge, store, clock, log, metrics, terms,
                                    {std::string(kForge)}, up_to_date);
    reconciler.TermsChanged();
    while (reconciler.busy()) {
      if (const auto round = reconciler.RunOnce(); !round.ok()) return round.status();
    }

    std::mutex mutex;
    absl::Status trouble;
    std::atomic<std::uint64_t> next = 0;
    std::atomic<bool> stop = false;
    const std::uint64_t step = std::max<std::uint64_t>(total / 100, 1);
    const auto work = [&] {
      // Of this thread alone: what a ticket asks is answered before its face is read.
      AskedAtOnce asked(store, clock, log, metrics, terms, forges);
      for (std::uint64_t n; !stop && (n = next++) < total;) {
        const absl::Status done = SeedOne(cast, options, n, asked.judge, store);
        if (!done.ok()) {
          std::lock_guard lock(mutex);
          trouble.Update(done);
          stop = true;
        } else if (options.progress && (n + 1) % step == 0) {
          std::lock_guard lock(mutex);
          options.progress(n + 1);
        }
      }
    };
    std::vector<std::thread> threads;
    for (int i = 1; i < options.threads; ++i) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    if (!trouble.ok()) return trouble;
  }
  {
    // Open it once as the service does: the long write-ahead log becomes tables, so that the
    // service's first start reads no more than any other.
    auto settled = store::OpenRocksDbStore(data);
    if (!settled.ok()) return settled.status();
  }
  return SyncFolder(data);
}

}  // namespace retainer
