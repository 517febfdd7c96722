// Any request through the control socket: the answer is one line of JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "src/cli/operations.h"
#include "tests/pipeline/world.h"

namespace retainer {
namespace {

using pipeline::At;
using pipeline::kDave;
using pipeline::MakePolicy;
using pipeline::MakeTerms;
using pipeline::World;

class Served : public World {
 public:
  Served() {
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        pipeline::DeskOptions{});
    desk->SetTerms({MakeTerms("v1", At(-60 * 24), MakePolicy())});
    Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
    Work();
    operations = std::make_unique<cli::Operations>(*desk, store, clock, nullptr,
                                                   "https://desk.example/join/");
  }
  void TestBody() override {}

  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<cli::Operations> operations;
};

}  // namespace
}  // namespace retainer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static retainer::Served served;
  const std::string request(reinterpret_cast<const char*>(data), size);
  const std::string answer = served.operations->Answer(request);
  if (answer.find('\n') != std::string::npos) std::abort();
  const auto json = nlohmann::json::parse(answer, nullptr, false);
  if (!json.is_object() || (!json.contains("text") && !json.contains("code"))) std::abort();
  return 0;
}
