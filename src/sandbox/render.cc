#include "src/sandbox/render.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "src/base/utf8.h"

namespace retainer::sandbox {
namespace {

std::string When(absl::Time at) {
  return absl::FormatTime("%a %e %b %Y %H:%M UTC", at, absl::UTCTimeZone());
}

// Appends a code point as UTF-8. Leaves out invisible ones.
void AppendCodePoint(std::string& out, std::uint32_t code) {
  const bool invisible = code == 0x200B || code == 0x200C || code == 0x200D || code == 0xFEFF ||
                         code == 0 || code > 0x10FFFF;
  if (invisible) return;
  base::AppendCodePoint(code, &out);
}

// Reads an entity at the start of `text`, appends its character to `out` and removes it from
// `text`. False when there is no entity.
bool TakeEntity(std::string_view& text, std::string& out) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kNamed = {{
      {"&lt;", "<"},
      {"&gt;", ">"},
      {"&amp;", "&"},
      {"&quot;", "\""},
      {"&apos;", "'"},
      {"&nbsp;", " "},
      {"&zwnj;", ""},
      {"&middot;", "·"},
  }};
  for (const auto& [entity, character] : kNamed) {
    if (text.substr(0, entity.size()) != entity) continue;
    out += character;
    text.remove_prefix(entity.size());
    return true;
  }
  if (text.substr(0, 2) != "&#") return false;
  const std::size_t end = text.substr(0, 12).find(';');
  if (end == std::string_view::npos) return false;
  std::string digits(text.substr(2, end - 2));
  std::uint32_t code = 0;
  const bool hex = !digits.empty() && absl::ascii_tolower(digits[0]) == 'x';
  const bool good =
      hex ? absl::SimpleHexAtoi(digits.substr(1), &code) : absl::SimpleAtoi(digits, &code);
  if (!good) return false;
  AppendCodePoint(out, code);
  text.remove_prefix(end + 1);
  return true;
}

std::string WithoutHtmlComments(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t start = text.find("<!--");
    out += text.substr(0, start);
    if (start == std::string_view::npos) return out;
    const std::size_t end = text.find("-->", start);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 3);
  }
}

// Makes one plain line: removes tags and resolves entities, escapes, links, emphasis and code
// marks.
std::string Inline(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text[0] == '&' && TakeEntity(text, out)) continue;
    if (text[0] == '\\' && text.size() > 1 && absl::ascii_ispunct(text[1])) {
      out += text[1];
      text.remove_prefix(2);
      continue;
    }
    if (text[0] == '<' && text.size() > 1 && (absl::ascii_isalpha(text[1]) || text[1] == '/')) {
      const std::size_t end = text.find('>');
      if (end != std::string_view::npos) {
        text.remove_prefix(end + 1);
        continue;
      }
    }
    if (text.substr(0, 2) == "**" || text[0] == '`') {
      text.remove_prefix(text[0] == '`' ? 1 : 2);
      continue;
    }
    if (text[0] == '[') {
      const std::size_t middle = text.find("](");
      const std::size_t end = text.find(')', middle == std::string_view::npos ? 0 : middle);
      if (middle != std::string_view::npos && end != std::string_view::npos) {
        absl::StrAppend(&out, Inline(text.substr(1, middle - 1)), " (",
                        std::string(text.substr(middle + 2, end - middle - 2)), ")");
        text.remove_prefix(end + 1);
        continue;
      }
    }
    out += text[0];
    text.remove_prefix(1);
  }
  return out;
}

std::vector<std::string> Cells(const std::string& line) {
  std::string inner(absl::StripAsciiWhitespace(line));
  inner = inner.substr(1, inner.size() > 1 && inner.back() == '|' ? inner.size() - 2 : inner.npos);
  std::vector<std::string> cells;
  std::string cell;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '|' && (i == 0 || inner[i - 1] != '\\')) {
      cells.push_back(cell);
      cell.clear();
    } else {
      cell += inner[i];
    }
  }
  cells.push_back(cell);
  for (std::string& one : cells) one = Inline(std::string(absl::StripAsciiWhitespace(one)));
  return cells;
}

bool IsRule(const std::string& line) {
  return absl::StrContains(line, "-") && std::all_of(line.begin(), line.end(), [](char c) {
           return c == '|' || c == '-' || c == ':' || c == ' ';
         });
}

// Appends the table's rows with aligned columns.
void AppendTable(std::vector<std::string>& out, const std::vector<std::string>& lines) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> widths;
  for (const std::string& line : lines) {
    if (IsRule(line)) continue;
    rows.push_back(Cells(line));
    widths.resize(std::max(widths.size(), rows.back().size()));
    for (std::size_t i = 0; i < rows.back().size(); ++i) {
      widths[i] = std::max(widths[i], base::CountCodePoints(rows.back()[i]));
    }
  }
  for (const std::vector<std::string>& row : rows) {
    std::string text = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&text, " ", row[i],
                      std::string(widths[i] - base::CountCodePoints(row[i]) + 1, ' '));
    }
    out.push_back(std::string(absl::StripTrailingAsciiWhitespace(text)));
  }
}

std::string LoginOf(World& world, const Project& project, std::int64_t id) {
  return world.UserOf(project.forge, id).login;
}

std::string Logins(World& world, const Project& project, const std::vector<std::int64_t>& ids) {
  std::vector<std::string> out;
  for (std::int64_t id : ids) out.push_back(LoginOf(world, project, id));
  return absl::StrJoin(out, ", ");
}

std::string Indent(const std::string& text) {
  std::string out;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    absl::StrAppend(&out, line.empty() ? "" : "    ", line, "\n");
  }
  return out;
}

const char* Mark(const Project& project, const Ticket& ticket) {
  return project.forge == ForgeKind::kGitLab && ticket.kind == TicketKind::kChange ? "!" : "#";
}

bool Visible(const Remark& remark, bool as_member) { return as_member || !remark.internal; }

std::string Heading(World& world, const Project& project, const Remark& remark) {
  const User& author = world.UserOf(project.forge, remark.author);
  std::string out = absl::StrCat(author.login, author.machine ? " (bot)" : "");
  if (remark.kind == Remark::Kind::kReview) absl::StrAppend(&out, " reviewed: ", remark.state);
  absl::StrAppend(&out, " · ", When(remark.created));
  if (remark.updated > remark.created) out += " · edited";
  if (remark.internal) out += " · internal note";
  return out;
}

// The last check of each name on a change's last commit.
std::vector<Check> ChecksOf(const Project& project, const Ticket& ticket) {
  std::vector<Check> checks;
  if (ticket.kind != TicketKind::kChange) return checks;
  const std::string head = HeadOf(ticket);
  for (const Check& check : project.checks) {
    if (check.commit == head && World::FindCheck(project, head, check.name) == &check) {
      checks.push_back(check);
    }
  }
  return checks;
}

}  // namespace

std::string HtmlEscape(std::string_view text) {
  return absl::StrReplaceAll(absl::string_view(text.data(), text.size()),
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string ReadMarkdown(std::string_view markdown) {
  const std::string text =
      absl::StrReplaceAll(WithoutHtmlComments(markdown), {{"\r\n", "\n"}, {"<br>", "\n"}});
  std::vector<std::string> out;
  std::vector<std::string> table;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    std::string trimmed(absl::StripAsciiWhitespace(line));
    if (!trimmed.empty() && trimmed[0] == '|') {
      table.push_back(trimmed);
      continue;
    }
    AppendTable(out, table);
    table.clear();
    const std::size_t summary = trimmed.find("<summary>");
    if (summary != std::string::npos) {
      const std::size_t end = trimmed.find("</summary>");
      out.emplace_back();  // start a new block, whatever precedes it in the source
      out.push_back("▾ " + Inline(std::string_view(trimmed).substr(
                               summary + 9, end == std::string::npos ? end : end - summary - 9)));
      continue;
    }
    const std::string read = Inline(line);
    // A line with nothing but tags is left out.
    if (absl::StripAsciiWhitespace(read).empty() && !trimmed.empty()) continue;
    out.push_back(std::string(absl::StripTrailingAsciiWhitespace(read)));
  }
  AppendTable(out, table);
  std::string joined;
  bool blank = true;  // merges blank lines, and drops those at the start
  for (const std::string& line : out) {
    if (line.empty() && blank) continue;
    blank = line.empty();
    absl::StrAppend(&joined, line, "\n");
  }
  return std::string(absl::StripTrailingAsciiWhitespace(joined));
}

std::string ThreadText(World& world, const Project& project, const Ticket& ticket, bool as_member) {
  std::string out =
      absl::StrCat(project.path, Mark(project, ticket), ticket.number, "  ", ticket.title, "\n");
  absl::StrAppend(&out, ticket.open ? "open" : "closed");
  if (!ticket.open && !ticket.reason.empty()) absl::StrAppend(&out, " (", ticket.reason, ")");
  if (ticket.confidential) out += " · confidential";
  if (!ticket.labels.empty()) {
    absl::StrAppend(&out, " · [", absl::StrJoin(ticket.labels, "] ["), "]");
  }
  if (!ticket.assignees.empty()) {
    absl::StrAppend(&out, " · assigned to ", Logins(world, project, ticket.assignees));
  }
  if (!ticket.merge.empty()) out += " · merged";
  for (const Check& check : ChecksOf(project, ticket)) {
    absl::StrAppend(&out, "\ncheck ", check.name, ": ", check.verdict, " · ", check.title, "\n",
                    Indent(ReadMarkdown(check.summary)));
  }
  absl::StrAppend(&out, "\n\n", LoginOf(world, project, ticket.author), " · ", When(ticket.created),
                  "\n", Indent(ReadMarkdown(ticket.body)));
  for (const Remark& remark : ticket.remarks) {
    if (!Visible(remark, as_member)) continue;
    if (remark.system) {
      absl::StrAppend(&out, "\n* ", LoginOf(world, project, remark.author), " ",
                      ReadMarkdown(remark.body), "\n");
      continue;
    }
    absl::StrAppend(&out, "\n", Heading(world, project, remark), "\n",
                    Indent(ReadMarkdown(remark.body)));
  }
  return out;
}

std::string ThreadPage(World& world, const Project& project, const Ticket& ticket) {
  std::string out = absl::StrCat(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>", HtmlEscape(ticket.title),
      "</title><style>body{font:15px/1.5 sans-serif;max-width:52rem;margin:2rem auto;padding:0 "
      "1rem}article{border:1px solid #ccc;border-radius:6px;margin:1rem 0}header{background:#f3f4f6"
      ";padding:.4rem .8rem;border-radius:6px 6px 0 0}pre{padding:0 .8rem;white-space:pre-wrap;"
      "font-size:13px}.label{border:1px solid #999;border-radius:1rem;padding:0 .6rem;margin-right:"
      ".3rem}</style><h1>",
      HtmlEscape(ticket.title), " <small>", Mark(project, ticket), ticket.number,
      "</small></h1><p>", HtmlEscape(project.path), " · ", ticket.open ? "open" : "closed", " ");
  for (const std::string& label : ticket.labels) {
    absl::StrAppend(&out, "<span class=\"label\">", HtmlEscape(label), "</span>");
  }
  if (!ticket.assignees.empty()) {
    absl::StrAppend(&out, " assigned to ", HtmlEscape(Logins(world, project, ticket.assignees)));
  }
  out += "</p>";
  auto post = [&](const std::string& heading, const std::string& body) {
    absl::StrAppend(&out, "<article><header>", HtmlEscape(heading), "</header><pre>",
                    HtmlEscape(ReadMarkdown(body)), "</pre></article>");
  };
  post(absl::StrCat(LoginOf(world, project, ticket.author), " · ", When(ticket.created)),
       ticket.body);
  for (const Remark& remark : ticket.remarks) {
    if (!remark.system && !remark.internal) post(Heading(world, project, remark), remark.body);
  }
  return out + "</html>\n";
}

}  // namespace retainer::sandbox
