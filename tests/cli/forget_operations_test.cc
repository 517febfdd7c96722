#include "src/cli/forget_operations.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "src/store/memory_store.h"
#include "tests/contract/store_samples.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::cli {
namespace {

TEST(FinishForgetTest, AfterAKillBeforeTheLastStepTheWordsStillGoFromTheIndex) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/similar.sqlite";
  const auto holds = [&](const std::string& word) {
    for (const auto& each : std::filesystem::directory_iterator(folder.path())) {
      std::ifstream file(each.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.find(word) != std::string::npos) return true;
    }
    return false;
  };
  {
    similar::Index index(path);
    const similar::Document words{"quokkaflux hangs", "", ""};
    ASSERT_TRUE(index.Put({{"a", 1, false, words, words}}).ok());
    ASSERT_TRUE(index.Put({{"b", 1, false, {"it hangs", "", ""}, {}}}).ok());
    ASSERT_TRUE(index.Remove("a").ok());
  }
  ASSERT_TRUE(holds("quokkaflux"));
  store::MemoryStore store;
  store::Person person;
  person.forge = "github";
  person.ids = {"900417"};
  ASSERT_TRUE(store.BeginForget(person, "root", At(100)).ok());
  for (int steps = 0; !store.ReadForgetState()->only_disk_left; ++steps) {
    ASSERT_LT(steps, 100);
    ASSERT_TRUE(store.ForgetSome().ok());
  }
  // As at the next start.
  FakeClock clock(At(200));
  FakeLog log;
  similar::Similar similar(store, clock, log, {"github"}, path);
  const auto done = FinishForget(store, &similar, nullptr, [] { return false; });
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_FALSE(holds("quokkaflux"));
  EXPECT_TRUE(store.ReadForgetState()->done);
}

}  // namespace
}  // namespace retainer::cli
