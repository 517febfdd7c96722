// Explains a person's mistake in a file that is not YAML by naming what is missing.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/policy/yaml_tree.h"

namespace retainer::policy {
namespace {

std::string Problems(const std::string& text) {
  std::vector<Problem> problems;
  EXPECT_FALSE(ParseYaml("p.yaml", text, &problems)) << text;
  return FormatProblems(problems);
}

TEST(YamlErrorTest, ATabIsNamed) {
  const std::string tab = "a tab indents this line; indent with spaces\n";
  EXPECT_EQ(Problems("plans:\n\tgold: x\n"), "p.yaml:2:1: not valid YAML: " + tab);
  EXPECT_EQ(Problems("plans:\n  gold:\n\tx: y\n"), "p.yaml:3:1: not valid YAML: " + tab);
  EXPECT_EQ(Problems("a: b\n  \tc: d\n"), "p.yaml:2:3: not valid YAML: " + tab);
  EXPECT_EQ(Problems("bots:\n\t- x\n"), "p.yaml:2:1: not valid YAML: " + tab);
}

TEST(YamlErrorTest, AMissingColonIsNamedWhereItIsMissing) {
  EXPECT_EQ(Problems("# us\nversion 1\n\nprojects: [a]\n"),
            "p.yaml:2:1: not valid YAML: a colon is missing after \"version\"; write version: …\n");
  EXPECT_EQ(Problems("a:\n  - x\n  - id acme\n    plan: gold\n"),
            "p.yaml:3:3: not valid YAML: a colon is missing after \"id\"; write id: …\n");
  EXPECT_EQ(Problems("a: b\ncustomers\n  - {id: a}\n"),
            "p.yaml:2:1: not valid YAML: a colon is missing after \"customers\"; write customers: "
            "…\n");
  EXPECT_EQ(Problems("version:1\nprojects: [a]\n"),
            "p.yaml:1:1: not valid YAML: a blank is missing after the colon of \"version\"; write "
            "version: VALUE\n");
}

TEST(YamlErrorTest, OtherSlipsSayTheirMend) {
  EXPECT_NE(Problems("zone: Europe: Paris\n").find("1:13: not valid YAML: a second colon"),
            std::string::npos);
  EXPECT_NE(
      Problems("a: b\n c: d\n").find("2:2: not valid YAML: this line is indented below \"a\""),
      std::string::npos);
  EXPECT_NE(Problems("a:\n  b: 1\n c: 2\n").find("indented as no line above"), std::string::npos);
  EXPECT_NE(Problems("a: [x, y\nb: c\n").find("not closed by ]"), std::string::npos);
  EXPECT_NE(Problems("a: {b [x]}\n").find("a colon or comma is missing"), std::string::npos);
  EXPECT_NE(Problems("a: @x\n").find("put the value in quotes"), std::string::npos);
}

}  // namespace
}  // namespace retainer::policy
