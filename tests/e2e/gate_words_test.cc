// The action's script and the command say the same, with the same exit code. Both get the same
// answers; the test compares their output, the job's summary and the exit codes.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/installation.h"
#include "tests/fakes/places.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer {
namespace {

using nlohmann::ordered_json;

struct Wish {
  std::string url;
  std::string fail_on = "breached";
  std::string on_unreachable = "warn";
  std::string warn_only;
};

struct Ended {
  int exit_code = -1;
  std::string out;
  std::string summary;
  friend bool operator==(const Ended&, const Ended&) = default;
  friend std::ostream& operator<<(std::ostream& stream, const Ended& ended) {
    return stream << ended.exit_code << "\n" << ended.out << "-- summary\n" << ended.summary;
  }
};

class GateWordsTest : public ::testing::Test {
 protected:
  std::string Read(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Ended End(const std::vector<std::string>& command, Process::Environment environment) {
    const std::string summary = absl::StrCat(folder_.path(), "/summary", ++runs_);
    environment["GITHUB_STEP_SUMMARY"] = summary;
    environment["GITHUB_EVENT_NAME"] = "push";
    const Finished done = Execute(command, environment);
    return {done.exit_code, done.out, Read(summary)};
  }
  Ended Script(const Wish& wish, const std::string& gitlab = "") {
    return End({"/bin/sh", SourceDir() + "/.github/actions/sla-gate/gate.sh"},
               {{"GATE_URL", wish.url},
                {"GATE_PROJECT", "github:acme/opendb"},
                {"GATE_TOKEN", "rtn_x"},
                {"GATE_FAIL_ON", wish.fail_on},
                {"GATE_ON_UNREACHABLE", wish.on_unreachable},
                {"GATE_WARN_ONLY", wish.warn_only},
                {"GITLAB_CI", gitlab}});
  }
  Ended Command(const Wish& wish, const std::string& format = "github") {
    std::vector<std::string> command = {
        Binary(),   "gate", "--url",     wish.url,     "--project",        "github:acme/opendb",
        "--format", format, "--fail-on", wish.fail_on, "--on-unreachable", wish.on_unreachable};
    if (!wish.warn_only.empty() && wish.warn_only != "false") command.push_back("--warn-only");
    return End(command, {{"RETAINER_TOKEN", "rtn_x"}});
  }
  // Formats the body as the service does.
  void Answers(const ordered_json& body, int status = 200) {
    gate_.Answer(status, {}, status == 200 ? body.dump(2) + "\n" : body.dump());
  }
  std::string Url() const { return absl::StrCat("http://127.0.0.1:", gate_.port()); }
  static ordered_json Answer(const std::string& verdict, const std::string& headline) {
    return {{"verdict", verdict},
            {"headline", headline},
            {"project", "github:acme/opendb"},
            {"fail_on", "breached"},
            {"as_of", "2026-03-02T14:00:00Z"},
            {"next_change_at", nullptr},
            {"reasons", ordered_json::array()},
            {"more", false},
            {"links", {{"breached", "/api/v1/tickets?state=breached"}}}};
  }

  sinks::HttpReceiver gate_;
  TemporaryFolder folder_;
  int runs_ = 0;
};

TEST_F(GateWordsTest, VerdictsAreToldInTheSameWords) {
  const ordered_json promise = {
      {"kind", "promise"},
      {"text", "github:acme/opendb#1: first_response (P2) was due \"then\" 50% <b> \\ Grüße"},
      {"ticket", "github:acme/opendb#1"},
      {"url", "https://forge/acme/opendb/issues/1"},
      {"metric", "first_response"},
      {"customer", "globex"}};
  const ordered_json hidden = {{"kind", "private"}, {"text", "A commitment is @broken."}};
  const ordered_json unknown = {
      {"kind", "unknown"}, {"code", "backlog"}, {"text", "Deliveries wait."}};

  ordered_json pass = Answer("pass", "Every support promise of github:acme/opendb is kept.");
  pass["next_change_at"] = "2026-03-02T15:00:00Z";
  ordered_json narrowed = Answer("pass", "No broken promise among: P2 (github:acme/opendb).");
  narrowed["note"] = "Promises to private customers count elsewhere.";
  ordered_json fail = Answer("fail", "2 promises are broken (github:acme/opendb).");
  fail["reasons"] = {promise, hidden};
  fail["ref"] = {{"name", "v1"},
                 {"applied", true},
                 {"excluded", {"github:acme/opendb#3"}},
                 {"text", "Tickets whose fix is part of this ref do not count."}};
  ordered_json overridden = Answer("pass", "Let through by an override (github:acme/opendb).");
  overridden["reasons"] = {promise, unknown};
  overridden["next_change_at"] = "2026-03-02T16:00:00Z";
  overridden["override"] = {{"id", "3f9a"},
                            {"by", "carol"},
                            {"reason", "security <fix>: \"now\""},
                            {"from", "2026-03-02T12:00:00Z"},
                            {"until", "2026-03-02T16:00:00Z"},
                            {"without", "fail"}};
  ordered_json cannot = Answer("unknown", "It cannot be told (github:acme/opendb).");
  cannot["reasons"] = {unknown};

  struct Case {
    const char* name;
    ordered_json answer;
    std::string warn_only;
    std::string on_unreachable;
    int exit_code;
    std::string word;
  };
  const std::vector<Case> cases = {
      {"pass", pass, "false", "warn", 0, "is kept."},
      {"narrowed", narrowed, "", "warn", 0, "No broken promise among: P2"},
      {"fail", fail, "false", "warn", 1, "::error title=retainer gate::github:acme/opendb#1"},
      {"only warned", fail, "true", "warn", 0, "::warning title=retainer gate::A commitment"},
      {"True", fail, "True", "warn", 0, "Only warned"},
      {"blanks", fail, " YES ", "warn", 0, "Only warned"},
      {"False", fail, "False", "warn", 1, "::error"},
      {"override", overridden, "false", "warn", 0, "override 3f9a of carol"},
      {"unknown, warn", cannot, "false", "Warn", 0, "this job goes on"},
      {"unknown, fail", cannot, "false", "fail", 2, "It cannot be told"}};
  for (const Case& one : cases) {
    Answers(one.answer);
    Wish wish{Url(), "breached", one.on_unreachable, one.warn_only};
    const Ended script = Script(wish);
    if (one.warn_only == "False") wish.warn_only.clear();
    EXPECT_EQ(script, Command(wish)) << one.name;
    EXPECT_EQ(script.exit_code, one.exit_code) << one.name << "\n" << script;
    EXPECT_NE(script.out.find(one.word), std::string::npos) << one.name << "\n" << script;
    EXPECT_NE(script.summary.find("### "), std::string::npos) << one.name << "\n" << script;
    EXPECT_EQ(script.summary.find("\"verdict\""), std::string::npos) << "no JSON\n" << script;
    // On GitLab the script logs what the command prints as text.
    const Ended gitlab = Script(wish, "true");
    const Ended text = Command(wish, "text");
    EXPECT_EQ(gitlab.exit_code, text.exit_code) << one.name;
    EXPECT_TRUE(gitlab.out.starts_with(text.out)) << one.name << "\n" << gitlab << text;
  }
}

TEST_F(GateWordsTest, TroubleIsToldInTheSameWords) {
  struct Case {
    int status;  // 0: no answer
    ordered_json problem;
    std::string on_unreachable;
    int exit_code;
    std::string word;
  };
  const auto problem = [](const char* detail, const char* code = "") {
    ordered_json body = {{"detail", detail}, {"status", 400}};
    if (*code != '\0') body["code"] = code;
    return body;
  };
  const std::string p9 = "The policy in force has no priority `P9`; there are P1, P2.";
  const std::vector<Case> cases = {
      {0, {}, "warn", 0, "no connection to http://127.0.0.1:1."},
      {0, {}, "fail", 3, "no connection to http://127.0.0.1:1."},
      {503, problem("Busy."), "warn", 0, "HTTP 503: Busy."},
      {500, problem("Ours."), "fail", 3, "HTTP 500: Ours."},
      {404, problem("No delivery was received.", "no_deliveries"), "warn", 0, "HTTP 404: No del"},
      {404, problem("No delivery was received.", "no_deliveries"), "fail", 2, "HTTP 404: No del"},
      {404, problem("No such customer."), "warn", 2, "HTTP 404: No such customer."},
      {400, problem(p9.c_str()), "warn", 2, p9},
      {401, problem("A valid token is needed."), "warn", 2, "Check the token"},
      {403, problem("Not for this project."), "warn", 2, "Check the token"},
      {429, problem("Too many."), "warn", 2, "ask again in"},
      {200, {{"status", "ok"}}, "warn", 2, "the answer is not from a gate"}};
  for (const Case& one : cases) {
    if (one.status != 0) Answers(one.problem, one.status);
    const Wish wish{one.status == 0 ? "http://127.0.0.1:1" : Url(), "breached", one.on_unreachable,
                    ""};
    const Ended script = Script(wish);
    Ended command = Command(wish);
    // A flag of the command is a variable of the script.
    command.out = absl::StrReplaceAll(command.out, {{"--url", "url"}});
    command.summary = absl::StrReplaceAll(command.summary, {{"--url", "url"}});
    EXPECT_EQ(script, command) << one.status << one.on_unreachable;
    EXPECT_EQ(script.exit_code, one.exit_code) << one.status << "\n" << script;
    EXPECT_NE(script.out.find(one.word), std::string::npos) << one.status << "\n" << script;
    EXPECT_EQ(script.out.find("(000)"), std::string::npos) << script;
  }
}

TEST_F(GateWordsTest, AnAddressThatIsNoneIsToldWithTheMend) {
  for (const auto& [url, mend] : std::map<std::string, std::string>{
           {"support.example.com", "write https://support.example.com"},
           {"http://support.example.com/x", "write https://support.example.com/x"},
           {"ftp://support.example.com", "write https://support.example.com"}}) {
    const Ended script = Script({url});
    const Ended command = Command({url});
    EXPECT_EQ(script.exit_code, 2) << script;
    EXPECT_NE(command.out.find("--url must begin with https://"), std::string::npos) << command;
    for (const std::string& out : {script.out, command.out}) {
      EXPECT_NE(out.find(mend), std::string::npos) << out;
    }
    EXPECT_EQ(absl::StrReplaceAll(command.out, {{"--url", "url"}}), script.out);
    EXPECT_EQ(command.exit_code, 2);
  }
}

TEST_F(GateWordsTest, AWordThatMeansNothingIsRefusedAndNotTakenForTheUsual) {
  Answers(Answer("fail", "1 promise is broken."));
  for (const Wish& wish :
       {Wish{Url(), "breached", "warn", "maybe"}, Wish{Url(), "breached", "never", ""},
        Wish{Url(), "broken", "warn", ""}}) {
    const Ended script = Script(wish);
    EXPECT_EQ(script.exit_code, 2) << script;
    EXPECT_NE(script.out.find(", not '"), std::string::npos) << script;
  }
  EXPECT_EQ(Command({Url(), "broken", "warn", ""}).exit_code, 2);
  EXPECT_EQ(Command({Url(), "breached", "never", ""}).exit_code, 2);
  EXPECT_EQ(Script({Url(), " Breached", "FAIL", "0"}).exit_code, 1);
  // The service parses blanks in a list.
  const std::size_t asked = gate_.received().size();
  End({"/bin/sh", SourceDir() + "/.github/actions/sla-gate/gate.sh"},
      {{"GATE_URL", Url()},
       {"GATE_PROJECT", "github:acme/opendb"},
       {"GATE_TOKEN", "rtn_x"},
       {"GATE_PRIORITY", "P1, P2"}});
  ASSERT_GT(gate_.received().size(), asked);
  // curl encodes a comma and a blank in this way.
  EXPECT_NE(gate_.received().back().target.find("priority=P1%2c+P2"), std::string::npos)
      << gate_.received().back().target;
}

}  // namespace
}  // namespace retainer
