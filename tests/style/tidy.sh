#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over the product, with the checks of .clang-tidy. Usage: tidy.sh BUILD, a build folder that was configured.
set -eu
build=$1
cd "$(dirname "$0")/../.."
if ! command -v run-clang-tidy >/dev/null; then
    echo "run-clang-tidy is missing; install the package clang-tidy"
    exit 1
fi
here=$(printf %s "$PWD" | sed 's/[^A-Za-z0-9_/-]/\\&/g')
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# The extra arguments: the build's compiler may be gcc, with flags that clang doesn't know.
if run-clang-tidy -quiet -j "$(nproc)" -p "$build" -extra-arg=-Wno-unknown-warning-option \
    -extra-arg=-Wno-ignored-optimization-argument "^$here/(proxy|plugins)/" >"$said" 2>&1; then
    echo "clean"
else
    grep -Ev 'warnings? generated|clang-tidy.* -quiet ' "$said" | sed 's,\x1b\[[0-9;]*m,,g'
    exit 1
fi
