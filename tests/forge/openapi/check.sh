#!/usr/bin/env bash
# Compares our requests to GitHub with its published OpenAPI description (npm's @octokit/openapi).
#
#   tests/forge/openapi/check.sh FORGE_TEST      the built test program of the forge room
set -euo pipefail
forge_test=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
shapes=$(mktemp)
trap 'rm -f "$shapes"' EXIT
npm ci --loglevel=error --no-audit --no-fund --ignore-scripts
RETAINER_REQUEST_SHAPES=$shapes GTEST_BRIEF=1 "$forge_test" --gtest_filter='RequestShapesTest.*'
node check.mjs "$shapes"
