#!/usr/bin/env bash
# Measures the API under load, with the questions of dashboards and CI, on a store of 1,000,000
# tickets of which 100,000 are open:
#
#     cmake --preset bench
#     cmake --build build/bench --target retainer retainer_seed delivery_load question_load
#     tests/bench/api_load.sh FOLDER [--quick]
#
# First each question as fast as possible, over 2, 10 and 50 connections: the service on one
# processor, the client on another, medians of three rounds. Then at a fixed rate, while 200
# deliveries a second come in: the gate and one ticket at 1,000 requests a second, the first page of
# a filtered list at 100. It prints the p99 of five runs and their median, in milliseconds, from the
# instant at which each request was due.
#
# FOLDER needs about 5 GB; its tickets are used again. OPEN and CLOSED in the environment are the
# numbers of tickets, BUILD is the build (build/bench). Needs `curl`. Uses loopback only, and takes
# about five minutes (--quick: one). Last come the pages of the desk, as one person opens them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$1
rounds=3 seconds=2 paced=${SECONDS_A_RUN:-10}
if [ "${2:-}" = --quick ]; then rounds=1 seconds=1 paced=1; fi
build=${BUILD:-build/bench}
retainer=$build/retainer
clients=$build/tests/bench
for program in "$retainer" "$clients"/{retainer_seed,delivery_load,question_load}; do
  [ -x "$program" ] || { echo "$program is missing: build it as the head of this file says" >&2; exit 2; }
done
# shellcheck source=tests/bench/measuring.sh
. tests/bench/measuring.sh
[ -d "$folder/data" ] ||
  "$clients/retainer_seed" "$folder" --open "${OPEN:-100000}" --closed "${CLOSED:-900000}"

start_retainer api 0 "$folder"
url=${server_url[api]} pid=${server_pid[api]} token=$work/token
(umask 077 && "$retainer" token create --config "$folder/retainer.yaml" --scope read --expires 1d >"$token")
ask() { curl -fsS -H "Authorization: Bearer $(cat "$token")" "$url$1"; }

# The questions, one path per line, for 100 projects, so that no answer is reused within its second.
for n in $(seq 0 99); do
  project=github:acme/project$n
  echo "/api/v1/gate?project=$project" >>"$work/gate"
  echo "/api/v1/tickets?project=$project&open=true&priority=P1" >>"$work/list"
done
ask "/api/v1/tickets?open=true&limit=100" | grep -oE '"ref": ?"[^"]+"' | sed -E 's/.*"([^"]+)"$/\1/; s/#/%23/' |
  sort -u | sed 's|^|/api/v1/ticket?ref=|' >"$work/ticket"
echo '/api/v1/queue' >"$work/queue"
# The same, and a single one, as one job or dashboard asks.
for question in gate ticket list; do sed -n 8p "$work/$question" >"$work/one-$question"; done

about_machine
printf '%-8s %5s %9s %9s %9s %9s %9s\n' question conns 'req/s' 'p50 ms' 'p99 ms' 'cpu us' 'peak MB'
for question in gate ticket list queue; do
  for connections in 2 10 50; do
    : >"$work/runs"
    for _ in $(seq "$rounds"); do
      forget_peak "$pid"
      cpu=$(cpu_microseconds "$pid")
      line=$(taskset -c "$client_core" "$clients/question_load" "$url" "$work/$question" "$token" \
        --connections "$connections" --seconds "$seconds") || { echo "$question: $line" >&2; exit 1; }
      printf '%s\t%s\t%s\t%s\t%s\n' "$(figure a_second "$line")" "$(figure p50_ms "$line")" "$(figure p99_ms "$line")" \
        "$(divide $(($(cpu_microseconds "$pid") - cpu)) "$(figure answers "$line")" %.1f)" \
        "$(divide "$(memory "$pid" VmHWM)" 1024 %.0f)" >>"$work/runs"
    done
    of() { cut -f "$1" "$work/runs" | median; }
    printf '%-8s %5s %9.0f %9.2f %9.2f %9.1f %9.0f\n' "$question" "$connections" "$(of 1)" "$(of 2)" "$(of 3)" "$(of 4)" "$(of 5)"
  done
done

taskset -c "$client_core" "$clients/delivery_load" "$url" "$folder/webhook.secret" --rate 200 \
  --numbers $(((${OPEN:-100000} + ${CLOSED:-900000}) / 200)) \
  --seconds $((paced * 15 + 5)) >"$work/deliveries" &
deliveries=$!
# paced NAME CONNECTIONS RATE QUESTION: as few connections as give the rate.
paced() {
  local name=$1 connections=$2 rate=$3 question=$4 runs=() line
  for _ in 1 2 3 4 5; do
    line=$(taskset -c "$client_core" "$clients/question_load" "$url" "$work/one-$question" "$token" \
      --connections "$connections" --rate "$rate" --seconds "$paced") || { echo "$name: $line" >&2; exit 1; }
    runs+=("$(printf '%.1f' "$(figure p99_ms "$line")")")
  done
  printf '%s, %s a second beside 200 deliveries: p99 %s ms, median %s\n' "$name" "$rate" "${runs[*]}" \
    "$(printf '%s\n' "${runs[@]}" | median)"
}
paced "gate" 2 1000 gate
paced "ticket" 2 1000 ticket
paced "first page of a filtered list" 1 100 list
wait "$deliveries" || true
cat "$work/deliveries"

# pages NAME PATH: the time to the last byte of 100 requests over one connection each.
cookie=$(curl -sS -o /dev/null -D - "$url/admin/$("$retainer" desk link --config "$folder/retainer.yaml" | sed 's|.*/admin/||')" |
  sed -nE 's/^[Ss]et-[Cc]ookie: ([^;]*);.*/\1/p')
pages() {
  for _ in $(seq 100); do
    taskset -c "$client_core" curl -fsS -o /dev/null -H "Cookie: $cookie" -w '%{time_total}\n' "$url$2"
  done | sort -g | awk -v name="$1" '{ms[NR] = $1 * 1000}
    END {printf "%s: p50 %.1f ms, p99 %.1f ms, worst %.1f ms\n", name, ms[50], ms[99], ms[NR]}'
}
pages "the desk" /desk
pages "the desk of a customer" '/desk?customer=customer0'
for list in late today risk asked later waiting community; do pages "the list $list" "/desk?list=$list"; done
