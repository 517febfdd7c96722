#!/usr/bin/env bash
# What the API answers under load, as issue trackers' dashboards and CI ask it: the gate and one
# ticket at 1,000 requests a second, the first page of a filtered list, while 200 deliveries a second
# come in, on a store of 1,000,000 tickets of which 100,000 are open.
#
#     cmake --preset bench && cmake --build build/bench --target retainer retainer_seed delivery_load
#     tests/bench/api_load.sh FOLDER
#
# FOLDER needs about 5 GB; what was seeded into it before is used again. Needs Debian's `hey` and
# `curl`. Loopback only, and over after about four minutes. Prints, for each question, the p99 of five
# runs and their median, in milliseconds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$1
build=build/bench
seconds=${SECONDS_A_RUN:-10}
[ -d "$folder/data" ] ||
  "$build/tests/bench/retainer_seed" "$folder" --open "${OPEN:-100000}" --closed "${CLOSED:-900000}"

config=$folder/retainer.yaml
log=$folder/serve.log
"$build/retainer" serve --config "$config" 2>"$log" &
service=$!
trap 'kill "$service" 2>/dev/null; wait' EXIT
for _ in $(seq 600); do
  url=$(sed -nE 's/.*"event":"listening".*"url":"([^"]+)".*/\1/p' "$log" | head -n 1)
  [ -n "$url" ] && curl -fsS -o /dev/null "$url/readyz" 2>/dev/null && break
  sleep 0.1
done
token=$("$build/retainer" token create --config "$config" --scope read --expires 1d)
ask() { curl -fsS -H "Authorization: Bearer $token" "$url$1"; }
project=github:acme/project7
ticket=$(ask "/api/v1/tickets?project=$project&open=true&limit=1" |
  sed -nE 's/.*"ref": ?"([^"]+)".*/\1/p' | head -n 1)

"$build/tests/bench/delivery_load" "$url" "$folder/webhook.secret" --rate 200 \
  --seconds $((seconds * 15 + 10)) >"$folder/deliveries.json" &
deliveries=$!

# measure NAME CONNECTIONS RATE PATH. As few connections as give the rate: `hey` sends what is due on all
# of them at the same instant, and what waits behind nine others says little of one job's request.
measure() {
  local name=$1 connections=$2 rate=$3 path=$4 runs=() run
  for run in 1 2 3 4 5; do
    hey -z "${seconds}s" -c "$connections" -q $((rate / connections)) \
      -H "Authorization: Bearer $token" "$url$path" >"$folder/hey.txt"
    grep -q '\[200\]' "$folder/hey.txt" || { cat "$folder/hey.txt" >&2; exit 1; }
    runs+=("$(awk '/99%/ {printf "%.1f", $3 * 1000}' "$folder/hey.txt")")
    [ "$run" -lt 5 ] || awk '/Requests\/sec/ {printf "  requests a second: %.0f\n", $2}' "$folder/hey.txt"
  done
  printf '%s: p99 %s ms, median %s\n' "$name" "${runs[*]}" \
    "$(printf '%s\n' "${runs[@]}" | sort -n | sed -n 3p)"
}
measure "gate" 2 1000 "/api/v1/gate?project=$project"
measure "ticket" 2 1000 "/api/v1/ticket?ref=${ticket/\#/%23}"
measure "first page of a filtered list" 1 100 "/api/v1/tickets?project=$project&open=true&priority=P1"
wait "$deliveries" || true
cat "$folder/deliveries.json"
