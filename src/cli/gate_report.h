// What `retainer gate` prints of the gate's answer. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace retainer::cli {

enum class GateFormat { kText, kJson, kJUnit, kMarkdown, kGitHub };

struct GateReason {
  std::string kind;  // promise, private, unknown, neutral
  std::string text;
  std::string url;
};

struct GateVerdict {
  std::string verdict;   // pass, fail, unknown; neutral where the gate was not asked
  std::string headline;  // all of it in one line
  std::string project;
  std::string as_of;
  std::string next_change_at;  // empty: time alone changes nothing
  std::vector<GateReason> reasons;
  std::string override_text;  // who let it through all the same, and why; empty where nobody did
  std::string ref_text;       // what became of `ref`; empty where none was asked for
  std::string note;           // what the question left out; empty: nothing
  std::string json;           // as it came
};

// InvalidArgument for what is no answer of a gate.
absl::StatusOr<GateVerdict> ParseVerdict(const std::string& body);

// Of a fork's pull request, which has no token to ask with: nothing is held against it.
GateVerdict NotAsked(const std::string& project);

// A text of a JSON object, on one line; empty where there is none. `detail` is a problem's (RFC
// 9457).
std::string JsonText(const std::string& body, const char* name);

// What is not in the way all the same, by what the caller wished.
enum class GateLeniency { kNone, kWarnOnly };

// For standard output, every format; ends with a line's end.
std::string GateReport(const GateVerdict& verdict, GateFormat format,
                       GateLeniency leniency = GateLeniency::kNone);

// Markdown for a job's summary or a comment. What comes from the server is text in it, not markup.
std::string GateMarkdown(const GateVerdict& verdict);

// `::error title=…::…` with what would end or begin another command made harmless.
std::string Annotation(std::string_view level, std::string_view title, std::string_view text);

// `text` without a verdict, for a job's summary: why nobody could be asked.
std::string TroubleMarkdown(std::string_view text);

// 0 pass or not asked, 1 fail, 2 cannot tell.
int ExitCodeOf(const GateVerdict& verdict);

}  // namespace retainer::cli
