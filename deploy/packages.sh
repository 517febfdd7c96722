# The Debian 12 packages that Retainer needs. Sourced by deploy/run.sh and the tests' scripts.
# shellcheck shell=bash disable=SC2034

build_packages="build-essential cmake ninja-build ccache pkg-config ca-certificates tzdata
  libabsl-dev libarchive-dev libboost-dev libcjose-dev libcli11-dev libcmark-gfm-dev libcpp-httplib-dev libcurl4-openssl-dev libgit2-dev libical-dev
  libicu-dev libjansson-dev libkainjow-mustache-dev liblz4-dev librocksdb-dev libspdlog-dev libssl-dev libyaml-cpp-dev
  libsimdjson-dev libsqlite3-dev nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev"
test_packages="clang libclang-rt-14-dev llvm curl git libgtest-dev libgmock-dev librapidcheck-dev libvalijson-dev openssh-server
  openssl python3"
style_packages="clang-format clang-tidy codespell git shellcheck"

# Installs the named packages that are missing. Quick when none is missing.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "missing: ${missing[*]}; install them as root, or install sudo, then run this again" >&2
      return 1
    }
    as_root=(sudo)
  fi
  echo "installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
