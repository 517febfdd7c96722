#include "src/cli/gate_report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "retainer/instant_text.h"
#include "src/api/gate_words.h"
#include "src/api/xml.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

std::string TextIn(const nlohmann::json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

const std::string& Headline(const GateVerdict& verdict) { return verdict.headline; }

// Makes a headline from an answer that has none.
std::string MakeHeadline(const GateVerdict& verdict, const nlohmann::json& answer) {
  api::GateSaid said;
  said.verdict = verdict.verdict;
  said.project = verdict.project;
  said.at_risk = TextIn(answer, "fail_on") == "at_risk";
  said.overridden = !verdict.override_text.empty();
  const auto more = answer.find("more");
  said.more = more != answer.end() && more->is_boolean() && more->get<bool>();
  if (const auto reasons = answer.find("reasons"); reasons != answer.end()) {
    for (const nlohmann::json& reason : *reasons) {
      if (!reason.is_object()) continue;
      const auto count = reason.find("count");
      if (TextIn(reason, "kind") == "promise") ++said.promises;
      if (count != reason.end() && count->is_number_unsigned())
        said.promises += count->get<std::size_t>();
    }
  }
  return api::GateHeadline(said);
}

// When time alone will change the verdict; empty when the answer does not say.
std::string NextLine(const GateVerdict& verdict) {
  if (verdict.next_change_at.empty() || verdict.verdict != "pass") return "";
  if (!verdict.override_text.empty()) return "";
  return absl::StrCat("the next falls due at ", verdict.next_change_at);
}

constexpr char kOnlyWarned[] = "Only warned: this job goes on (warn-only).";

// Removes characters that XML 1.0 does not allow.
std::string XmlLine(std::string_view text) { return api::EscapeXml(PrintableLine(text)); }

// Escapes text for Markdown: no markup, no HTML, no mention.
std::string EscapeMarkdown(std::string_view text) {
  std::string out;
  for (const char c : PrintableLine(text)) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '@') {
      out += "&#64;";
    } else {
      if (std::string_view(R"(\`*_{}[]()#+!|~>)").find(c) != std::string_view::npos) {
        out.push_back('\\');
      }
      out.push_back(c);
    }
  }
  return out;
}

bool IsPlainUrl(std::string_view url) {
  return (url.starts_with("https://") || url.starts_with("http://")) &&
         url.find_first_of(" <>()[]\"'`\\\r\n\t") == std::string_view::npos;
}

std::string Plain(const GateVerdict& verdict) {
  std::string out = PrintableLine(Headline(verdict));
  absl::StrAppend(&out, "\n");
  if (!verdict.override_text.empty()) {
    absl::StrAppend(&out, "  ", PrintableLine(verdict.override_text), "\n");
  }
  for (const GateReason& reason : verdict.reasons) {
    absl::StrAppend(&out, "  ", PrintableLine(reason.text), "\n");
    if (!reason.url.empty()) absl::StrAppend(&out, "    ", PrintableLine(reason.url), "\n");
  }
  if (!verdict.ref_text.empty()) {
    absl::StrAppend(&out, "  ", PrintableLine(verdict.ref_text), "\n");
  }
  if (!verdict.note.empty()) absl::StrAppend(&out, "  ", PrintableLine(verdict.note), "\n");
  if (const std::string next = NextLine(verdict); !next.empty()) {
    absl::StrAppend(&out, "  ", PrintableLine(next), "\n");
  }
  return out;
}

std::string JUnit(const GateVerdict& verdict) {
  const bool passes = verdict.verdict == "pass";
  const bool overridden = !verdict.override_text.empty();
  std::string cases;
  std::size_t skipped = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  for (const GateReason& reason : verdict.reasons) {
    const bool unknown = reason.kind == "unknown";
    if (overridden || reason.kind == "neutral") {
      ++skipped;
      absl::StrAppend(&cases, "  <testcase classname=\"retainer.gate\" name=\"",
                      XmlLine(reason.text), "\"><skipped message=\"",
                      XmlLine(overridden ? verdict.override_text : Headline(verdict)),
                      "\"/></testcase>\n");
      continue;
    }
    ++(unknown ? errors : failures);
    const char* const element = unknown ? "error" : "failure";
    absl::StrAppend(&cases, "  <testcase classname=\"retainer.gate\" name=\"", XmlLine(reason.text),
                    "\"><", element, " message=\"", XmlLine(reason.text), "\">",
                    XmlLine(reason.url), "</", element, "></testcase>\n");
  }
  if (passes) {
    absl::StrAppend(&cases, "  <testcase classname=\"retainer.gate\" name=\"",
                    XmlLine(Headline(verdict)), "\"",
                    overridden ? absl::StrCat("><system-out>", XmlLine(verdict.override_text),
                                              "</system-out></testcase>\n")
                               : "/>\n");
  }
  return absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"retainer gate ",
      XmlLine(verdict.project), "\" tests=\"", (passes ? 1 : 0) + skipped + failures + errors,
      "\" failures=\"", failures, "\" errors=\"", errors,
      skipped > 0 ? absl::StrCat("\" skipped=\"", skipped) : "", "\" timestamp=\"",
      XmlLine(verdict.as_of), "\">\n", cases, "</testsuite>\n");
}

std::string GitHub(const GateVerdict& verdict, GateLeniency leniency) {
  std::string out;
  const bool overridden = !verdict.override_text.empty();
  if (overridden)
    absl::StrAppend(&out, Annotation("warning", "retainer gate", verdict.override_text));
  for (const GateReason& reason : verdict.reasons) {
    const bool neutral = reason.kind == "neutral";
    const bool fails =
        reason.kind != "unknown" && !neutral && !overridden && leniency == GateLeniency::kNone;
    absl::StrAppend(&out, Annotation(fails     ? "error"
                                     : neutral ? "notice"
                                               : "warning",
                                     "retainer gate", reason.text));
  }
  absl::StrAppend(&out, PrintableLine(Headline(verdict)), "\n");
  return out;
}

}  // namespace

absl::StatusOr<GateVerdict> ParseVerdict(const std::string& body) {
  const nlohmann::json answer = nlohmann::json::parse(body, nullptr, false);
  GateVerdict verdict;
  if (answer.is_object()) {
    verdict.verdict = TextIn(answer, "verdict");
    verdict.project = TextIn(answer, "project");
  }
  if (verdict.verdict != "pass" && verdict.verdict != "fail" && verdict.verdict != "unknown") {
    return absl::InvalidArgumentError(
        "the answer is not from a gate: give --url the address of Retainer, without a path");
  }
  verdict.as_of = TextIn(answer, "as_of");
  verdict.next_change_at = TextIn(answer, "next_change_at");
  if (const auto reasons = answer.find("reasons"); reasons != answer.end()) {
    for (const nlohmann::json& reason : *reasons) {
      if (!reason.is_object()) continue;
      verdict.reasons.push_back(
          {TextIn(reason, "kind"), TextIn(reason, "text"), TextIn(reason, "url")});
    }
  }
  if (const auto given = answer.find("override"); given != answer.end() && given->is_object()) {
    verdict.override_text =
        absl::StrCat("override ", TextIn(*given, "id"), " of ", TextIn(*given, "by"),
                     ", in force until ", TextIn(*given, "until"), ": ", TextIn(*given, "reason"),
                     "; without it the verdict is ", TextIn(*given, "without"));
  }
  if (const auto ref = answer.find("ref"); ref != answer.end() && ref->is_object()) {
    verdict.ref_text = TextIn(*ref, "text");
  }
  verdict.note = TextIn(answer, "note");
  verdict.headline = TextIn(answer, "headline");
  if (verdict.headline.empty()) verdict.headline = MakeHeadline(verdict, answer);
  verdict.json = body;
  return verdict;
}

GateVerdict NotAsked(const std::string& project) {
  GateVerdict verdict;
  verdict.verdict = "neutral";
  verdict.project = project;
  verdict.as_of = Rfc3339(absl::Now());
  verdict.headline = absl::StrCat("Not asked (", project, ").");
  verdict.reasons = {
      {"neutral", "The gate was not asked: the job of a fork has no token for it.", ""}};
  verdict.json =
      nlohmann::json{{"verdict", verdict.verdict},
                     {"project", project},
                     {"as_of", verdict.as_of},
                     {"reasons", {{{"kind", "neutral"}, {"text", verdict.reasons[0].text}}}}}
          .dump(2);
  return verdict;
}

std::string JsonText(const std::string& body, const char* name) {
  const nlohmann::json object = nlohmann::json::parse(body, nullptr, false);
  if (!object.is_object()) return "";
  return PrintableLine(TextIn(object, name));
}

std::string GateMarkdown(const GateVerdict& verdict) {
  const char* const mark = !verdict.override_text.empty() ? "⚠️"
                           : verdict.verdict == "pass"    ? "✅"
                           : verdict.verdict == "fail"    ? "❌"
                                                          : "⚠️";
  std::string out = absl::StrCat("### ", mark, " ", EscapeMarkdown(Headline(verdict)), "\n\n");
  if (!verdict.override_text.empty()) {
    absl::StrAppend(&out, "**", EscapeMarkdown(verdict.override_text), "**\n\n");
  }
  for (const GateReason& reason : verdict.reasons) {
    absl::StrAppend(&out, "- ", EscapeMarkdown(reason.text));
    if (IsPlainUrl(reason.url)) absl::StrAppend(&out, " ([ticket](", reason.url, "))");
    absl::StrAppend(&out, "\n");
  }
  if (!verdict.reasons.empty()) absl::StrAppend(&out, "\n");
  if (!verdict.ref_text.empty()) {
    absl::StrAppend(&out, EscapeMarkdown(verdict.ref_text), "\n\n");
  }
  if (!verdict.note.empty()) absl::StrAppend(&out, EscapeMarkdown(verdict.note), "\n\n");
  absl::StrAppend(&out, "As of ", EscapeMarkdown(verdict.as_of));
  if (const std::string next = NextLine(verdict); !next.empty()) {
    absl::StrAppend(&out, "; ", EscapeMarkdown(next));
  }
  absl::StrAppend(&out, ".\n");
  return out;
}

std::string Annotation(std::string_view level, std::string_view title, std::string_view text) {
  const auto escape = [](std::string_view value, bool property) {
    std::string out = absl::StrReplaceAll(absl::string_view(value.data(), value.size()),
                                          {{"%", "%25"}, {"\r", "%0D"}, {"\n", "%0A"}});
    if (property) out = absl::StrReplaceAll(out, {{":", "%3A"}, {",", "%2C"}});
    return out;
  };
  return absl::StrCat("::", std::string(level), " title=", escape(title, true),
                      "::", escape(text, false), "\n");
}

std::string TroubleMarkdown(std::string_view text) {
  return absl::StrCat("### ⚠️ ", EscapeMarkdown(text), "\n");
}

std::string GateReport(const GateVerdict& verdict, GateFormat format, GateLeniency leniency) {
  // Only in formats for people; a test report and JSON show the verdict itself.
  const bool warned = leniency == GateLeniency::kWarnOnly && verdict.verdict == "fail";
  const std::string end = warned ? absl::StrCat(kOnlyWarned, "\n") : "";
  switch (format) {
    case GateFormat::kJson:
      return verdict.json.ends_with('\n') ? verdict.json : verdict.json + "\n";
    case GateFormat::kJUnit:
      return JUnit(verdict);
    case GateFormat::kMarkdown:
      return GateMarkdown(verdict);
    case GateFormat::kGitHub:
      return GitHub(verdict, leniency) + end;
    case GateFormat::kText:
      break;
  }
  return Plain(verdict) + end;
}

int ExitCodeOf(const GateVerdict& verdict) {
  if (verdict.verdict == "pass" || verdict.verdict == "neutral") return kDone;
  return verdict.verdict == "fail" ? kAnswerIsNo : kWrongUsage;
}

}  // namespace retainer::cli
