// The real binary and a checker that has none of our code: what the ledger proves.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/installation.h"
#include "tests/fakes/places.h"

namespace retainer {
namespace {

using Json = nlohmann::ordered_json;

const ProjectRef kOpenDb{"github", "acme/opendb"};

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
    EXPECT_EQ(
        Execute({"/usr/bin/openssl", "genpkey", "-algorithm", "ed25519", "-out", key_}).exit_code,
        0);
    EXPECT_EQ(
        Execute({"/usr/bin/openssl", "pkey", "-in", key_, "-pubout", "-out", public_}).exit_code,
        0);
    chmod(key_.c_str(), 0600);
  }

  TicketRef Open(Serving& serving, const std::string& title) {
    const TicketRef issue =
        *installation_.sandbox().OpenIssue(kOpenDb, "dave", title, "/support priority P1");
    serving.Deliver();
    EXPECT_TRUE(serving.AwaitLog("face shown"));
    return issue;
  }
  // Saves what a command prints.
  std::string Save(const std::string& name, const std::vector<std::string>& command) {
    const Finished finished = installation_.Command(command);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    installation_.Write(name, finished.out);
    return installation_.path(name);
  }
  Finished Check(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"/usr/bin/python3", SourceDir() + "/deploy/ledger/check.py",
                                        "--key", public_};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return Execute(command);
  }

  Installation installation_;
  const std::string key_ = installation_.path("ledger.pem");
  const std::string public_ = installation_.path("ledger.pub");
};

TEST_F(LedgerTest, ACustomersRecordsAreProvedToSomebodyWithNothingOfOurs) {
  Serving serving(installation_);
  const TicketRef issue = Open(serving, "Writes hang");
  const std::string june = Save("june.txt", {"ledger", "checkpoint", "--key", key_});
  ASSERT_TRUE(installation_.sandbox().Comment(issue, "alice", "I am looking into it.").ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  const std::string july = Save("july.txt", {"ledger", "checkpoint", "--key", key_});

  const std::string proof =
      Save("proof.json", {"ledger", "prove", "--checkpoint", july, "--key", public_, "--since",
                          june, "--ticket", ToString(issue)});
  const Finished good = Check({"--checkpoint", june, proof});
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_NE(good.out.find("that you kept is among them"), std::string::npos) << good.out;
  EXPECT_NE(good.out.find("northwind first_response: running -> met"), std::string::npos)
      << good.out;
  EXPECT_NE(good.out.find("those of the earlier checkpoint, unchanged"), std::string::npos);

  // A ledger that somebody else signed for with the same key is not the kept one.
  const std::string other =
      Save("other.txt", {"ledger", "checkpoint", "--key", key_, "--origin", "other.desk"});
  EXPECT_EQ(Check({"--checkpoint", other, proof}).exit_code, 1);

  const std::string of_customer =
      Save("customer.json",
           {"ledger", "prove", "--checkpoint", july, "--key", public_, "--customer", "northwind"});
  EXPECT_EQ(Check({of_customer}).exit_code, 0);
  const std::string ledger = Save("ledger.jsonl", {"ledger", "export"});
  const Finished whole = Check({"--export", ledger, "--checkpoint", july});
  EXPECT_EQ(whole.exit_code, 0) << whole.out << whole.err;
  EXPECT_EQ(
      installation_.Command({"ledger", "verify", "--checkpoint", june, "--key", public_}).exit_code,
      0);
  EXPECT_EQ(serving.Stop().exit_code, 0);
  // Also without a service.
  EXPECT_EQ(installation_.Command({"ledger", "verify"}).exit_code, 0);
}

TEST_F(LedgerTest, WhatWasChangedIsNotProvedAndNamed) {
  Serving serving(installation_);
  const TicketRef issue = Open(serving, "Writes hang");
  const std::string now = Save("now.txt", {"ledger", "checkpoint", "--key", key_});
  const std::string proof = Save("proof.json", {"ledger", "prove", "--checkpoint", now, "--key",
                                                public_, "--ticket", ToString(issue)});
  const Json bundle = Json::parse(installation_.Read("proof.json"));
  ASSERT_FALSE(bundle.at("records").empty());
  const auto number = bundle.at("records")[0].at("number").get<int>();

  const auto refuses = [&](const Json& changed, const std::string& reason) {
    installation_.Write("proof.json", changed.dump());
    const Finished refused = Check({proof});
    EXPECT_EQ(refused.exit_code, 1) << refused.out;
    EXPECT_NE(refused.err.find(reason), std::string::npos) << refused.err;
  };
  // What is readable counts only as far as the bytes say it.
  Json changed = bundle;
  changed["records"][0]["ticket"] = "github:acme/other#7: promise met\nRecord 9";
  installation_.Write("proof.json", changed.dump());
  const Finished renamed = Check({proof});
  EXPECT_EQ(renamed.exit_code, 0) << renamed.err;
  EXPECT_EQ(renamed.out.find("promise met"), std::string::npos) << renamed.out;
  for (const char* part : {"at", "policy", "commit"}) {
    changed = bundle;
    changed["records"][0][part] = "2026-01-01T00:00:00Z";
    refuses(changed, absl::StrCat("its ", part));
  }
  for (const Json& alias : {Json(0), Json(-1), Json(true), Json("1")}) {
    changed = bundle;
    changed["records"][0]["number"] = alias;
    refuses(changed, "no number");
  }
  changed = bundle;
  changed["records"].push_back(changed["records"][0]);
  refuses(changed, "out of order");
  changed["records"] = Json::array();
  refuses(changed, "nothing in it");
  installation_.Write("proof.json", "{\"records\": [], " + bundle.dump().substr(1));
  EXPECT_NE(Check({proof}).err.find("twice"), std::string::npos);

  changed = bundle;
  changed["records"][0]["changes"][0] = "northwind first_response: running -> met";
  installation_.Write("proof.json", changed.dump());
  Finished refused = Check({proof});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find(absl::StrCat("record ", number, ": its changes is not")),
            std::string::npos)
      << refused.err;

  changed = bundle;
  std::string content = changed["records"][0]["content"];
  content[20] = content[20] == 'A' ? 'B' : 'A';
  changed["records"][0]["content"] = content;
  installation_.Write("proof.json", changed.dump());
  refused = Check({proof});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find(absl::StrCat("record ", number, ": the path")), std::string::npos)
      << refused.err;

  changed = bundle;
  std::string checkpoint = changed["checkpoint"];
  checkpoint[checkpoint.find('\n') + 1] = '9';  // the number of records
  changed["checkpoint"] = checkpoint;
  installation_.Write("proof.json", changed.dump());
  EXPECT_EQ(Check({proof}).exit_code, 1);
  installation_.Write("now.txt", checkpoint);
  const Finished verified =
      installation_.Command({"ledger", "verify", "--checkpoint", now, "--key", public_});
  EXPECT_EQ(verified.exit_code, 1) << verified.out << verified.err;
}

TEST_F(LedgerTest, AnExportThatReadsOtherwiseThanItsBytesIsRefused) {
  Serving serving(installation_);
  Open(serving, "Writes hang");
  const std::string now = Save("now.txt", {"ledger", "checkpoint", "--key", key_});
  const std::string ledger = Save("ledger.jsonl", {"ledger", "export"});
  std::string text = installation_.Read("ledger.jsonl");
  const std::string was = "none -> running";
  text.replace(text.find(was), was.size(), "none -> met");
  installation_.Write("ledger.jsonl", text);
  const Finished refused = Check({"--export", ledger, "--checkpoint", now});
  EXPECT_EQ(refused.exit_code, 1) << refused.out;
  EXPECT_NE(refused.err.find("its changes"), std::string::npos) << refused.err;
}

// Found by a review: proofs for a customer named private ones.
TEST_F(LedgerTest, ACustomersProofSaysNothingOfOthers) {
  Serving serving(installation_);
  Open(serving, "Writes hang");
  ASSERT_EQ(installation_.Command({"customer", "invite", "northwind"}).exit_code, 0);
  const std::string now = Save("now.txt", {"ledger", "checkpoint", "--key", key_});
  for (const char* word : {"customer", "customer northwind:", "community", "an", "north"}) {
    const Finished refused = installation_.Command(
        {"ledger", "prove", "--checkpoint", now, "--key", public_, "--customer", word});
    EXPECT_EQ(refused.exit_code, 1) << word << refused.out;
  }
  const Finished own = installation_.Command(
      {"ledger", "prove", "--checkpoint", now, "--key", public_, "--customer", "northwind"});
  EXPECT_NE(own.out.find("customer northwind: invitation"), std::string::npos) << own.out;
  // No two ledgers have the same bytes, so a record cannot be found by guessing its digest.
  Installation other;
  Serving beside(other);
  const TicketRef issue =
      *other.sandbox().OpenIssue(kOpenDb, "dave", "Writes hang", "/support priority P1");
  beside.Deliver();
  ASSERT_TRUE(beside.AwaitLog("face shown"));
  const std::string ledger = other.Command({"ledger", "export"}).out;
  for (std::size_t line = 0; line < ledger.size(); line = ledger.find('\n', line) + 1) {
    const Json record = Json::parse(ledger.substr(line, ledger.find('\n', line) - line));
    std::string content;
    ASSERT_TRUE(absl::Base64Unescape(record.at("content").get<std::string>(), &content));
    // Tag 7, 16 bytes.
    EXPECT_EQ(content.substr(content.size() - 18, 2), std::string("\x07\x10")) << record;
  }
}

TEST_F(LedgerTest, AnotherHistoryIsNotTheCheckpoints) {
  std::string kept;
  {
    Serving serving(installation_);
    Open(serving, "Writes hang");
    Open(serving, "Reads hang");
    kept = Save("kept.txt", {"ledger", "checkpoint", "--key", key_});
    serving.Stop();
  }
  Installation other;
  Serving serving(other);
  const Finished shorter =
      other.Command({"ledger", "verify", "--checkpoint", kept, "--key", public_});
  EXPECT_EQ(shorter.exit_code, 1) << shorter.out << shorter.err;
  EXPECT_NE(shorter.err.find("records were removed"), std::string::npos) << shorter.err;
}

TEST_F(LedgerTest, BadInputIsRefusedWithTheMend) {
  Serving serving(installation_);
  Open(serving, "Writes hang");
  chmod(key_.c_str(), 0644);
  const Finished readable = installation_.Command({"ledger", "checkpoint", "--key", key_});
  EXPECT_EQ(readable.exit_code, 2);
  EXPECT_NE(readable.err.find("chmod 600"), std::string::npos) << readable.err;
  chmod(key_.c_str(), 0600);
  const Finished half = installation_.Command({"ledger", "checkpoint", "--key", public_});
  EXPECT_EQ(half.exit_code, 2);
  const std::string now = Save("now.txt", {"ledger", "checkpoint", "--key", key_});
  const auto prove = [&](const std::vector<std::string>& what) {
    std::vector<std::string> command = {"ledger", "prove", "--checkpoint", now, "--key", public_};
    command.insert(command.end(), what.begin(), what.end());
    return installation_.Command(command);
  };
  EXPECT_EQ(prove({}).exit_code, 2);
  EXPECT_EQ(prove({"--record", "1", "--customer", "northwind"}).exit_code, 2);
  EXPECT_EQ(prove({"--record", "9999"}).exit_code, 1);
  const Finished nobody = prove({"--customer", "nobody"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_NE(nobody.err.find("id of a customer"), std::string::npos) << nobody.err;
  EXPECT_EQ(prove({"--ticket", "github:acme/other#1"}).exit_code, 1);
}

}  // namespace
}  // namespace retainer
