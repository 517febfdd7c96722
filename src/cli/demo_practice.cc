#include "src/cli/demo_practice.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "src/cli/impact_pages.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"
#include "src/sandbox/surfer.h"

namespace retainer::cli {
namespace {

void PrintBlock(const std::string& text, sandbox::StoryStage* stage) {
  stage->Print(absl::StrCat(
      "  | ", absl::StrReplaceAll(std::string(absl::StripSuffix(text, "\n")), {{"\n", "\n  | "}}),
      "\n\n"));
}

absl::StatusOr<std::string> AskDesk(const DemoDesk& demo, const nlohmann::json& request) {
  const auto answered = AskRunning(demo.config.data, request.dump());
  if (!answered) return absl::InternalError("the demo's service does not answer");
  if (!answered->ok()) return answered->status();
  return (*answered)->text;
}

// An issue of grace, who has no contract of her own.
absl::Status OpenIssue(const std::string& title, sandbox::StoryStage* stage) {
  const auto issue = stage->sandbox().OpenIssue({"github", "acme/opendb"}, "grace", title,
                                                "On every node.\n\n/support priority P2");
  if (!issue.ok()) return issue.status();
  while (stage->sandbox().pending() > 0) {
    stage->sandbox().DeliverPending();
    if (absl::Status done = stage->Advance(absl::ZeroDuration()); !done.ok()) return done;
  }
  const auto thread = stage->sandbox().RenderThread(*issue);
  if (!thread.ok()) return thread.status();
  PrintBlock(*thread, stage);
  return absl::OkStatus();
}

absl::Status PlayJoining(const DemoDesk& demo, sandbox::StoryStage& stage) {
  stage.Print(
      "\n== A colleague joins\n\n"
      "Northwind is sent a link, which works once. Grace, Dave's colleague, follows it, signs in "
      "at\n"
      "the forge and confirms:\n\n");
  stage.sandbox().AddUser(ForgeKind::kGitHub, {.login = "grace", .name = "Grace Okoro"});
  const auto link =
      AskDesk(demo, {{"op", "customer invite"}, {"customer", "northwind"}, {"by", "carol"}});
  if (!link.ok()) return link.status();
  const std::string address = std::string(absl::StripSuffix(*link, "\n"));
  sandbox::Surfer grace;
  const auto page = grace.Open(address);
  const auto asked = grace.Open(sandbox::Surfer::Link(page, "Sign in with github"));
  const auto back = grace.Send(asked, "/login/oauth/authorize", "login", "grace");
  const auto joined = grace.Send(back, address.substr(demo.url.size()));
  if (joined.status != 200) {
    return absl::InternalError(absl::StrCat("grace could not join: ", joined.body));
  }
  if (absl::Status done = stage.Advance(absl::ZeroDuration()); !done.ok()) return done;
  const auto contacts = AskDesk(demo, {{"op", "customer contacts"}, {"customer", "northwind"}});
  if (!contacts.ok()) return contacts.status();
  PrintBlock(*contacts, &stage);
  stage.Print("Nobody edited a file for her. Her issues have Northwind's promises:\n\n");
  return OpenIssue("Reads are slow since the update", &stage);
}

absl::StatusOr<Impact> ImpactOf(const DemoDesk& demo, const LoadedPolicy& changed) {
  const absl::Time now = demo.clock.Now();
  const auto terms = CompileTerms(changed.id, now, changed.policy);
  if (!terms.ok()) return terms.status();
  return RunImpact(
      demo.store,
      [&](const TicketKey& key, const TicketRecord& record) {
        return demo.desk.ContextOf(key, record);
      },
      // As it is shown to everybody: what private customers have stays out.
      MakeImpactTask(demo.desk.terms(), **terms, now, Audience::kOutsiders, /*most_listed=*/3));
}

absl::Status PlayChange(const DemoDesk& demo, sandbox::StoryStage& stage) {
  const std::filesystem::path file = std::filesystem::path(demo.config.policy) / "policy.yaml";
  std::ifstream in(file, std::ios::binary);
  const std::string before{std::istreambuf_iterator<char>(in), {}};
  const std::string after =
      absl::StrReplaceAll(before, {{"P1: {first_response: 1h,", "P1: {first_response: 30m,"},
                                   {"P2: {first_response: 4h,", "P2: {first_response: 2h,"}});
  const auto read = [&](const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
    return LoadPolicyFolder(demo.config.policy);
  };
  stage.Print(
      "\n== A change of the policy is refused, and one is accepted\n\n"
      "Carol halves the time of first replies, and mistypes the plan of a customer:\n\n");
  const auto refused =
      read(absl::StrReplaceAll(after, {{"    name: Northwind Traders\n    plan: gold\n",
                                        "    name: Northwind Traders\n    plan: gild\n"}}));
  if (refused.ok()) return absl::InternalError("a policy that is not valid was taken");
  PrintBlock(absl::StrReplaceAll(std::string(refused.status().message()),
                                 {{file.parent_path().string() + "/", ""}}),
             &stage);
  stage.Print("The policy in force would stay. She corrects it, and asks what it does:\n\n");
  const auto changed = read(after);
  if (!changed.ok()) return changed.status();
  const auto impact = ImpactOf(demo, *changed);
  if (!impact.ok()) return impact.status();
  PrintBlock(ImpactText(*impact, impact->audience), &stage);
  const auto accepted = AskDesk(demo, {{"op", "reload"}});
  if (!accepted.ok()) return accepted.status();
  if (absl::Status done = stage.Advance(absl::ZeroDuration()); !done.ok()) return done;
  const auto log = AskDesk(demo, {{"op", "policy log"}});
  if (!log.ok()) return log.status();
  stage.Print("It is in force now, and every version stays on record:\n\n");
  PrintBlock(*log, &stage);
  return absl::OkStatus();
}

}  // namespace

absl::Status PlayPractice(const DemoDesk& demo, sandbox::StoryStage& stage) {
  absl::Status played = PlayJoining(demo, stage);
  if (played.ok()) played = PlayChange(demo, stage);
  return played;
}

}  // namespace retainer::cli
