#include "src/store/torn_tails.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace retainer::store {
namespace {

constexpr std::uintmax_t kSector = 512;

// Where the sectors begin that hold nothing but zeros up to the end of the file.
std::uintmax_t BeginOfZeros(const std::string& path, std::uintmax_t size) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, kSector> sector;
  std::uintmax_t begin = (size + kSector - 1) / kSector * kSector;
  while (begin > 0) {
    const std::uintmax_t from = begin - kSector;
    const auto length = static_cast<std::streamsize>(std::min(kSector, size - from));
    file.seekg(static_cast<std::streamoff>(from));
    if (!file.read(sector.data(), length)) return size;
    const bool zeros =
        std::all_of(sector.data(), sector.data() + length, [](char byte) { return byte == 0; });
    if (!zeros) break;
    begin = from;
  }
  return std::min(begin, size);
}

}  // namespace

std::vector<TornTail> CutTornTails(const std::string& folder) {
  std::vector<TornTail> tails;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::filesystem::path& path = it->path();
    const bool grows =
        path.extension() == ".log" || path.filename().string().starts_with("MANIFEST-");
    std::error_code ignored;
    if (!grows || !it->is_regular_file(ignored)) continue;
    const std::uintmax_t size = it->file_size(ignored);
    if (ignored) continue;
    const std::uintmax_t begin = BeginOfZeros(path.string(), size);
    if (begin >= size) continue;
    std::filesystem::resize_file(path, begin, ignored);
    if (!ignored) tails.push_back({path.string(), size});
  }
  return tails;
}

void PutBack(const std::vector<TornTail>& tails) {
  std::error_code ignored;
  for (const TornTail& tail : tails) std::filesystem::resize_file(tail.file, tail.size, ignored);
}

}  // namespace retainer::store
