#include "src/cli/gate_report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "retainer/instant_text.h"
#include "src/api/xml.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

using nlohmann::json;

std::string TextIn(const json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::string Headline(const GateVerdict& verdict) {
  if (!verdict.override_text.empty()) {
    return absl::StrCat(verdict.project, ": let through by an override");
  }
  if (verdict.verdict == "pass") {
    return absl::StrCat(verdict.project, ": no commitment stands in the way");
  }
  if (verdict.verdict == "neutral") return absl::StrCat(verdict.project, ": not asked");
  if (verdict.verdict == "fail") {
    return absl::StrCat(verdict.project, ": commitments stand in the way");
  }
  return absl::StrCat(verdict.project, ": cannot tell");
}

// Without what XML 1.0 cannot hold.
std::string XmlLine(std::string_view text) { return EscapeXml(PrintableLine(text)); }

// Text in Markdown: no markup, no HTML, no mention.
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
  if (!verdict.next_change_at.empty()) {
    absl::StrAppend(&out, "  changes by itself at ", PrintableLine(verdict.next_change_at), "\n");
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

std::string GitHub(const GateVerdict& verdict) {
  std::string out;
  const bool overridden = !verdict.override_text.empty();
  if (overridden)
    absl::StrAppend(&out, Annotation("warning", "retainer gate", verdict.override_text));
  for (const GateReason& reason : verdict.reasons) {
    const bool neutral = reason.kind == "neutral";
    const bool fails = reason.kind != "unknown" && !neutral && !overridden;
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
  const json answer = json::parse(body, nullptr, false);
  GateVerdict verdict;
  if (answer.is_object()) {
    verdict.verdict = TextIn(answer, "verdict");
    verdict.project = TextIn(answer, "project");
  }
  if (verdict.verdict != "pass" && verdict.verdict != "fail" && verdict.verdict != "unknown") {
    return absl::InvalidArgumentError(
        "what answered is no gate: give --url the address of Retainer, without a path");
  }
  verdict.as_of = TextIn(answer, "as_of");
  verdict.next_change_at = TextIn(answer, "next_change_at");
  if (const auto reasons = answer.find("reasons"); reasons != answer.end()) {
    for (const json& reason : *reasons) {
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
  verdict.json = body;
  return verdict;
}

GateVerdict NotAsked(const std::string& project) {
  GateVerdict verdict;
  verdict.verdict = "neutral";
  verdict.project = project;
  verdict.as_of = Rfc3339(absl::Now());
  verdict.reasons = {{"neutral", "A fork's pull request has no token to ask the gate with.", ""}};
  verdict.json = json{{"verdict", verdict.verdict},
                      {"project", project},
                      {"as_of", verdict.as_of},
                      {"reasons", {{{"kind", "neutral"}, {"text", verdict.reasons[0].text}}}}}
                     .dump(2);
  return verdict;
}

std::string JsonText(const std::string& body, const char* name) {
  const json object = json::parse(body, nullptr, false);
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
  absl::StrAppend(&out, "As of ", EscapeMarkdown(verdict.as_of));
  if (!verdict.next_change_at.empty()) {
    absl::StrAppend(&out, "; changes by itself at ", EscapeMarkdown(verdict.next_change_at));
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

std::string GateReport(const GateVerdict& verdict, GateFormat format) {
  switch (format) {
    case GateFormat::kJson:
      return verdict.json.ends_with('\n') ? verdict.json : verdict.json + "\n";
    case GateFormat::kJUnit:
      return JUnit(verdict);
    case GateFormat::kMarkdown:
      return GateMarkdown(verdict);
    case GateFormat::kGitHub:
      return GitHub(verdict);
    case GateFormat::kText:
      break;
  }
  return Plain(verdict);
}

int ExitCodeOf(const GateVerdict& verdict) {
  if (verdict.verdict == "pass" || verdict.verdict == "neutral") return kDone;
  return verdict.verdict == "fail" ? kAnswerIsNo : kWrongUsage;
}

}  // namespace retainer::cli
