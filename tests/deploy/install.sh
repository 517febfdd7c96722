#!/usr/bin/env bash
# Runs the commands of "Install it as a service by hand" in deploy/README.md below a temporary folder, and
# then checks that the service runs as its user and answers that user's commands.
#
#   tests/deploy/install.sh RETAINER      the built program
#
# Needs root, as the installation does. Commands that would change the machine are replaced: the
# account is `nobody`, and systemctl, systemd-run and sudo are the functions below.
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ "$(id -u)" -ne 0 ]; then
  echo "not followed: the installation needs root"
  exit 0
fi
root=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true; rm -rf "$root"' EXIT
chmod 0755 "$root"
mkdir -p "$root"/{usr/local/bin,etc/systemd/system,work}
install -d -o nobody -g nogroup -m 0700 "$root/var" "$root/var/lib" "$root/var/lib/retainer"
chmod 0755 "$root/var" "$root/var/lib"

# The folder `desk`, as that page makes it, with the addresses of a machine without a network.
desk=$root/work/desk
"$binary" init "$desk" >/dev/null
sed -i "s#rocksdb:./data#rocksdb:$root/var/lib/retainer#; s#https://api.github.com#http://127.0.0.1:9/api/v3#
  s#127.0.0.1:8080#127.0.0.1:0#; s#127.0.0.1:9090#127.0.0.1:0#" "$desk/retainer.yaml"
openssl genrsa -out "$desk/app.pem" 2048 2>/dev/null
chmod 0600 "$desk/app.pem"
echo "GITHUB_WEBHOOK_SECRET=$(openssl rand -hex 32)" >"$desk/secrets.env"

user=(setpriv --reuid=nobody --regid=nogroup --clear-groups
  env -i "PATH=$root/usr/local/bin:/usr/bin:/bin")
useradd() { :; }
sudo() {
  [ "$1 $2" = "-u retainer" ]
  shift 2
  "${user[@]}" "$@"
}
# The variables of a unit's EnvironmentFile, which root reads as systemd does.
secrets() { grep -v '^#' "$1"; }
systemctl() {
  [ "$1" = enable ] || return 0
  local unit=$root/etc/systemd/system/retainer.service start variables
  start=$(sed -n 's/^ExecStart=//p' "$unit" | sed "s#/usr/#$root/usr/#; s#/etc/#$root/etc/#")
  mapfile -t variables < <(secrets "$root$(sed -n 's/^EnvironmentFile=-//p' "$unit")")
  # shellcheck disable=SC2086
  "${user[@]}" "${variables[@]}" $start >"$root/log" 2>&1 &
  service=$!
  for _ in $(seq 600); do
    grep -q '"event":"listening"\|event=listening\| listening ' "$root/log" && return 0
    kill -0 "$service" 2>/dev/null || break
    read -rt 0.1 <> <(:) || true
  done
  echo "the service did not start:" >&2
  cat "$root/log" >&2
  return 1
}
systemd-run() {
  local variables=()
  while [[ $1 == -* ]]; do
    if [ "$1" = -p ]; then
      case $2 in EnvironmentFile=*) mapfile -t variables < <(secrets "${2#*=}") ;; esac
      shift
    fi
    shift
  done
  "${user[@]}" "${variables[@]}" "$@"
}

steps=$(sed -n '/^## Install it as a service by hand/,/^The unit is hardened/p' deploy/README.md | sed -n 's/^    //p')
[ "$(wc -l <<<"$steps")" -ge 8 ] || { echo "the steps of deploy/README.md were not found" >&2; exit 1; }
said=$root/said
while IFS= read -r step; do
  echo "+ $step"
  # shellcheck disable=SC2016
  step=${step//'$(deploy/run.sh --build)'/$binary}
  step=${step//-g retainer/-g nogroup}
  step=${step//root:retainer/root:nogroup}
  step=${step// desk\// $desk/}
  step=$(sed -E "s#(^| |=)/(usr/local|etc)#\1$root/\2#g" <<<"$step")
  # There is no forge here, and doctor reports that.
  eval "$step" >"$said" 2>&1 || [[ $step == *" doctor "* ]] || { cat "$said" >&2; exit 1; }
  if grep -qE 'variable .* is not set|cannot read|Permission denied' "$said"; then
    cat "$said" >&2
    exit 1
  fi
done <<<"$steps"
grep -q 'ok.*configuration' "$said" || { echo "doctor did not get that far:" >&2; cat "$said" >&2; exit 1; }
kill "$service"
wait "$service"
service=
echo "the installation of deploy/README.md starts"
