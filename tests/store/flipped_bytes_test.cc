// One byte of one file of a closed store is flipped: it is found, and the file is named.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/store/rocksdb_engine.h"
#include "src/store/rocksdb_store.h"
#include "src/store/seal.h"
#include "tests/contract/store_samples.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::store {
namespace {

class FlippedBytesTest : public testing::Test {
 protected:
  // Twice, so that there are files of tables beside the log.
  void SetUp() override {
    for (int round = 0; round < 2; ++round) {
      const auto store = OpenRocksDbStore(data_, options_);
      ASSERT_TRUE(store.ok()) << store.status();
      for (int i = 1; i <= 20; ++i) {
        DecisionWrite write = SampleWrite(SampleTicket(100 * round + i), 0);
        write.facts = {SampleFact(absl::StrCat("comment/", i))};
        write.ledger.facts = {write.facts[0].id};
        ASSERT_TRUE((*store)->Commit(write).ok());
        ASSERT_TRUE((*store)->PutDelivery(SampleDelivery(absl::StrCat(round, "d", i))).ok());
      }
    }
    Write("similar.sqlite", "an index");
    // What was made beside the store is sealed with it.
    const auto store = OpenRocksDbStore(data_, options_);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->PutDelivery(SampleDelivery("last")).ok());
  }

  std::string Path(const std::string& name) const { return data_ + "/" + name; }
  std::string Read(const std::string& name) const {
    std::ifstream file(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(Path(name), std::ios::binary) << bytes;
  }
  void Flip(const std::string& name, std::size_t at) const {
    std::fstream file(Path(name), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get() ^ 0x20);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(data_)) {
      names.push_back(file.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  // What start or `doctor` says; empty: nothing.
  std::string Found(const std::string& name) const {
    std::vector<std::string> removed;
    const absl::Status sealed = CheckSeal(data_, &removed);
    if (!sealed.ok()) return std::string(sealed.message());
    if (!removed.empty()) return removed[0];
    if (!absl::EndsWith(name, ".sst")) return "";
    // The scrubber's and the doctor's look at one file.
    const auto engine = RocksDbEngine::OpenToRead(data_);
    if (!engine.ok()) return std::string(engine.status().message());
    return std::string((*engine)->VerifyFile(name).message());
  }

  const TemporaryFolder folder_;
  const std::string data_ = folder_.path() + "/data";
  const RocksDbOptions options_ = [] {
    RocksDbOptions options;
    options.derived = {"similar.sqlite"};
    return options;
  }();
};

TEST_F(FlippedBytesTest, IsFoundInEveryFileAndTheFileIsNamed) {
  constexpr int kPlaces = 12;
  std::mt19937 random(17);  // NOLINT(cert-msc51-cpp): the same places each time
  std::set<std::string> kinds;
  int table_files = 0;
  for (const std::string& name : Names()) {
    const std::string bytes = Read(name);
    // LOCK is empty: nothing can be flipped in it.
    if (bytes.empty()) continue;
    // Each opening takes a while, and one file of a table is like the other.
    if (absl::EndsWith(name, ".sst") && ++table_files > 6) continue;
    kinds.insert(name.substr(0, name.find_first_of("-.0123456789")) +
                 std::filesystem::path(name).extension().string());
    for (int i = 0; i < kPlaces; ++i) {
      // The ends are where checksums end: always those.
      const std::size_t at = i == 0   ? 0
                             : i == 1 ? bytes.size() - 1
                             : i == 2 ? bytes.size() - std::min<std::size_t>(bytes.size(), 20)
                                      : random() % bytes.size();
      Flip(name, at);
      const std::string found = Found(name);
      EXPECT_NE(found.find(name), std::string::npos)
          << "byte " << at << " of " << bytes.size() << " of " << name << ": " << found;
      Write(name, bytes);
    }
  }
  for (const char* kind : {"CURRENT", "IDENTITY", "MANIFEST", "OPTIONS", ".log", ".sst", "SEAL"}) {
    EXPECT_TRUE(kinds.contains(kind)) << kind;
  }
  EXPECT_TRUE(OpenRocksDbStore(data_, options_).ok()) << "everything is as it was";
}

TEST_F(FlippedBytesTest, TheStoreDoesNotStartOnOneAndSaysWhatToDo) {
  for (const std::string& name : Names()) {
    if (!absl::StartsWith(name, "MANIFEST-")) continue;
    Flip(name, Read(name).size() - 3);
    const auto store = OpenRocksDbStore(data_, options_);
    ASSERT_TRUE(absl::IsDataLoss(store.status())) << store.status();
    EXPECT_NE(store.status().message().find(name), absl::string_view::npos);
    EXPECT_NE(store.status().message().find("restore a backup"), absl::string_view::npos);
  }
}

TEST_F(FlippedBytesTest, AnIndexThatCanBeMadeAgainIsRemovedAndTheStoreStarts) {
  Flip("similar.sqlite", 3);
  EXPECT_TRUE(OpenRocksDbStore(data_, options_).ok());
  EXPECT_FALSE(std::filesystem::exists(Path("similar.sqlite")));
}

TEST_F(FlippedBytesTest, AnIndexMayBeDeletedAndOtherProgramsNeedNotKnowIt) {
  // Nothing is wrong, whoever opens the store.
  ASSERT_TRUE(OpenRocksDbStore(data_, RocksDbOptions()).ok());
  EXPECT_TRUE(std::filesystem::exists(Path("similar.sqlite")));
  { ASSERT_TRUE(OpenRocksDbStore(data_, options_).ok()); }
  std::filesystem::remove(Path("similar.sqlite"));
  EXPECT_TRUE(OpenRocksDbStore(data_, RocksDbOptions()).ok());
}

// A seal must never be older than the store: an intact store would not open.
TEST_F(FlippedBytesTest, AStoreThatAnotherProcessHasOpenIsNotSealed) {
  { ASSERT_TRUE(OpenRocksDbStore(data_, options_).ok()); }
  ASSERT_TRUE(std::filesystem::exists(Path(kSealName)));
  RemoveSeal(data_);
  int ready[2];
  int done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t other = fork();
  if (other == 0) {
    // What RocksDB does with LOCK.
    const int fd = open(Path("LOCK").c_str(), O_RDWR);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    char byte = fcntl(fd, F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  WriteSeal(data_, options_.derived);
  EXPECT_FALSE(std::filesystem::exists(Path(kSealName)));
  ASSERT_EQ(write(done[1], &byte, 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(other, &status, 0), other);
  WriteSeal(data_, options_.derived);
  EXPECT_TRUE(std::filesystem::exists(Path(kSealName)));
}

TEST_F(FlippedBytesTest, ASealIsGoneBeforeTheStoreIsOpened) {
  // An opening that fails has written nothing that a seal could still tell of.
  std::filesystem::remove(Path("LOCK"));
  std::filesystem::create_directory(Path("LOCK"));
  EXPECT_FALSE(OpenRocksDbStore(data_, options_).ok());
  EXPECT_FALSE(std::filesystem::exists(Path(kSealName)));
}

TEST_F(FlippedBytesTest, AStoreThatIsInUseHasNoSeal) {
  const auto store = OpenRocksDbStore(data_, options_);
  ASSERT_TRUE(store.ok());
  EXPECT_FALSE(std::filesystem::exists(Path(kSealName)));
}

}  // namespace
}  // namespace retainer::store
