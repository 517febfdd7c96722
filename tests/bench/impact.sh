#!/usr/bin/env bash
# Measures how long it takes to say what a changed policy does to 10,000 open tickets:
#
#     cmake --preset bench
#     cmake --build build/bench --target retainer retainer_seed
#     tests/bench/impact.sh FOLDER
#
# The changed policy shortens every first response and resolution. It is asked three times for each
# audience, without a service, and prints the median in seconds and the figures of the answer. It
# fails if one takes longer than five seconds, or if nothing moves.
#
# FOLDER needs about 100 MB; its tickets are used again. OPEN in the environment is the number of
# tickets, BUILD is the build (build/bench).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$1
build=${BUILD:-build/bench}
retainer=$build/retainer
seed=$build/tests/bench/retainer_seed
for program in "$retainer" "$seed"; do
  [ -x "$program" ] || { echo "$program is missing: build it as the head of this file says" >&2; exit 2; }
done
# shellcheck source=tests/bench/measuring.sh
. tests/bench/measuring.sh
[ -d "$folder/data" ] || "$seed" "$folder" --open "${OPEN:-10000}"

cp -r "$folder/policy" "$work/changed"
sed -i -E 's/first_response: [0-9]+[a-z]+/first_response: 10m/g; s/resolution: [0-9]+[a-z]+/resolution: 8h/g' \
  "$work/changed"/*.yaml

about_machine
failed=0
for audience in team outsiders; do
  options=()
  [ "$audience" = team ] || options=(--outside)
  : >"$work/times"
  for _ in 1 2 3; do
    began=$(date +%s.%N)
    "$retainer" policy impact "$work/changed" --config "$folder/retainer.yaml" --json "${options[@]}" \
      >"$work/answer"
    awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN {printf "%.2f\n", b - a}' >>"$work/times"
  done
  answer=$(tr -d ' \n' <"$work/answer")
  seconds=$(median <"$work/times")
  moved=$(figure moved_promises "$answer")
  printf '%-9s %6s s  open %s, moved %s\n' "$audience" "$seconds" "$(figure open_tickets "$answer")" "$moved"
  if [ "$(awk -v s="$seconds" 'BEGIN {print (s > 5)}')" = 1 ] || [ "${moved:-0}" = 0 ]; then failed=1; fi
done
[ "$failed" = 0 ] || { echo "too slow, or nothing moved" >&2; exit 1; }
