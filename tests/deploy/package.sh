#!/usr/bin/env bash
# Installs the Debian package in a bare Debian 12, and runs its service as the unit says.
#
#   tests/deploy/package.sh PACKAGE.deb [BARE_ROOT]
#
# BARE_ROOT: a minimal Debian 12 to copy; without it debootstrap makes one. Needs root, openssl and
# systemd-analyze. The unit's command runs with a listener in systemd's place, which reads the
# notifications. Then systemd itself is booted, where the machine permits it (systemd-nspawn).
# shellcheck disable=SC2016  # the texts in single quotes are for the shell inside
set -euo pipefail
package=$(realpath "$1")
bare=${2:-}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ "$(id -u)" -ne 0 ]; then
  echo "not installed: this needs root"
  exit 0
fi
work=$(mktemp -d)
root=$work/root
# What is mounted here is in a namespace of its own, and ends with it.
trap 'rm -rf --one-file-system "$work"' EXIT
if [ -n "$bare" ]; then
  cp -a "$bare" "$root"
else
  # From where this machine gets its packages; debootstrap knows a mirror of its own.
  mirror=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" ${mirror:+"$mirror"} \
    >"$work/log" 2>&1
fi
cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/" 2>/dev/null || true
cp /etc/apt/apt.conf.d/99* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
for file in /etc/resolv.conf /etc/hosts; do cp -L "$file" "$root$file"; done
cp "$package" "$root/retainer.deb"

inside() {
  unshare --mount --propagation private bash -c '
    mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"
    exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash -euc "$1"' \
    "$root" "$1"
}
say() { echo "== $*"; }

say "it installs with what it depends on"
inside 'apt-get update -qq; apt-get install -y -qq --no-install-recommends /retainer.deb >/dev/null 2>&1
  dpkg -s retainer | grep -q "^Status: install ok installed"
  retainer --version; id retainer'

say "files belong to whom they should"
inside 'check() { [ "$(stat -c "%U:%G %a" "$1")" = "$2" ] || { echo "$1 is $(stat -c "%U:%G %a" "$1"), not $2" >&2; exit 1; }; }
  check /etc/retainer root:retainer\ 750
  check /etc/retainer/retainer.yaml root:retainer\ 640
  check /etc/retainer/policy/policy.yaml root:retainer\ 640
  check /etc/retainer/secrets root:root\ 700
  check /usr/bin/retainer root:root\ 755
  for file in /usr/lib/systemd/system/retainer.service /usr/share/man/man1/retainer.1 \
    /usr/share/bash-completion/completions/retainer /usr/share/doc/retainer/copyright; do
    [ -s "$file" ] || { echo "$file is not there" >&2; exit 1; }
  done'
grep -q '^ExecStart=/usr/bin/retainer serve ' "$root/usr/lib/systemd/system/retainer.service"

say "the installed configuration is valid, but for its secrets"
openssl genrsa -out "$root/etc/retainer/secrets/app.pem" 2048 2>/dev/null
secret=$(openssl rand -hex 32)
inside "mkdir /run/credentials
  chmod 600 /etc/retainer/secrets/app.pem
  cp /etc/retainer/secrets/app.pem /run/credentials/secrets_app.pem
  CREDENTIALS_DIRECTORY=/run/credentials GITHUB_WEBHOOK_SECRET=$secret \
    retainer check --policy /etc/retainer/policy --config /etc/retainer/retainer.yaml >/dev/null"

say "the unit's exposure is under 2.0"
score=$(systemd-analyze security --offline=true "$root/usr/lib/systemd/system/retainer.service" |
  sed -n 's/.*Overall exposure level.*: \([0-9.]*\).*/\1/p')
echo "$score"
awk -v score="$score" 'BEGIN {exit !(score != "" && score < 2.0)}'

say "the service says that it is ready, that it works, and that it stops"
cat >"$root/run-unit" <<'RUN'
set -eu
unit=/usr/lib/systemd/system/retainer.service
start=$(sed -n 's/^ExecStart=//p' "$unit")
# systemd's end of the notifications, on which the service writes one datagram per message.
install -d -o retainer -g retainer -m 0700 /var/lib/retainer
chown -R retainer:retainer /run/credentials
perl -MSocket -e 'socket(S, AF_UNIX, SOCK_DGRAM, 0); bind(S, sockaddr_un("/run/notify")) or die; chmod 0666, "/run/notify";
  $| = 1; while (defined recv(S, $m, 4096, 0)) { $m =~ s/\n/ /g; print "$m\n"; last if $m =~ /STOPPING/ }' >/told &
listener=$!
until [ -S /run/notify ]; do :; done
setpriv --reuid=retainer --regid=retainer --clear-groups env -i PATH=/usr/bin \
  NOTIFY_SOCKET=/run/notify WATCHDOG_USEC=3000000 CREDENTIALS_DIRECTORY=/run/credentials \
  GITHUB_WEBHOOK_SECRET="$1" $start >/log 2>&1 &
service=$!
tries=0
until grep -q WATCHDOG=1 /told; do
  tries=$((tries + 1))
  [ $tries -lt 600 ] && kill -0 $service || { cat /log /told >&2; exit 1; }
  read -rt 0.1 <> <(:) || true
done
grep -q '^READY=1' /told || { cat /told >&2; exit 1; }
head -1 /told | grep -q READY=1
setpriv --reuid=retainer --regid=retainer --clear-groups retainer status --config /etc/retainer/retainer.yaml
kill -HUP $service
until [ "$(grep -c ^READY=1 /told)" -ge 2 ]; do read -rt 0.1 <> <(:) || true; done
grep -q RELOADING=1 /told
kill -TERM $service
wait $service
wait $listener
grep -q STOPPING=1 /told
cat /told
RUN
inside "bash /run-unit $secret"

say "systemd starts it, and it works under the unit's restrictions"
printf 'GITHUB_WEBHOOK_SECRET=%s\n' "$secret" >"$root/etc/retainer/secrets.env"
chmod 600 "$root/etc/retainer/secrets.env"
cat >"$root/check-unit" <<'RUN'
set -eu
systemctl is-active retainer.service
systemctl show retainer.service -p StatusText -p WatchdogUSec -p NRestarts
systemctl reload retainer.service
sed -i 's/^plans:/plannns:/' /etc/retainer/policy/policy.yaml
! systemctl reload retainer.service 2>/dev/null
sed -i 's/^plannns:/plans:/' /etc/retainer/policy/policy.yaml
systemctl kill --signal=HUP --kill-who=main retainer.service
setpriv --reuid=retainer --regid=retainer --clear-groups retainer status --config /etc/retainer/retainer.yaml
setpriv --reuid=retainer --regid=retainer --clear-groups retainer backup /var/tmp/desk.tar --config /etc/retainer/retainer.yaml
systemctl stop retainer.service
systemctl show retainer.service -p Result -p ExecMainStatus
echo done
RUN
cat >"$root/etc/systemd/system/check-unit.service" <<'RUN'
[Unit]
After=retainer.service
[Service]
Type=oneshot
ExecStart=/bin/bash /check-unit
ExecStopPost=/bin/systemctl --no-block exit 0
StandardOutput=file:/checked
StandardError=file:/checked
[Install]
WantedBy=multi-user.target
RUN
inside 'systemctl enable retainer.service check-unit.service 2>/dev/null; rm -rf /run/credentials /run/notify'
if ! command -v systemd-nspawn >/dev/null; then
  echo "not booted: systemd-nspawn is missing (systemd-container)"
elif ! timeout 120 systemd-nspawn --quiet --directory "$root" --register=no --keep-unit --console=pipe \
  --as-pid2 /bin/true >"$work/nspawn" 2>&1 && ! timeout 120 systemd-nspawn --quiet --directory "$root" \
  --register=no --keep-unit --console=pipe /bin/true >>"$work/nspawn" 2>&1; then
  echo "not booted: this machine does not permit a container: $(tail -n 1 "$work/nspawn")"
else
  timeout 180 systemd-nspawn --quiet --directory "$root" --register=no --keep-unit --console=pipe --boot \
    >"$work/boot" 2>&1 || true
  cat "$root/checked"
  for line in StatusText=Ready 'WatchdogUSec=1min 30s' Result=success 'done'; do
    grep -qx "$line" "$root/checked" || { echo "there is no line $line" >&2; exit 1; }
  done
fi

say "what an administrator changed survives an upgrade and a removal"
inside 'sed -i "s/^mode: observe/mode: full/" /etc/retainer/retainer.yaml
  apt-get install -y -qq --reinstall /retainer.deb >/dev/null 2>&1
  grep -q "^mode: full" /etc/retainer/retainer.yaml
  apt-get remove -y -qq retainer >/dev/null 2>&1
  grep -q "^mode: full" /etc/retainer/retainer.yaml
  test ! -e /usr/bin/retainer; test -s /etc/retainer/secrets/app.pem; test -d /var/lib/retainer'

echo "the package installs, runs and goes"
