// The index: a file that may be deleted, damaged or asked anything.
#include "src/similar/index.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "tests/fakes/temporary_folder.h"

namespace retainer::similar {
namespace {

Entry Of(const std::string& name, const std::string& title, const std::string& errors = "",
         const std::string& prose = "") {
  Entry entry;
  entry.ticket = name;
  entry.version = 3;
  entry.open = {title, errors, prose};
  return entry;
}

std::vector<std::string> Names(Index& index, std::vector<std::string> terms,
                               Shelf shelf = Shelf::kOpen) {
  Search search;
  search.terms = std::move(terms);
  const auto hits = index.Run(shelf, search);
  EXPECT_TRUE(hits.ok()) << hits.status();
  std::vector<std::string> names;
  if (hits.ok()) {
    for (const Hit& hit : *hits) names.push_back(hit.ticket);
  }
  return names;
}

TEST(IndexTest, TitleAndErrorsWeighMoreThanProse) {
  Index index("");
  std::vector<Entry> entries = {Of("prose", "One", "", "the quota of the pool"),
                                Of("errors", "Two", "quota of the pool", ""),
                                Of("title", "quota of the pool", "", "")};
  for (int i = 0; i < 20; ++i) entries.push_back(Of("other" + std::to_string(i), "Something else"));
  ASSERT_TRUE(index.Put(entries).ok());
  EXPECT_EQ(Names(index, {"quota", "pool"}),
            (std::vector<std::string>{"title", "errors", "prose"}));
  EXPECT_EQ(*index.Size(), 23u);
  EXPECT_TRUE(Names(index, {"nothing"}).empty());
  EXPECT_TRUE(Names(index, {}).empty());
}

TEST(IndexTest, AnEntryIsReplacedAndRemoved) {
  Index index("");
  ASSERT_TRUE(index.Put({Of("a", "first words")}).ok());
  ASSERT_TRUE(index.Put({Of("a", "second words")}).ok());
  EXPECT_TRUE(Names(index, {"first"}).empty());
  EXPECT_EQ(Names(index, {"second"}).size(), 1u);
  EXPECT_EQ((*index.Find("a"))->version, 3u);
  ASSERT_TRUE(index.Remove("a").ok());
  EXPECT_TRUE(Names(index, {"second"}).empty());
  EXPECT_FALSE(index.Find("a")->has_value());
}

TEST(IndexTest, NothingIsLeftInTheFileOfWhatWasRemovedOrReplaced) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/similar.sqlite";
  const auto holds = [&](const std::string& word) {
    // Also the log beside it.
    bool found = false;
    for (const auto& each : std::filesystem::directory_iterator(folder.path())) {
      std::ifstream file(each.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      found |= bytes.find(word) != std::string::npos;
    }
    return found;
  };
  Index index(path);
  ASSERT_TRUE(index.Put({Of("a", "quokkaflux hangs"), Of("b", "numbatgate hangs")}).ok());
  ASSERT_TRUE(index.Put({Of("c", "it hangs")}).ok());
  ASSERT_TRUE(index.Remove("a").ok());
  ASSERT_TRUE(index.Put({Of("b", "other words")}).ok());
  EXPECT_EQ(Names(index, {"it"}).size(), 1u) << "a reader has it open";
  EXPECT_TRUE(holds("quokkaflux")) << "a full-text table keeps removed words";
  ASSERT_TRUE(index.DropRemoved().ok());
  EXPECT_FALSE(holds("quokkaflux"));
  EXPECT_FALSE(holds("numbatgate"));
  EXPECT_EQ(Names(index, {"hangs"}), std::vector<std::string>{"c"});
}

TEST(IndexTest, TheShelvesKnowNothingOfEachOther) {
  Index index("");
  Entry secret = Of("secret", "");
  secret.open = {};
  secret.whole = {"quota", "", "of the other pool"};
  std::vector<Entry> entries = {Of("open", "quota"), Of("b", "b"), Of("c", "c")};
  Index without("");
  ASSERT_TRUE(without.Put(entries).ok());
  entries.push_back(secret);
  ASSERT_TRUE(index.Put(entries).ok());
  EXPECT_EQ(Names(index, {"quota"}), std::vector<std::string>{"open"});
  EXPECT_EQ(Names(index, {"quota"}, Shelf::kWhole), std::vector<std::string>{"secret"});
  Search search;
  search.terms = {"quota"};
  EXPECT_EQ(index.Run(Shelf::kOpen, search)->at(0).score,
            without.Run(Shelf::kOpen, search)->at(0).score);
}

TEST(IndexTest, NoWordIsAnOperatorOfTheQuery) {
  Index index("");
  ASSERT_TRUE(index.Put({Of("a", "near or not and title")}).ok());
  for (const char* word : {"\"", "*", "NEAR(", "AND", "NOT", "OR", "title:x", "{", "}", "^a", "-x",
                           "a\" OR \"b", ";", "--", "'", "\xf0\x9f\x98\x80", "\xff\xfe", "(("}) {
    Names(index, {word});
    Names(index, {word, "title"});
  }
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::string> terms;
    for (int t = 0; t < 4; ++t) {
      std::string term;
      for (int c = 0; c < 6; ++c) term.push_back(static_cast<char>(1 + random() % 255));
      terms.push_back(term);
    }
    Names(index, terms);
  }
  EXPECT_EQ(Names(index, {"near"}).size(), 1u) << "the index is still there";
}

TEST(IndexTest, AFileThatIsDamagedOrOfAnotherFormatIsReplaced) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/similar.sqlite";
  {
    Index index(path);
    ASSERT_TRUE(index.Put({Of("a", "quota")}).ok());
    ASSERT_TRUE(index.SetThreshold(0.75).ok());
  }
  {
    Index again(path);
    EXPECT_EQ(Names(again, {"quota"}).size(), 1u);
    EXPECT_EQ(**again.Threshold(), 0.75);
  }
  std::ofstream(path, std::ios::trunc) << "this is no database, it is a poem of some length";
  Index poem(path);
  EXPECT_EQ(*poem.Size(), 0u);
  ASSERT_TRUE(poem.Put({Of("a", "quota")}).ok());
  EXPECT_EQ(Names(poem, {"quota"}).size(), 1u);
}

TEST(IndexTest, AFileThatIsDamagedWhileItIsUsedIsReplacedAfterOneError) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/similar.sqlite";
  Index index(path);
  std::vector<Entry> entries;
  for (int i = 0; i < 500; ++i) {
    entries.push_back(Of("t" + std::to_string(i), "quota " + std::to_string(i), "pool",
                         std::string(900, static_cast<char>('a' + i % 26))));
  }
  ASSERT_TRUE(index.Put(entries).ok());
  const auto size = std::filesystem::file_size(path);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0);
    const std::string noise(size, '\x5a');
    file.write(noise.data(), static_cast<std::streamsize>(noise.size()));
  }
  bool works = false;
  for (int i = 0; i < 5 && !works; ++i) {
    works = index.Put({Of("new", "quota")}).ok() && index.Size().ok();
  }
  EXPECT_TRUE(works);
  EXPECT_FALSE(Names(index, {"quota"}).empty());
}

TEST(IndexTest, ASearchDoesNotWaitForAWriter) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/similar.sqlite";
  Index index(path);
  ASSERT_TRUE(index.Put({Of("a", "quota")}).ok());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  // It holds the writer's lock until the other program ends.
  absl::Status put;
  std::thread writer([&] { put = index.Put({Of("b", "quota")}); });
  EXPECT_EQ(Names(index, {"quota"}), std::vector<std::string>{"a"});
  EXPECT_TRUE(index.Threshold().ok());
  ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  writer.join();
  EXPECT_TRUE(put.ok()) << put;
  EXPECT_EQ(Names(index, {"quota"}).size(), 2u);
}

TEST(IndexTest, ADeletedFileIsMadeAnew) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/similar.sqlite";
  { ASSERT_TRUE(Index(path).Put({Of("a", "quota")}).ok()); }
  std::filesystem::remove(path);
  Index index(path);
  EXPECT_EQ(*index.Size(), 0u);
  EXPECT_FALSE(index.Find("a")->has_value());
}

TEST(IndexTest, ASearchThatTakesTooLongEnds) {
  Index index("");
  std::vector<Entry> entries;
  for (int i = 0; i < 3000; ++i) {
    entries.push_back(Of("t" + std::to_string(i), "quota pool", "error", "one two three four"));
  }
  ASSERT_TRUE(index.Put(entries).ok());
  Search search;
  search.terms = {"quota", "pool", "one", "two", "three", "four"};
  search.patience = absl::ZeroDuration();
  EXPECT_TRUE(absl::IsDeadlineExceeded(index.Run(Shelf::kOpen, search).status()));
  EXPECT_EQ(Names(index, {"quota"}).size(), 10u) << "and the next one is answered";
}

}  // namespace
}  // namespace retainer::similar
