// The commands of `retainer gate` that work on the store: overrides.
#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace retainer::cli {

void RegisterGateOverride(CLI::App* gate);

}  // namespace retainer::cli
