// Erasing a person's data: what is found, what stays, and that nothing is left on the disk.
#include "src/store/forget.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/records.h"
#include "src/store/ledger.h"
#include "src/store/memory_engine.h"
#include "src/store/rocksdb_store.h"
#include "src/store/table_store.h"
#include "tests/contract/store_samples.h"
#include "tests/fakes/data_folder_search.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::store {
namespace {

const Actor kErin{"900417", "Erin-Q", false};
const Actor kAlice{"583231", "alice", false};
constexpr char kMail[] = "erin.quill@acme.example";

Fact By(const Actor& who, FactKind kind, const std::string& subject,
        const std::string& discriminator = "") {
  Fact fact;
  fact.kind = kind;
  fact.id = MakeFactId(kind, subject, discriminator);
  fact.at = At(5);
  fact.actor = who;
  fact.subject = subject;
  return fact;
}

Fact Saying(Fact fact, const std::string& text) {
  fact.author = fact.actor;
  fact.said.text = std::make_shared<const std::string>(text);
  return fact;
}

class ForgetTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }
  void Open() {
    store_.reset();
    auto store = OpenRocksDbStore(data_, {});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // A ticket on which Erin did everything that names a person.
  void Fill() {
    DecisionWrite write = SampleWrite(SampleTicket(1), 0);
    write.record.title = "Hangs for @erin-q and alice";
    write.record.with = {"Erin-Q", "alice"};
    Fact assigned = By(kAlice, FactKind::kAssigned, "Erin-Q", "77");
    assigned.assignee = kErin;
    Fact allowed = By({}, FactKind::kPermission, "900417", "80");
    allowed.value = "write";
    allowed.expires = At(600);
    Fact profile = By({}, FactKind::kProfile, "900417", "80");
    profile.value = kMail;
    profile.expires = At(600);
    Fact action = By(kErin, FactKind::kAction, "pinned", "90 900417");
    action.subject.clear();
    Fact operated = By({}, FactKind::kOperator, "release acme by github:Erin-Q: done", "91");
    operated.subject.clear();
    operated.value = "github:Erin-Q: it was done";
    write.facts = {Saying(By(kErin, FactKind::kOpened, ""), "My mail is erin.quill@acme.example"),
                   Saying(By(kAlice, FactKind::kComment, "comment/1"), "Thanks, @Erin-Q. Look!"),
                   assigned,
                   allowed,
                   profile,
                   action,
                   operated};
    for (const Fact& fact : write.facts) write.ledger.facts.push_back(fact.id);
    write.face = SampleFace("first reply by");
    write.face->comment->with = "Erin-Q";
    write.face->assignees = {"Erin-Q", "alice"};
    write.notices = {SampleNotice("n1")};
    write.notices[0].text = "acme/opendb#1 is late, with Erin-Q";
    write.pins = {{{"github", "erin-q"}, "900417"}};
    ASSERT_TRUE(store_->Commit(write).ok());
    DecisionWrite other = SampleWrite(SampleTicket(2), 0);
    other.facts = {Saying(By(kAlice, FactKind::kOpened, ""), "Nothing about her")};
    other.ledger.facts = {other.facts[0].id};
    ASSERT_TRUE(store_->Commit(other).ok());

    CustomerFact joined;
    joined.id = "joined:github:900417:5";
    joined.customer = "acme";
    joined.kind = CustomerFactKind::kJoined;
    joined.at = At(1);
    joined.by = "github:Erin-Q";
    joined.account = {"github", kErin};
    CustomerFact removed = joined;
    removed.id = "removed:github:900417:9";
    removed.kind = CustomerFactKind::kRemoved;
    removed.at = At(9);
    ASSERT_TRUE(store_->AddCustomerFacts("acme", 0, {joined, removed}).ok());
    ASSERT_TRUE(store_->SaveSession({"h1", {"github", kErin}, At(0), At(9999), ""}).ok());
    ASSERT_TRUE(store_
                    ->AppendTerms({"v1",
                                   At(0),
                                   {{"p.yaml", "contacts: [erin-q, dave]\n"}},
                                   {"c", absl::StrCat("Erin Quill <", kMail, ">"), "s", At(0)}})
                    .ok());
    ASSERT_TRUE(store_->AppendTerms({"v2", At(1), {{"p.yaml", "contacts: [dave]\n"}}}).ok());
    Delivery delivery = SampleDelivery("d1");
    delivery.body = R"({"sender":{"login":"Erin-Q","id":900417},"text":"hi"})";
    ASSERT_TRUE(store_->PutDelivery(delivery).ok());
    ASSERT_TRUE(store_
                    ->SetAside("github", store_->ReadInbox("github", 0, 1)->at(0).seq,
                               "no issue of Erin-Q", At(3))
                    .ok());
  }

  Person Find(const std::string& login = "erin-q") {
    Person known;
    known.forge = "github";
    known.logins = {login};
    const auto person = store_->FindPerson(known, [] { return true; });
    EXPECT_TRUE(person.ok()) << person.status();
    return person.value_or(Person());
  }
  std::string Begin() {
    const auto pseudonym = store_->BeginForget(Find(), "root", At(100));
    EXPECT_TRUE(pseudonym.ok()) << pseudonym.status();
    return pseudonym.value_or("");
  }
  Traces Finish() {
    for (int steps = 0; steps < 1000; ++steps) {
      const auto state = store_->ForgetSome();
      EXPECT_TRUE(state.ok()) << state.status();
      if (!state.ok() || state->done) return state.ok() ? state->traces : Traces();
    }
    ADD_FAILURE() << "it does not end";
    return {};
  }

  const TemporaryFolder folder_;
  const std::string data_ = folder_.path() + "/data";
  std::unique_ptr<DiskStore> store_;
};

TEST_F(ForgetTest, AllNamesOfAPersonAreFoundFromOne) {
  Fill();
  const Person person = Find();
  EXPECT_EQ(person.ids, std::set<std::string>{"900417"});
  EXPECT_EQ(person.mails, std::set<std::string>{kMail});
  EXPECT_TRUE(Find("nobody").ids.empty());
}

TEST_F(ForgetTest, CountingChangesNothing) {
  Fill();
  const auto before = store_->LoadTicket(SampleTicket(1));
  const auto traces = store_->CountTraces(Find(), [] { return true; });
  ASSERT_TRUE(traces.ok()) << traces.status();
  EXPECT_EQ(traces->tickets, 1u);
  EXPECT_EQ(traces->facts, 6u);
  EXPECT_EQ(traces->texts, 2u);
  EXPECT_EQ(traces->customers, 3u);
  EXPECT_EQ(traces->policies, 1u);
  EXPECT_EQ(traces->deliveries, 1u);
  EXPECT_EQ(traces->notices, 1u);
  EXPECT_EQ(traces->rows, 2u);
  const auto after = store_->LoadTicket(SampleTicket(1));
  EXPECT_EQ(after->facts, before->facts);
  EXPECT_EQ(after->record, before->record);
  Begin();
  EXPECT_EQ(Finish(), *traces) << "what was counted is what is changed";
}

TEST_F(ForgetTest, OneNameStandsForThePersonEverywhereAndNothingElseChanges) {
  Fill();
  const auto before = store_->LoadTicket(SampleTicket(1));
  const std::string name = Begin();
  Finish();
  const auto ticket = store_->LoadTicket(SampleTicket(1));
  ASSERT_TRUE(ticket.ok());
  ASSERT_EQ(ticket->facts.size(), before->facts.size());
  const Actor now{name, name, false};
  EXPECT_EQ(ticket->facts.Find(MakeFactId(FactKind::kOpened, "", ""))->actor, now);
  const Fact* assigned = ticket->facts.Find(MakeFactId(FactKind::kAssigned, name, "77"));
  ASSERT_NE(assigned, nullptr);
  EXPECT_EQ(assigned->assignee, now);
  EXPECT_EQ(assigned->actor, kAlice);
  const Fact* allowed = ticket->facts.Find(MakeFactId(FactKind::kPermission, name, "80"));
  ASSERT_NE(allowed, nullptr);
  EXPECT_EQ(allowed->value, "write");
  EXPECT_EQ(allowed->expires, absl::InfiniteFuture()) << "nobody is asked again";
  const Fact* profile = ticket->facts.Find(MakeFactId(FactKind::kProfile, name, "80"));
  ASSERT_NE(profile, nullptr);
  EXPECT_EQ(profile->value, absl::StrCat(name, "@acme.example")) << "the customer's domain stays";
  EXPECT_EQ(ticket->record.title, absl::StrCat("Hangs for @", name, " and alice"));
  EXPECT_EQ(ticket->record.with, (std::vector<std::string>{name, "alice"}));
  EXPECT_EQ(ticket->record.version, before->record.version + 1);

  EXPECT_TRUE(store_->ListTicketKeysOf("github", kErin.id, std::nullopt, 9)->empty());
  EXPECT_EQ(*store_->ListTicketKeysOf("github", name, std::nullopt, 9),
            std::vector<TicketKey>{SampleTicket(1)});

  const auto texts = store_->LoadTexts(SampleTicket(1), 10);
  ASSERT_EQ(texts->size(), 1u) << "her own text is gone";
  EXPECT_EQ(texts->at(0).text, absl::StrCat("Thanks, @", name, ". Look!"));
  const auto faces = store_->ReadDirtyFaces("github", At(200), 10);
  ASSERT_EQ(faces->size(), 1u);
  EXPECT_EQ(faces->at(0).face.comment->with, name);
  EXPECT_EQ(store_->ReadNotices(1)->at(0).text, absl::StrCat("acme/opendb#1 is late, with ", name));
  const auto pins = store_->LoadPins();
  EXPECT_EQ(*pins->Find({"github", name}), name);
  EXPECT_EQ(pins->Find({"github", "erin-q"}), nullptr);
  EXPECT_EQ(pins->JoinedBy("github", name).size(), 1u);
  EXPECT_FALSE(store_->FindSession("h1")->has_value());
  const auto terms = store_->LoadTerms();
  EXPECT_EQ(terms->at(0).files.at("p.yaml"), absl::StrCat("contacts: [", name, ", dave]\n"));
  EXPECT_EQ(terms->at(0).id, "v1");
  EXPECT_EQ(store_->LoadTicket(SampleTicket(2))->record.version, 1u);
  EXPECT_TRUE(store_->VerifyLedger().ok()) << store_->VerifyLedger();
}

TEST_F(ForgetTest, NothingIsLeftOnTheDisk) {
  Fill();
  store_.reset();
  ASSERT_FALSE(FindInDataFolder(data_, "erin-q").empty());
  Open();
  Begin();
  Finish();
  store_.reset();
  EXPECT_EQ(FindInDataFolder(data_, "erin-q"), std::vector<std::string>());
  EXPECT_EQ(FindInDataFolder(data_, "quill"), std::vector<std::string>());
  EXPECT_EQ(FilesWithHiddenRows(data_), std::vector<std::string>());
}

TEST_F(ForgetTest, WhatComesLaterWithTheNamesIsStoredWithoutThem) {
  Fill();
  const std::string name = Begin();
  Finish();
  DecisionWrite write = SampleWrite(SampleTicket(3), 0);
  write.facts = {Saying(By(kErin, FactKind::kOpened, ""), "It is me again"),
                 By({"7", "erin-q", false}, FactKind::kComment, "comment/9")};
  write.pins = {{{"github", "erin-q"}, "900417"}};
  ASSERT_TRUE(store_->Commit(write).ok());
  ASSERT_TRUE(store_->SaveSession({"h2", {"github", kErin}, At(0), At(9999), ""}).ok());
  const auto ticket = store_->LoadTicket(SampleTicket(3));
  EXPECT_EQ(ticket->facts.Find(MakeFactId(FactKind::kOpened, "", ""))->actor.login, name);
  EXPECT_EQ(ticket->facts.Find(MakeFactId(FactKind::kComment, "comment/9", ""))->actor.login,
            "erin-q")
      << "another account that took the login over is somebody else";
  EXPECT_EQ(store_->LoadPins()->Find({"github", "erin-q"}), nullptr);
  EXPECT_EQ((*store_->FindSession("h2"))->account.actor.login, name);
  EXPECT_TRUE(store_->LoadTexts(SampleTicket(3), 10)->empty());
}

TEST_F(ForgetTest, ItGoesOnAfterARestartAtAnyPoint) {
  Fill();
  const std::string name = Begin();
  for (int steps = 0;; ++steps) {
    ASSERT_LT(steps, 100);
    // The end of the process, after each part.
    Open();
    if (HasFatalFailure()) return;
    EXPECT_EQ(*store_->ForgettingWhom(), name);
    const bool only_disk_left = store_->ReadForgetState()->only_disk_left;
    EXPECT_EQ(store_->forgotten()->under_way(), only_disk_left ? "" : name);
    const auto state = store_->ForgetSome();
    ASSERT_TRUE(state.ok()) << state.status();
    if (state->done) break;
  }
  EXPECT_EQ(*store_->ForgettingWhom(), "");
  EXPECT_EQ(store_->forgotten()->under_way(), "");
  EXPECT_TRUE(store_->VerifyLedger().ok()) << store_->VerifyLedger();
  store_.reset();
  EXPECT_EQ(FindInDataFolder(data_, "erin-q"), std::vector<std::string>());
}

TEST_F(ForgetTest, DecisionsGoOnOnceOnlyTheFilesAreLeft) {
  Fill();
  const std::string name = Begin();
  EXPECT_EQ(store_->forgotten()->under_way(), name);
  for (int steps = 0; !store_->ReadForgetState()->only_disk_left; ++steps) {
    ASSERT_LT(steps, 100);
    ASSERT_TRUE(store_->ForgetSome().ok());
  }
  EXPECT_EQ(*store_->ForgettingWhom(), name) << "the files are left";
  EXPECT_EQ(store_->forgotten()->under_way(), "");
}

TEST_F(ForgetTest, RowsOfReplacedFactsDoNotKeepTheAccount) {
  Fill();
  DecisionWrite write = SampleWrite(SampleTicket(2), 1);
  write.facts = {By(kErin, FactKind::kComment, "comment/5")};
  ASSERT_TRUE(store_->Commit(write).ok());
  write = SampleWrite(SampleTicket(2), 2);
  write.facts = {By(kAlice, FactKind::kComment, "comment/5")};
  ASSERT_TRUE(store_->Commit(write).ok());
  ASSERT_EQ(store_->ListTicketKeysOf("github", kErin.id, std::nullopt, 9)->size(), 2u);
  const std::string name = Begin();
  Finish();
  EXPECT_TRUE(store_->ListTicketKeysOf("github", kErin.id, std::nullopt, 9)->empty());
  EXPECT_EQ(store_->ListTicketKeysOf("github", name, std::nullopt, 9)->size(), 2u);
  EXPECT_EQ(store_->ListTicketKeysOf("github", kAlice.id, std::nullopt, 9)->size(), 2u);
}

TEST_F(ForgetTest, TheSecondTimeNothingIsThereAndTheNameIsTheSame) {
  Fill();
  const std::string name = Begin();
  Finish();
  EXPECT_EQ(store_->CountTraces(Find(), [] { return true; })->Sum(), 0u);
  EXPECT_EQ(Begin(), name);
  EXPECT_EQ(Finish(), Traces());
}

// A record as it was written when actions still had names.
class ErasedLedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engine = std::make_unique<MemoryEngine>();
    engine_ = engine.get();
    store_ = std::make_unique<TableStore>(std::move(engine));
    ASSERT_TRUE(store_->Open().ok());
    LedgerWriter writer(*engine_);
    for (const char* who : {"583231", "900417", "583231"}) {
      LedgerEntry entry;
      entry.ticket = SampleTicket(1);
      entry.at = At(1);
      entry.facts = {{absl::StrCat("action:pinned:90 ", who), std::string(32, 'd')}};
      entry.changes = {"acme first_response: running -> met"};
      ASSERT_TRUE(writer.Write(Batch(), {entry}).ok());
    }
    Person person;
    person.forge = "github";
    person.ids = {"900417"};
    ASSERT_TRUE(store_->BeginForget(person, "root", At(100)).ok());
    while (!store_->ForgetSome()->done) {
    }
  }
  std::vector<LedgerLine> Lines() {
    std::vector<LedgerLine> lines;
    EXPECT_TRUE(store_
                    ->WalkLedger(1,
                                 [&](LedgerLine& line) {
                                   lines.push_back(line);
                                   return true;
                                 })
                    .ok());
    return lines;
  }
  void Change(std::uint64_t number, const std::function<void(LedgerRecord*)>& change) {
    const std::string key = KeyWriter().U64(number).Take();
    LedgerRecord record = *DecodeRecord<LedgerRecord>(**engine_->Read()->Get(Table::kLedger, key));
    change(&record);
    Batch batch;
    batch.Put(Table::kLedger, key, EncodeRecord(record));
    ASSERT_TRUE(engine_->Write(batch).ok());
  }

  MemoryEngine* engine_ = nullptr;
  std::unique_ptr<TableStore> store_;
};

TEST_F(ErasedLedgerTest, TheChainStaysValidWithoutTheContentAndALaterRecordNamesIt) {
  EXPECT_TRUE(store_->VerifyLedger().ok()) << store_->VerifyLedger();
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_TRUE(lines[1].content.empty());
  EXPECT_EQ(lines[1].leaf.size(), 32u);
  EXPECT_EQ(lines[1].changes, lines[0].changes) << "what named nobody is kept, for people";
  EXPECT_EQ(lines[1].facts, std::vector<std::string>{"action:~erased"});
  EXPECT_FALSE(lines[0].content.empty());
  EXPECT_NE(lines[3].changes.at(0).find("asked by root"), std::string::npos);
  EXPECT_NE(lines[4].changes.at(0).find("1 records of the ledger were erased"), std::string::npos);
}

TEST_F(ErasedLedgerTest, ALeafThatWasChangedOrAContentThatJustWentIsFound) {
  Change(2, [](LedgerRecord* record) { record->leaf[0] = static_cast<char>(~record->leaf[0]); });
  EXPECT_TRUE(absl::IsDataLoss(store_->VerifyLedger()));
  Change(2, [](LedgerRecord* record) { record->leaf[0] = static_cast<char>(~record->leaf[0]); });
  EXPECT_TRUE(store_->VerifyLedger().ok());
  Change(1, [](LedgerRecord* record) {
    record->leaf = Sha256(absl::StrCat(std::string(1, '\0'), record->content));
    record->rest = record->content;
    record->content.clear();
  });
  const absl::Status found = store_->VerifyLedger();
  EXPECT_TRUE(absl::IsDataLoss(found));
  EXPECT_NE(found.message().find("record 1 "), absl::string_view::npos) << found;
}

TEST_F(ErasedLedgerTest, ARecordBeforeAnErasedOneThatIsChangedWithItsDigestIsFound) {
  Change(1, [](LedgerRecord* record) {
    LedgerEntry entry = *DecodeRecord<LedgerEntry>(record->content);
    entry.changes = {"acme first_response: running -> missed"};
    record->content = EncodeRecord(entry);
    record->digest = Sha256(record->content);
  });
  const absl::Status found = store_->VerifyLedger();
  EXPECT_TRUE(absl::IsDataLoss(found));
  EXPECT_NE(found.message().find("another digest or predecessor"), absl::string_view::npos)
      << found;
}

}  // namespace
}  // namespace retainer::store
