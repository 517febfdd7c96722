// The child process of the room's tests: what the hidden subcommand of `retainer` runs.
#include "src/git/child.h"

int main() { return retainer::git::RunChild(); }
