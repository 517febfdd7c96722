#!/usr/bin/env bash
# Checks what no compiler checks: formatting, width of lines, length of files, spelling, shell
# scripts.
#
#   tests/style.sh          prints what is wrong; exit code 1 if something is
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
# shellcheck disable=SC2086
need_packages $style_packages

# A text that must be on one line (raw strings of JSON, dates in tables) may exceed the width.
readonly most_columns=100 most_lines=600
failed=0
mapfile -t sources < <(git ls-files '*.cc' '*.h')
mapfile -t scripts < <(git ls-files '*.sh')
mapfile -t texts < <(git ls-files | grep -vE '/samples/|\.(json|ics|svg)$')

clang-format --dry-run -Werror "${sources[@]}" || failed=1
# Tables in comments may exceed the width.
if LC_ALL=C.UTF-8 grep -nP "^.{$((most_columns + 1)),}" "${sources[@]}" | grep '// ' |
  grep -vE 'R"|https?://|:[0-9]+: *//( {4}| .*[^ ] {2,}[^ ])'; then
  echo "comments of more than $most_columns columns: wrap them"
  failed=1
fi
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
