#!/usr/bin/env bash
# Measures, on loopback, how others that block the server affect a client with signed deliveries:
#
#     cmake --preset bench
#     cmake --build build/bench --target retainer retainer_seed delivery_load attack_load
#     tests/bench/attacks.sh [--seconds 15] [--only 'NAME …'] [--build FOLDER] [--retainer FILE]
#
#   none       no others
#   polite     64 kept-alive connections of two addresses, each a GET /healthz every 1.5 s
#   slow       64 deliveries of two addresses whose bodies come a byte a second
#   proxy      64 busy connections of a trusted proxy: 1,000 signed deliveries a second
#   withheld   11 bodies of 25 MiB of one address, each without its last byte
#   idle       10,000 connections of 500 addresses that send nothing
#
# The client sends 50 deliveries a second, each over a new connection, and gives up on one after 10
# s as GitHub does. Exit code 1 when a delivery was refused or not answered, when the p99 was 50 ms
# or more, or when the server's memory was 350 MiB or more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=15 only='none polite slow proxy withheld idle' build=build/bench retainer=''
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2 ;;
    --only) only=$2 ;;
    --build) build=$2 ;;
    --retainer) retainer=$2 ;;
    *) sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p' >&2; exit 2 ;;
  esac
  shift 2
done
[ -n "$retainer" ] || retainer=$build/retainer
clients=$build/tests/bench
for program in "$retainer" "$clients"/{retainer_seed,delivery_load,attack_load}; do
  [ -x "$program" ] || { echo "$program is missing: build it as the head of this file says" >&2; exit 2; }
done
# 10,000 connections need as many open files on each side.
ulimit -Sn "$(ulimit -Hn)"
[ "$(ulimit -Sn)" = unlimited ] || [ "$(ulimit -Sn)" -ge 11000 ] ||
  { echo "10,000 connections need 11,000 open files: raise the hard limit (ulimit -Hn)" >&2; exit 2; }
# shellcheck source=tests/bench/measuring.sh
. tests/bench/measuring.sh

"$clients/retainer_seed" "$work/desk" --open 1000 >/dev/null 2>&1
echo 'trusted_proxies: [127.0.0.7]' >>"$work/desk/retainer.yaml"
secret=$work/desk/webhook.secret
first=1000000
attackers=()
# Each runs in the background and writes its figures to a file.
attack() {
  local url=$1
  shift
  taskset -c "$client_core" "$clients/attack_load" "$url" "$@" --seconds "$seconds" >>"$work/attack" 2>&1 &
  attackers+=($!)
}
begin() {
  case $1 in
    none) ;;
    polite) attack "$2" polite --connections 64 --addresses 2 ;;
    slow) attack "$2" slow-bodies --connections 64 --addresses 2 ;;
    proxy)
      taskset -c "$client_core" "$clients/delivery_load" "$2" "$secret" --opened --first 5000000 --rate 1000 \
        --connections 64 --from 127.0.0.7 --header 'X-Forwarded-For: 192.0.2.1' --seconds "$seconds" \
        >>"$work/attack" 2>&1 &
      attackers+=($!)
      ;;
    withheld) attack "$2" withheld --connections 11 ;;
    idle) attack "$2" idle --connections 10000 --addresses 500 ;;
    *) echo "no attack is called $1" >&2; exit 2 ;;
  esac
}

about_machine
printf '%-9s %6s %8s %8s %8s %8s %8s %9s %9s %8s  %s\n' attack sent refused unheard 'p50 ms' 'p99 ms' 'max ms' \
  'peak MiB' 'later MiB' threads 'the attack itself'
missed=0
for name in $only; do
  start_retainer desk 0 "$work/desk"
  pid=${server_pid[desk]}
  : >"$work/attack"
  attackers=()
  begin "$name" "${server_url[desk]}"
  sleep 2
  taskset -c "$client_core" "$clients/delivery_load" "${server_url[desk]}" "$secret" --opened --first "$first" --rate 50 \
    --connections 64 --requests-a-connection 1 --from 127.0.0.9 --seconds $((seconds - 4)) >"$work/client" &
  client=$!
  most=0
  while kill -0 "$client" 2>/dev/null; do
    now=$(threads "$pid")
    [ "$now" -le "$most" ] || most=$now
    sleep 0.5
  done
  wait "$client" || true
  line=$(cat "$work/client")
  first=$((first + 10000))
  for attacker in "${attackers[@]}"; do wait "$attacker" || true; done
  sleep 2
  peak=$(($(memory "$pid" VmHWM) / 1024))
  p99=$(figure p99_ms "$line")
  printf '%-9s %6s %8s %8s %8.2f %8.2f %8.2f %9s %9s %8s  %s\n' "$name" "$(figure deliveries "$line")" \
    "$(figure refused "$line")" "$(figure unanswered "$line")" "$(figure p50_ms "$line")" "$p99" \
    "$(figure max_ms "$line")" "$peak" $(($(memory "$pid" VmRSS) / 1024)) "$most" "$(paste -sd ' ' "$work/attack")"
  awk -v refused="$(figure refused "$line")" -v unheard="$(figure unanswered "$line")" -v p99="$p99" -v peak="$peak" \
    'BEGIN {exit !(refused + unheard == 0 && p99 < 50 && peak < 350)}' || missed=1
  stop desk
done
exit $missed
