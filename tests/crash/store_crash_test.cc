// Kills a process that writes decisions, at random points. Afterwards everything that the store
// acknowledged is there, no write is there in part, and further writes work.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "src/store/rocksdb_store.h"
#include "tests/crash/crash_story.h"
#include "tests/fakes/temporary_folder.h"

extern char** environ;

namespace retainer {
namespace {

struct Acknowledged {
  std::set<std::pair<std::string, std::string>> deliveries;  // forge, id
  std::set<std::pair<TicketKey, std::string>> facts;         // ticket, fact id
};

// Starts the writer, kills it after `lines` lines, and records what it printed until then.
void RunUntilKilled(const std::string& folder, int run, int lines, Acknowledged* acknowledged) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  const std::string run_name = "run" + std::to_string(run);
  const char* arguments[] = {RETAINER_STORE_WRITER, folder.c_str(), run_name.c_str(), nullptr};
  pid_t child = 0;
  ASSERT_EQ(posix_spawn(&child, RETAINER_STORE_WRITER, &actions, nullptr,
                        const_cast<char**>(arguments), environ),
            0);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);

  FILE* said = fdopen(ends[0], "r");
  ASSERT_NE(said, nullptr);
  int seen = 0;
  char buffer[512];
  while (fgets(buffer, sizeof buffer, said) != nullptr) {
    std::istringstream line(buffer);
    std::string what;
    std::string forge;
    line >> what >> forge;
    if (what == "D") {
      std::string id;
      line >> id;
      acknowledged->deliveries.emplace(forge, id);
    } else {
      int number = 0;
      std::string fact;
      line >> number >> fact;
      acknowledged->facts.emplace(CrashTicket(forge, number), fact);
    }
    if (++seen == lines) kill(child, SIGKILL);
  }
  fclose(said);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << WEXITSTATUS(status);
  ASSERT_GE(seen, lines);
}

void Check(const std::string& folder, const Acknowledged& acknowledged) {
  auto opened = store::OpenRocksDbStore(folder);
  ASSERT_TRUE(opened.ok()) << opened.status();
  Store& store = **opened;

  std::set<std::pair<std::string, std::string>> waiting;
  std::set<TicketKey> even;
  std::set<TicketKey> tickets;
  std::set<std::pair<absl::Time, TicketKey>> wakeups;
  std::set<std::pair<TicketKey, std::string>> facts;
  std::uint64_t decisions = 0;
  for (const std::string forge : kCrashForges) {
    const auto entries = store.ReadInbox(forge, 0, 100'000);
    ASSERT_TRUE(entries.ok());
    for (const InboxEntry& entry : *entries) {
      waiting.emplace(forge, entry.delivery.id);
      EXPECT_EQ(entry.delivery.body, CrashDelivery(forge, entry.delivery.id).body);
    }
    for (int number = 1; number <= kCrashTickets; ++number) {
      const auto ticket = store.LoadTicket(CrashTicket(forge, number));
      ASSERT_TRUE(ticket.ok()) << ticket.status();
      if (ticket->record.version == 0) continue;
      const std::uint64_t version = ticket->record.version;
      decisions += version;
      tickets.insert(ticket->record.key);
      if (version % 2 == 0) even.insert(ticket->record.key);
      wakeups.emplace(absl::FromUnixSeconds(static_cast<std::int64_t>(version) * 2),
                      ticket->record.key);
      // Each decision added one fact and finished one delivery.
      EXPECT_EQ(ticket->facts.size(), version);
      for (const auto& [id, fact] : ticket->facts) {
        facts.emplace(ticket->record.key, id);
        EXPECT_FALSE(waiting.contains({forge, fact.subject})) << fact.subject;
      }
    }
  }
  for (const auto& [forge, id] : acknowledged.deliveries) {
    EXPECT_EQ(*store.PutDelivery(CrashDelivery(forge, id)), Store::Put::kKnown) << id;
    bool decided = false;
    for (int number = 1; number <= kCrashTickets; ++number) {
      decided = decided || facts.contains({CrashTicket(forge, number), CrashFactId(id)});
    }
    EXPECT_NE(decided, waiting.contains({forge, id})) << forge << " " << id;
  }
  for (const auto& fact : acknowledged.facts) EXPECT_TRUE(facts.contains(fact)) << fact.second;

  // Derived data agrees with the tickets.
  const auto due = store.DueWakeups(absl::InfiniteFuture(), 1000);
  EXPECT_EQ((std::set<std::pair<absl::Time, TicketKey>>(due->begin(), due->end())), wakeups);
  EXPECT_EQ(due->size(), wakeups.size());
  TicketQuery query;
  query.customer = "even";
  std::set<TicketKey> found;
  const auto records = store.FindTickets(query);
  for (const TicketRecord& record : *records) found.insert(record.key);
  EXPECT_EQ(found, even);
  std::size_t dirty = 0;
  for (const std::string forge : kCrashForges) {
    const auto faces = store.ReadDirtyFaces(forge, absl::InfiniteFuture(), 1000);
    dirty += faces->size();
    for (const DirtyFace& face : *faces) {
      EXPECT_EQ(face.ticket.forge, forge);
      EXPECT_EQ(face.face.assignees.at(0),
                std::to_string(store.LoadTicket(face.ticket)->record.version));
    }
  }
  EXPECT_EQ(dirty, tickets.size());
  EXPECT_EQ(store.ReadNotices(1'000'000)->size(), decisions);
  EXPECT_EQ(store.ReadLedgerHead()->length, decisions);
  EXPECT_TRUE(store.VerifyLedger().ok()) << store.VerifyLedger();
  EXPECT_EQ(store.Stats()->inbox, waiting.size());
  EXPECT_EQ(store.Stats()->dirty_faces, tickets.size());
  EXPECT_EQ(store.Stats()->pending_notices, decisions);
}

TEST(StoreCrash, WhatWasAcknowledgedSurvivesKilling) {
  TemporaryFolder folder;
  const std::string data = folder.path() + "/data";
  std::mt19937 random(20'260'101);
  Acknowledged acknowledged;
  for (int run = 0; run < 10; ++run) {
    const int lines = static_cast<int>(random() % 60) + 1;
    SCOPED_TRACE("run " + std::to_string(run) + ", killed after line " + std::to_string(lines));
    RunUntilKilled(data, run, lines, &acknowledged);
    if (HasFatalFailure()) return;
    Check(data, acknowledged);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace retainer
