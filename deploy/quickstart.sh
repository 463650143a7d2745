#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From a fresh clone to a running weir: installs what is missing, builds, and starts the demo.
# Usage: deploy/quickstart.sh [--no-run] [ARGUMENT OF weir demo...]
set -eu
cd "$(dirname "$0")/.."
. deploy/packages.sh

run=yes
case ${1:-} in
    --no-run) run=no; shift ;;
    -h | --help) sed -n '3,4s/^# //p' "deploy/${0##*/}"; exit 0 ;;
esac

# shellcheck disable=SC2086
install_missing $packages_build
said=$(mktemp)
trap 'rm -f "$said"' EXIT
say "Building weir in build/release ..."
if ! { configure release && cmake --build --preset release; } >"$said" 2>&1; then
    cat "$said" >&2
    die "weir could not be built; the reason stands above."
fi
rm -f "$said"
say "Built build/release/weir"
[ $run = yes ] || exit 0
exec build/release/weir demo "$@"
