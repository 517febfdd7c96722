#include "src/store/inbox_fronts.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "src/store/codec/keys.h"
#include "src/store/memory_engine.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

TEST(InboxFronts, RisesOnly) {
  InboxFronts fronts;
  EXPECT_EQ(fronts.Get("github").seq, 0u);
  fronts.Raise("github", fronts.Get("github"), 7);
  fronts.Raise("github", fronts.Get("github"), 5);
  EXPECT_EQ(fronts.Get("github").seq, 7u);
  EXPECT_EQ(fronts.Get("gitlab").seq, 0u);
}

TEST(InboxFronts, WhatIsPutBackIsNotPassed) {
  InboxFronts fronts;
  fronts.Raise("github", fronts.Get("github"), 7);
  fronts.PutBack("github", 3);
  EXPECT_EQ(fronts.Get("github").seq, 3u);
  fronts.PutBack("github", 9);
  EXPECT_EQ(fronts.Get("github").seq, 3u);
}

TEST(InboxFronts, ReaderThatBeganBeforeAnEntryWasPutBackRaisesNothing) {
  InboxFronts fronts;
  const InboxFronts::Front seen = fronts.Get("github");
  fronts.PutBack("github", 3);
  fronts.Raise("github", seen, 7);
  EXPECT_EQ(fronts.Get("github").seq, 0u);
  fronts.Raise("github", fronts.Get("github"), 7);
  EXPECT_EQ(fronts.Get("github").seq, 7u);
}

// Tables in memory, with a record of where walks over the inbox began.
class WatchedEngine final : public Engine {
 public:
  explicit WatchedEngine(std::vector<std::string>* walks) : walks_(walks) {}
  std::unique_ptr<View> Read() override {
    return std::make_unique<WatchedView>(tables_.Read(), walks_);
  }
  absl::Status Prepare() override { return tables_.Prepare(); }
  absl::Status Write(const Batch& batch) override { return tables_.Write(batch); }

 private:
  class WatchedView final : public View {
   public:
    WatchedView(std::unique_ptr<View> view, std::vector<std::string>* walks)
        : view_(std::move(view)), walks_(walks) {}
    absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) override {
      return view_->Get(table, key);
    }
    absl::StatusOr<std::vector<std::optional<std::string>>> GetMany(
        Table table, const std::vector<std::string>& keys) override {
      return view_->GetMany(table, keys);
    }
    absl::Status Walk(Table table, std::string_view from, std::string_view until,
                      const Visit& visit) override {
      if (table == Table::kInbox) walks_->emplace_back(from);
      return view_->Walk(table, from, until, visit);
    }
    absl::StatusOr<std::unique_ptr<Cursor>> Open(Table table) override {
      return view_->Open(table);
    }

   private:
    const std::unique_ptr<View> view_;
    std::vector<std::string>* const walks_;
  };

  MemoryEngine tables_;
  std::vector<std::string>* const walks_;
};

class InboxFrontsOfAStore : public testing::Test {
 protected:
  InboxFrontsOfAStore() { EXPECT_TRUE(store_.Open().ok()); }

  std::uint64_t Put(const std::string& id) {
    Delivery delivery;
    delivery.forge = "github";
    delivery.id = id;
    delivery.event_type = "issues";
    delivery.body = "{}";
    EXPECT_EQ(*store_.PutDelivery(delivery), Store::Put::kStored);
    const auto entries = store_.ReadInbox("github", 0, 100);
    return entries->back().seq;
  }
  std::vector<std::string> Ids(std::uint64_t after = 0) {
    std::vector<std::string> ids;
    const auto entries = store_.ReadInbox("github", after, 100);
    for (const InboxEntry& entry : *entries) ids.push_back(entry.delivery.id);
    return ids;
  }
  static std::string Key(std::uint64_t seq) { return KeyWriter().Text("github").U64(seq).Take(); }

  std::vector<std::string> walks_;
  TableStore store_{std::make_unique<WatchedEngine>(&walks_)};
};

TEST_F(InboxFrontsOfAStore, WhatIsDoneIsNotWalkedOverAgain) {
  const std::uint64_t a = Put("a");
  const std::uint64_t b = Put("b");
  ASSERT_TRUE(store_.FinishDelivery("github", a, std::nullopt).ok());
  EXPECT_EQ(Ids(), std::vector<std::string>{"b"});
  walks_.clear();
  EXPECT_EQ(Ids(), std::vector<std::string>{"b"});
  EXPECT_EQ(walks_, std::vector<std::string>{Key(b)});

  ASSERT_TRUE(store_.FinishDelivery("github", b, std::nullopt).ok());
  EXPECT_EQ(Ids(), std::vector<std::string>());
  walks_.clear();
  EXPECT_EQ(Ids(), std::vector<std::string>());
  EXPECT_EQ(walks_, std::vector<std::string>()) << "nothing came since";
  const std::uint64_t c = Put("c");
  EXPECT_EQ(walks_, std::vector<std::string>{Key(c)});
}

TEST_F(InboxFrontsOfAStore, ReadingFromFurtherBackDoesNotPassWhatWaits) {
  Put("a");
  const std::uint64_t b = Put("b");
  EXPECT_EQ(Ids(b), std::vector<std::string>());
  EXPECT_EQ(Ids(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(InboxFrontsOfAStore, WhatWasSetAsideIsReadAgainOnceItIsPutBack) {
  const std::uint64_t a = Put("a");
  Put("b");
  ASSERT_TRUE(store_.SetAside("github", a, "why", absl::UnixEpoch()).ok());
  EXPECT_EQ(Ids(), std::vector<std::string>{"b"});
  EXPECT_EQ(Ids(), std::vector<std::string>{"b"});
  ASSERT_TRUE(store_.Requeue("github", a).ok());
  EXPECT_EQ(Ids(), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace retainer::store
