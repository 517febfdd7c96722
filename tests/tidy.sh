#!/usr/bin/env bash
# Reads the product's code with clang-tidy; .clang-tidy says which checks.
#
#   tests/tidy.sh [ROOM…]      default: every room; src/core reads one
#
# A room's files are read together, as the unity builds compile them, which takes an eighth of the
# time. Fails when there is a finding.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=build/tidy
cmake -G Ninja -S . -B $build -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++ -DRETAINER_TESTS=OFF \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=16 -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null
files=()
for room in "${@:-}"; do
  mapfile -t -O "${#files[@]}" files < <(sed -n 's/^ *"file": "\(.*\)",*$/\1/p' $build/compile_commands.json | grep -F "/$room")
done
if [ "${#files[@]}" -eq 0 ]; then
  echo "there is no such room; the rooms are named in ARCHITECTURE.md" >&2
  exit 1
fi
# Of what clang-tidy says, the counts of findings in other people's headers are left out.
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -I{} clang-tidy -p $build --quiet {} 2> >(grep -vE '^[0-9]+ warnings? ' >&2)
