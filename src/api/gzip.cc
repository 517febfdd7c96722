#include "src/api/gzip.h"

#include <zlib.h>

namespace retainer {
namespace {

constexpr std::size_t kWorthPacking = 512;  // bytes
constexpr int kWindowBits = 13;
constexpr int kGzipFormat = 16;  // added to the window's bits: zlib's way to say it
constexpr int kMemoryLevel = 6;

}  // namespace

std::optional<std::string> Gzip(std::string_view text) {
  if (text.size() < kWorthPacking) return std::nullopt;
  z_stream stream = {};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kWindowBits + kGzipFormat, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  // Room for all of it at once, or the bound is none.
  const int done = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END) return std::nullopt;
  return packed;
}

}  // namespace retainer
