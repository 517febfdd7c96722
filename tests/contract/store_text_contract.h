// The store's contract: what people wrote on tickets, and the key of links.
#pragma once

#include "retainer/fact_builders.h"
#include "tests/contract/store_contract.h"

namespace retainer {

inline const Actor kWriter{"33", "erin", false};

inline Learnt Heard(int minute) { return {Provenance::kWebhook, At(minute)}; }

// A ticket on which people write.
class Written {
 public:
  explicit Written(Store& store) : store_(store) {}

  void Add(std::vector<Fact> facts) {
    DecisionWrite write;
    write.record.key = SampleTicket(1);
    write.record.version = version_++;
    write.facts = std::move(facts);
    ASSERT_TRUE(store_.Commit(write).ok());
  }
  std::vector<std::string> Kept(std::size_t limit = 100) {
    std::vector<std::string> texts;
    const auto kept = store_.LoadTexts(SampleTicket(1), limit);
    EXPECT_TRUE(kept.ok()) << kept.status();
    for (const TicketText& text : *kept) {
      texts.push_back(text.object + "=" + text.text + (text.internal ? " (internal)" : ""));
    }
    return texts;
  }

 private:
  Store& store_;
  std::uint64_t version_ = 0;
};

TEST_P(StoreContract, EachTextIsKeptInItsLastVersionWhateverTheOrder) {
  Written ticket(store_);
  const auto texts = [](auto... text) { return std::vector<std::string>{text...}; };
  ticket.Add({MakeTextEdited(Heard(9), kWriter, kWriter, Moment::At(At(9)), "Now", "Then", At(0))});
  ticket.Add({MakeOpened(Heard(0), kWriter, Moment::At(At(0)), "Then")});
  EXPECT_EQ(ticket.Kept(), texts("=Now")) << "the opening came late";
  // In one write, the edit first.
  ticket.Add({MakeCommentEdited(Heard(5), "comment/7", kWriter, kWriter, Moment::At(At(5)),
                                "second", "first", At(4)),
              MakeComment(Heard(4), "comment/7", kWriter, Moment::At(At(4)), "first"),
              MakeComment(Heard(4), "note/8", kWriter, Moment::At(At(4)), "for us", true)});
  EXPECT_EQ(ticket.Kept(), texts("=Now", "comment/7=second", "note/8=for us (internal)"));
  EXPECT_EQ(ticket.Kept(2).size(), 2u);
  EXPECT_TRUE(store_.LoadTexts(SampleTicket(2), 9)->empty());
}

TEST_P(StoreContract, WhatWasDeletedIsTakenOutAndDoesNotComeBack) {
  Written ticket(store_);
  ticket.Add({MakeOpened(Heard(0), kWriter, Moment::At(At(0)), "It breaks"),
              MakeComment(Heard(1), "comment/7", kWriter, Moment::At(At(1)), "a secret")});
  ticket.Add({MakeCommentDeleted(Heard(2), "comment/7", kWriter, kWriter, Moment::Unstated())});
  EXPECT_EQ(ticket.Kept(), std::vector<std::string>{"=It breaks"});
  ticket.Add({MakeCommentEdited(Heard(3), "comment/7", kWriter, kWriter, Moment::At(At(3)),
                                "a secret", std::nullopt, At(1))});
  EXPECT_EQ(ticket.Kept(), std::vector<std::string>{"=It breaks"}) << "an edit that came late";
  ticket.Add({MakeDeleted(Heard(4), kWriter, Moment::At(At(4)))});
  EXPECT_TRUE(ticket.Kept().empty());
  ticket.Add({MakeComment(Heard(4), "comment/9", kWriter, Moment::At(At(4)), "late")});
  EXPECT_TRUE(ticket.Kept().empty());
}

// Found by a review: a password that somebody blanked stayed.
TEST_P(StoreContract, ATextThatIsEditedToNothingIsTakenOut) {
  Written ticket(store_);
  ticket.Add({MakeOpened(Heard(0), kWriter, Moment::At(At(0)), "a secret")});
  ticket.Add(
      {MakeTextEdited(Heard(2), kWriter, kWriter, Moment::At(At(2)), "", "a secret", At(0))});
  EXPECT_TRUE(ticket.Kept().empty());
  ticket.Add(
      {MakeTextEdited(Heard(1), kWriter, kWriter, Moment::At(At(1)), "a secret!", "", At(0))});
  EXPECT_TRUE(ticket.Kept().empty()) << "an earlier edit that came late";
}

TEST_P(StoreContract, TextsOfATicketThatMovedAwayDoNotComeBack) {
  Written ticket(store_);
  ticket.Add({MakeOpened(Heard(0), kWriter, Moment::At(At(0)), "It breaks")});
  Fact moved;
  moved.kind = FactKind::kMoved;
  moved.id = MakeFactId(FactKind::kMoved, "", "");
  moved.at = At(1);
  ticket.Add({moved});
  EXPECT_TRUE(ticket.Kept().empty());
  ticket.Add({MakeComment(Heard(2), "comment/9", kWriter, Moment::At(At(2)), "late")});
  EXPECT_TRUE(ticket.Kept().empty());
}

TEST_P(StoreContract, TextsAreForgottenWithoutTheTicket) {
  Written ticket(store_);
  ticket.Add({MakeOpened(Heard(0), kWriter, Moment::At(At(0)), std::string(3 * kMostSaid, 'x'))});
  EXPECT_EQ(store_.LoadTexts(SampleTicket(1), 1)->at(0).text.size(), kMostSaid);
  ASSERT_TRUE(store_.ForgetTexts(SampleTicket(1)).ok());
  ASSERT_TRUE(store_.ForgetTexts(SampleTicket(1)).ok());
  EXPECT_TRUE(ticket.Kept().empty());
  EXPECT_EQ(store_.LoadTicket(SampleTicket(1))->facts.size(), 1u);
}

TEST_P(StoreContract, TheKeyOfLinksIsMadeOnce) {
  const auto key = store_.LinkKey();
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->size(), 32u);
  EXPECT_EQ(*store_.LinkKey(), *key);
}

}  // namespace retainer
