#!/usr/bin/env bash
# Runs the service for hours under load, and says whether its memory and its folder stay flat:
#
#     cmake --preset bench && cmake --build build/bench --target retainer retainer_seed delivery_load
#     tests/crash/soak.sh MINUTES RATE      for example 120 100
#
# RATE deliveries a second: comments on 2,000 open tickets, signed, over loopback. Each pass of half a
# minute brings the same comments again as new deliveries, so what is kept of a ticket is complete
# after the first pass; ids of deliveries are kept for longer. Prints a table, and a verdict after
# the first third of the time (the warm-up): memory is flat if a line through it rises by less than
# 5 % of its mean, the folder if its smallest size in each half rises by less than 200 bytes a
# delivery. Exit code 1: not flat, or a delivery was refused.
#
# BUILD is the build (build/bench). The folder is on TMPDIR.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
minutes=$1 rate=$2
build=${BUILD:-build/bench}
retainer=$build/retainer
clients=$build/tests/bench
for program in "$retainer" "$clients"/{retainer_seed,delivery_load}; do
  [ -x "$program" ] || { echo "$program is missing: build it as the head of this file says" >&2; exit 2; }
done
# shellcheck source=tests/bench/measuring.sh
. tests/bench/measuring.sh
folder=$work/desk
"$clients/retainer_seed" "$folder" --open 2000 --projects 20 >/dev/null 2>&1
start_retainer soak 0,1 "$folder"
pid=${server_pid[soak]} url=${server_url[soak]}

end=$((SECONDS + minutes * 60)) accepted=0
printf '%8s %12s %10s %10s %8s\n' seconds deliveries 'RSS kB' 'data kB' 'p99 ms'
while [ $SECONDS -lt $end ]; do
  line=$("$clients/delivery_load" "$url" "$folder/webhook.secret" --projects 20 --numbers 100 \
    --rate "$rate" --seconds 30) || { echo "refused: $line" >&2; exit 1; }
  accepted=$((accepted + $(figure accepted "$line")))
  printf '%8d %12d %10d %10d %8.1f\n' "$SECONDS" "$accepted" "$(memory "$pid" VmRSS)" \
    "$(du -sk "$folder/data" | cut -f 1)" "$(figure p99_ms "$line")" | tee -a "$work/samples"
done
awk '
  {t[NR] = $1; n[NR] = $2; rss[NR] = $3; size[NR] = $4}
  END {
    first = int(NR / 3) + 1; count = NR - first + 1
    if (count < 4) {print "too short for a verdict"; exit 2}
    half = first + int(count / 2)
    for (i = first; i <= NR; ++i) {
      st += t[i]; sr += rss[i]; stt += t[i] * t[i]; str += t[i] * rss[i]
      h = i < half ? 1 : 2
      if (!least[h] || size[i] < least[h]) {least[h] = size[i]; at[h] = n[i]}
    }
    slope = (count * str - st * sr) / (count * stt - st * st)
    rise = slope * (t[NR] - t[first])
    memory = rise < 0.05 * sr / count
    grown = least[2] > least[1] && at[2] > at[1] ? (least[2] - least[1]) * 1024 / (at[2] - at[1]) : 0
    folder = grown < 200
    printf "after the warm-up: memory %+.0f kB in %d s around %.0f kB: %s\n", rise, t[NR] - t[first],
           sr / count, memory ? "flat" : "NOT FLAT"
    printf "folder %+.0f bytes a delivery: %s\n", grown, folder ? "flat" : "NOT FLAT"
    exit !(memory && folder)
  }' "$work/samples"
