#!/usr/bin/env bash
# Renders the status comments like the forges (with npm's markdown-it and marked).
#
#   tests/templates/npm/check.sh TEMPLATES_TEST      the built test program of the templates
set -euo pipefail
templates_test=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
bodies=$(mktemp -d)
trap 'rm -rf "$bodies"' EXIT
npm ci --loglevel=error --no-audit --no-fund --ignore-scripts
RETAINER_BODIES=$bodies GTEST_BRIEF=1 "$templates_test" --gtest_filter='BodiesTest.*'
node check.mjs "$bodies"
