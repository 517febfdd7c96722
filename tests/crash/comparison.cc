#include "tests/crash/comparison.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace retainer {
namespace {

using Shown = sandbox::Sandbox::Shown;

constexpr std::size_t kDetails = 6;

std::string AsText(const char* whose, const Shown& shown) {
  std::string text = absl::StrCat(whose, ":\n");
  for (const auto& [author, body] : shown.comments) {
    absl::StrAppend(&text, "  ", author, ": ", body, "\n");
  }
  for (const std::string& label : shown.labels) absl::StrAppend(&text, "  [", label, "]\n");
  for (const std::string& login : shown.assignees) absl::StrAppend(&text, "  @", login, "\n");
  for (const std::string& one : shown.reactions) absl::StrAppend(&text, "  (", one, ")\n");
  return text;
}

// Adds how a ticket differs.
void CompareTicket(const std::string& when, const Shown& shown, const Shown& expected, int made,
                   int expected_made, CrashRow* row) {
  if (made > expected_made) {
    ++row->doubled;
    row->Detail(absl::StrCat(when, ": ", made, " comments were made instead of ", expected_made));
  }
  if (shown != expected) {
    ++row->wrong;
    row->Detail(
        absl::StrCat(when, "\n", AsText("with trouble", shown), AsText("without", expected)));
  }
}

std::set<std::string> Names(const DeskRun::Told& told) {
  std::set<std::string> names;
  for (const auto& [name, contents] : told.contents) names.insert(name);
  return names;
}

bool Includes(const std::set<std::string>& all, const std::set<std::string>& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

}  // namespace

void CrashRow::Detail(const std::string& text) {
  if (details.size() < kDetails) details.push_back(absl::StrCat(trouble, ": ", text));
}

void CrashRow::Add(const CrashRow& other) {
  tried += other.tried;
  lost += other.lost;
  doubled += other.doubled;
  wrong += other.wrong;
  again += other.again;
  tickets += other.tickets;
  seconds += other.seconds;
  for (const std::string& detail : other.details) {
    if (details.size() < kDetails) details.push_back(detail);
  }
}

void PrintTable(std::ostream& out, const std::vector<CrashRow>& rows) {
  out << absl::StrFormat("%-58s %6s %5s %7s %6s %6s %8s\n", "trouble", "tried", "lost", "doubled",
                         "wrong", "again", "seconds");
  CrashRow all;
  all.trouble = "all";
  const auto line = [&](const CrashRow& row) {
    out << absl::StrFormat("%-58s %6d %5d %7d %6d %6d %8.1f\n", row.trouble, row.tried, row.lost,
                           row.doubled, row.wrong, row.again, row.seconds);
  };
  for (const CrashRow& row : rows) {
    line(row);
    all.Add(row);
  }
  line(all);
  for (const CrashRow& row : rows) {
    for (const std::string& detail : row.details) out << "\n" << detail << "\n";
  }
}

absl::Time QuietAfter(const std::vector<CrashAct>& acts, std::size_t act) {
  absl::Duration until = acts[act].at + kQuiet;
  if (act + 1 < acts.size()) until = std::min(until, acts[act + 1].at);
  return StoryBegin() + until;
}

CalmRun RunCalm(const CrashPrograms& programs, const CrashStory& story) {
  CalmRun calm;
  calm.story = story;
  calm.acts = CrashActs(story.project(), story.tickets, story.spacing);
  DeskRun run(programs.service, programs.library, story.project());
  std::set<std::string> told;
  for (const CrashAct& act : calm.acts) {
    const std::int64_t disk_acts = run.disk().acts;
    run.sandbox().ClearRequests();
    run.Begin(act);
    run.LiveUntil(QuietAfter(calm.acts, calm.shown.size()));
    calm.shown.push_back(run.Look(act.ticket));
    calm.made.push_back(run.CommentsMade(act.ticket));
    std::set<std::string> fresh;
    for (const std::string& name : Names(run.WhatWasTold())) {
      if (told.insert(name).second) fresh.insert(name);
    }
    calm.told.push_back(std::move(fresh));
    calm.disk_acts.push_back(static_cast<int>(run.disk().acts - disk_acts));
    calm.requests.push_back(static_cast<int>(run.sandbox().requests().size()));
  }
  run.LiveUntil(StoryBegin() + calm.acts.back().at + kPatience);
  for (int t = 0; t < story.tickets; ++t) {
    calm.at_end.push_back(run.Look(t));
    calm.made_at_end.push_back(run.CommentsMade(t));
  }
  calm.told_at_end = run.WhatWasTold();
  return calm;
}

void CompareAfterAct(const CalmRun& calm, std::size_t act, DeskRun& run, CrashRow* row) {
  const int ticket = calm.acts[act].ticket;
  const absl::Time latest = StoryBegin() + calm.acts[act].at + kPatience;
  const auto arrived = [&] {
    return run.Look(ticket) == calm.shown[act] &&
           Includes(Names(run.WhatWasTold()), calm.told[act]);
  };
  run.LiveUntil(StoryBegin() + calm.acts[act].at + kQuiet);
  // What a back-off delayed comes a little later.
  while (!arrived() && run.clock().Now() < latest) {
    run.LiveUntil(run.clock().Now() + absl::Minutes(1));
  }
  const std::string when = absl::StrCat("act ", act, " on ticket ", ticket);
  // Said once: what one act brought stays.
  const int before = act >= 1 && calm.acts[act - 1].ticket == ticket ? calm.made[act - 1] : 0;
  const int made = run.CommentsMade(ticket);
  CompareTicket(when, run.Look(ticket), calm.shown[act], made, std::max(calm.made[act], before),
                row);
  const std::set<std::string> told = Names(run.WhatWasTold());
  for (const std::string& name : calm.told[act]) {
    if (told.contains(name)) continue;
    ++row->lost;
    row->Detail(absl::StrCat(when, ": not told: ", name));
  }
}

void CompareAtEnd(const CalmRun& calm, DeskRun& run, absl::Duration patience, CrashRow* row) {
  const auto arrived = [&] {
    for (int t = 0; t < calm.story.tickets; ++t) {
      if (run.Look(t) != calm.at_end[t]) return false;
    }
    return Includes(Names(run.WhatWasTold()), Names(calm.told_at_end));
  };
  run.LiveUntil(run.clock().Now() + kQuiet);
  const absl::Time latest = run.clock().Now() + patience;
  while (!arrived() && run.clock().Now() < latest) {
    run.LiveUntil(run.clock().Now() + absl::Minutes(1));
  }
  row->tickets += calm.story.tickets;
  for (int t = 0; t < calm.story.tickets; ++t) {
    CompareTicket(absl::StrCat("ticket ", t, " in the end"), run.Look(t), calm.at_end[t],
                  run.CommentsMade(t), calm.made_at_end[t], row);
  }
  const DeskRun::Told told = run.WhatWasTold();
  for (const auto& [name, contents] : calm.told_at_end.contents) {
    const auto there = told.contents.find(name);
    if (there == told.contents.end()) {
      ++row->lost;
      row->Detail("not told: " + *contents.begin());
    } else if (there->second != contents) {
      ++row->wrong;
      row->Detail(absl::StrCat("told otherwise: ", *there->second.begin(), "\ninstead of ",
                               *contents.begin()));
    }
  }
  for (const auto& [name, contents] : told.contents) {
    if (calm.told_at_end.contents.contains(name)) continue;
    ++row->wrong;
    row->Detail("told without trouble by nobody: " + *contents.begin());
  }
  for (const auto& [name, ids] : told.ids) {
    if (ids.size() == 1) continue;
    ++row->doubled;
    row->Detail(absl::StrCat(name, " was told under ", ids.size(), " ids"));
  }
  row->wrong += told.two_contents;
  row->again += told.messages - static_cast<int>(told.contents.size());
}

}  // namespace retainer
