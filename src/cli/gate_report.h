// Formats the gate's answer for `retainer gate`. Pure.
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
  std::string verdict;   // pass, fail, unknown; neutral: the gate was not asked
  std::string headline;  // everything in one line
  std::string project;
  std::string as_of;
  std::string next_change_at;  // empty: no change without new events
  std::vector<GateReason> reasons;
  // Who overrode the verdict, and why; empty when nobody did.
  std::string override_text;
  // The result for `ref`; empty when no ref was asked for.
  std::string ref_text;
  std::string note;  // what the question left out; empty: nothing
  std::string json;  // the answer as received
};

// InvalidArgument when the body is not an answer of the gate.
absl::StatusOr<GateVerdict> ParseVerdict(const std::string& body);

// The verdict for a fork's pull request, which has no token: neutral.
GateVerdict NotAsked(const std::string& project);

// A text field of a JSON object, on one line; empty when it is missing. For a problem document (RFC
// 9457) the field is `detail`.
std::string JsonText(const std::string& body, const char* name);

// kWarnOnly: the caller wants a failed verdict only as a warning.
enum class GateLeniency { kNone, kWarnOnly };

// For standard output, in any format; ends with a line end.
std::string GateReport(const GateVerdict& verdict, GateFormat format,
                       GateLeniency leniency = GateLeniency::kNone);

// Markdown for a job's summary or a comment. Texts of the server are escaped in it.
std::string GateMarkdown(const GateVerdict& verdict);

// `::error title=…::…`. Escapes what would end this workflow command or start another one.
std::string Annotation(std::string_view level, std::string_view title, std::string_view text);

// Markdown for a job's summary when there is no verdict; `text` says why.
std::string TroubleMarkdown(std::string_view text);

// 0: pass or not asked. 1: fail. 2: unknown.
int ExitCodeOf(const GateVerdict& verdict);

}  // namespace retainer::cli
