#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <regex>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/store/codec/tables.h"
#include "tests/crash/kills.h"

namespace retainer {
namespace {

// What a write to the store's log is, from the tables in it. Table n is column family n + 1.
std::string CommitName(std::uint64_t families) {
  const auto has = [&](store::Table table) {
    return (families >> (static_cast<int>(table) + 1) & 1) != 0;
  };
  if (has(store::Table::kBodies) && has(store::Table::kDeliveries)) return "delivery";
  if (has(store::Table::kTickets)) return "decision";
  if (has(store::Table::kShown)) return "intent or result of a face";
  if (has(store::Table::kNoticeIds) || has(store::Table::kNoticeQueue)) return "notice";
  if (has(store::Table::kFaces) || has(store::Table::kDirty)) return "face finished or put off";
  if (has(store::Table::kInbox)) return "end of a delivery";
  std::string names;
  for (std::size_t table = 0; table < store::kTableNames.size(); ++table) {
    if (!has(static_cast<store::Table>(table))) continue;
    names += (names.empty() ? "" : "+") + std::string(store::kTableNames[table]);
  }
  return names.empty() ? "of unknown tables" : names;
}

std::string DiskPoint(const DiskFaults& disk) {
  const std::string file = disk.file;
  const char* act = disk.act == DiskAct::kWrite  ? "write "
                    : disk.act == DiskAct::kSync ? "sync of "
                                                 : "name of ";
  if (file.ends_with(".log")) {
    if (disk.act == DiskAct::kWrite) return "commit: " + CommitName(disk.tables);
    return absl::StrCat(act, "a log");
  }
  if (file.ends_with(".sst")) return absl::StrCat(act, "a table file");
  if (absl::StartsWith(file, "MANIFEST")) return absl::StrCat(act, "the manifest");
  if (absl::StartsWith(file, "similar")) return absl::StrCat(act, "the search index");
  return absl::StrCat(act, "the rest of the folder");
}

std::string RequestPoint(const sandbox::SandboxRequest& request) {
  std::string path = request.path.substr(0, request.path.find('?'));
  path = path.substr(std::string("/api/v4").size());
  static const std::regex kProject("^/(repos/[^/]+/[^/]+|projects/[^/]+)");
  static const std::regex kNumber("/[0-9]+");
  static const std::regex kLogin("/(users|collaborators|assignees|members/all|labels)/[^/]+");
  path = std::regex_replace(path, kProject, "");
  path = std::regex_replace(path, kNumber, "/N");
  path = std::regex_replace(path, kLogin, "/$1/X");
  return absl::StrCat(request.method, " ", path.empty() ? "project" : path);
}

enum class Family : std::uint8_t { kDisk, kForge, kSink };

// The n-th event of a family, in one of its ways.
struct Point {
  Family family = Family::kDisk;
  int n = 1;
  int way = 0;  // DiskEnd, Moment
};

constexpr int kForgeWays = 3;
constexpr const char* kDiskWays[kDiskEnds] = {"before", "after", "torn", "power cut",
                                              "power cut, zeros"};
constexpr const char* kForgeWayNames[kForgeWays] = {"arrived", "carried out", "answered"};

// Ends the service at a point, and remembers where that was.
class Trap {
 public:
  Trap(DeskRun& run, const Point& point, std::uint64_t seed) : run_(run), point_(point) {
    switch (point.family) {
      case Family::kDisk:
        run.disk().seed = seed;
        run.disk().end = static_cast<DiskEnd>(point.way);
        run.disk().end_at = point.n;
        break;
      case Family::kForge:
        run.sandbox().Watch([this](const sandbox::SandboxRequest& request, sandbox::Moment moment) {
          if (static_cast<int>(moment) != point_.way || ++seen_ != point_.n) return true;
          run_.Strike();
          const std::lock_guard lock(mutex_);
          where_ = absl::StrCat(RequestPoint(request), ", ", kForgeWayNames[point_.way]);
          return false;
        });
        break;
      case Family::kSink:
        run.sink().OnReceived([this] {
          if (++seen_ != point_.n) return;
          run_.Strike();
          const std::lock_guard lock(mutex_);
          where_ = "notice at the sink, not answered";
        });
        break;
    }
  }
  ~Trap() {
    run_.disk().end_at = 0;
    run_.sandbox().Watch(nullptr);
    run_.sink().OnReceived(nullptr);
  }
  Trap(const Trap&) = delete;
  Trap& operator=(const Trap&) = delete;

  // REQUIRES: it ended the service.
  std::string where() {
    if (point_.family == Family::kDisk) {
      return absl::StrCat(DiskPoint(run_.disk()), ", ", kDiskWays[point_.way]);
    }
    const std::lock_guard lock(mutex_);
    return where_;
  }

 private:
  DeskRun& run_;
  const Point point_;
  std::atomic<int> seen_ = 0;
  std::mutex mutex_;
  std::string where_;
};

class PointKills {
 public:
  explicit PointKills(const KillOptions& options)
      : options_(options), random_(options.seed), each_(options.kills == 0) {}

  std::vector<CrashRow> Run() {
    CrashStory story;
    story.forge = options_.forge;
    if (each_) {
      const CalmRun probe = RunCalm(options_.programs, story);
      for (std::size_t act = 0; act < probe.acts.size(); ++act) {
        story.tickets = std::max(story.tickets, static_cast<int>(PointsOf(probe, act).size()));
      }
    } else {
      story.tickets = std::max(1, (options_.kills + 7) / 8);  // eight acts each
    }
    const CalmRun calm = RunCalm(options_.programs, story);
    DeskRun run(options_.programs.service, options_.programs.library, story.project());
    for (std::size_t i = 0; i < calm.acts.size(); ++i) {
      if (!each_ && killed_ >= options_.kills) break;
      OneAct(calm, i, run);
    }
    CrashRow end;
    end.trouble = options_.forge + ": all of these in the end";
    CompareEnd(calm, run, &end);
    std::vector<CrashRow> rows;
    for (auto& [name, row] : rows_) rows.push_back(std::move(row));
    rows.push_back(end);
    return rows;
  }

 private:
  // Each point that the calm run reached in an act, and a few beyond.
  static std::vector<Point> PointsOf(const CalmRun& calm, std::size_t act) {
    std::vector<Point> points;
    for (int n = 1; n <= calm.disk_acts[act] + 2; ++n) {
      for (int way = 0; way < kDiskEnds; ++way) points.push_back({Family::kDisk, n, way});
    }
    for (int n = 1; n <= calm.requests[act] + 1; ++n) {
      for (int way = 0; way < kForgeWays; ++way) points.push_back({Family::kForge, n, way});
    }
    for (int n = 1; n <= static_cast<int>(calm.told[act].size()); ++n) {
      points.push_back({Family::kSink, n, 0});
    }
    return points;
  }

  Point Choose(const CalmRun& calm, std::size_t act) {
    const std::vector<Point> points = PointsOf(calm, act);
    if (each_) {
      return points[static_cast<std::size_t>(calm.acts[act].ticket) % points.size()];
    }
    // Each family as often as the others, where it has points.
    std::vector<Point> some;
    while (some.empty()) {
      const auto family = static_cast<Family>(random_() % 3);
      for (const Point& point : points) {
        if (point.family == family) some.push_back(point);
      }
    }
    return some[random_() % some.size()];
  }

  void OneAct(const CalmRun& calm, std::size_t i, DeskRun& run) {
    const CrashAct& act = calm.acts[i];
    const auto began = std::chrono::steady_clock::now();
    std::string where;
    {
      Trap trap(run, Choose(calm, i), random_());
      run.Begin(act);
      run.LiveUntil(StoryBegin() + act.at + kQuiet - absl::Minutes(1));
      if (!run.alive()) where = trap.where();
    }
    std::string again;
    if (!where.empty() && random_() % 2 == 0) {
      // And in the middle of its start, when it recovers.
      Trap trap(run,
                {Family::kDisk, static_cast<int>(1 + random_() % 60),
                 static_cast<int>(random_() % kDiskEnds)},
                random_());
      run.Up();
      if (run.alive()) run.Settle();
      if (!run.alive()) again = "a second kill while it starts";
    }
    run.Up();
    CrashRow& row = Row(where.empty() ? "nothing: the point was not reached" : where);
    ++row.tried;
    killed_ += where.empty() ? 0 : 1;
    CompareAfterAct(calm, i, run, &row);
    row.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (!again.empty()) {
      ++Row(again).tried;
      ++killed_;
    }
    if (options_.progress != nullptr) {
      *options_.progress << i + 1 << " of " << calm.acts.size() << ": " << row.trouble
                         << (row.ok() ? "" : " DIFFERS") << "\n"
                         << std::flush;
    }
  }

  void CompareEnd(const CalmRun& calm, DeskRun& run, CrashRow* row) {
    // The acts after the last kill.
    for (const CrashAct& act : calm.acts) {
      if (run.clock().Now() >= StoryBegin() + act.at) continue;
      run.Begin(act);
      run.LiveUntil(StoryBegin() + act.at + kQuiet);
    }
    CompareAtEnd(calm, run, kPatience, row);
  }

  CrashRow& Row(const std::string& trouble) {
    CrashRow& row = rows_[trouble];
    row.trouble = absl::StrCat(options_.forge, ": ", trouble);
    return row;
  }

  const KillOptions& options_;
  std::mt19937_64 random_;
  const bool each_;
  int killed_ = 0;
  std::map<std::string, CrashRow> rows_;
};

}  // namespace

std::vector<CrashRow> RunPointKills(const KillOptions& options) {
  return PointKills(options).Run();
}

}  // namespace retainer
