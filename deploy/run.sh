#!/usr/bin/env bash
# Installs what is missing, builds Retainer and runs it.
#
#   deploy/run.sh                    the demo: the service with a sandbox forge, on loopback
#   deploy/run.sh --port 8080        options of `retainer demo`
#   deploy/run.sh --config FILE      the real service: `retainer serve --config FILE`
#   deploy/run.sh --build            only installs and builds; prints the binary's path
set -euo pipefail
start=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
# shellcheck disable=SC2086
need_packages $build_packages

[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
cmake --build --preset release -- --quiet
retainer=$PWD/build/release/retainer

cd "$start"
case "${1:-}" in
  --build) echo "$retainer" ;;
  --config | --config=*) exec "$retainer" serve "$@" ;;
  *) exec "$retainer" demo "$@" ;;
esac
