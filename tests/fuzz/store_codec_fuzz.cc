// The store's decoders on any bytes: no crash, no allocation beyond a small multiple of the input.
#include <cstddef>
#include <cstdint>

#include "tests/store/decode_everything.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retainer::store::DecodeEverything({reinterpret_cast<const char*>(data), size});
  return 0;
}
