#!/usr/bin/env bash
# Installs what is missing, builds and runs every test.
#
#   tests/run.sh             everything: formatting and spelling; all tests with the address
#                            and undefined-behaviour sanitizers, and those with threads also with the thread sanitizer; our
#                            requests against the forges' published descriptions; our comments with
#                            Markdown renderers; our alert rules and metrics with Prometheus; our
#                            signatures with a library for receivers; our pages in a browser; the
#                            code with clang-tidy; each fuzz target for a minute
#   tests/run.sh --quick     a debug build without sanitizers, all its tests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
# shellcheck disable=SC2086
need_packages $build_packages $test_packages
command -v promtool >/dev/null || need_packages prometheus
command -v npm >/dev/null || need_packages nodejs npm
command -v chromium >/dev/null || need_packages chromium

echo "== style"
tests/style.sh

jobs=$(nproc)
export GTEST_BRIEF=1
export UBSAN_OPTIONS=print_stacktrace=1

# build PRESET [TARGET…]
build() {
  local preset=$1 targets=() target
  shift
  for target in "$@"; do targets+=(--target "$target"); done
  [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >/dev/null
  echo "== building $preset"
  cmake --build --preset "$preset" "${targets[@]}" -- --quiet
}

# run PRESET [ctest options…]
run() {
  local preset=$1
  shift
  echo "== testing $preset"
  ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure --no-tests=error --progress "$@"
}

if [ "${1:-}" = --quick ]; then
  build debug
  run debug
  exit
fi

build asan
run asan
# Without the store's tests: Debian's RocksDB is not instrumented. Its write groups, in which one
# thread reads another's batch, would be reported from frames that no suppression can name.
build tsan pipeline_test api_test
run tsan -L '^(pipeline|api)$'
echo "== holding our requests against GitHub's description"
tests/forge/openapi/check.sh build/asan/tests/forge/forge_test
echo "== reading our comments as Markdown renderers do"
tests/templates/npm/check.sh build/asan/tests/templates/templates_test
echo "== going through our pages in a browser"
tests/pages/npm/check.sh build/asan/tests/e2e/e2e_test
echo "== holding our figures and alerts against Prometheus"
tests/deploy/check.sh build/asan/tests/api/api_test
echo "== following the installation of deploy/README.md"
tests/deploy/install.sh build/asan/retainer
echo "== reading the chart, the compose file and the image's recipe"
need_packages python3-yaml python3-jsonschema
tests/deploy/chart.sh
echo "== reading our signed notices with the Standard Webhooks library"
tests/sinks/npm/check.sh build/asan/tests/sinks/sinks_test
echo "== reading the code with clang-tidy"
tests/tidy.sh
echo "== fuzzing the readers of what others send"
# With a seed, so that what stops a change can be repeated; `tests/fuzz/run.sh 3600` looks further.
tests/fuzz/run.sh --seed 1 60
