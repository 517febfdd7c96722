// Writes the records of store_samples.h, encoded, into a folder, as the start corpus for the
// decoders' fuzzer.
#include <fstream>
#include <iostream>
#include <string>

#include "src/store/codec/body.h"
#include "src/store/codec/records.h"
#include "tests/contract/store_samples.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: store_codec_seeds FOLDER\n";
    return 2;
  }
  using namespace retainer;
  const auto write = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(std::string(argv[1]) + "/sample-" + name, std::ios::binary) << bytes;
  };
  write("fact",
        store::EncodeRecord(store::StoredFact{SampleFact("comment/1"), kTextFeaturesVersion}));
  write("ticket", store::EncodeRecord(SampleWrite(SampleTicket(1), 1).record));
  write("notice", store::EncodeRecord(SampleNotice("n")));
  write("body", store::CompressBody(SampleDelivery("d1").body));
  return 0;
}
