#include "src/similar/index.h"

#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace retainer::similar {
namespace {

// Raise it when the tables or the meaning of documents change: files of other formats are replaced.
constexpr int kFormat = 1;

constexpr char kSchema[] =
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value REAL);"
    "CREATE TABLE IF NOT EXISTS tickets(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL,"
    "  version INTEGER NOT NULL, hidden INTEGER NOT NULL);"
    "CREATE VIRTUAL TABLE IF NOT EXISTS open_words USING fts5(title, errors, prose,"
    "  tokenize = \"unicode61 remove_diacritics 2 tokenchars '_'\");"
    "CREATE VIRTUAL TABLE IF NOT EXISTS all_words USING fts5(title, errors, prose,"
    "  tokenize = \"unicode61 remove_diacritics 2 tokenchars '_'\");";

// Milliseconds for which another program may write to the file.
constexpr int kOthersWrite = 5000;

// The weights of title, errors and prose.
constexpr char kRank[] = "bm25(3.0, 2.0, 1.0)";

const char* TableOf(Shelf shelf) { return shelf == Shelf::kOpen ? "open_words" : "all_words"; }

// Each term is a quoted phrase, so that no word of a ticket is an operator of the query.
std::string MatchText(const Search& search) {
  std::string text;
  for (const std::string& term : search.terms) {
    absl::StrAppend(&text, text.empty() ? "" : " OR ", "\"");
    for (const char c : term) absl::StrAppend(&text, c == '"' ? "\"\"" : std::string(1, c));
    absl::StrAppend(&text, "\"");
  }
  return search.title_only ? absl::StrCat("{title} : (", text, ")") : text;
}

using Deadline = std::chrono::steady_clock::time_point;

int IsOver(void* deadline) {
  return std::chrono::steady_clock::now() > *static_cast<Deadline*>(deadline) ? 1 : 0;
}

}  // namespace

class Index::Statement {
 public:
  Statement(sqlite3* db, const std::string& sql) {
    sqlite3_prepare_v2(db, sql.c_str(), -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Text(int place, const std::string& text) {
    sqlite3_bind_text(statement_, place, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
    return *this;
  }
  Statement& Number(int place, std::int64_t number) {
    sqlite3_bind_int64(statement_, place, number);
    return *this;
  }
  Statement& Real(int place, double number) {
    sqlite3_bind_double(statement_, place, number);
    return *this;
  }
  // SQLITE_ROW, SQLITE_DONE or an error.
  int Step() { return statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_); }
  std::int64_t NumberAt(int column) { return sqlite3_column_int64(statement_, column); }
  double RealAt(int column) { return sqlite3_column_double(statement_, column); }
  std::string TextAt(int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr
               ? std::string()
               : std::string(text,
                             static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

Index::Index(std::string path) : path_(std::move(path)) {}

Index::~Index() {
  sqlite3_close(reader_);
  Close();
}

void Index::DeleteFiles(const std::string& path) {
  for (const char* part : {"", "-journal", "-wal", "-shm"}) {
    std::remove(absl::StrCat(path, part).c_str());
  }
}

void Index::Close() {
  sqlite3_close(db_);
  db_ = nullptr;
}

absl::Status Index::Open() {
  if (db_ != nullptr) return absl::OkStatus();
  for (int attempt = 0; attempt < 2; ++attempt) {
    const std::string name = path_.empty() ? ":memory:" : path_;
    if (sqlite3_open_v2(name.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) ==
        SQLITE_OK) {
      sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
      sqlite3_busy_timeout(db_, kOthersWrite);
      int format = 0;
      bool reads = false;
      {
        Statement version(db_, "PRAGMA user_version");
        reads = version.Step() == SQLITE_ROW;
        if (reads) format = static_cast<int>(version.NumberAt(0));
      }
      if (reads && (format == 0 || format == kFormat) &&
          sqlite3_exec(db_,
                       absl::StrCat("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;", kSchema,
                                    "PRAGMA user_version = ", kFormat, ";")
                           .c_str(),
                       nullptr, nullptr, nullptr) == SQLITE_OK &&
          Statement(db_, "SELECT rowid FROM open_words LIMIT 1").Step() != SQLITE_ERROR) {
        return absl::OkStatus();
      }
    }
    const std::string why = sqlite3_errmsg(db_);
    Close();
    if (attempt == 1 || path_.empty()) {
      return absl::UnavailableError(absl::StrCat("the index ", path_, ": ", why));
    }
    DeleteFiles(path_);
    ++replaced_;
  }
  return absl::OkStatus();
}

absl::Status Index::Failed() {
  const int code = sqlite3_extended_errcode(db_) & 0xff;
  const std::string why = sqlite3_errmsg(db_);
  if (code == SQLITE_INTERRUPT) return absl::DeadlineExceededError("the search took too long");
  sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_READONLY ||
                       code == SQLITE_IOERR;
  Close();
  if (damaged && !path_.empty()) {
    DeleteFiles(path_);
    ++replaced_;
  }
  return absl::UnavailableError(absl::StrCat("the index ", path_, ": ", why));
}

absl::Status Index::Execute(const char* sql) {
  return sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? absl::OkStatus()
                                                                        : Failed();
}

absl::StatusOr<std::optional<Entry>> Index::Find(const std::string& ticket) {
  const std::lock_guard lock(mutex_);
  if (absl::Status open = Open(); !open.ok()) return open;
  std::optional<Entry> found;
  {
    Statement select(db_, "SELECT version, hidden FROM tickets WHERE name = ?1");
    const int step = select.Text(1, ticket).Step();
    if (step == SQLITE_ROW) {
      found = Entry{
          ticket, static_cast<std::uint64_t>(select.NumberAt(0)), select.NumberAt(1) != 0, {}, {}};
    }
    if (step == SQLITE_ROW || step == SQLITE_DONE) return found;
  }
  return Failed();
}

absl::Status Index::RemoveRows(const std::string& ticket) {
  for (const char* sql :
       {"DELETE FROM open_words WHERE rowid = (SELECT id FROM tickets WHERE name = ?1)",
        "DELETE FROM all_words WHERE rowid = (SELECT id FROM tickets WHERE name = ?1)",
        "DELETE FROM tickets WHERE name = ?1"}) {
    bool done = false;
    {
      Statement statement(db_, sql);
      done = statement.Text(1, ticket).Step() == SQLITE_DONE;
    }
    if (!done) return Failed();
  }
  return absl::OkStatus();
}

absl::Status Index::PutOne(const Entry& entry) {
  if (absl::Status removed = RemoveRows(entry.ticket); !removed.ok()) return removed;
  bool done = false;
  {
    Statement insert(db_, "INSERT INTO tickets(name, version, hidden) VALUES(?1, ?2, ?3)");
    done = insert.Text(1, entry.ticket)
               .Number(2, static_cast<std::int64_t>(entry.version))
               .Number(3, entry.hidden ? 1 : 0)
               .Step() == SQLITE_DONE;
  }
  if (!done) return Failed();
  const std::int64_t id = sqlite3_last_insert_rowid(db_);
  for (const Shelf shelf : {Shelf::kOpen, Shelf::kWhole}) {
    const Document& document = shelf == Shelf::kOpen ? entry.open : entry.whole;
    if (document.empty()) continue;
    {
      Statement insert(db_, absl::StrCat("INSERT INTO ", TableOf(shelf),
                                         "(rowid, title, errors, prose) VALUES(?1, ?2, ?3, ?4)"));
      done = insert.Number(1, id)
                 .Text(2, document.title)
                 .Text(3, document.errors)
                 .Text(4, document.prose)
                 .Step() == SQLITE_DONE;
    }
    if (!done) return Failed();
  }
  return absl::OkStatus();
}

absl::Status Index::Put(const std::vector<Entry>& entries) {
  const std::lock_guard lock(mutex_);
  if (absl::Status open = Open(); !open.ok()) return open;
  if (absl::Status begun = Execute("BEGIN"); !begun.ok()) return begun;
  for (const Entry& entry : entries) {
    if (absl::Status put = PutOne(entry); !put.ok()) return put;
  }
  return Execute("COMMIT");
}

absl::Status Index::Remove(const std::string& ticket) {
  const std::lock_guard lock(mutex_);
  if (absl::Status open = Open(); !open.ok()) return open;
  if (absl::Status begun = Execute("BEGIN"); !begun.ok()) return begun;
  if (absl::Status removed = RemoveRows(ticket); !removed.ok()) return removed;
  return Execute("COMMIT");
}

absl::Status Index::DropRemoved() {
  const std::lock_guard lock(mutex_);
  if (absl::Status open = Open(); !open.ok()) return open;
  // A full-text table keeps removed words until its parts are merged into one.
  for (const char* sql : {"INSERT INTO open_words(open_words) VALUES('optimize')",
                          "INSERT INTO all_words(all_words) VALUES('optimize')", "VACUUM"}) {
    if (absl::Status done = Execute(sql); !done.ok()) return done;
  }
  if (path_.empty()) return absl::OkStatus();
  // Until it is empty, the log has the new pages and the file the old ones.
  bool emptied = false;
  {
    Statement checkpoint(db_, "PRAGMA wal_checkpoint(TRUNCATE)");
    emptied = checkpoint.Step() == SQLITE_ROW && checkpoint.NumberAt(0) == 0;
  }
  return emptied ? absl::OkStatus()
                 : absl::UnavailableError(absl::StrCat("the index ", path_, " is being read"));
}

absl::StatusOr<std::vector<Hit>> Index::Run(Shelf shelf, const Search& search) {
  std::vector<Hit> hits;
  if (search.terms.empty() || search.limit == 0) return hits;
  Deadline deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(search.patience);
  const absl::Status read = Reading([&](sqlite3* db) {
    constexpr int kInstructions = 1000;  // between two looks at the clock
    sqlite3_progress_handler(db, kInstructions, IsOver, &deadline);
    const char* table = TableOf(shelf);
    int step = SQLITE_ERROR;
    {
      Statement select(db, absl::StrCat("SELECT tickets.name, ", table, ".rank FROM ", table,
                                        " JOIN tickets ON tickets.id = ", table, ".rowid WHERE ",
                                        table, " MATCH ?1 AND ", table, ".rank MATCH '", kRank,
                                        "' ORDER BY ", table, ".rank LIMIT ?2"));
      select.Text(1, MatchText(search)).Number(2, static_cast<std::int64_t>(search.limit));
      const auto words = static_cast<double>(search.terms.size());
      hits.clear();
      // bm25 is negative: the smaller, the more alike.
      while ((step = select.Step()) == SQLITE_ROW) {
        hits.push_back({select.TextAt(0), -select.RealAt(1) / words});
      }
    }
    sqlite3_progress_handler(db, 0, nullptr, nullptr);
    return step == SQLITE_DONE;
  });
  if (!read.ok()) return read;
  return hits;
}

bool Index::OpenReader() {
  if (reader_ != nullptr && read_from_ == replaced_) return true;
  sqlite3_close(reader_);
  reader_ = nullptr;
  read_from_ = replaced_;
  if (sqlite3_open_v2(path_.c_str(), &reader_, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
    Statement version(reader_, "PRAGMA user_version");
    if (version.Step() == SQLITE_ROW && version.NumberAt(0) == kFormat) return true;
  }
  sqlite3_close(reader_);
  reader_ = nullptr;
  return false;
}

absl::Status Index::Reading(Read read) {
  const auto by_writer = [&]() -> absl::Status {
    const std::lock_guard lock(mutex_);
    if (absl::Status open = Open(); !open.ok()) return open;
    return read(db_) ? absl::OkStatus() : Failed();
  };
  if (path_.empty()) return by_writer();
  const std::lock_guard reading(reading_mutex_);
  if (OpenReader() && read(reader_)) return absl::OkStatus();
  if (reader_ != nullptr && (sqlite3_extended_errcode(reader_) & 0xff) == SQLITE_INTERRUPT) {
    return absl::DeadlineExceededError("the search took too long");
  }
  sqlite3_close(reader_);
  reader_ = nullptr;
  // The file is missing, damaged or of another format. The writer sees to it.
  return by_writer();
}

absl::StatusOr<std::uint64_t> Index::Size() {
  std::uint64_t size = 0;
  const absl::Status read = Reading([&](sqlite3* db) {
    Statement count(db, "SELECT count(*) FROM tickets");
    if (count.Step() != SQLITE_ROW) return false;
    size = static_cast<std::uint64_t>(count.NumberAt(0));
    return true;
  });
  if (!read.ok()) return read;
  return size;
}

absl::StatusOr<std::optional<double>> Index::Threshold() {
  std::optional<double> threshold;
  const absl::Status read = Reading([&](sqlite3* db) {
    Statement select(db, "SELECT value FROM meta WHERE name = 'threshold'");
    const int step = select.Step();
    if (step == SQLITE_ROW) threshold = select.RealAt(0);
    return step == SQLITE_ROW || step == SQLITE_DONE;
  });
  if (!read.ok()) return read;
  return threshold;
}

absl::Status Index::SetThreshold(double threshold) {
  const std::lock_guard lock(mutex_);
  if (absl::Status open = Open(); !open.ok()) return open;
  bool done = false;
  {
    Statement insert(db_, "INSERT OR REPLACE INTO meta(name, value) VALUES('threshold', ?1)");
    done = insert.Real(1, threshold).Step() == SQLITE_DONE;
  }
  return done ? absl::OkStatus() : Failed();
}

}  // namespace retainer::similar
