// The part of `retainer gate` that works on the store: overrides.
#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace retainer::cli {

void RegisterGateOverride(CLI::App* gate);

}  // namespace retainer::cli
