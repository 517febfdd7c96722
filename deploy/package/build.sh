#!/usr/bin/env bash
# Builds the Debian package and its SBOM into a folder.
#
#   deploy/package/build.sh FOLDER
set -euo pipefail
mkdir -p "$1"
folder=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
# shellcheck disable=SC2154,SC2086
need_packages $build_packages
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
cmake --build --preset release -- --quiet
(cd build/release && rm -f retainer_*.deb && cpack -G DEB >/dev/null)
cp build/release/retainer_*.deb "$folder/"
deploy/package/sbom.sh build/release/retainer >"$folder/retainer.spdx.json"
ls "$folder"
