// Writes one comment of every kind, as it is posted, to the folder RETAINER_BODIES (if it is set)
// for npm/check.sh, which reads them with real Markdown renderers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "templates/renderer.h"

namespace retainer::templates {
namespace {

CommentView View(CommentView::Kind kind) {
  CommentView view;
  view.kind = kind;
  view.priority = "P1";
  view.headline = "first reply by";
  view.due = ShownTime{absl::FromUnixSeconds(1772528520), "Europe/Paris"};
  view.with = "alice";
  PromiseRow met{"", "first reply", "1h", "met", std::nullopt, "42m"};
  met.finished = true;
  view.rows = {met,
               {"", "next reply", "2h", "late", view.due, ""},
               {"", "workaround", "8h", "running", view.due, ""},
               {"", "resolution", "24h", "paused", std::nullopt, ""}};
  return view;
}

std::map<std::string, CommentView> Views() {
  using Kind = CommentView::Kind;
  std::map<std::string, CommentView> views;
  views["neutral"] = CommentView();
  views["promises"] = View(Kind::kPromises);
  views["promises-without-rows"] = View(Kind::kPromises);
  views["promises-without-rows"].rows.clear();
  views["aims"] = View(Kind::kPromises);
  views["aims"].targets_only = true;
  views["aims"].next = "That time has passed; the aim stands.";
  views["late"] = View(Kind::kLate);
  views["late"].next = "It has been escalated, and stays open until it is kept.";
  views["refused"] = views["late"];
  views["refused"].refusals = {"priority P0: the plan of this ticket has no P0",
                               "label priority: P0: there is no such priority"};
  views["waiting"] = View(Kind::kWaiting);
  views["waiting"].question_url = "https://example.org/a/b/issues/12#issuecomment-17";
  views["resolved"] = View(Kind::kResolved);
  views["several"] = views["late"];
  for (std::size_t i = 0; i < 4; ++i) {
    views["several"].rows[i].claim = "ACME Corp";
    PromiseRow other = views["several"].rows[i];
    other.claim = "Globex & Sons";
    views["several"].rows.push_back(other);
  }
  // Text that a login, a customer's name, a priority's name or a refused command may contain.
  const std::string hostile =
      "@alice #12 !5 `x` | <b>b</b> <!-- --> [a](http://e.org) www.e.org </details> &#64;bob\n# h";
  views["hostile"] = views["several"];
  views["hostile"].priority = views["hostile"].with = hostile;
  views["hostile"].refusals = {hostile, hostile};
  for (PromiseRow& row : views["hostile"].rows) row.claim = row.target = hostile;
  return views;
}

TEST(BodiesTest, OneOfEveryKind) {
  const char* folder = std::getenv("RETAINER_BODIES");
  for (const auto& [name, view] : Views()) {
    const std::string body = MakeRenderer()->RenderComment(view, "<!-- retainer:status:1 -->", "");
    EXPECT_TRUE(body.ends_with("<!-- retainer:status:1 -->\n")) << body;
    if (folder == nullptr) continue;
    std::ofstream file(std::string(folder) + "/" + name + ".md", std::ios::binary);
    file << body;
    EXPECT_TRUE(file.flush().good()) << name;
  }
}

}  // namespace
}  // namespace retainer::templates
