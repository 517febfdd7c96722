#!/usr/bin/env bash
# Measures how fast deliveries are accepted: Retainer and other webhook receivers, in one run, on
# loopback.
#
#     cmake --preset bench && cmake --build build/bench --target retainer retainer_seed delivery_load
#     tests/bench/intake.sh [OPTIONS]
#
#   --quick            one short round each (about two minutes instead of eight)
#   --cores 1|2        the servers' processors; 1 (the default) also measures Retainer on two
#   --only 'NAME …'    only these: nginx go-reuse go go-plain go-fsync octokit probot webhook retainer
#   --peers FOLDER     where the peers are installed and kept; default: a temporary folder
#   --build FOLDER     the build to measure (build/bench)
#   --retainer FILE    a `retainer` other than the build's
#
# Peers: Debian's `webhook` and Go, npm's probot and @octokit/webhooks, and nginx if it is
# installed. All get the same input: `issues.opened` of 12 KB, each with its own delivery id, body
# and signature, over kept-alive connections. The figures are medians of the rounds. The servers
# take turns, so that other work of the machine affects all of them. Prints a table, the rate that
# Retainer sustains, and the ratios.
#
# Stored data goes to TMPDIR (/tmp): on a tmpfs, syncs would cost nothing. If other work shares the
# machine, compare the processor time per delivery, the last ratios.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
all=(nginx go-reuse go go-plain go-fsync octokit probot webhook retainer)
rounds=3 seconds=2 cores=1 only="${all[*]}" peers='' build=build/bench retainer=''
while [ $# -gt 0 ]; do
  case $1 in
    --quick) rounds=1 seconds=1 ;;
    --cores) cores=$2; shift ;;
    --only) only=$2; shift ;;
    --peers) peers=$2; shift ;;
    --build) build=$2; shift ;;
    --retainer) retainer=$2; shift ;;
    *) sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p' >&2; exit 2 ;;
  esac
  shift
done
[ -n "$retainer" ] || retainer=$build/retainer
load=$build/tests/bench/delivery_load
programs=("$load")
[[ " $only " != *" retainer "* ]] || programs+=("$retainer" "$build/tests/bench/retainer_seed")
for program in "${programs[@]}"; do
  [ -x "$program" ] || { echo "$program is missing: build it as the head of this file says" >&2; exit 2; }
done
# shellcheck source=tests/bench/measuring.sh
. tests/bench/measuring.sh
wanted() { [[ " $only " == *" $1 "* ]]; }
one=0 two=0,1
server_cores=$one
[ "$cores" = 1 ] || server_cores=$two

# -- The peers.
sources=$PWD/tests/bench/peers
if [ -n "$peers" ]; then mkdir -p "$peers"; peers=$(realpath "$peers"); else peers=$work/peers; mkdir "$peers"; fi
need() { command -v "$1" >/dev/null || need_packages "${@:2}"; }
need curl curl
# build_go NAME TAGS: builds receiver.go; the tags choose the digest.
build_go() {
  [ -x "$peers/$1" ] || (cd "$sources" && GOFLAGS=-mod=mod GOPROXY=off go build -tags "$2" -o "$peers/$1" .)
}
if [[ $only == *go* ]]; then
  need go golang-go
  need pkg-config pkg-config
  [ -e /usr/include/openssl/evp.h ] || need_packages libssl-dev
  build_go receiver-openssl openssl
  build_go receiver ''
fi
if wanted octokit || wanted probot; then
  need npm nodejs npm
  # The newest of both want Node.js 20; Debian 12 has 18.
  if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; then
    versions=(probot@14.3.2 @octokit/webhooks@14.2.0)
  else
    versions=(probot@13.4.7 @octokit/webhooks@13.9.1)
  fi
  if [ "$(cat "$peers/npm/versions" 2>/dev/null)" != "${versions[*]}" ]; then
    mkdir -p "$peers/npm"
    echo '{"private": true, "type": "module"}' >"$peers/npm/package.json"
    (cd "$peers/npm" && npm install --loglevel=error --no-audit --no-fund --ignore-scripts "${versions[@]}" >/dev/null)
    echo "${versions[*]}" >"$peers/npm/versions"
  fi
  # Modules are looked for beside the file that names them.
  cp "$sources"/*.mjs "$peers/npm/"
fi
if wanted webhook; then need webhook webhook; fi
if wanted nginx && ! command -v nginx >/dev/null; then
  echo "nginx is not installed: no ceiling of the client" >&2
  only=" $only "
  only=${only/ nginx / }
fi

# -- The servers. All are started at once; who is not asked does nothing.
secret=$work/secret
(umask 077 && echo only-for-measuring-0123456789abcdef >"$secret")
# A desk of 1,000 tickets, whose policy and customers the deliveries know.
desk() {
  mkdir "$work/$1"
  cp -p "$secret" "$work/$1/webhook.secret"
  "$build/tests/bench/retainer_seed" "$work/$1" --open 1000 >/dev/null 2>&1
  start_retainer "$1" "$2" "$work/$1"
}
start_nginx() {
  local port
  port=$(free_port)
  mkdir "$work/nginx"
  sed -e "s|@FOLDER@|$work/nginx|g; s|@PORT@|$port|; s|@WORKERS@|$cores|" "$sources/nginx.conf.in" >"$work/nginx/nginx.conf"
  start_at nginx "$server_cores" "$port" nginx -p "$work/nginx" -c "$work/nginx/nginx.conf"
}
start_webhook() {
  local port
  port=$(free_port)
  sed -e "s|@SECRET@|$(cat "$secret")|; s|@COMMAND@|$work/command|" "$sources/hooks.json.in" >"$work/hooks.json"
  # The least that a command of it can be: a script that does nothing.
  printf '#!/bin/sh\nexit 0\n' >"$work/command"
  chmod +x "$work/command"
  start_at webhook "$server_cores" "$port" webhook -ip 127.0.0.1 -port "$port" -hooks "$work/hooks.json" -urlprefix webhooks
}
running=()
for name in "${all[@]}"; do
  wanted "$name" || continue
  case $name in
    nginx) start_nginx ;;
    go-reuse) start go-reuse "$server_cores" "$peers/receiver-openssl" -secret "$secret" -reuse ;;
    go) start go "$server_cores" "$peers/receiver-openssl" -secret "$secret" ;;
    go-plain) start go-plain "$server_cores" "$peers/receiver" -secret "$secret" ;;
    go-fsync) start go-fsync "$server_cores" "$peers/receiver-openssl" -secret "$secret" -file "$work/bodies" ;;
    octokit) start octokit "$server_cores" node "$peers/npm/octokit.mjs" "$secret" ;;
    probot)
      openssl genrsa -traditional -out "$work/app.pem" 2048 2>/dev/null
      start probot "$server_cores" node "$peers/npm/probot.mjs" "$secret" "$work/app.pem"
      ;;
    webhook) start_webhook ;;
    retainer) desk retainer "$server_cores" ;;
  esac
  running+=("$name")
done
if wanted retainer && [ "$cores" = 1 ]; then
  desk retainer-2-cores "$two"
fi

# -- Measuring.
results=$work/results
first=1000000
declare -A took_before # a second, by receiver: how many deliveries to make
# burst NAME CONNECTIONS: one run; its line of JSON in `line`, a row in the results.
burst() {
  local name=$1 connections=$2 pid=${server_pid[$1]} cpu written accepted
  forget_peak "$pid"
  cpu=$(cpu_microseconds "$pid")
  written=$(written_bytes "$pid")
  line=$(taskset -c "$client_core" "$load" "${server_url[$name]}" "$secret" --opened --first "$first" \
    --connections "$connections" --seconds "$seconds" \
    --most "$(awk -v r="${took_before[$name]:-10000}" -v s="$seconds" 'BEGIN {printf "%.0f", 2 * r * s + 2000}')") || true
  accepted=$(figure accepted "$line")
  [ -n "$accepted" ] || { echo "$name answered nothing" >&2; exit 1; }
  first=$((first + $(figure deliveries "$line") + 1))
  took_before[$name]=$(figure a_second "$line")
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$connections" "$(figure a_second "$line")" \
    "$(figure p50_ms "$line")" "$(figure p99_ms "$line")" \
    "$(divide $(($(cpu_microseconds "$pid") - cpu)) "$accepted" %.1f)" "$(memory "$pid" VmHWM)" \
    "$(divide $(($(written_bytes "$pid") - written)) "$accepted" %.0f)" \
    $(($(figure refused "$line") + $(figure unanswered "$line"))) "$(figure client_busy "$line")" >>"$results"
}
# decided NAME: so many deliveries since it was started.
decided() { retainer_figure "$1" retainer_delivery_lag_seconds_count; }
# durable NAME CONNECTIONS: a burst, and then until the last of it is decided.
durable() {
  local name=$1 before began backlog now accepted took whole cpu
  cpu=$(cpu_microseconds "${server_pid[$name]}")
  before=$(decided "$name")
  burst "$name" "$2"
  accepted=$(figure accepted "$line")
  began=$EPOCHREALTIME
  backlog=$((before + accepted - $(decided "$name")))
  while true; do
    now=$(decided "$name")
    took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN {print b - a}')
    [ "$now" -lt $((before + accepted)) ] || break
    if awk -v t="$took" 'BEGIN {exit !(t > 90)}'; then
      echo "$name: $((before + accepted - now)) deliveries are not decided 90 s after the burst" >&2
      break
    fi
    sleep 0.05
  done
  [ "$backlog" -gt 0 ] || took=0
  whole=$(awk -v a="$(figure seconds "$line")" -v b="$took" 'BEGIN {print a + b}')
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$2" "$backlog" "$took" "$(divide "$backlog" "$took" %.0f)" \
    "$(divide "$accepted" "$whole" %.1f)" \
    "$(divide $(($(cpu_microseconds "${server_pid[$name]}") - cpu)) "$accepted" %.1f)" >>"$work/drains"
}
measure() { if [[ $1 == retainer* ]]; then durable "$@"; else burst "$@"; fi; }

about_machine
printf 'Servers on %s processor(s), the client on another; %s round(s) of %s s; data on %s.\n' "$cores" "$rounds" \
  "$seconds" "$(df --output=fstype "$work" | tail -n 1)"
for name in "${running[@]}"; do
  # Once unmeasured: what compiles as it runs has compiled.
  seconds_kept=$seconds seconds=0.5
  measure "$name" 64
  seconds=$seconds_kept
done
: >"$results"
: >"$work/drains"
for connections in 64 1 16 256; do
  for round in $(seq "$rounds"); do
    # A slow machine, or a slow drain, has fewer rounds rather than a longer run.
    if [ "$round" -gt 1 ] && [ "$SECONDS" -gt 420 ]; then
      echo "$connections connections: $((round - 1)) round(s) alone, seven minutes are over" >&2
      break
    fi
    for name in "${running[@]}"; do measure "$name" "$connections"; done
    if [ "$connections" = 64 ] && [ -n "${server_pid[retainer-2-cores]:-}" ]; then
      measure retainer-2-cores 64
    fi
    echo "$connections connections, round $round of $rounds" >&2
  done
done

# of NAME CONNECTIONS COLUMN [FILE]: the median over the rounds.
of() { awk -F '\t' -v n="$1" -v c="$2" -v k="$3" '$1 == n && $2 == c {print $k}' "${4:-$results}" | median; }
echo
printf '%-17s %5s %9s %9s %9s %9s %9s %9s %8s %9s\n' receiver conns 'req/s' 'p50 ms' 'p99 ms' 'cpu us' 'peak MB' \
  'wrote B' refused 'client %'
for name in "${running[@]}" retainer-2-cores; do
  for connections in 1 16 64 256; do
    [ -n "$(of "$name" "$connections" 3)" ] || continue
    printf '%-17s %5s %9.0f %9.2f %9.2f %9.1f %9.0f %9.0f %8.0f %9.0f\n' "$name" "$connections" \
      "$(of "$name" "$connections" 3)" "$(of "$name" "$connections" 4)" "$(of "$name" "$connections" 5)" \
      "$(of "$name" "$connections" 6)" "$(divide "$(of "$name" "$connections" 7)" 1024 %.0f)" \
      "$(of "$name" "$connections" 8)" "$(of "$name" "$connections" 9)" "$(of "$name" "$connections" 10)"
  done
done
echo "cpu us, wrote B: the server's processor time and bytes written during the burst, a delivery."
echo "client %: how busy the client's processor was; nginx, which checks nothing, shows the client's ceiling."
if wanted retainer; then
  echo
  printf '%-17s %5s %12s %12s %12s %12s %12s\n' sustained conns 'burst req/s' 'left behind' 'drained /s' \
    'sustained /s' 'cpu us whole'
  for name in retainer retainer-2-cores; do
    for connections in 1 16 64 256; do
      [ -n "$(of "$name" "$connections" 6 "$work/drains")" ] || continue
      printf '%-17s %5s %12.0f %12.0f %12s %12.0f %12.0f\n' "$name" "$connections" "$(of "$name" "$connections" 3)" \
        "$(of "$name" "$connections" 3 "$work/drains")" "$(of "$name" "$connections" 5 "$work/drains")" \
        "$(of "$name" "$connections" 6 "$work/drains")" "$(of "$name" "$connections" 7 "$work/drains")"
    done
  done
  echo "sustained (accepted = decided): the deliveries of a burst by the time until the last of them was decided."
  echo "set aside: $(retainer_figure retainer retainer_set_aside_total)"
fi

# ratio WHAT BOUND A B
ratio() { printf '  %-52s %8s   wanted %s\n' "$1" "$(divide "${3:-0}" "${4:-0}")" "$2"; }
if wanted retainer; then
  echo
  echo "Ratios, Retainer by the other, at 64 connections where nothing is said:"
  mine=$(of retainer 64 3)
  steady=$(of retainer 64 6 "$work/drains")
  ratio 'burst ÷ Go in memory, SHA instructions' '>= 0.9' "$mine" "$(of go 64 3)"
  ratio 'burst ÷ the same with its buffers reused' '-' "$mine" "$(of go-reuse 64 3)"
  ratio 'burst ÷ @octokit/webhooks' '>= 1.2' "$mine" "$(of octokit 64 3)"
  ratio 'burst ÷ Probot' '>= 3' "$mine" "$(of probot 64 3)"
  ratio 'burst ÷ Go with an fsync each' '>= 6' "$mine" "$(of go-fsync 64 3)"
  ratio 'burst ÷ webhook with its command' '>= 25' "$mine" "$(of webhook 64 3)"
  ratio 'sustained ÷ Probot' '>= 1.0' "$steady" "$(of probot 64 3)"
  ratio 'sustained ÷ @octokit/webhooks' '(stretch) >= 1.0' "$steady" "$(of octokit 64 3)"
  ratio 'p50 at one connection ÷ Go with an fsync' '<= 1.2' "$(of retainer 1 4)" "$(of go-fsync 1 4)"
  # One sync: what Go's answer takes longer with one.
  sync=$(awk -v a="$(of go-fsync 1 4)" -v b="$(of go 1 4)" 'BEGIN {printf "%.2f", a - b}')
  ratio 'p99 ÷ (2 x p50 + one sync)' '<= 1' "$(of retainer 64 5)" \
    "$(awk -v p="$(of retainer 64 4)" -v s="$sync" 'BEGIN {print 2 * p + s}')"
  ratio 'memory at 256 connections, MB' '<= 150' "$(of retainer 256 7)" 1024
  if [ "$cores" = 1 ]; then
    ratio 'burst on two cores ÷ one' '>= 1.6' "$(of retainer-2-cores 64 3)" "$mine"
    ratio 'sustained on two cores ÷ one' '-' "$(of retainer-2-cores 64 6 "$work/drains")" "$steady"
  fi
  # Where other work takes turns with a server, its processor time says more than the clock.
  echo "By processor time a delivery (what a busy machine changes less):"
  mine=$(of retainer 64 6)
  for name in go go-reuse octokit probot go-fsync webhook; do
    [ -z "$(of "$name" 64 6)" ] || ratio "$name's ÷ Retainer's, burst" '-' "$(of "$name" 64 6)" "$mine"
  done
fi
