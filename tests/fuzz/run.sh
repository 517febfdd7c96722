#!/usr/bin/env bash
# Fuzzes every target for a given time, as many at once as there are processors.
#
#   tests/fuzz/run.sh [--seed N] [SECONDS [TARGET…]]     default: 60 seconds and all targets; a
#                                                        seed makes a run repeatable
#
# Builds the preset `fuzz`, and makes a corpus in build/fuzz/corpus from the seeds beside this
# script and from samples of the tree (new inputs are kept there for the next run). Prints for each
# target how many edges of the program it reached and how often it ran. Fails when a target finds a
# bug, with the input, or when it reaches so few edges that the rooms cannot be instrumented.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
random=0
if [ "${1:-}" = --seed ]; then
  random=$2
  shift 2
fi
seconds=${1:-60}
shift || true
if [ $# -gt 0 ]; then
  targets=("$@")
else
  mapfile -t targets < <(sed -n 's/^retainer_fuzzer(\([a-z_]*\) .*/\1/p' tests/fuzz/CMakeLists.txt)
fi
least_edges=300 # the harness alone has some thirty

build=build/fuzz
[ -f $build/build.ninja ] || cmake --preset fuzz >/dev/null
echo "== building fuzz"
cmake --build $build --target "${targets[@]/%/_fuzz}" -- --quiet

# seed TARGET FILE: adds the file to the corpus, after the bytes PREFIX (in printf's form).
seed() {
  local folder=$build/corpus/$1 file=$2 prefix=${3:-}
  { printf '%b' "$prefix" && cat "$file"; } >"$folder/$(basename "$(dirname "$file")")-$(basename "$file")"
}
# The byte that chooses an event: its index in webhooks_fuzz.cc.
event_byte() {
  local n=0 event
  while read -r event; do
    if [ "${event,,}" = "$1" ]; then
      printf '\\x%02x' "$n"
      return
    fi
    n=$((n + 1))
  done < <(sed -n '/kEvents = {/,/};/s/.*"\([^"]*\)".*/\1/p' tests/fuzz/webhooks_fuzz.cc | tr ' ' '_')
  printf '\\x00'
}

for target in "${targets[@]}"; do
  mkdir -p $build/corpus/"$target" $build/found/"$target"
  for file in tests/fuzz/seeds/"$target"/*; do
    [ ! -f "$file" ] || seed "$target" "$file"
  done
done
for target in "${targets[@]}"; do
  case $target in
  text)
    for file in deploy/examples/issue-forms/*/*; do seed text "$file"; done
    ;;
  policy)
    for file in deploy/examples/*/policy/*.yaml deploy/examples/*/retainer.yaml; do seed policy "$file"; done
    ;;
  ics)
    for file in deploy/examples/*/policy/*.ics; do seed ics "$file"; done
    ;;
  webhooks)
    for file in webhooks/*/samples/*.json; do
      name=$(basename "$file")
      seed webhooks "$file" "$(event_byte "${name%%.*}")"
    done
    ;;
  forge)
    for file in webhooks/*/samples/*.json; do seed forge "$file" '\x00\n'; done
    ;;
  store_codec)
    cmake --build $build --target store_codec_seeds -- --quiet
    $build/tests/fuzz/store_codec_seeds $build/corpus/store_codec
    ;;
  esac
done

export build seconds random
# shellcheck disable=SC2317  # xargs calls it
run_one() {
  local target=$1 log=$build/$1.log dictionary=tests/fuzz/dictionaries/$1.dict options=()
  [ ! -f "$dictionary" ] || options+=("-dict=$dictionary")
  if ! nice -n 19 "$build/tests/fuzz/${target}_fuzz" -seed="$random" -max_total_time="$seconds" -timeout=20 \
    -max_len=20000 -rss_limit_mb=3000 -print_final_stats=1 -artifact_prefix="$build/found/$target/" \
    "${options[@]}" "$build/corpus/$target" >"$log" 2>&1; then
    echo "$target: found something: $(grep -o 'Test unit written to .*' "$log" | tail -1); see $log" >&2
    return 1
  fi
}
export -f run_one
echo "== fuzzing for $seconds s each"
failed=0
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'run_one {}' || failed=1
for target in "${targets[@]}"; do
  edges=$(grep -o 'cov: [0-9]*' $build/"$target".log | tail -1 | cut -d' ' -f2)
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' $build/"$target".log)
  printf '%-12s %6s edges  %9s runs\n' "$target" "${edges:-0}" "${runs:-?}"
  if [ "${edges:-0}" -lt $least_edges ]; then
    echo "$target: reaches $least_edges edges at the least where every room is instrumented" >&2
    failed=1
  fi
done
exit $failed
