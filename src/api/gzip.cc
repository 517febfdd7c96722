#include "src/api/gzip.h"

#include <zlib.h>

namespace retainer::api {
namespace {

constexpr std::size_t kWorthPacking = 512;  // bytes
constexpr int kWindowBits = 13;
constexpr int kGzipFormat = 16;  // zlib's flag for the gzip format; added to the window's bits
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
  // There is room for the whole output, otherwise the bound is wrong.
  const int done = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END) return std::nullopt;
  return packed;
}

}  // namespace retainer::api
