#!/usr/bin/env bash
# Goes through the pages in a real browser (Chromium, driven by npm's playwright-core, looked at by
# axe-core), on the sandbox: joining, and every page of the desk and of a customer in the demo.
#
#   tests/pages/npm/check.sh E2E_TEST [FOLDER]      the built test program; where to put screenshots
set -euo pipefail
e2e_test=$(realpath "$1")
shots=${2:-}
cd "$(dirname "${BASH_SOURCE[0]}")"
command -v chromium >/dev/null || {
  echo "missing: chromium (a Debian package)" >&2
  exit 1
}
if [ -z "$shots" ]; then
  shots=$(mktemp -d)
  trap 'rm -rf "$shots"' EXIT
fi
shots=$(realpath "$shots")
npm ci --loglevel=error --no-audit --no-fund --ignore-scripts
RETAINER_BROWSER="$PWD/check.mjs" RETAINER_SHOTS=$shots GTEST_BRIEF=1 \
  "$e2e_test" --gtest_filter='JoinTest.ABrowserGoesThroughIt'
mkdir -p "$shots/desk"
RETAINER_BROWSER="$PWD/desk.mjs" RETAINER_SHOTS=$shots/desk GTEST_BRIEF=1 \
  "$e2e_test" --gtest_filter='DeskTest.ABrowserGoesThroughIt'
