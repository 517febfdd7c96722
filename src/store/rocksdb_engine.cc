#include "src/store/rocksdb_engine.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/merge_operator.h"
#include "rocksdb/perf_level.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/utilities/table_properties_collectors.h"
#include "rocksdb/write_batch.h"
#include "src/base/view.h"
#include "src/store/codec/counter.h"
#include "src/store/reads.h"
#include "src/store/seal.h"

namespace retainer::store {
namespace {

// How often a database that another process changes is opened before it counts as damaged.
constexpr int kLookTries = 20;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Adds counters (codec/counter.h). RocksDB stores its name, so the name never changes.
class AddCounters final : public rocksdb::AssociativeMergeOperator {
 public:
  const char* Name() const override { return "retainer.add"; }
  bool Merge(const rocksdb::Slice&, const rocksdb::Slice* existing, const rocksdb::Slice& value,
             std::string* sum, rocksdb::Logger*) const override {
    const std::uint64_t before = existing == nullptr ? 0 : DecodeCounter(ToView(*existing));
    *sum = EncodeCounter(before + DecodeCounter(ToView(value)));
    return true;
  }
};

// RocksDB's own log. Rationale: the default log is a file beside the tables, and on a full disk
// Debian's build aborts when it cannot append to it.
class WarningsToLog final : public rocksdb::Logger {
 public:
  explicit WarningsToLog(Log* log) : rocksdb::Logger(rocksdb::WARN_LEVEL), log_(log) {}

  using rocksdb::Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level >= rocksdb::WARN_LEVEL && level < rocksdb::HEADER_LEVEL) Logv(format, arguments);
  }
  void Logv(const char* format, va_list arguments) override {
    if (log_ == nullptr) return;
    char text[1024];
    std::vsnprintf(text, sizeof(text), format, arguments);
    // Some messages continue with complete records: use only the first line.
    const std::string_view line = std::string_view(text).substr(0, std::strcspn(text, "\n"));
    log_->Warning("the database warns", {{"warning", std::string(line)}});
  }

 private:
  Log* const log_;
};

// Marks keys whose next one mostly belongs right behind the last one: RocksDB then begins to search
// for its place in memory where it put the last one. Rationale: finding places was a sixth of a
// delivery's processor time.
class Neighbours final : public rocksdb::SliceTransform {
 public:
  // Neighbours are equal up to the end of this number of texts (KeyWriter::Text).
  explicit Neighbours(int texts) : texts_(texts) {}

  const char* Name() const override { return "retainer.neighbours"; }
  bool InDomain(const rocksdb::Slice&) const override { return true; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    std::size_t end = 0;
    for (int i = 0; i < texts_; ++i) {
      const std::size_t found = ToView(key).find(std::string_view("\0\1", 2), end);
      if (found == std::string_view::npos) return key;
      end = found + 2;
    }
    return {key.data(), end};
  }

 private:
  const int texts_;
};

// Nullptr for a table whose keys have no order in time, or which has few keys.
std::shared_ptr<const rocksdb::SliceTransform> NeighboursIn(std::string_view table) {
  for (const Table by_number_or_time :
       {Table::kInbox, Table::kBodies, Table::kExpiry, Table::kLedger, Table::kWakeups}) {
    if (table == TableName(by_number_or_time)) return std::make_shared<Neighbours>(0);
  }
  // The key of a ticket has two texts, forge and project, and then its kind and number. The rows of
  // a list have two, the customer and a value, and then an instant.
  for (const Table by_two_texts :
       {Table::kTickets, Table::kOpenTickets, Table::kFacts, Table::kFaces, Table::kIndexes}) {
    if (table == TableName(by_two_texts)) return std::make_shared<Neighbours>(2);
  }
  // Each forge has its own queue of dirty faces.
  if (table == TableName(Table::kDirty)) return std::make_shared<Neighbours>(1);
  return nullptr;
}

rocksdb::DBOptions DatabaseOptions(const RocksDbOptions& wanted) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  if (wanted.env != nullptr) options.env = wanted.env;
  options.db_write_buffer_size = wanted.write_buffer_bytes;
  options.max_total_wal_size = wanted.max_wal_bytes;
  options.max_open_files = wanted.max_open_files;
  options.max_background_jobs = 2;
  options.skip_stats_update_on_db_open = true;
  options.skip_checking_sst_file_sizes_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log = std::make_shared<WarningsToLog>(wanted.log);
  options.info_log_level = rocksdb::WARN_LEVEL;
  // A torn record at the end of the log is a write that was never acknowledged. A damaged record
  // before the end makes opening fail.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // We repair at the next write ourselves: no retries by a RocksDB thread.
  options.max_bgerror_resume_count = 0;
  return options;
}

rocksdb::ColumnFamilyOptions TableOptions(const RocksDbOptions& wanted) {
  rocksdb::BlockBasedTableOptions blocks;
  // Few shards, because a block that fills a shard would be read and decompressed again for every
  // query. Small files, so that their indexes and filters have only a few hundred kilobytes.
  blocks.block_cache = rocksdb::NewLRUCache(wanted.block_cache_bytes, /*num_shard_bits=*/2);
  blocks.cache_index_and_filter_blocks = true;
  blocks.cache_index_and_filter_blocks_with_high_priority = true;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  options.write_buffer_size = std::max(wanted.write_buffer_bytes / 4, std::size_t{1} << 20);
  options.compression = rocksdb::kLZ4Compression;
  // Small compactions: the first level is no larger than what is merged into it at once.
  options.target_file_size_base = std::max(wanted.write_buffer_bytes / 4, std::size_t{1} << 20);
  options.max_bytes_for_level_base = 4 * options.target_file_size_base;
  return options;
}

// True for tables that are read from the front, where finished entries leave tombstones. Files with
// mostly tombstones are compacted at once.
bool IsQueue(std::string_view table) {
  for (const Table queue : {Table::kInbox, Table::kBodies, Table::kExpiry, Table::kWakeups,
                            Table::kDirty, Table::kNoticeQueue}) {
    if (table == TableName(queue)) return true;
  }
  return false;
}

absl::Status PrepareFolder(const std::string& folder) {
  const auto refused = [&](int error, std::string_view what) {
    const std::string text =
        absl::StrCat(base::View(what), " the data folder ", folder, ": ", std::strerror(error));
    if (error == ENOSPC || error == EDQUOT) {
      return absl::ResourceExhaustedError(absl::StrCat(text, ": make room on its disk"));
    }
    return absl::FailedPreconditionError(
        absl::StrCat(text, ": give this user a writable `store:` folder"));
  };
  const std::filesystem::path parent = std::filesystem::path(folder).parent_path();
  std::error_code error;
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return refused(error.value(), "cannot create the folder above");
  if (mkdir(folder.c_str(), 0700) == 0) return absl::OkStatus();
  if (errno != EEXIST) return refused(errno, "cannot create");
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return refused(errno, "cannot look at");
  if (!S_ISDIR(status.st_mode)) return refused(ENOTDIR, "cannot use");
  if (status.st_uid != geteuid()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the data folder ", folder, " belongs to user id ", status.st_uid,
                     ", this is user id ", geteuid(), ": run retainer as the user that owns it"));
  }
  // The folder existed before and may be readable for everybody: make it private.
  if ((status.st_mode & 077) != 0 && chmod(folder.c_str(), 0700) != 0) {
    return refused(errno, "cannot close to other users");
  }
  return absl::OkStatus();
}

}  // namespace

class RocksDbEngine::RocksDbCursor final : public Cursor {
 public:
  RocksDbCursor(RocksDbEngine& engine, std::unique_ptr<rocksdb::Iterator> it)
      : engine_(engine), it_(std::move(it)) {}

  void Seek(std::string_view key) override { it_->Seek(ToSlice(key)); }
  void SeekBefore(std::string_view key) override {
    if (key.empty()) {
      it_->SeekToLast();
      return;
    }
    it_->SeekForPrev(ToSlice(key));
    if (it_->Valid() && ToView(it_->key()) == key) it_->Prev();
  }
  void Next() override { it_->Next(); }
  void Prev() override { it_->Prev(); }
  bool Valid() const override { return it_->Valid(); }
  std::string_view Key() const override { return ToView(it_->key()); }
  std::string_view Value() const override { return ToView(it_->value()); }
  absl::Status status() const override { return engine_.Translate(it_->status()); }

 private:
  RocksDbEngine& engine_;
  const std::unique_ptr<rocksdb::Iterator> it_;
};

class RocksDbEngine::RocksDbView final : public View {
 public:
  explicit RocksDbView(RocksDbEngine& engine) : engine_(engine), gate_(engine.gate_) {
    // Per thread: nobody reads these counters, and they cost a tenth of a walk.
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    if (engine_.db_ != nullptr) options_.snapshot = engine_.db_->GetSnapshot();
  }
  ~RocksDbView() override {
    if (engine_.db_ != nullptr) engine_.db_->ReleaseSnapshot(options_.snapshot);
  }

  absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) override {
    if (engine_.db_ == nullptr) return Closed();
    std::string value;
    const rocksdb::Status status = engine_.db_->Get(options_, Family(table), ToSlice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return engine_.Translate(status);
    return value;
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> GetMany(
      Table table, const std::vector<std::string>& keys) override {
    if (engine_.db_ == nullptr) return Closed();
    const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    engine_.db_->MultiGet(options_, Family(table), slices.size(), slices.data(), found.data(),
                          statuses.data());
    std::vector<std::optional<std::string>> values(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].ok()) {
        values[i].emplace(found[i].data(), found[i].size());
      } else if (!statuses[i].IsNotFound()) {
        return engine_.Translate(statuses[i]);
      }
    }
    return values;
  }

  absl::Status Walk(Table table, std::string_view from, std::string_view until,
                    const Visit& visit) override {
    if (engine_.db_ == nullptr) return Closed();
    if (!until.empty() && from >= until) return absl::OkStatus();
    rocksdb::ReadOptions options = options_;
    const rocksdb::Slice bound = ToSlice(until);
    if (!until.empty()) options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> it(engine_.db_->NewIterator(options, Family(table)));
    for (it->Seek(ToSlice(from)); it->Valid(); it->Next()) {
      if (!visit(ToView(it->key()), ToView(it->value()))) break;
    }
    return engine_.Translate(it->status());
  }

  absl::StatusOr<std::unique_ptr<Cursor>> Open(Table table) override {
    if (engine_.db_ == nullptr) return Closed();
    return std::make_unique<RocksDbCursor>(
        engine_,
        std::unique_ptr<rocksdb::Iterator>(engine_.db_->NewIterator(options_, Family(table))));
  }

 private:
  rocksdb::ColumnFamilyHandle* Family(Table table) {
    return engine_.tables_[static_cast<std::size_t>(table)];
  }
  absl::Status Closed() const {
    return absl::UnavailableError(absl::StrCat(
        "the store in ", engine_.folder_, " had to be closed after a failed write and could not ",
        "be opened again yet: look at its disk"));
  }

  RocksDbEngine& engine_;
  std::shared_lock<std::shared_mutex> gate_;
  rocksdb::ReadOptions options_;
};

absl::StatusOr<std::unique_ptr<RocksDbEngine>> RocksDbEngine::Open(const std::string& folder,
                                                                   const RocksDbOptions& options) {
  if (absl::Status status = PrepareFolder(folder); !status.ok()) return status;
  std::unique_ptr<RocksDbEngine> engine(new RocksDbEngine(
      folder, DatabaseOptions(options), TableOptions(options), options.least_room_bytes));
  // Compactions get the processor time that requests leave. Flushes keep normal priority, because
  // writes may wait for them. If the system does not support it, they compete.
  engine->options_.env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW, rocksdb::CpuPriority::kLow)
      .PermitUncheckedError();
  // Before anything is changed: a seal that outlives the state that it tells of would keep an
  // intact store from opening.
  RemoveSeal(folder);
  const absl::Status opened = engine->OpenAsFarAsPossible();
  // A full disk can recover by itself. Any other error goes to the person who starts the program.
  const bool waits = absl::IsResourceExhausted(opened) && engine->db_ != nullptr;
  if (!opened.ok() && !waits) return opened;
  if (opened.ok()) engine->sealed_with_ = options.derived;
  return engine;
}

absl::StatusOr<std::unique_ptr<RocksDbEngine>> RocksDbEngine::OpenToRead(
    const std::string& folder) {
  const RocksDbOptions options;
  std::unique_ptr<RocksDbEngine> engine(new RocksDbEngine(
      folder, DatabaseOptions(options), TableOptions(options), options.least_room_bytes));
  engine->failed_ = true;  // nothing may be written
  // Rationale: between our reading of the list of files and our opening of them, the other process
  // may have merged some and deleted them. Its new list is on disk before it deletes a file.
  absl::Status opened;
  for (int tries = 0; tries < kLookTries; ++tries) {
    opened = engine->OpenDatabase(Access::kLook);
    if (!absl::IsDataLoss(opened) && !absl::IsUnavailable(opened)) break;
  }
  if (!opened.ok()) return opened;
  return engine;
}

absl::Status RocksDbEngine::OpenDatabase(Access access) {
  const auto describe = [&](const std::string& name) {
    rocksdb::ColumnFamilyOptions table = table_options_;
    // Rationale: only for queues. Moving index rows leave runs of tombstones in a file of recent
    // changes, but few compared with all rows. Each such file would be compacted with everything
    // that it overlaps.
    if (IsQueue(name)) {
      table.table_properties_collector_factories.push_back(
          rocksdb::NewCompactOnDeletionCollectorFactory(1000, 500));
    }
    if (name == TableName(Table::kCounters)) {
      table.merge_operator = std::make_shared<AddCounters>();
      table.max_successive_merges = 16;
    }
    if (name == TableName(Table::kIndexes)) {
      // Only walked, never read by single keys: filters would waste memory.
      auto blocks = *table.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>();
      blocks.filter_policy.reset();
      table.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
    }
    table.memtable_insert_with_hint_prefix_extractor = NeighboursIn(name);
    // Already compressed.
    if (name == TableName(Table::kBodies)) table.compression = rocksdb::kNoCompression;
    return rocksdb::ColumnFamilyDescriptor(name, table);
  };
  // A newer schema may have tables that we do not know, but RocksDB requires all of them to be
  // opened.
  std::vector<std::string> names;
  const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(options_, folder_, &names);
  // A new database, or one with an error that opening will report.
  if (!listed.ok()) names = {rocksdb::kDefaultColumnFamilyName};
  std::vector<rocksdb::ColumnFamilyDescriptor> there;
  for (const std::string& name : names) there.push_back(describe(name));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      access == Access::kWrite
          ? rocksdb::DB::Open(options_, folder_, there, &handles_, &db)
          : rocksdb::DB::OpenForReadOnly(options_, folder_, there, &handles_, &db);
  if (!opened.ok()) {
    handles_.clear();
    return Translate(opened);
  }
  db_.reset(db);

  // Create all at once, because RocksDB writes its options file after each creation.
  std::vector<rocksdb::ColumnFamilyDescriptor> missing;
  for (std::string_view table : kTableNames) {
    if (std::find(names.begin(), names.end(), table) == names.end()) {
      missing.push_back(describe(std::string(table)));
    }
  }
  if (!missing.empty() && access == Access::kRead) {
    CloseDatabase();
    return absl::ResourceExhaustedError(
        absl::StrCat("the store in ", folder_, " has yet to be made: make room on its disk"));
  }
  if (!missing.empty() && access == Access::kWrite) {
    std::vector<rocksdb::ColumnFamilyHandle*> created;
    const rocksdb::Status status = db_->CreateColumnFamilies(missing, &created);
    handles_.insert(handles_.end(), created.begin(), created.end());
    if (!status.ok()) {
      CloseDatabase();
      return Translate(status);
    }
  }
  tables_.assign(kTableNames.size(), nullptr);
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    const auto known = std::find(kTableNames.begin(), kTableNames.end(), handle->GetName());
    if (known != kTableNames.end()) tables_[known - kTableNames.begin()] = handle;
  }
  return absl::OkStatus();
}

absl::Status RocksDbEngine::OpenAsFarAsPossible() {
  const absl::Status status = OpenDatabase(Access::kWrite);
  failed_ = !status.ok();
  // A failed opening releases the folder's lock, and a read-only opening takes none.
  if (absl::IsResourceExhausted(status) || absl::IsUnavailable(status)) {
    OpenDatabase(Access::kRead).IgnoreError();
  }
  return status;
}

absl::Status RocksDbEngine::CheckRoom() const {
  std::uint64_t room = 0;
  // If the system does not tell the free space, just try.
  if (!options_.env->GetFreeSpace(folder_, &room).ok()) return absl::OkStatus();
  std::uint64_t needed = least_room_;
  std::vector<std::string> files;
  options_.env->GetChildren(folder_, &files).PermitUncheckedError();
  for (const std::string& file : files) {
    std::uint64_t bytes = 0;
    if (!absl::EndsWith(file, ".log")) continue;
    if (options_.env->GetFileSize(absl::StrCat(folder_, "/", file), &bytes).ok()) needed += bytes;
  }
  if (room >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the disk that holds ", folder_, " is full: nothing is stored until ",
                   (needed >> 20) + 1, " MiB of it are free (now ", room >> 20, " MiB)"));
}

void RocksDbEngine::CloseDatabase() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  handles_.clear();
  tables_.clear();
  // Errors while closing change nothing: acknowledged data is in the log, and unsynced decisions
  // are decided again if they are lost.
  if (!failed_ && durable_ < begun_) Append(Batch(), /*sync=*/true).IgnoreError();
  db_->Close().PermitUncheckedError();
  db_.reset();
}

std::unique_ptr<View> RocksDbEngine::Read() { return std::make_unique<RocksDbView>(*this); }

std::vector<std::string> RocksDbEngine::Files() {
  const std::shared_lock gate(gate_);
  std::vector<rocksdb::LiveFileMetaData> live;
  if (db_ != nullptr) db_->GetLiveFilesMetaData(&live);
  std::vector<std::string> names;
  for (const rocksdb::LiveFileMetaData& file : live) names.push_back(file.name.substr(1));
  return names;
}

absl::Status RocksDbEngine::Checkpoint(const std::string& folder) {
  const std::shared_lock gate(gate_);
  if (failed_ || db_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("the store in ", folder_, " cannot be copied before it can be written again"));
  }
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // Tables that are in memory are written first, so the copy has no log that must be replayed.
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder, /*log_size_for_flush=*/0);
  return Translate(status);
}

namespace {

void RaiseTo(std::atomic<std::uint64_t>* number, std::uint64_t least) {
  std::uint64_t now = *number;
  while (now < least && !number->compare_exchange_weak(now, least)) {
  }
}

}  // namespace

absl::Status RocksDbEngine::Write(const Batch& batch) {
  const std::shared_lock gate(gate_);
  // Read in this order: if the numbers are equal, every write that has begun has also ended.
  const std::uint64_t ended = ended_;
  const std::uint64_t begun = begun_;
  const absl::Status status = Append(batch, /*sync=*/true);
  // A sync covers the whole log so far.
  if (status.ok() && begun == ended) RaiseTo(&durable_, ended);
  return status;
}

absl::Status RocksDbEngine::WriteUnsynced(const Batch& batch) {
  const std::shared_lock gate(gate_);
  ++begun_;
  const absl::Status status = Append(batch, /*sync=*/false);
  ++ended_;
  return status;
}

absl::Status RocksDbEngine::MakeDurable() {
  if (durable_ >= begun_) return absl::OkStatus();
  // Rationale: not DB::SyncWAL, because it aborts if another thread's write has just failed, and
  // does not share its sync with waiting writes.
  return Write(Batch());
}

absl::Status RocksDbEngine::Append(const Batch& batch, bool sync) {
  if (failed_ || db_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("another write to the store in ", folder_, " just failed: try again"));
  }
  rocksdb::WriteBatch changes;
  for (const Batch::Operation& operation : batch.operations()) {
    rocksdb::ColumnFamilyHandle* table = tables_[static_cast<std::size_t>(operation.table)];
    rocksdb::Status status;
    switch (operation.kind) {
      case Batch::Operation::Kind::kPut:
        status = changes.Put(table, operation.key, operation.value);
        break;
      case Batch::Operation::Kind::kDelete:
        status = changes.Delete(table, operation.key);
        break;
      case Batch::Operation::Kind::kAdd:
        status = changes.Merge(table, operation.key,
                               EncodeCounter(static_cast<std::uint64_t>(operation.by)));
        break;
    }
    if (!status.ok()) return Translate(status);
  }
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status status = db_->Write(options, &changes);
  if (!status.ok()) failed_ = true;
  return Translate(status);
}

absl::Status RocksDbEngine::Prepare() {
  if (!failed_) return absl::OkStatus();
  // Reading continues while the disk still has an error.
  if (absl::Status room = CheckRoom(); !room.ok()) return room;
  const std::string probe = folder_ + "/WRITABLE";
  const rocksdb::Status probed =
      rocksdb::WriteStringToFile(options_.env, "written to see whether the disk takes it\n", probe,
                                 /*should_sync=*/true);
  if (!probed.ok()) return Translate(probed);
  options_.env->DeleteFile(probe).PermitUncheckedError();

  const std::unique_lock gate(gate_);
  if (!failed_) return absl::OkStatus();  // another thread has repaired it
  // Rationale: not DB::Resume, because it may continue to write after a torn record of the log. A
  // recovery would stop at that record and lose what was acknowledged since.
  CloseDatabase();
  const absl::Status opened = OpenAsFarAsPossible();
  // The content of the log is now in tables, which are synced.
  if (opened.ok()) durable_ = begun_.load();
  ++losses_;
  return opened;
}

absl::Status RocksDbEngine::Translate(const rocksdb::Status& status) const {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the disk that holds ", folder_, " is full: make room, nothing was stored (", text, ")"));
  }
  if (absl::StrContains(text, "While lock file") ||
      absl::StrContains(text, "lock hold by current process")) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store in ", folder_, " is open in another process: stop that process, ",
                     "or give this one a `store:` folder of its own (", text, ")"));
  }
  if (absl::StrContains(text, std::strerror(EROFS)) ||
      absl::StrContains(text, std::strerror(EACCES))) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the store in ", folder_, " cannot be written: mount its disk writable and let this user ",
        "write there (", text, ")"));
  }
  if (status.IsCorruption()) {
    return absl::DataLossError(
        absl::StrCat("the store in ", folder_, " is damaged: restore a backup (", text, ")"));
  }
  return absl::UnavailableError(absl::StrCat("the store in ", folder_, ": ", text));
}

}  // namespace retainer::store
