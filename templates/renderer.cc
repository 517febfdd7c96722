#include "templates/renderer.h"

#include <algorithm>
#include <iterator>
#include <kainjow/mustache.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "templates/embedded.h"

namespace retainer::templates {
namespace {

namespace mustache = kainjow::mustache;

// Keeps the comment short. With the limits on single texts it also stays far below the forges'
// limit.
constexpr std::size_t kMostRefusals = 2;
constexpr std::size_t kMostSummary = 6;
constexpr std::size_t kMostHours = 4;
// The lines besides the table's rows: the headline, and in the fold the opening tag, a blank line,
// the table's head and rule, a blank line, and the closing tag with the marker.
constexpr std::size_t kHeadline = 1;
constexpr std::size_t kFold = 6;
// Both forges break a line at these two blanks, without a new paragraph. They are invisible in the
// source.
constexpr char kBreak[] = "  ";

std::string SectionName(CommentView::Kind kind) {
  switch (kind) {
    case CommentView::Kind::kNeutral:
      return "neutral";
    case CommentView::Kind::kPromises:
      return "promises";
    case CommentView::Kind::kLate:
      return "late";
    case CommentView::Kind::kWaiting:
      return "waiting";
    case CommentView::Kind::kResolved:
      return "resolved";
  }
  return "neutral";
}

std::string DueCell(const PromiseRow& row) {
  if (!row.due) return "";
  const std::string utc = ShownUtc(*row.due);
  return absl::StrCat(ShownLocal(*row.due, /*year=*/true), utc.empty() ? "" : " (", utc,
                      utc.empty() ? "" : ")");
}

// The sentence below the headline; empty when there is none.
std::string NextText(const CommentView& view) {
  std::string text = InertText(view.next);
  if (!view.called) return text;
  return absl::StrCat(text, text.empty() ? "" : " ", "Escalated; the team is called ",
                      ShownLocal(*view.called, /*year=*/false), ".");
}

// The number of lines of the sentence below the headline.
std::size_t SentenceLines(const CommentView& view) {
  switch (view.kind) {
    case CommentView::Kind::kWaiting:
      return 1;
    case CommentView::Kind::kPromises:
    case CommentView::Kind::kLate:
      return NextText(view).empty() ? 0 : 1;
    case CommentView::Kind::kNeutral:
    case CommentView::Kind::kResolved:
      return 0;
  }
  return 0;
}

// The text of the fold: `Promises · stage: analysed, 3 of 6 · trial`.
std::string Fold(const CommentView& view) {
  std::string fold = view.targets_only ? "Aims" : "Promises";
  if (!view.stage.empty()) fold += " · stage: " + view.stage;
  if (view.trial) fold += " · trial";
  return fold;
}

// What is left of the customers' hours, in one line: `12h 15m of 20h left of q1; …`.
std::string HoursLine(const CommentView& view) {
  std::string line;
  for (std::size_t i = 0; i < view.hours.size() && i < kMostHours; ++i) {
    absl::StrAppend(&line, line.empty() ? "" : "; ", InertText(view.hours[i]));
  }
  return line;
}

// Two finished rows of one claim, joined to one row.
PromiseRow Joined(const PromiseRow& a, const PromiseRow& b) {
  PromiseRow row = a;
  row.promise = absl::StrCat(a.promise, ", ", b.promise);
  row.target = absl::StrCat(a.target, ", ", b.target);
  if (a.state != b.state) row.state = absl::StrCat(a.state, ", ", b.state);
  if (a.took.empty() || b.took.empty()) {
    row.took = absl::StrCat(a.took, b.took);
  } else {
    row.took = absl::StrCat(a.took, ", ", b.took);
  }
  row.late = a.late || b.late;
  return row;
}

// The first two neighbouring rows that are finished and belong to one claim.
std::vector<PromiseRow>::iterator FindPair(std::vector<PromiseRow>* rows) {
  return std::adjacent_find(rows->begin(), rows->end(),
                            [](const PromiseRow& a, const PromiseRow& b) {
                              return a.finished && b.finished && a.claim == b.claim;
                            });
}

// The rows that fit. If there are too many, finished promises share a line; if that is not enough,
// only the most urgent ones stay.
std::vector<PromiseRow> Fit(std::vector<PromiseRow> rows, std::size_t most) {
  while (rows.size() > most) {
    const auto pair = FindPair(&rows);
    if (pair == rows.end()) break;
    *pair = Joined(*pair, *std::next(pair));
    rows.erase(std::next(pair));
  }
  if (rows.size() <= most) return rows;
  const auto urgency = [](const PromiseRow& row) {
    return std::make_pair(row.finished, row.due ? row.due->at : absl::InfiniteFuture());
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const PromiseRow& a, const PromiseRow& b) {
    return urgency(a) < urgency(b);
  });
  rows.resize(most);
  return rows;
}

// `first reply 42m of 1h, resolution took 30h (promised 24h): late`
std::string Summary(const CommentView& view) {
  std::string summary;
  std::size_t shown = 0;
  for (const PromiseRow& row : view.rows) {
    if (row.took.empty() || shown == kMostSummary) continue;
    ++shown;
    absl::StrAppend(&summary, summary.empty() ? "" : ", ", InertText(row.promise), " ");
    if (row.late) {
      absl::StrAppend(&summary, "took ", InertText(row.took), " (promised ", InertText(row.target),
                      "): late");
    } else if (row.untimed) {
      absl::StrAppend(&summary, InertText(row.took));
    } else {
      absl::StrAppend(&summary, InertText(row.took), " of ", InertText(row.target));
    }
  }
  return summary;
}

bool IsLogin(std::string_view text) {
  const auto is_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && is_word(text.front()) && is_word(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_word(c) || c == '-' || c == '.'; });
}

std::string SectionName(MentionView::Kind kind) {
  switch (kind) {
    case MentionView::Kind::kSoon:
      return "soon";
    case MentionView::Kind::kLate:
      return "late";
    case MentionView::Kind::kByHand:
      return "by_hand";
    case MentionView::Kind::kWithdrawn:
      return "withdrawn";
    case MentionView::Kind::kRate:
      return "rate";
  }
  return "late";
}

// Stands for an intended blank line. Sections that are not shown leave blank lines, so all other
// blank lines are removed.
constexpr char kBlank[] = "\x01";

std::string Tidy(const std::string& text) {
  std::string tidy;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    absl::StrAppend(&tidy, line == kBlank ? "" : line, "\n");
  }
  return tidy;
}

// The promise that is due first, as plain text without Markdown.
std::string CheckTitle(const CheckView& view) {
  if (view.rows.empty()) return "no support promise to show";
  const CheckRow& first = view.rows.front();
  if (!first.due) return "no support promise is due";
  const std::string due = ShownLocal({*first.due, "UTC"}, /*year=*/false);
  if (first.aim) return absl::StrCat(first.ticket, ": aiming at ", first.promise, " by ", due);
  return absl::StrCat(first.ticket, ": ", first.promise, first.late ? " was due " : " by ", due);
}

class MustacheRenderer : public Renderer {
 public:
  std::string RenderComment(const CommentView& view, const std::string& marker,
                            const std::string& rate_url) const override {
    // Parsed for each comment, because threads must not share a parsed template.
    mustache::mustache comment{std::string(kCommentTemplate)};
    mustache::data data = Data(view, marker);
    SetUrl("rate_url", rate_url, &data);
    return Tidy(comment.render(data));
  }

  std::string RenderMention(const MentionView& view, const std::string& marker) const override {
    mustache::mustache mention{std::string(kMentionTemplate)};
    mustache::data data;
    std::string people;
    for (const std::string& login : view.logins) {
      absl::StrAppend(&people, people.empty() ? "" : " ",
                      IsLogin(login) ? absl::StrCat("@", login) : InertCode(login));
    }
    data.set("people", people.empty() ? mustache::data(mustache::data::type::bool_false)
                                      : mustache::data(people));
    data.set("scale", absl::StrCat(view.rate));
    SetUrl("rate_url", view.rate_url, &data);
    data.set(SectionName(view.kind), mustache::data(mustache::data::type::bool_true));
    data.set("promise", InertText(view.promise));
    data.set("due", view.due ? ShownLocal(*view.due, /*year=*/false) : "");
    const std::string utc = view.due ? ShownUtc(*view.due) : "";
    data.set("utc",
             utc.empty() ? mustache::data(mustache::data::type::bool_false) : mustache::data(utc));
    data.set("blank", kBlank);
    data.set("marker", marker);
    return Tidy(mention.render(data));
  }

  CheckText RenderCheck(const CheckView& view) const override {
    mustache::mustache check{std::string(kCheckTemplate)};
    const auto yes = [](bool is) {
      return mustache::data(is ? mustache::data::type::bool_true
                               : mustache::data::type::bool_false);
    };
    mustache::data data;
    mustache::data rows{mustache::data::type::list};
    bool has_due = false;
    for (const CheckRow& row : view.rows) has_due |= row.due.has_value();
    for (const CheckRow& row : view.rows) {
      mustache::data cells;
      const std::string url = InertUrl(row.url);
      cells.set("url", url.empty() ? yes(false) : mustache::data(url));
      cells.set("ticket", InertCode(row.ticket));
      cells.set("promise", InertText(row.promise));
      cells.set("state", InertText(row.state));
      cells.set("has_due", yes(has_due));
      cells.set("due", row.due ? ShownLocal({*row.due, "UTC"}, /*year=*/true) : "");
      rows.push_back(cells);
    }
    data.set("any", yes(!view.rows.empty()));
    data.set("has_due", yes(has_due));
    data.set("answer_late", yes(view.verdict == CheckView::Verdict::kFailure));
    data.set("rows", rows);
    data.set("blank", kBlank);
    return {CheckTitle(view), Tidy(check.render(data))};
  }

 private:
  static void SetUrl(const std::string& name, const std::string& url, mustache::data* data) {
    const std::string inert = InertUrl(url);
    data->set(name, inert.empty() ? mustache::data(mustache::data::type::bool_false)
                                  : mustache::data(inert));
  }

  // Every text is made inert here; the template inserts it unchanged.
  static mustache::data Data(const CommentView& view, const std::string& marker) {
    mustache::data data;
    // A missing text must not appear as a section either.
    const auto set = [&](const std::string& name, const std::string& text) {
      if (text.empty()) {
        data.set(name, mustache::data(mustache::data::type::bool_false));
      } else {
        data.set(name, mustache::data(text));
      }
    };
    data.set(SectionName(view.kind), mustache::data(mustache::data::type::bool_true));
    set("priority", InertText(view.priority));
    set("headline", InertText(view.headline));
    set("due", view.due ? ShownLocal(*view.due, /*year=*/false) : "");
    set("utc", view.due ? ShownUtc(*view.due) : "");
    set("with", InertText(view.with));
    set("next", NextText(view));
    set("break", kBreak);
    set("blank", kBlank);
    set("question", InertUrl(view.question_url));
    set("summary", Summary(view));
    set("marker", marker);

    mustache::data refusals(mustache::data::type::list);
    for (std::size_t i = 0; i < view.refusals.size() && i < kMostRefusals; ++i) {
      refusals << mustache::data("text", InertCode(view.refusals[i]));
    }
    data.set("refusals", refusals);

    const std::size_t used = kHeadline + SentenceLines(view) +
                             std::min(view.refusals.size(), kMostRefusals) + kFold +
                             (view.hours.empty() ? 0 : 1) + (view.rate == 0 ? 0 : 1);
    const std::vector<PromiseRow> fitting = Fit(view.rows, kMostCommentLines - used);
    set("fold", Fold(view));
    set("hours", HoursLine(view));
    set("rate", view.rate == 0 ? "" : absl::StrCat(view.rate));
    const auto any = [&](auto has) {
      return mustache::data(std::any_of(fitting.begin(), fitting.end(), has));
    };
    data.set("several", any([](const PromiseRow& row) { return !row.claim.empty(); }));
    data.set("has_due", any([](const PromiseRow& row) { return row.due.has_value(); }));
    data.set("has_took", any([](const PromiseRow& row) { return !row.took.empty(); }));
    mustache::data rows(mustache::data::type::list);
    for (const PromiseRow& row : fitting) {
      mustache::data cells;
      cells.set("claim", InertCode(row.claim));
      cells.set("promise", InertText(row.promise));
      cells.set("target", InertText(row.target));
      cells.set("state", InertText(row.state));
      cells.set("due", DueCell(row));
      cells.set("took", InertText(row.took));
      rows << cells;
    }
    data.set("has_rows", mustache::data(rows.is_non_empty_list()));
    data.set("rows", rows);
    return data;
  }
};

}  // namespace

std::unique_ptr<Renderer> MakeRenderer() { return std::make_unique<MustacheRenderer>(); }

}  // namespace retainer::templates
