#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a libFuzzer target for a bounded time. Usage: run.sh BUILD NAME SECONDS, BUILD being a folder of preset fuzz.
# It starts from the kept corpus; what it finds new goes to BUILD/corpus/NAME, an input that fails to BUILD/crashes/.
set -eu
build=$1 name=$2 seconds=$3
kept=$(cd "$(dirname "$0")" && pwd)/corpus/$name
target=$build/tests/fuzz/fuzz-$name
if [ ! -x "$target" ]; then
    echo "$target is missing; build it: cmake --preset fuzz && cmake --build --preset fuzz"
    exit 1
fi
mkdir -p "$build/corpus/$name" "$build/crashes"
[ -d "$kept" ] || kept=
dictionary=$(dirname "$0")/corpus/$name.dict
set --
[ ! -f "$dictionary" ] || set -- -dict="$dictionary"
# shellcheck disable=SC2086
if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$build/crashes/$name-" "$@" "$build/corpus/$name" $kept; then
    exit 0
fi
echo "Fuzz target $name failed. Once mended, keep the input that $build/crashes/$name-* names in tests/fuzz/corpus/$name/."
exit 1
