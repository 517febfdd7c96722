#include "src/store/codec/body.h"

#include <zstd.h>

#include <cstdlib>

namespace retainer {
namespace {

// Fast, and JSON is already a tenth of its size here.
constexpr int kLevel = 1;
constexpr unsigned long long kMaxBody = 64ULL << 20;
// A frame cannot announce more than zstd can pack into its size; less a corrupt one makes us
// allocate. One block (128 KiB) takes at least four bytes.
constexpr unsigned long long kMaxRatio = 64ULL << 10;

}  // namespace

std::string CompressBody(std::string_view body) {
  std::string frame(ZSTD_compressBound(body.size()), '\0');
  const std::size_t size =
      ZSTD_compress(frame.data(), frame.size(), body.data(), body.size(), kLevel);
  if (ZSTD_isError(size)) std::abort();  // only possible for want of room, which the bound excludes
  frame.resize(size);
  return frame;
}

std::optional<std::string> DecompressBody(std::string_view frame) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > kMaxBody ||
      size > frame.size() * kMaxRatio) {
    return std::nullopt;
  }
  std::string body(size, '\0');
  const std::size_t got = ZSTD_decompress(body.data(), body.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) || got != body.size()) return std::nullopt;
  return body;
}

}  // namespace retainer
