// What a run without trouble shows and tells, and how another run of the same story differs.
#pragma once

#include <cstdint>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "tests/crash/desk_run.h"

namespace retainer {

struct CrashStory {
  std::string forge = "github";  // or `gitlab`
  int tickets = 1;
  absl::Duration spacing = absl::Hours(4);  // 4 h: one ticket ends before the next one begins

  ProjectRef project() const { return {forge, "acme/opendb"}; }
};

// Programs of this build.
struct CrashPrograms {
  std::string service;  // killed_service
  std::string library;  // disk_faults
};

// A line of the table: one kind of trouble, and what it did.
struct CrashRow {
  std::string trouble;
  int tried = 0;    // how often the trouble happened
  int lost = 0;     // notices that were not told
  int doubled = 0;  // acts after which there were more comments, or a notice under two ids
  int wrong = 0;    // acts after which a ticket, or a notice, was not as in the run without trouble
  int again = 0;    // notices sent again with the same id and content, which is allowed
  int tickets = 0;
  double seconds = 0;
  std::vector<std::string> details;  // the first few differences

  bool ok() const { return lost + doubled + wrong == 0; }
  void Detail(const std::string& text);
  void Add(const CrashRow& other);
};
void PrintTable(std::ostream& out, const std::vector<CrashRow>& rows);

struct CalmRun {
  CrashStory story;
  std::vector<CrashAct> acts;
  // After each act.
  std::vector<sandbox::Sandbox::Shown> shown;
  std::vector<int> made;                    // comments, on the act's ticket
  std::vector<std::set<std::string>> told;  // names of the notices that it brought
  std::vector<int> disk_acts;               // operations on the data folder
  std::vector<int> requests;                // to the forge's API
  // In the end.
  std::vector<sandbox::Sandbox::Shown> at_end;
  std::vector<int> made_at_end;
  DeskRun::Told told_at_end;
};

// What follows from an act happens within this time if nothing goes wrong; and what a back-off
// delays.
inline constexpr absl::Duration kQuiet = absl::Minutes(5);
inline constexpr absl::Duration kPatience = absl::Minutes(17);

// When an act's time ends: kQuiet later, or at the next act.
absl::Time QuietAfter(const std::vector<CrashAct>& acts, std::size_t act);

CalmRun RunCalm(const CrashPrograms& programs, const CrashStory& story);

// Waits until `run` is as the calm one was after this act, and adds the differences that stay.
void CompareAfterAct(const CalmRun& calm, std::size_t act, DeskRun& run, CrashRow* row);
// The same for everything, at the end of the story.
void CompareAtEnd(const CalmRun& calm, DeskRun& run, absl::Duration patience, CrashRow* row);

}  // namespace retainer
