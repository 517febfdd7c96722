// Filters of a list: an unknown name is refused with the list of known names.
#include "src/api/filters.h"

#include <gtest/gtest.h>

#include "tests/api/served.h"

namespace retainer::api {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

class FiltersTest : public Served {
 protected:
  std::string Detail(const std::string& path, const std::string& token = "all") {
    return GetJson(path, token, 400)["detail"];
  }
};

// Report (here): a filter with an unknown name gives an empty list, as if nothing were there.
TEST_F(FiltersTest, ANameThatMeansNothingIsNoEmptyList) {
  Serve();
  SaveToken("here", "github:acme/opendb", "");
  Open(1, gina);
  for (const char* list : {"/api/v1/tickets?", "/api/v1/queue?"}) {
    const std::string path = list;
    EXPECT_EQ(Detail(path + "customer=nope"),
              "The policy in force names no such customer; there are acme, globex, initech.");
    // For a project's token, a private customer is answered as an unknown name.
    const std::string nobody = Detail(path + "customer=nope", "here");
    EXPECT_EQ(nobody,
              "The policy in force names no such customer that this token may know of; there are "
              "globex, initech.");
    EXPECT_EQ(Detail(path + "customer=acme", "here"), nobody);
    EXPECT_EQ(Detail(path + "customer=c-7f3", "here"), nobody);
    EXPECT_NE(Detail(path + "status=open")
                  .find("`status` is not a parameter of this route; it "
                        "takes project, customer"),
              std::string::npos);
  }
  EXPECT_EQ(Detail("/api/v1/tickets?priority=P9"),
            "The policy in force has no priority `P9`; there are P1, P2.");
  EXPECT_EQ(Detail("/api/v1/tickets?priority=,%20,"),
            "`priority` names none: leave it out, or write it like P1,P2.");
  EXPECT_EQ(Detail("/api/v1/policy?x=1"),
            "`x` is not a parameter of this route; it takes none; see /openapi.json.");
  EXPECT_NE(Detail("/api/v1/policy?" + std::string(500, 'x') + "=1").find("x…`"),
            std::string::npos);
}

// Report (here): a filter of two priorities finds nothing.
TEST_F(FiltersTest, SeveralPrioritiesMeanEachOfThem) {
  Serve();
  SaveToken("globex", "", "globex");
  const auto label = [&](const char* name) {
    return MakeLabelAdded({Provenance::kWebhook, At(0)}, name, kAlice, Moment::At(At(0)));
  };
  Open(1, gina);
  Open(2, gina, {label("priority: P1")});
  Open(3, kErin);
  for (const char* sort : {"due", "-due", "opened", "-updated", "priority", "-priority"}) {
    for (const char* token : {"all", "globex"}) {
      Texts both =
          Refs(GetJson(std::string("/api/v1/tickets?priority=P1,%20p2&sort=") + sort, token));
      std::sort(both.begin(), both.end());
      EXPECT_EQ(both, (Texts{"github:acme/opendb#1", "github:acme/opendb#2"})) << sort << token;
    }
  }
  EXPECT_EQ(Refs(GetJson("/api/v1/tickets?priority=P1")), (Texts{"github:acme/opendb#2"}));
  // Page by page, each ticket comes once, however many customers have claims on it.
  ASSERT_TRUE(
      desk->Operate(Key(2), pipeline::MakeOperatorFact(*ParseCommand("claim c-7f3"), "op", At(0)))
          .ok());
  Texts seen;
  std::string cursor;
  for (int pages = 0; pages < 5; ++pages) {
    const auto page = GetJson("/api/v1/tickets?priority=P2,P1&limit=1" +
                              (cursor.empty() ? "" : "&cursor=" + cursor));
    for (const std::string& ref : Refs(page)) seen.push_back(ref);
    if (page["next_cursor"].is_null()) break;
    cursor = page["next_cursor"];
  }
  EXPECT_EQ(seen, (Texts{"github:acme/opendb#2", "github:acme/opendb#1"}));
}

TEST(Filters, OfManyNamesTheFirstAreListed) {
  EXPECT_EQ(ListNames({}), "none");
  EXPECT_EQ(ListNames({"a", "b"}), "a, b");
  const std::string many = ListNames(std::vector<std::string>(1000, "name"));
  EXPECT_LT(many.size(), 300u);
  EXPECT_TRUE(many.ends_with("and 970 more")) << many;
}

}  // namespace
}  // namespace retainer::api
