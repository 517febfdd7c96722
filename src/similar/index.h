// The index of solved tickets: one SQLite file with two full-text tables (FTS5, bm25).
//
// The open shelf has what everybody who can read a project can read. The whole shelf has
// everything: also private projects, confidential tickets and internal notes. So neither the hits
// nor the weights of words on the open shelf say anything of what is secret.
//
// The file can be deleted at any time. One that cannot be read is replaced by an empty one: its
// reader (similar.h) fills it again from the store. Nothing is synced. Thread-safe: searches have a
// connection of their own (SQLite's write-ahead log), so they do not wait for a writer.
//
// Errors: Unavailable (the file could not be read or written; it may have been replaced),
// DeadlineExceeded (a search took too long).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/similar/ticket_words.h"

struct sqlite3;
struct sqlite3_stmt;

namespace retainer::similar {

enum class Shelf : std::uint8_t { kOpen, kWhole };

// A ticket's words on the shelves. Its name is ToString(TicketKey).
struct Entry {
  std::string ticket;
  std::uint64_t version = 0;  // of the ticket
  bool hidden = false;        // nothing of it is on the open shelf
  Document open;
  Document whole;
};

struct Hit {
  std::string ticket;
  double score = 0;  // the higher, the more alike; per word of the search
};

struct Search {
  std::vector<std::string> terms;
  bool title_only = false;
  std::size_t limit = 10;
  absl::Duration patience = absl::Seconds(5);
};

class Index {
 public:
  // `path` empty: in memory. Never fails: a file that cannot be opened is tried again at each call.
  explicit Index(std::string path);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // Deletes the file of an index that nobody uses.
  static void DeleteFiles(const std::string& path);

  // What the index has of a ticket: an entry without words.
  absl::StatusOr<std::optional<Entry>> Find(const std::string& ticket);
  // Replaces what is there, all in one transaction.
  absl::Status Put(const std::vector<Entry>& entries);
  absl::Status Remove(const std::string& ticket);
  // Rewrites the file, so that nothing is left in it of what was replaced or removed.
  absl::Status DropRemoved();
  absl::StatusOr<std::vector<Hit>> Run(Shelf shelf, const Search& search);
  absl::StatusOr<std::uint64_t> Size();

  // The score from which on hits are shown, as the last evaluation found it. Nullopt: none did.
  absl::StatusOr<std::optional<double>> Threshold();
  absl::Status SetThreshold(double threshold);

 private:
  class Statement;

  absl::Status Open();    // REQUIRES: mutex_
  void Close();           // REQUIRES: mutex_
  absl::Status Failed();  // the last error; replaces a damaged file. REQUIRES: mutex_
  absl::Status Execute(const char* sql);
  absl::Status RemoveRows(const std::string& ticket);
  absl::Status PutOne(const Entry& entry);

  // Calls `read` with a connection. `read` returns false if its last statement failed.
  using Read = absl::FunctionRef<bool(sqlite3* db)>;
  absl::Status Reading(Read read);
  bool OpenReader();  // REQUIRES: reading_mutex_

  const std::string path_;
  std::mutex mutex_;  // of the writer
  sqlite3* db_ = nullptr;
  std::atomic<std::uint64_t> replaced_ = 0;  // how often the file was replaced
  // Taken before mutex_. The reader is not used if the index is in memory.
  std::mutex reading_mutex_;
  sqlite3* reader_ = nullptr;
  std::uint64_t read_from_ = 0;  // `replaced_` when the reader was opened
};

}  // namespace retainer::similar
