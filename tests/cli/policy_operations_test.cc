// What `retainer policy diff` says of two versions on record.
#include "src/cli/policy_operations.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/faulty_store.h"

namespace retainer::cli {
namespace {

std::string PolicyText(const std::string& target) {
  return R"(version: 1
projects: ["github:acme/opendb"]
calendars: {always: {time_zone: UTC, hours: always}}
priorities: [{name: P1}]
plans: {gold: {calendars: [always], promises: {P1: {first_response: )" +
         target + R"(}}}}
customers: [{id: acme, alias: c-1, plan: gold}]
)";
}

class PolicyDiffTest : public ::testing::Test {
 protected:
  void Save(const std::string& id, const std::string& text) {
    at_ += absl::Hours(1);
    StoredTerms terms;
    terms.id = id;
    terms.effective = at_;
    terms.files = {{"policy.yaml", text}};
    ASSERT_TRUE(store_.AppendTerms(terms).ok());
  }
  OperationResult Diff() {
    const auto result = DiffPolicyVersions(store_, {{"from", "1"}, {"to", "2"}});
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(OperationResult());
  }

  FaultyStore store_;
  absl::Time at_ = absl::FromUnixSeconds(1'767'225'600);
};

TEST_F(PolicyDiffTest, SaysInWordsWhatChanged) {
  Save("aaaaaaaaaaaa", PolicyText("1h"));
  Save("bbbbbbbbbbbb", PolicyText("30m"));
  const OperationResult diff = Diff();
  EXPECT_EQ(diff.text, "plan gold: P1 first_response 1h -> 30m\n\nchanged  policy.yaml\n");
  EXPECT_EQ(diff.data["changes"][0], "plan gold: P1 first_response 1h -> 30m");
}

TEST_F(PolicyDiffTest, AVersionThatCannotBeReadIsComparedByItsFiles) {
  Save("aaaaaaaaaaaa", "version: 99\n");
  Save("bbbbbbbbbbbb", PolicyText("30m"));
  const OperationResult diff = Diff();
  EXPECT_NE(diff.text.find("can no longer read one of the versions"), std::string::npos);
  EXPECT_NE(diff.text.find("changed  policy.yaml"), std::string::npos);
  EXPECT_TRUE(diff.data["changes"].is_null());
}

}  // namespace
}  // namespace retainer::cli
