#include "tests/crash/kill_story.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <regex>
#include <set>
#include <stdexcept>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "src/sandbox/demo_story.h"
#include "src/sandbox/sandbox.h"
#include "tests/crash/shared_clock.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/sinks/fake_receivers.h"

extern char** environ;

namespace retainer {
namespace {

constexpr char kPolicy[] = R"(version: 1
projects: ["FORGE:acme/*"]
since: "2026-01-01T00:00:00Z"
calendars:
  always: {time_zone: UTC, hours: always}
priorities:
  - {name: P1, title: Production down}
  - {name: P2, title: Normal}
plans:
  gold:
    calendars: [always]
    promises:
      P1: {first_response: 1h, next_response: 2h, resolution: 24h}
      P2: {first_response: 8h, resolution: 5d}
    default_priority: P2
    warn_at: [75%]
    escalation: [{at: 75%, notify: [core]}, {at: 100%, notify: [core], mention: true}]
community: {comment: neutral, calendars: [always]}
teams:
  core: {members: ["FORGE:alice"], sinks: [crm]}
customers:
  - id: northwind
    alias: c-4d1
    name: Northwind Traders
    plan: gold
    time_zone: Europe/Paris
    term: {from: 2026-01-01, until: 2027-12-31}
    contacts: {logins: ["FORGE:dave"]}
    visibility: public
  - id: initech
    alias: c-7f3
    name: Initech
    plan: gold
    time_zone: America/New_York
    term: {from: 2026-01-01, until: 2027-12-31}
    contacts: {logins: ["FORGE:erin"]}
    visibility: private
labels: {state: "sla: {state}"}
)";

void Must(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}
template <class T>
T Must(absl::StatusOr<T> value) {
  Must(value.status());
  return *std::move(value);
}

absl::Time Begin() { return absl::FromCivil(absl::CivilHour(2026, 3, 2, 9), absl::UTCTimeZone()); }

// The program that is killed.
class Victim {
 public:
  Victim(const std::string& program, const std::string& config, const std::string& clock,
         const std::string& log) {
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    const char* arguments[] = {program.c_str(), config.c_str(), clock.c_str(), nullptr};
    const int spawned = posix_spawn(&pid_, program.c_str(), &actions, nullptr,
                                    const_cast<char**>(arguments), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    in_ = fdopen(in[1], "w");
    out_ = fdopen(out[0], "r");
    if (spawned != 0 || in_ == nullptr || out_ == nullptr) throw std::runtime_error("spawn");
    const std::string line = Read();
    if (!line.starts_with("listening ")) {
      throw std::runtime_error("the service does not start; see " + log);
    }
    url_ = line.substr(10);
  }
  ~Victim() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    fclose(in_);
    fclose(out_);
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  const std::string& url() const { return url_; }
  void Settle() {
    fputs("settle\n", in_);
    fflush(in_);
    if (const std::string answer = Read(); answer != "settled") {
      throw std::runtime_error("not settled: " + answer);
    }
  }

 private:
  std::string Read() {
    char buffer[4096];
    if (fgets(buffer, sizeof buffer, out_) == nullptr) return "";
    std::string line(buffer);
    while (!line.empty() && line.back() == '\n') line.pop_back();
    return line;
  }

  pid_t pid_ = 0;
  FILE* in_ = nullptr;
  FILE* out_ = nullptr;
  std::string url_;
};

// What people do, and when. It is the same in every run.
struct Act {
  absl::Duration at;  // time since Begin
  int ticket;
  std::function<void(sandbox::Sandbox&, std::vector<TicketRef>&)> act;  // null: time alone
};

std::vector<Act> Acts(const ProjectRef& project, int tickets) {
  std::vector<Act> acts;
  for (int t = 0; t < tickets; ++t) {
    const absl::Duration begin = absl::Hours(4 * t);
    // Every fourth ticket is a private customer's.
    const std::string customer = t % 4 == 3 ? "erin" : "dave";
    const auto add = [&](int minutes, decltype(Act::act) act) {
      acts.push_back({begin + absl::Minutes(minutes), t, std::move(act)});
    };
    const auto say = [t](std::string who, std::string what) {
      return [t, who, what](sandbox::Sandbox& sandbox, std::vector<TicketRef>& refs) {
        Must(sandbox.Comment(refs[t], who, what).status());
      };
    };
    add(0, [project, customer](sandbox::Sandbox& sandbox, std::vector<TicketRef>& refs) {
      refs.push_back(Must(sandbox.OpenIssue(project, customer, "Writes hang",
                                            "No write gets through.\n\n/support priority P1")));
    });
    add(20, say("alice", "I am looking into it."));
    add(40, say(customer, "It still hangs, this is the log."));
    add(60, say("alice", "/support assign @alice"));
    add(131, nullptr);  // the next reply is at risk
    add(163, nullptr);  // and late
    add(183, say("alice", "Please set the option to off."));
    add(203, [t](sandbox::Sandbox& sandbox, std::vector<TicketRef>& refs) {
      Must(sandbox.Close(refs[t], "alice"));
    });
  }
  return acts;
}

// A run of the story.
// The telling's name in a notice's JSON. The `webhook-id` cannot be compared: it is made of the
// content too, and so of the forge's address, which differs in each run.
std::string NameIn(const std::string& body) {
  constexpr std::string_view kBegin = "\"data\":{\"id\":\"";
  const std::size_t at = body.find(kBegin);
  if (at == body.npos) return body;
  const std::size_t from = at + kBegin.size();
  return body.substr(from, body.find('"', from) - from);
}

class Run {
 public:
  Run(const std::string& service, const ProjectRef& project)
      : service_(service),
        clock_(path("clock")),
        sandbox_(sandbox::SandboxOptions{.clock = clock_}) {
    clock_.Set(Begin() - absl::Hours(1));
    Must(sandbox_.Start());
    credentials_ = Must(sandbox::SetStory(sandbox_));
    if (project.forge == "gitlab") SetGitLab(project);
    sandbox::StoryService where;
    where.listen = "127.0.0.1:0";
    where.metrics_listen = "127.0.0.1:0";
    where.data = path("data");
    std::map<std::string, std::string> files =
        sandbox::StoryFiles(sandbox_, credentials_, where, clock_.Now());
    files["policy/policy.yaml"] = absl::StrReplaceAll(kPolicy, {{"FORGE", project.forge}});
    files["crm.secret"] = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
    files["retainer.yaml"] +=
        absl::StrCat("sinks:\n  crm: {kind: webhook, url: \"", told_.url(),
                     "\", secret: \"file:crm.secret\", private: true, allow_private: "
                     "[127.0.0.1]}\n");
    for (const auto& [name, text] : files) {
      const std::filesystem::path file = path(name);
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file, std::ios::binary) << text;
      std::filesystem::permissions(
          file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    // The forge's first delivery, so that the project's adoption does not depend on the run.
    Up();
  }

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  sandbox::Sandbox& sandbox() { return sandbox_; }
  SharedClock& clock() { return clock_; }
  std::vector<TicketRef>& tickets() { return tickets_; }

  void Up() {
    if (victim_) return;
    victim_ = std::make_unique<Victim>(service_, path("retainer.yaml"), path("clock"), path("log"));
    sandbox::PointHooks(sandbox_, credentials_, victim_->url());
  }
  void Kill() { victim_.reset(); }

  // Sends the forge's deliveries. Those that were not accepted are sent again.
  void Deliver() {
    for (const sandbox::DeliveryResult& result : sandbox_.DeliverPending()) {
      if (result.status / 100 != 2) sandbox_.Redeliver(result.id);
    }
  }
  void Settle() {
    Deliver();
    victim_->Settle();
  }
  // Lets everything happen that is due until then.
  void LiveUntil(absl::Time end) {
    Settle();
    while (clock_.Now() < end) {
      clock_.Set(std::min(end, clock_.Now() + absl::Seconds(10)));
      Settle();
    }
    for (int i = 0; i < 20 && sandbox_.pending() > 0; ++i) Settle();
  }

  sandbox::Sandbox::Shown Look(int ticket) {
    sandbox::Sandbox::Shown shown = Must(sandbox_.Look(tickets_[ticket]));
    // Comment numbers count everything that was created, duplicates included.
    static const std::regex kNumber("(issuecomment-|note_)[0-9]+");
    for (auto& [author, body] : shown.comments) {
      body = std::regex_replace(body, kNumber, "$1N");
      body = absl::StrReplaceAll(body, {{sandbox_.web_url(), "http://forge"}});
    }
    return shown;
  }
  // By name: the contents that were sent. Also how often in total, and how many ids had two
  // contents.
  std::map<std::string, std::set<std::string>> Told(std::size_t* times, int* two_contents) {
    std::map<std::string, std::set<std::string>> told;
    std::map<std::string, std::string> by_id;
    const std::vector<sinks::Received> all = told_.received();
    for (const sinks::Received& one : all) {
      const std::string body =
          absl::StrReplaceAll(one.body, {{sandbox_.web_url(), "http://forge"}});
      told[NameIn(body)].insert(body);
      const auto id = one.headers.find("webhook-id");
      const auto [known, added] =
          by_id.emplace(id == one.headers.end() ? "none" : id->second, body);
      if (known->second != body) ++*two_contents;
    }
    *times = all.size();
    return told;
  }

 private:
  // The story's people and project also exist on its GitHub.
  void SetGitLab(const ProjectRef& project) {
    for (const std::string login : {"dave", "erin"}) {
      sandbox_.AddUser(ForgeKind::kGitLab, {.login = login, .name = login});
    }
    sandbox_.AddProject({.ref = project});
    for (const std::string login : {"alice", "support-desk"}) {
      Must(sandbox_.SetRole(project, login, "maintain"));
    }
  }

  const std::string service_;
  TemporaryFolder folder_;
  SharedClock clock_;
  sandbox::Sandbox sandbox_;
  sinks::HttpReceiver told_;
  sandbox::StoryCredentials credentials_;
  std::vector<TicketRef> tickets_;
  std::unique_ptr<Victim> victim_;
};

constexpr absl::Duration kQuiet = absl::Minutes(5);
constexpr absl::Duration kPatience = absl::Minutes(17);

std::string Differences(const sandbox::Sandbox::Shown& a, const sandbox::Sandbox::Shown& b) {
  std::string text;
  const auto show = [&](const char* whose, const sandbox::Sandbox::Shown& shown) {
    absl::StrAppend(&text, whose, ":\n");
    for (const auto& [author, body] : shown.comments) {
      absl::StrAppend(&text, "  ", author, ": ", body, "\n");
    }
    for (const std::string& label : shown.labels) absl::StrAppend(&text, "  [", label, "]\n");
    for (const std::string& login : shown.assignees) absl::StrAppend(&text, "  @", login, "\n");
  };
  show("killed", a);
  show("never killed", b);
  return text;
}

bool IsDoubled(const sandbox::Sandbox::Shown& shown) {
  std::set<std::string> markers;
  for (const auto& [author, body] : shown.comments) {
    const std::size_t at = body.rfind("<!-- retainer:");
    if (at != body.npos && !markers.insert(body.substr(at)).second) return true;
  }
  return false;
}

}  // namespace

KillReport RunKills(const KillOptions& options) {
  KillReport report;
  std::mt19937_64 random(options.seed);
  const auto upto = [&](int most) {
    return static_cast<int>(random() % static_cast<std::uint64_t>(most + 1));
  };
  // About eight kills per act.
  const int tickets = std::max(1, (options.kills + 63) / 64);
  const ProjectRef project{options.forge, "acme/opendb"};
  const bool is_gitlab = options.forge == "gitlab";
  const std::vector<Act> acts = Acts(project, tickets);
  report.tickets = tickets;

  Run calm(options.service, project);
  std::vector<sandbox::Sandbox::Shown> expected;
  for (const Act& act : acts) {
    calm.clock().Set(Begin() + act.at);
    if (act.act) act.act(calm.sandbox(), calm.tickets());
    calm.LiveUntil(Begin() + act.at + kQuiet);
    expected.push_back(calm.Look(act.ticket));
  }
  calm.LiveUntil(Begin() + acts.back().at + kPatience);
  std::size_t times = 0;
  const auto told = calm.Told(&times, &report.two_contents);
  calm.Kill();
  report.notices = static_cast<int>(told.size());

  const auto began = std::chrono::steady_clock::now();
  Run run(options.service, project);
  for (std::size_t i = 0; i < acts.size(); ++i) {
    const Act& act = acts[i];
    run.clock().Set(Begin() + act.at);
    if (act.act) act.act(run.sandbox(), run.tickets());
    const int left = static_cast<int>(acts.size() - i);
    const int open = options.kills - report.kills;
    const int kills = left == 1 ? open : std::min(open, (open + left - 1) / left - 2 + upto(4));
    for (int k = 0; k < kills; ++k) {
      run.sandbox().SetListLag(absl::Seconds(upto(15)));
      for (int f = upto(2); f > 0; --f) {
        static constexpr sandbox::FaultKind kKinds[] = {
            sandbox::FaultKind::kDropAfterApplying, sandbox::FaultKind::kDropAfterApplying,
            sandbox::FaultKind::kLate, sandbox::FaultKind::kDropConnection,
            sandbox::FaultKind::kStatus502};
        static constexpr const char* kMethods[] = {"POST", "PATCH", "DELETE", "POST"};
        static constexpr const char* kGitLabMethods[] = {"POST", "PUT", "DELETE", "PUT"};
        sandbox::Fault fault;
        fault.kind = kKinds[upto(4)];
        fault.delay = absl::Seconds(1 + upto(17));
        run.sandbox().FailNext((is_gitlab ? kGitLabMethods : kMethods)[upto(3)],
                               is_gitlab ? "/projects/" : "/repos/", fault);
        ++report.faults;
      }
      run.Up();
      run.Deliver();
      // Some longer lives, for the late steps of a face.
      const int steps = upto(3) == 0 ? upto(40) : upto(12);
      for (int step = 0; step < steps; ++step) {
        std::this_thread::sleep_for(std::chrono::milliseconds(upto(15)));
        if (run.clock().Now() < Begin() + act.at + absl::Minutes(4)) {
          run.clock().Advance(absl::Seconds(1));
        }
        if (upto(2) == 0) run.Deliver();
      }
      run.Kill();
      ++report.kills;
      run.sandbox().ClearFaults();
    }
    ++report.acts;
    run.Up();
    run.LiveUntil(Begin() + act.at + kQuiet);
    // What a back-off delayed comes a little later.
    sandbox::Sandbox::Shown shown = run.Look(act.ticket);
    while (shown != expected[i] && run.clock().Now() < Begin() + act.at + kPatience) {
      run.LiveUntil(run.clock().Now() + absl::Minutes(1));
      shown = run.Look(act.ticket);
    }
    if (IsDoubled(shown)) ++report.doubled;
    if (shown.labels != expected[i].labels || shown.assignees != expected[i].assignees) {
      ++report.stale;
    }
    if (shown.comments != expected[i].comments) ++report.other_comments;
    if (shown != expected[i] && report.details.size() < 5) {
      report.details.push_back(absl::StrCat("act ", i, " on ticket ", act.ticket, "\n",
                                            Differences(shown, expected[i])));
    }
    if (options.progress != nullptr) {
      *options.progress << report.kills << " kills, " << report.acts << " acts, "
                        << report.doubled + report.stale + report.other_comments << " wrong\n"
                        << std::flush;
    }
  }
  run.LiveUntil(run.clock().Now() + kPatience);
  std::size_t told_times = 0;
  const auto killed = run.Told(&told_times, &report.two_contents);
  report.repeated = static_cast<int>(told_times - killed.size());
  for (const auto& [id, contents] : killed) {
    if (told.contains(id)) continue;
    ++report.strange;
    if (report.details.size() < 8) report.details.push_back("strange: " + *contents.begin());
  }
  for (const auto& [id, contents] : told) {
    const auto there = killed.find(id);
    if (there == killed.end()) {
      ++report.lost;
      if (report.details.size() < 8) report.details.push_back("lost: " + *contents.begin());
    } else if (there->second != contents) {
      ++report.two_contents;
      if (report.details.size() < 8) {
        report.details.push_back("other content: " + *contents.begin() + "\nand " +
                                 *there->second.begin());
      }
    }
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return report;
}

std::ostream& operator<<(std::ostream& out, const KillReport& report) {
  out << "kills " << report.kills << ", acts " << report.acts << ", tickets " << report.tickets
      << ", faults " << report.faults << ", seconds " << static_cast<int>(report.seconds)
      << "\ndoubled comments " << report.doubled << ", stale labels or assignees " << report.stale
      << ", other comments " << report.other_comments << "\nnotices " << report.notices << ", lost "
      << report.lost << ", strange " << report.strange << ", ids with two contents "
      << report.two_contents << ", told again " << report.repeated << "\n";
  for (const std::string& detail : report.details) out << "\n" << detail << "\n";
  return out;
}

}  // namespace retainer
