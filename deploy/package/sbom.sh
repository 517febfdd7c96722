#!/usr/bin/env bash
# Prints what the program is linked with, as SPDX 2.3 (JSON): each shared library's Debian package
# with its version, and the packages whose headers or static libraries are in it.
#
#   deploy/package/sbom.sh PROGRAM >retainer.spdx.json
#
# The libraries are those of this machine, so run it where the program was built.
set -euo pipefail
program=$1
# shellcheck source=deploy/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/../packages.sh"
version=$("$program" --version)
# The same program gives the same document.
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(stat -c %Y "$program")}" +%Y-%m-%dT%H:%M:%SZ)
digest=$(sha256sum "$program" | cut -d' ' -f1)

linked() {
  ldd "$program" | awk '/=> \//{print $3}' | while read -r library; do
    # A path below /lib may be recorded below /usr/lib.
    { dpkg-query -S "$(realpath "$library")" || dpkg-query -S "${library#/usr}" ||
      dpkg-query -S "/usr$library"; } 2>/dev/null | head -1 | cut -d: -f1
  done
}
# Header-only and static libraries leave no trace in the program: those that it is built with.
built_in() {
  # shellcheck disable=SC2154
  for package in $build_packages; do
    case $package in
      lib*-dev | *-dev) echo "$package" ;;
    esac
  done
}
packages=$( (linked | sed 's/$/ DYNAMIC_LINK/'; built_in | sed 's/$/ BUILD_DEPENDENCY_OF/') | sort -u)

printf '{\n  "spdxVersion": "SPDX-2.3",\n  "dataLicense": "CC0-1.0",\n  "SPDXID": "SPDXRef-DOCUMENT",\n'
printf '  "name": "retainer-%s",\n' "$version"
printf '  "documentNamespace": "https://spdx.invalid/retainer/%s/%s",\n' "$version" "$digest"
printf '  "creationInfo": {"created": "%s", "creators": ["Tool: retainer-sbom"]},\n' "$created"
printf '  "packages": [\n'
printf '    {"SPDXID": "SPDXRef-retainer", "name": "retainer", "versionInfo": "%s", "downloadLocation": "NOASSERTION", "licenseDeclared": "Apache-2.0", "licenseConcluded": "Apache-2.0", "copyrightText": "NOASSERTION", "filesAnalyzed": false, "checksums": [{"algorithm": "SHA256", "checksumValue": "%s"}]}' \
  "$version" "$digest"
relations=
while read -r package kind; do
  installed=$(dpkg-query -W -f '${Version} ${Architecture} ${source:Package}' "$package" 2>/dev/null) || continue
  read -r package_version architecture source <<<"$installed"
  id="SPDXRef-$(tr -c 'A-Za-z0-9.\n' - <<<"$package")"
  printf ',\n    {"SPDXID": "%s", "name": "%s", "versionInfo": "%s", "sourceInfo": "Debian source package %s", "downloadLocation": "NOASSERTION", "licenseDeclared": "NOASSERTION", "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION", "filesAnalyzed": false, "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:deb/debian/%s@%s?arch=%s"}]}' \
    "$id" "$package" "$package_version" "$source" "${package//+/%2B}" "$(sed 's/:/%3A/g; s/+/%2B/g; s/~/%7E/g' <<<"$package_version")" "$architecture"
  if [ "$kind" = DYNAMIC_LINK ]; then
    relations+=$(printf ',\n    {"spdxElementId": "SPDXRef-retainer", "relationshipType": "DYNAMIC_LINK", "relatedSpdxElement": "%s"}' "$id")
  else
    relations+=$(printf ',\n    {"spdxElementId": "%s", "relationshipType": "BUILD_DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-retainer"}' "$id")
  fi
done <<<"$packages"
printf '\n  ],\n  "relationships": [\n'
printf '    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-retainer"}%s\n  ]\n}\n' "$relations"
