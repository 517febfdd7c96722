# Sourced by intake.sh, attacks.sh and api_load.sh: starts, pins, observes and stops servers, and
# reads figures from lines of JSON.
# shellcheck shell=bash disable=SC2034

# The processors of servers and clients. The client's is never that of a server with one core.
processors=$(nproc)
[ "$processors" -ge 2 ] || { echo "this needs two processors: one serves, one asks" >&2; exit 2; }
client_core=1
[ "$processors" -lt 3 ] || client_core=2

work=$(mktemp -d)
declare -A server_pid server_url
stop_all() {
  local name
  for name in "${!server_pid[@]}"; do stop "$name"; done
}
trap 'stop_all; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# figure KEY JSON: prints the number or word of that key.
figure() { sed -nE "s/.*\"$1\":\"?([^,\"}]*).*/\1/p" <<<"$2" | head -n 1; }
# median: prints the median of the numbers on standard input.
median() { sort -g | awk '{v[NR] = $1} END {if (NR) print v[int((NR + 1) / 2)]}'; }
# divide A B [FORMAT]
divide() { awk -v a="$1" -v b="$2" -v f="${3:-%.2f}" 'BEGIN {if (b > 0) printf f, a / b; else printf "-"}'; }

# tree PID: prints the process and all its descendants.
tree() {
  local child
  echo "$1"
  { cat /proc/"$1"/task/*/children 2>/dev/null || true; } | tr ' ' '\n' | while read -r child; do
    [ -z "$child" ] || tree "$child"
  done
}
# The resources that a server's processes have used. For children that have ended, Linux adds them
# to the parent, except the memory.
ticks=$(getconf CLK_TCK)
cpu_microseconds() {
  local pid
  for pid in $(tree "$1"); do sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null || true; done |
    awk -v ticks="$ticks" '{sum += $12 + $13 + $14 + $15} END {printf "%.0f", sum * 1000000 / ticks}'
}
written_bytes() {
  local pid
  for pid in $(tree "$1"); do cat "/proc/$pid/io" 2>/dev/null || true; done |
    awk '$1 == "write_bytes:" {sum += $2} END {printf "%.0f", sum}'
}
# memory PID KEY: VmHWM (the most since forget_peak) or VmRSS, in kB.
memory() {
  local pid
  for pid in $(tree "$1"); do cat "/proc/$pid/status" 2>/dev/null || true; done |
    awk -v key="$2:" '$1 == key {sum += $2} END {printf "%.0f", sum}'
}
forget_peak() {
  local pid
  for pid in $(tree "$1"); do echo 5 2>/dev/null >"/proc/$pid/clear_refs" || true; done
}
threads() { awk '$1 == "Threads:" {print $2}' "/proc/$1/status"; }

# A port on which nothing listens, for servers that do not accept port 0.
free_port() {
  local port
  while true; do
    port=$((20000 + RANDOM % 12000))
    grep -qi "$(printf ':%04X ' "$port")" /proc/net/tcp /proc/net/tcp6 2>/dev/null || break
  done
  echo "$port"
}

# launch NAME CORES COMMAND…: on these processors, in the background; what it says goes to a file.
launch() {
  local name=$1 cores=$2
  shift 2
  : >"$work/$name.out"
  taskset -c "$cores" "$@" >>"$work/$name.out" 2>&1 &
  server_pid[$name]=$!
}
# until_up NAME COMMAND…: waits until the command succeeds, for 30 s at most.
until_up() {
  local name=$1
  shift
  for _ in $(seq 300); do
    ! "$@" || return 0
    kill -0 "${server_pid[$name]}" 2>/dev/null || break
    sleep 0.1
  done
  echo "$name did not start:" >&2
  tail -n 20 "$work/$name.out" >&2
  return 1
}
says_url() {
  server_url[$1]=$(sed -nE 's/^listening at (http:[^ ]+).*/\1/p' "$work/$1.out" | head -n 1)
  [ -n "${server_url[$1]}" ]
}
# start NAME CORES COMMAND…: a server that says "listening at URL".
start() {
  launch "$@"
  until_up "$1" says_url "$1"
}
takes_connections() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# start_at NAME CORES PORT COMMAND…: one that is told its port.
start_at() {
  server_url[$1]=http://127.0.0.1:$3
  launch "$1" "$2" "${@:4}"
  until_up "$1" takes_connections "$3"
}
stop() {
  local pid=${server_pid[$1]}
  unset "server_pid[$1]"
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

# start_retainer NAME CORES FOLDER: `$retainer serve` on a folder of retainer_seed.
declare -A metrics_url
is_ready() {
  local line
  line=$(grep -m 1 '"event":"listening"' "$work/$1.out") || return 1
  server_url[$1]=$(figure url "$line")
  metrics_url[$1]=$(figure metrics_url "$line")
  curl -fsS -o /dev/null "${server_url[$1]}/readyz" 2>/dev/null
}
start_retainer() {
  launch "$1" "$2" "${retainer:?}" serve --config "$3/retainer.yaml"
  until_up "$1" is_ready "$1"
}
# retainer_figure NAME METRIC: the sum over its labels.
retainer_figure() {
  curl -fsS "${metrics_url[$1]}/metrics" |
    awk -v metric="$2" 'index($1, metric "{") == 1 || $1 == metric {sum += $2} END {printf "%.0f", sum}'
}
# What the figures hang on, for whoever reads them.
about_machine() {
  printf '%s, %s, %s of its processors, kernel %s, load %s\n' "$(date -u +%FT%TZ)" \
    "$(sed -nE 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" "$processors" "$(uname -r)" \
    "$(cut -d ' ' -f 1 /proc/loadavg)"
  grep -qw sha_ni /proc/cpuinfo && echo "The processor has SHA instructions." ||
    echo "The processor has no SHA instructions."
}
