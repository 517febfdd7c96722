#include "templates/renderer.h"

#include <kainjow/mustache.hpp>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "templates/embedded.h"

namespace retainer {
namespace {

namespace mustache = kainjow::mustache;

// With the bounds on single texts these keep any comment far under the forges' limit.
constexpr std::size_t kMostRows = 24;
constexpr std::size_t kMostRefusals = 5;
constexpr std::size_t kMostSummary = 6;

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

// `first reply 42m of 1h, resolution 5h of 24h`
std::string Summary(const CommentView& view) {
  std::string summary;
  std::size_t shown = 0;
  for (const PromiseRow& row : view.rows) {
    if (row.took.empty() || shown == kMostSummary) continue;
    ++shown;
    absl::StrAppend(&summary, summary.empty() ? "" : ", ", InertText(row.promise), " ",
                    InertText(row.took), " of ", InertText(row.target));
  }
  return summary;
}

// Without blank lines at the start and with no two in a row: sections that are not shown leave
// theirs behind.
std::string Tidy(const std::string& text) {
  std::string tidy;
  for (char c : text) {
    const bool third = c == '\n' && (tidy.empty() || tidy.ends_with("\n\n"));
    if (!third) tidy.push_back(c);
  }
  return tidy;
}

class MustacheRenderer : public Renderer {
 public:
  std::string RenderComment(const CommentView& view, const std::string& marker) const override {
    // Parsed for each comment: a parsed template is not safe to share between threads.
    mustache::mustache comment{std::string(kCommentTemplate)};
    return Tidy(comment.render(Data(view, marker)));
  }

 private:
  // Every text is made inert here; the template takes it as it is.
  static mustache::data Data(const CommentView& view, const std::string& marker) {
    mustache::data data;
    // A text that is not there is no section either.
    const auto set = [&](const std::string& name, std::string text) {
      if (text.empty()) {
        data.set(name, mustache::data(mustache::data::type::bool_false));
      } else {
        data.set(name, mustache::data(std::move(text)));
      }
    };
    data.set(SectionName(view.kind), mustache::data(mustache::data::type::bool_true));
    set("priority", InertText(view.priority));
    set("headline", InertText(view.headline));
    set("due", view.due ? ShownLocal(*view.due, /*year=*/false) : "");
    set("utc", view.due ? ShownUtc(*view.due) : "");
    set("with", InertCode(view.with));
    set("next", InertText(view.next));
    set("question", InertUrl(view.question_url));
    set("summary", Summary(view));
    set("marker", marker);

    mustache::data refusals(mustache::data::type::list);
    for (std::size_t i = 0; i < view.refusals.size() && i < kMostRefusals; ++i) {
      refusals << mustache::data("text", InertCode(view.refusals[i]));
    }
    data.set("has_refusals", mustache::data(refusals.is_non_empty_list()));
    data.set("refusals", refusals);

    bool several = false;
    mustache::data rows(mustache::data::type::list);
    for (std::size_t i = 0; i < view.rows.size() && i < kMostRows; ++i) {
      const PromiseRow& row = view.rows[i];
      several = several || !row.claim.empty();
      mustache::data cells;
      cells.set("claim", InertCode(row.claim));
      cells.set("promise", InertText(row.promise));
      cells.set("target", InertText(row.target));
      cells.set("state", InertText(row.state));
      cells.set("due", DueCell(row));
      cells.set("took", InertText(row.took));
      rows << cells;
    }
    data.set("several", mustache::data(several));
    data.set("has_rows", mustache::data(rows.is_non_empty_list()));
    data.set("rows", rows);
    return data;
  }
};

}  // namespace

std::unique_ptr<Renderer> MakeRenderer() { return std::make_unique<MustacheRenderer>(); }

}  // namespace retainer
