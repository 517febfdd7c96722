#!/usr/bin/env bash
# Reads signed notices as their receivers do (npm's standardwebhooks).
#
#   tests/sinks/npm/check.sh SINKS_TEST      the built test program of the sinks
set -euo pipefail
sinks_test=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
signed=$(mktemp -d)
trap 'rm -rf "$signed"' EXIT
npm ci --loglevel=error --no-audit --no-fund --ignore-scripts
RETAINER_SIGNED=$signed GTEST_BRIEF=1 "$sinks_test" --gtest_filter='SignedMessageTest.*'
node check.mjs "$signed"
