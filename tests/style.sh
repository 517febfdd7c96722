#!/usr/bin/env bash
# What no compiler sees: formatting, the width of lines, the length of files, spelling, shell scripts.
#
#   tests/style.sh          says what is wrong; ends with 1 where something is
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
# shellcheck disable=SC2086
need_packages $style_packages

# Texts that one line holds (raw strings of JSON, dates in tables) may be longer than it should be.
readonly most_columns=100 most_lines=600
failed=0
mapfile -t sources < <(git ls-files '*.cc' '*.h')
mapfile -t scripts < <(git ls-files '*.sh')
mapfile -t texts < <(git ls-files | grep -vE '/samples/|\.(json|ics|svg)$')

clang-format --dry-run -Werror "${sources[@]}" || failed=1
awk -v most=$most_columns 'length > most && /\/\/ / && !/R"|https?:\/\// {
  print FILENAME ":" FNR ": a comment of " length " columns; wrap it at " most; found = 1
} END { exit found }' "${sources[@]}" || failed=1
for file in "${sources[@]}"; do
  lines=$(wc -l <"$file")
  if [ "$lines" -gt $most_lines ]; then
    echo "$file: $lines lines; split it by what it is about ($most_lines at most)"
    failed=1
  fi
done
codespell "${texts[@]}" || failed=1
shellcheck -x "${scripts[@]}" || failed=1
exit $failed
