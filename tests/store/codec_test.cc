// Records and keys: what is written is read back, in order; bytes that are not a record are
// refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "src/store/codec/body.h"
#include "src/store/codec/counter.h"
#include "src/store/codec/fields.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/records.h"
#include "src/store/ledger.h"
#include "tests/contract/store_samples.h"
#include "tests/store/decode_everything.h"

namespace retainer::store {
namespace {

StoredFact SampleStoredFact() { return {SampleFact("comment/1"), kTextFeaturesVersion}; }

TEST(Records, FactIsReadBackWhole) {
  const auto back = DecodeRecord<StoredFact>(EncodeRecord(SampleStoredFact()));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->fact, SampleFact("comment/1"));
  EXPECT_EQ(back->features_version, kTextFeaturesVersion);
  EXPECT_EQ(DecodeRecord<StoredFact>(EncodeRecord(StoredFact()))->fact, Fact());
}

TEST(Records, FieldsAreReadInWhateverOrderTheyWereWritten) {
  FieldWriter writer;
  std::vector<std::string> many = {"x", "y"};
  std::string late = "late";
  std::string early = "early";
  writer(7, late);
  writer(3, many);
  writer(1, early);
  const std::string bytes = writer.Take();
  FieldReader reader(bytes);
  std::string first;
  std::string last;
  std::vector<std::string> back;
  // Requested twice, and with falling tags.
  reader(7, last);
  reader(3, back);
  reader(3, back);
  reader(1, first);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(first, "early");
  EXPECT_EQ(last, "late");
  EXPECT_EQ(back, many);
}

TEST(Records, InstantsKeepNanosecondsAndInfinities) {
  for (const absl::Time at :
       {absl::InfinitePast(), absl::InfiniteFuture(), absl::UnixEpoch(), absl::FromUnixNanos(-1),
        absl::FromUnixNanos(1'767'225'600'123'456'789), absl::FromUnixSeconds(253'402'300'800),
        absl::FromUnixSeconds(-62'135'596'800)}) {
    std::string bytes;
    AppendInstant(&bytes, at);
    std::string_view rest = bytes;
    absl::Time back;
    ASSERT_TRUE(TakeInstant(&rest, &back));
    EXPECT_EQ(back, at);
    const std::string key = KeyWriter().Instant(at).Take();
    KeyReader reader(key);
    ASSERT_TRUE(reader.Instant(&back));
    EXPECT_EQ(back, at);
  }
}

TEST(Records, NumbersKeepTheirLimits) {
  for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                    std::numeric_limits<std::int64_t>::max()}) {
    TicketKey key = SampleTicket(number);
    EXPECT_EQ(*DecodeRecord<TicketKey>(EncodeRecord(key)), key);
  }
  TicketRecord record;
  record.version = std::numeric_limits<std::uint64_t>::max();
  record.key.kind = TicketKind::kChange;
  EXPECT_EQ(*DecodeRecord<TicketRecord>(EncodeRecord(record)), record);
}

TEST(Records, FieldsOfANewerWriterArePassedOver) {
  std::string bytes = EncodeRecord(SampleTicket(12));
  AppendVarint(&bytes, 4'000);
  AppendVarint(&bytes, 3);
  bytes += "new";
  EXPECT_EQ(*DecodeRecord<TicketKey>(bytes), SampleTicket(12));
}

TEST(Records, ANoticeIsARecordOfOneThatIsNotBeingPosted) {
  const auto record = DecodeRecord<NoticeRecord>(EncodeRecord(SampleNotice("n")));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->notice.id, "n");
  EXPECT_EQ(record->notice.teams, SampleNotice("n").teams);
  EXPECT_FALSE(record->posting_since.has_value());
}

TEST(Records, AnotherVersionIsRefused) {
  std::string bytes = EncodeRecord(SampleTicket(12));
  bytes[0] = 2;
  EXPECT_FALSE(DecodeRecord<TicketKey>(bytes));
  EXPECT_FALSE(DecodeRecord<TicketKey>(""));
}

TEST(Records, NumberOutsideItsEnumerationIsRefused) {
  std::string bytes(1, kRecordVersion);
  bytes += std::string("\x03\x01\x07", 3);  // TicketKey::kind = 7
  EXPECT_FALSE(DecodeRecord<TicketKey>(bytes));
}

TEST(Records, TruncatedRecordIsNeverTakenForTheWhole) {
  // Every field has a value other than its default.
  const std::string whole = EncodeRecord(StoredFact{SampleFact("comment/1"), 99});
  int refused = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto back = DecodeRecord<StoredFact>(whole.substr(0, size));
    if (!back) {
      ++refused;
    } else {
      EXPECT_NE(EncodeRecord(*back), whole) << size;
    }
  }
  EXPECT_GT(refused, 0);
}

TEST(Records, MutatedBytesNeverDoHarm) {
  const std::vector<std::string> seeds = {
      EncodeRecord(SampleStoredFact()),
      EncodeRecord(SampleWrite(SampleTicket(1), 0).record),
      EncodeRecord(FaceRecord{SampleFace("x"), 3, FaceState::kDirty, At(1), At(2), 1}),
      EncodeRecord(SampleNotice("n")),
      EncodeRecord(NoticeRecord{SampleNotice("n"), At(3)}),
      CompressBody(std::string(1000, 'x')),
      KeyWriter().U8(1).Text("a").Instant(At(1)).Ticket(SampleTicket(1)).Take()};
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = seeds[random() % seeds.size()];
    for (std::size_t changes = random() % 4 + 1; changes > 0 && !bytes.empty(); --changes) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, random() % 4 + 1);
          break;
        case 2:
          bytes.insert(at, std::string(random() % 4 + 1, static_cast<char>(random())));
          break;
        default:
          bytes.resize(at);
      }
    }
    DecodeEverything(bytes);
  }
}

TEST(Records, NestingIsBounded) {
  // A record that claims to be a structure in a structure in a structure …
  std::string bytes;
  for (int i = 0; i < 1000; ++i) {
    std::string outer;
    AppendVarint(&outer, 1);
    AppendVarint(&outer, bytes.size());
    bytes = outer + bytes;
  }
  DecodeEverything(std::string(1, kRecordVersion) + bytes);
  EXPECT_TRUE(FieldReader("", kMaxRecordDepth).ok());
  EXPECT_FALSE(FieldReader("", kMaxRecordDepth + 1).ok());
}

TEST(Keys, SortAsWhatTheyStandFor) {
  std::vector<TicketKey> keys;
  for (const std::string& forge : {std::string("a"), std::string("a\0", 2), std::string("ab"),
                                   std::string("a\1"), std::string(), std::string("\xff")}) {
    for (const char* project : {"1", "10", "2"}) {
      for (const TicketKind kind : {TicketKind::kIssue, TicketKind::kChange}) {
        for (const std::int64_t number : {-1, 0, 9, 10, 256}) {
          keys.push_back(TicketKey{forge, project, kind, number});
        }
      }
    }
  }
  // Like std::string: by unsigned bytes.
  std::sort(keys.begin(), keys.end());
  std::string before;
  for (const TicketKey& key : keys) {
    const std::string bytes = KeyWriter().Ticket(key).Take();
    EXPECT_LT(before, bytes);
    KeyReader reader(bytes);
    TicketKey back;
    ASSERT_TRUE(reader.Ticket(&back));
    EXPECT_TRUE(reader.AtEnd());
    EXPECT_EQ(back, key);
    before = bytes;
  }
}

TEST(Keys, InstantsSortByTime) {
  std::string before;
  for (const absl::Time at : {absl::InfinitePast(), absl::FromUnixSeconds(-5), absl::UnixEpoch(),
                              absl::FromUnixNanos(1), At(0), At(1), absl::InfiniteFuture()}) {
    const std::string key = KeyWriter().Instant(at).Take();
    EXPECT_LT(before, key);
    before = key;
  }
}

TEST(Keys, PrefixEndsBehindAllThatBeginWithIt) {
  EXPECT_EQ(PrefixEnd("ab"), "ac");
  EXPECT_EQ(PrefixEnd("a\xff"), "b");
  EXPECT_EQ(PrefixEnd("\xff"), "");
}

TEST(Bodies, AreCompressedAndComeBack) {
  for (const std::string& body :
       {std::string(), std::string("{}"), std::string(200'000, 'x'), std::string("\0\xff", 2)}) {
    EXPECT_EQ(*DecompressBody(CompressBody(body)), body);
  }
  EXPECT_LT(CompressBody(std::string(200'000, 'x')).size(), 1000u);
  EXPECT_FALSE(DecompressBody(""));
  EXPECT_FALSE(DecompressBody("no frame"));
}

TEST(Bodies, FrameThatAnnouncesTooMuchIsRefusedUnread) {
  // A block of LZ4 that is said to be 2^60 bytes, or 60 MiB.
  EXPECT_FALSE(DecompressBody("\x01\x80\x80\x80\x80\x80\x80\x80\x80\x10{}"));
  EXPECT_FALSE(DecompressBody("\x01\x80\x80\x80\x1e{}"));
}

TEST(Counters, AddModulo64Bits) {
  EXPECT_EQ(DecodeCounter(EncodeCounter(7)), 7u);
  EXPECT_EQ(DecodeCounter(EncodeCounter(3 + static_cast<std::uint64_t>(-1))), 2u);
  EXPECT_EQ(DecodeCounter(""), 0u);
}

TEST(Records, ALedgerRecordNamesTheCommitOfThePolicyIfItHasOne) {
  DecisionWrite write;
  write.ledger.changes = {"acme first_response: running -> met"};
  write.ledger.terms_id = "v1";
  const std::string without = EncodeRecord(*MakeLedgerEntry(write));
  write.ledger.commit = "3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3";
  const auto entry = MakeLedgerEntry(write);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->commit, write.ledger.commit);
  EXPECT_NE(EncodeRecord(*entry).find(write.ledger.commit), std::string::npos);
  EXPECT_EQ(without.find("3f2a"), std::string::npos);
}

}  // namespace
}  // namespace retainer::store
