#include "tests/crash/desk_run.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

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

// The telling's name in a notice's JSON. The `webhook-id` cannot be compared with another run: it
// is made of the content too, and so of the forge's address, which differs in each run.
std::string NameIn(const std::string& body) {
  constexpr std::string_view kBegin = "\"data\":{\"id\":\"";
  const std::size_t at = body.find(kBegin);
  if (at == body.npos) return body;
  const std::size_t from = at + kBegin.size();
  return body.substr(from, body.find('"', from) - from);
}

DiskFaults* MapDisk(const std::string& file) {
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof(DiskFaults)) != 0) throw std::runtime_error(file);
  void* there = mmap(nullptr, sizeof(DiskFaults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (there == MAP_FAILED) throw std::runtime_error(file);
  return static_cast<DiskFaults*>(there);
}

}  // namespace

void Must(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

absl::Time StoryBegin() {
  return absl::FromCivil(absl::CivilHour(2026, 3, 2, 9), absl::UTCTimeZone());
}

std::vector<CrashAct> CrashActs(const ProjectRef& project, int tickets, absl::Duration spacing) {
  std::vector<CrashAct> acts;
  for (int t = 0; t < tickets; ++t) {
    const absl::Duration begin = spacing * t;
    // Every fourth ticket is a private customer's.
    const std::string customer = t % 4 == 3 ? "erin" : "dave";
    const auto add = [&](int minutes, decltype(CrashAct::act) act) {
      acts.push_back({begin + absl::Minutes(minutes), t, std::move(act)});
    };
    const auto say = [t](std::string who, std::string what) {
      return [t, who, what](DeskRun& run) {
        Must(run.sandbox().Comment(run.tickets()[t], who, what).status());
      };
    };
    add(0, [project, customer](DeskRun& run) {
      run.tickets().push_back(Must(run.sandbox().OpenIssue(
          project, customer, "Writes hang", "No write gets through.\n\n/support priority P1")));
    });
    add(20, say("alice", "I am looking into it."));
    add(40, say(customer, "It still hangs, this is the log."));
    add(60, say("alice", "/support assign @alice"));
    add(131, nullptr);  // the next reply is at risk
    add(163, nullptr);  // and late
    add(183, say("alice", "Please set the option to off."));
    add(203, [t](DeskRun& run) { Must(run.sandbox().Close(run.tickets()[t], "alice")); });
  }
  std::stable_sort(acts.begin(), acts.end(),
                   [](const CrashAct& a, const CrashAct& b) { return a.at < b.at; });
  return acts;
}

DeskRun::DeskRun(const std::string& service, const std::string& library, const ProjectRef& project)
    : service_(service),
      library_(library),
      clock_(path("clock")),
      sandbox_(sandbox::SandboxOptions{.clock = clock_}) {
  clock_.Set(StoryBegin() - absl::Hours(1));
  Must(sandbox_.Start());
  credentials_ = Must(sandbox::SetStory(sandbox_));
  bot_ = project.forge == "gitlab" ? "support-desk" : credentials_.app.bot_login;
  if (project.forge == "gitlab") SetGitLab(project);
  sandbox::StoryService where;
  where.listen = "127.0.0.1:0";
  where.metrics_listen = "127.0.0.1:0";
  where.data = path("data");
  std::map<std::string, std::string> files =
      sandbox::StoryFiles(sandbox_, credentials_, where, clock_.Now());
  files["policy/policy.yaml"] = absl::StrReplaceAll(kPolicy, {{"FORGE", project.forge}});
  files["crm.secret"] = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
  files["retainer.yaml"] += absl::StrCat("sinks:\n  crm: {kind: webhook, url: \"", told_.url(),
                                         "\", secret: \"file:crm.secret\", private: true, "
                                         "allow_private: [127.0.0.1]}\n");
  for (const auto& [name, text] : files) {
    const std::filesystem::path file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  disk_ = MapDisk(path("disk"));
  std::strncpy(disk_->folder, path("data").c_str(), sizeof disk_->folder - 1);
  // The forge's first delivery, so that the project's adoption does not depend on the run.
  Up();
}

DeskRun::~DeskRun() {
  sandbox_.Watch(nullptr);
  victim_.reset();
  munmap(disk_, sizeof(DiskFaults));
}

// The story's people and project also exist on its GitHub.
void DeskRun::SetGitLab(const ProjectRef& project) {
  for (const std::string login : {"dave", "erin"}) {
    sandbox_.AddUser(ForgeKind::kGitLab, {.login = login, .name = login});
  }
  sandbox_.AddProject({.ref = project});
  for (const std::string login : {"alice", "support-desk"}) {
    Must(sandbox_.SetRole(project, login, "maintain"));
  }
}

std::map<std::string, std::string> DeskRun::environment() const {
  return {{"LD_PRELOAD", library_}, {kDiskFaultsFile, path("disk")}};
}

void DeskRun::Up() {
  if (alive()) return;
  victim_ = std::make_unique<Victim>(
      VictimOptions{service_, path("retainer.yaml"), path("clock"), path("log"), environment()});
  if (alive()) sandbox::PointHooks(sandbox_, credentials_, victim_->url());
}

void DeskRun::Kill() { victim_.reset(); }

void DeskRun::Deliver() {
  for (const sandbox::DeliveryResult& result : sandbox_.DeliverPending()) {
    if (result.status / 100 != 2) sandbox_.Redeliver(result.id);
  }
}

bool DeskRun::Settle() {
  Deliver();
  if (clock_.Now() >= hold_until_) return victim_->Settle();
  (void)victim_->SettleWithin(absl::Milliseconds(100));
  return alive();
}

void DeskRun::Begin(const CrashAct& act) {
  clock_.Set(StoryBegin() + act.at);
  if (act.act) act.act(*this);
}

void DeskRun::LiveUntil(absl::Time end, absl::Duration step) {
  if (!Settle()) return;
  while (clock_.Now() < end) {
    clock_.Set(std::min(end, clock_.Now() + step));
    if (!Settle()) return;
  }
  for (int i = 0; i < 20 && sandbox_.pending() > 0; ++i) {
    if (!Settle()) return;
  }
}

sandbox::Sandbox::Shown DeskRun::Look(int ticket) {
  sandbox::Sandbox::Shown shown = Must(sandbox_.Look(tickets_[ticket]));
  // Comment numbers count everything that was created, duplicates included.
  static const std::regex kNumber("(issuecomment-|note_)[0-9]+");
  for (auto& [author, body] : shown.comments) {
    body = std::regex_replace(body, kNumber, "$1N");
    body = absl::StrReplaceAll(body, {{sandbox_.web_url(), "http://forge"}});
  }
  return shown;
}

int DeskRun::CommentsMade(int ticket) {
  return Must(sandbox_.CommentsMade(tickets_[ticket], bot_));
}

DeskRun::Told DeskRun::WhatWasTold() {
  Told told;
  std::map<std::string, std::string> by_id;
  for (const sinks::Received& one : told_.received()) {
    const std::string body = absl::StrReplaceAll(one.body, {{sandbox_.web_url(), "http://forge"}});
    const std::string name = NameIn(body);
    told.contents[name].insert(body);
    const auto header = one.headers.find("webhook-id");
    const std::string id = header == one.headers.end() ? "none" : header->second;
    told.ids[name].insert(id);
    const auto [known, added] = by_id.emplace(id, body);
    if (known->second != body) ++told.two_contents;
    ++told.messages;
  }
  return told;
}

}  // namespace retainer
