// The subcommands of `retainer policy` that are about versions: log, show, diff, accept.
#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace retainer::cli {

// `policy`: the command to which they are added.
void AddPolicyVersions(CLI::App* policy);

}  // namespace retainer::cli
