#!/usr/bin/env bash
# Makes the README's screenshots anew, from the demo in a real browser.
#
#   tests/pages/npm/shots.sh RETAINER     the built program
set -euo pipefail
retainer=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
images=$(realpath ../../../deploy/docs/images)
command -v chromium >/dev/null || {
  echo "missing: chromium (a Debian package)" >&2
  exit 1
}
npm ci --loglevel=error --no-audit --no-fund --ignore-scripts
out=$(mktemp)
"$retainer" demo >"$out" &
demo=$!
trap 'kill "$demo" 2>/dev/null || true; rm -f "$out"' EXIT
until link=$(grep -om1 'http://.*/admin/.*' "$out"); do
  kill -0 "$demo" 2>/dev/null || {
    echo "the demo ended early" >&2
    exit 1
  }
  sleep 1
done
node shots.mjs "$link" dave "$images"
for image in desk my; do
  size=$(stat -c %s "$images/$image.png")
  if [ "$size" -gt 150000 ]; then
    echo "$image.png has $size bytes: 150000 at most" >&2
    exit 1
  fi
done
