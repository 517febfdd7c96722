// To be preloaded into a program: counts what it changes in a folder, and ends it or lets it fail
// there (disk_faults.h). Also gives it the time of a test's clock.
#include "tests/crash/disk_faults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>

namespace {

using retainer::DiskAct;
using retainer::DiskEnd;
using retainer::DiskFaults;

template <class Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void* Map(const char* variable, std::size_t size) {
  const char* name = getenv(variable);
  if (name == nullptr) return nullptr;
  const int fd = Next<int (*)(const char*, int, ...)>("open")(name, O_RDWR | O_CLOEXEC);
  if (fd < 0) abort();
  void* there = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (there == MAP_FAILED) abort();
  return there;
}

DiskFaults* Faults() {
  static DiskFaults* const faults =
      static_cast<DiskFaults*>(Map(retainer::kDiskFaultsFile, sizeof(DiskFaults)));
  return faults;
}

// Held during each operation, so that nothing is written while the program ends.
std::recursive_mutex& Mutex() {
  static std::recursive_mutex& mutex = *new std::recursive_mutex;
  return mutex;
}

// The size up to which a file is certainly on the disk, by path. Files that were there before are.
std::unordered_map<std::string, off_t>& Synced() {
  static auto& synced = *new std::unordered_map<std::string, off_t>;
  return synced;
}

// The path of a file in the folder; empty: it is elsewhere.
std::string Inside(const char* path) {
  const std::size_t length = strlen(Faults()->folder);
  const bool inside = strncmp(path, Faults()->folder, length) == 0 && path[length] == '/';
  return inside ? path : "";
}
std::string PathOf(int fd) {
  if (Faults() == nullptr) return "";
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  char path[PATH_MAX];
  const ssize_t length = readlink(name, path, sizeof path - 1);
  if (length < 0) return "";
  path[length] = '\0';
  return Inside(path);
}

// Files that only grow: the store's. A file that is written in place would need its old content.
bool Grows(const std::string& path) {
  return path.ends_with(".log") || path.ends_with(".sst") ||
         path.find("/MANIFEST-") != std::string::npos;
}

void Zero(const std::string& path, off_t from, off_t size) {
  constexpr off_t kSector = 512;
  const int fd = Next<int (*)(const char*, int, ...)>("open")(path.c_str(), O_RDWR | O_CLOEXEC);
  const off_t begin = std::min(size, (from + kSector - 1) / kSector * kSector);
  // Truncated and extended: a hole, which reads as zeros.
  if (fd < 0 || ftruncate(fd, begin) != 0 || ftruncate(fd, size) != 0) abort();
  close(fd);
}

// The files lose what was not synced, except a random part of it.
void CutPower() {
  std::uint64_t random = Faults()->seed * 6364136223846793005u + 1442695040888963407u;
  DIR* folder = opendir(Faults()->folder);
  if (folder == nullptr) return;
  while (const dirent* entry = readdir(folder)) {
    const std::string path = std::string(Faults()->folder) + "/" + entry->d_name;
    struct stat status {};
    if (!Grows(path) || stat(path.c_str(), &status) != 0) continue;
    const auto known = Synced().find(path);
    if (known == Synced().end() || known->second >= status.st_size) continue;
    random = random * 6364136223846793005u + 1442695040888963407u;
    const off_t lost = status.st_size - known->second;
    const off_t kept = static_cast<off_t>((random >> 20) % static_cast<std::uint64_t>(lost + 1));
    if (Faults()->end == DiskEnd::kZeros) {
      Zero(path, known->second + kept, status.st_size);
    } else if (truncate(path.c_str(), known->second + kept) != 0) {
      abort();
    }
  }
  closedir(folder);
}

std::uint64_t Varint(const unsigned char*& at, const unsigned char* end) {
  std::uint64_t value = 0;
  for (int shift = 0; at < end && shift < 63; shift += 7) {
    const unsigned char byte = *at++;
    value |= static_cast<std::uint64_t>(byte & 127) << shift;
    if (byte < 128) break;
  }
  return value;
}

// The tables in a write of RocksDB's log, as far as one fragment of it tells: 7 bytes of header, 12
// of the batch, then its records.
std::uint64_t TablesIn(const void* bytes, std::size_t size) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  const unsigned char* const end = at + size;
  std::uint64_t tables = 0;
  // A full record, or the first part of one.
  if (size < 19 || (at[6] != 1 && at[6] != 2)) return 0;
  for (at += 19; at < end;) {
    const unsigned char tag = *at++;
    // Value, merge and deletion, each in a table by number and in the default one.
    const bool numbered = tag == 4 || tag == 5 || tag == 6;
    const bool has_value = tag == 1 || tag == 2 || tag == 5 || tag == 6;
    if (!numbered && tag != 0 && tag != 1 && tag != 2) break;
    const std::uint64_t table = numbered ? Varint(at, end) : 0;
    if (table < 64) tables |= std::uint64_t{1} << table;
    for (int text = has_value ? 2 : 1; text > 0 && at < end; --text) {
      const std::uint64_t length = Varint(at, end);
      at = length > static_cast<std::uint64_t>(end - at) ? end : at + length;
    }
  }
  return tables;
}

[[noreturn]] void End() {
  if (Faults()->end == DiskEnd::kPower || Faults()->end == DiskEnd::kZeros) CutPower();
  raise(SIGKILL);
  abort();
}

// An operation in progress.
class Act {
 public:
  Act(DiskAct act, const std::string& path) : lock_(Mutex()), path_(path) {
    if (path_.empty()) return;
    DiskFaults& faults = *Faults();
    ++faults.acts;
    ends_ = faults.end_at > 0 && --faults.end_at == 0;
    if (!ends_) return;
    faults.act = act;
    faults.tables = 0;
    const std::string name = path_.substr(path_.rfind('/') + 1);
    strncpy(faults.file, name.c_str(), sizeof faults.file - 1);
    faults.file[sizeof faults.file - 1] = '\0';
  }
  ~Act() {
    if (ends_) End();
  }
  Act(const Act&) = delete;
  Act& operator=(const Act&) = delete;

  // Ends the program if the operation must not happen.
  void Begin() {
    if (ends_ && Faults()->end != DiskEnd::kAfter && Faults()->end != DiskEnd::kTorn) End();
  }
  bool ends() const { return ends_; }
  // True: fails, with errno.
  bool Fails(bool needs_room) {
    if (path_.empty()) return false;
    const int error = Faults()->error;
    if (error == 0 || (error == ENOSPC && !needs_room)) return false;
    ++Faults()->failed;
    errno = error;
    return true;
  }

 private:
  std::lock_guard<std::recursive_mutex> lock_;
  const std::string path_;
  bool ends_ = false;
};

template <class Write>
ssize_t Written(int fd, const void* bytes, std::size_t size, Write write) {
  const std::string path = PathOf(fd);
  if (path.empty()) return write(bytes, size);
  Act act(DiskAct::kWrite, path);
  if (act.ends() && path.ends_with(".log")) Faults()->tables = TablesIn(bytes, size);
  act.Begin();
  if (act.ends() && Faults()->end == DiskEnd::kTorn) size /= 2;
  if (act.Fails(true)) return -1;
  return write(bytes, size);
}

int Sync(int fd, const char* name) {
  const std::string path = PathOf(fd);
  const auto sync = Next<int (*)(int)>(name);
  if (path.empty()) return sync(fd);
  Act act(DiskAct::kSync, path);
  act.Begin();
  if (act.Fails(false)) return -1;
  struct stat status {};
  const bool known = fstat(fd, &status) == 0;
  const int result = sync(fd);
  if (result == 0 && known) Synced()[path] = status.st_size;
  return result;
}

template <class Change>
int Named(const std::string& path, bool needs_room, Change change) {
  if (path.empty()) return change();
  Act act(DiskAct::kName, path);
  act.Begin();
  if (act.Fails(needs_room)) return -1;
  return change();
}

int Open(const char* path, int flags, mode_t mode, const char* name) {
  const auto open = Next<int (*)(const char*, int, ...)>(name);
  const bool creates = (flags & O_CREAT) != 0 && Faults() != nullptr && access(path, F_OK) != 0;
  if (!creates) {
    const bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if (writes && Faults() != nullptr && Faults()->error == EROFS && !Inside(path).empty()) {
      errno = EROFS;
      return -1;
    }
    return open(path, flags, mode);
  }
  const std::string inside = Inside(path);
  const int fd = Named(inside, true, [&] { return open(path, flags, mode); });
  if (fd >= 0 && !inside.empty()) {
    const std::lock_guard lock(Mutex());
    Synced()[inside] = 0;
  }
  return fd;
}

mode_t ModeOf(int flags, va_list more) { return (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0; }

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto real = Next<ssize_t (*)(int, const void*, size_t)>("write");
  return Written(fd, bytes, size, [&](const void* b, size_t s) { return real(fd, b, s); });
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  static const auto real = Next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return Written(fd, bytes, size, [&](const void* b, size_t s) { return real(fd, b, s, at); });
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  return pwrite64(fd, bytes, size, at);
}
int fdatasync(int fd) { return Sync(fd, "fdatasync"); }
int fsync(int fd) { return Sync(fd, "fsync"); }

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = ModeOf(flags, more);
  va_end(more);
  return Open(path, flags, mode, "open");
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = ModeOf(flags, more);
  va_end(more);
  return Open(path, flags, mode, "open64");
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = Next<int (*)(const char*, const char*)>("rename");
  if (Faults() == nullptr) return real(from, to);
  const int result = Named(Inside(to), true, [&] { return real(from, to); });
  if (result == 0 && !Inside(to).empty()) {
    const std::lock_guard lock(Mutex());
    if (const auto known = Synced().find(from); known != Synced().end()) {
      Synced()[to] = known->second;
      Synced().erase(from);
    }
  }
  return result;
}
int unlink(const char* path) noexcept {
  static const auto real = Next<int (*)(const char*)>("unlink");
  if (Faults() == nullptr) return real(path);
  return Named(Inside(path), false, [&] { return real(path); });
}
int link(const char* from, const char* to) noexcept {
  static const auto real = Next<int (*)(const char*, const char*)>("link");
  if (Faults() == nullptr) return real(from, to);
  return Named(Inside(to), true, [&] { return real(from, to); });
}
int fallocate(int fd, int mode, off_t from, off_t length) {
  static const auto real = Next<int (*)(int, int, off_t, off_t)>("fallocate");
  const std::string path = PathOf(fd);
  if (!path.empty() && Faults()->error != 0) {
    errno = Faults()->error;
    return -1;
  }
  return real(fd, mode, from, length);
}

int clock_gettime(clockid_t clock, struct timespec* time) noexcept {
  static const auto real = Next<int (*)(clockid_t, struct timespec*)>("clock_gettime");
  static const auto* const now = static_cast<const std::atomic<std::int64_t>*>(
      Map(retainer::kClockFile, sizeof(std::atomic<std::int64_t>)));
  if (clock != CLOCK_REALTIME || now == nullptr) return real(clock, time);
  const std::int64_t nanoseconds = now->load();
  time->tv_sec = nanoseconds / 1'000'000'000;
  time->tv_nsec = nanoseconds % 1'000'000'000;
  return 0;
}

}  // extern "C"
