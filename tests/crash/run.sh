#!/usr/bin/env bash
# Kills a desk and breaks its forge, its disk and its clock, and prints one table of what was lost,
# doubled or wrong afterwards, compared with a run without trouble.
#
#   tests/crash/run.sh [ROUNDS [OPTION…]]     default: 200 kills, and each fault; minutes
#   tests/crash/run.sh 2000                   about half an hour
#   tests/crash/run.sh 200 --each             a kill at each point that a run without kills reaches
#   tests/crash/run.sh 200 --only disk        one part: random, points, forge, disk, clock, restore
#   tests/crash/run.sh 200 --forge gitlab --seed 5
#
# PRESET=asan: with sanitizers. Exit code 1: something was lost, doubled or wrong; the details are
# below the table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
preset=${PRESET:-debug}
rounds=${1:-200}
shift || true
[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >/dev/null
cmake --build "build/$preset" --target crash_table -- --quiet
"build/$preset/tests/crash/crash_table" --rounds "$rounds" --verbose "$@"
