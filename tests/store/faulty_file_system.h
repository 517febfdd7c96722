// A file system that fails on demand: full, read-only or broken, when writing or syncing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "rocksdb/file_system.h"

namespace retainer::store {

enum class Fault { kNone, kFull, kReadOnly, kBroken };
enum class FaultPoint { kWrite, kSync };

// Thread-safe.
class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "faulty"; }

  void Set(Fault fault, FaultPoint point = FaultPoint::kWrite) {
    point_ = point;
    fault_ = fault;
  }

  // The free space to report; nullopt: that of the real disk.
  void SetRoom(std::optional<std::uint64_t> bytes) {
    has_room_ = bytes.has_value();
    room_ = bytes.value_or(0);
  }
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options,
                                 std::uint64_t* bytes, rocksdb::IODebugContext* debug) override {
    if (!has_room_) return target()->GetFreeSpace(path, options, bytes, debug);
    *bytes = room_;
    return rocksdb::IOStatus::OK();
  }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    if (fault_ == Fault::kReadOnly) return Trouble();
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, result, debug);
    if (status.ok()) *result = std::make_unique<File>(std::move(*result), *this);
    return status;
  }

 private:
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, FaultyFileSystem& owner)
        : FSWritableFileOwnerWrapper(std::move(file)), owner_(owner) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if (!owner_.FailsAt(FaultPoint::kWrite)) {
        return FSWritableFileOwnerWrapper::Append(data, options, debug);
      }
      // A full disk writes only the beginning: a torn record.
      const rocksdb::Slice half(data.data(), data.size() / 2);
      FSWritableFileOwnerWrapper::Append(half, options, debug).PermitUncheckedError();
      return owner_.Trouble();
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* debug) override {
      return Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      if (owner_.FailsAt(FaultPoint::kSync)) return owner_.Trouble();
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      if (owner_.FailsAt(FaultPoint::kSync)) return owner_.Trouble();
      return FSWritableFileOwnerWrapper::Fsync(options, debug);
    }

   private:
    FaultyFileSystem& owner_;
  };

  bool FailsAt(FaultPoint point) const { return fault_ != Fault::kNone && point_ == point; }

  // The same text as the system's own file system.
  rocksdb::IOStatus Trouble() const {
    switch (fault_.load()) {
      case Fault::kFull:
        return rocksdb::IOStatus::NoSpace("While appending", "No space left on device");
      case Fault::kReadOnly:
        return rocksdb::IOStatus::IOError("While opening", "Read-only file system");
      case Fault::kBroken:
        return rocksdb::IOStatus::IOError("While appending", "Input/output error");
      case Fault::kNone:
        break;
    }
    return rocksdb::IOStatus::OK();
  }

  std::atomic<Fault> fault_ = Fault::kNone;
  std::atomic<FaultPoint> point_ = FaultPoint::kWrite;
  std::atomic<bool> has_room_ = false;
  std::atomic<std::uint64_t> room_ = 0;
};

}  // namespace retainer::store
