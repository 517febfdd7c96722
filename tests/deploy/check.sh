#!/usr/bin/env bash
# Checks the alert rules in deploy/ and the service's exposition with Prometheus' own tool.
#
#   tests/deploy/check.sh API_TEST      the built test program of the API
set -euo pipefail
api_test=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
exposition=$(mktemp)
trap 'rm -f "$exposition"' EXIT
promtool check rules ../../deploy/prometheus/alerts.yml
promtool test rules alerts_test.yml
RETAINER_EXPOSITION=$exposition GTEST_BRIEF=1 "$api_test" \
  --gtest_filter='MetricFamilies.ExposesEveryOne'
[ -s "$exposition" ]
promtool check metrics <"$exposition"
