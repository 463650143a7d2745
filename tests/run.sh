#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs weir's tests; installs what they need first. The exit code and the closing lines are ctest's.
#
#   tests/run.sh            everything, with ASan and UBSan, in less than 25 minutes on two CPUs
#   tests/run.sh NAME       the tests whose name begins so: unit, unit/base, story/h1, fuzz, architecture, style
#   tests/run.sh tsan       unit tests and stories with ThreadSanitizer
#   tests/run.sh soak       the soak story for WEIR_SOAK_SECONDS (600)
#   tests/run.sh bench ...  weir against its peers: tests/bench/run.py
set -eu
cd "$(dirname "$0")/.."
. deploy/packages.sh

# Sanitizers of older compilers can't place their shadow memory when the kernel randomises addresses widely.
tame_addresses=
if [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28)" -gt 28 ] && setarch -R true 2>/dev/null; then
    tame_addresses="setarch -R"
fi

# build PRESET [ARGUMENT...]: warnings are errors here.
build() {
    say "Building build/$1 ..."
    said=$(mktemp)
    if ! { configure "$@" -DWEIR_WERROR=ON && cmake --build --preset "$1"; } >"$said" 2>&1; then
        cat "$said"
        rm -f "$said"
        die "build/$1 could not be built; the reason stands above."
    fi
    rm -f "$said"
}

# Clients and servers from npm, for stories; those that need them say so when they are not there.
install_node() {
    command -v npm >/dev/null || install_missing nodejs npm
    mkdir -p build/node
    cmp -s tests/story/node/package-lock.json build/node/node_modules/.lock && return
    cp tests/story/node/package.json tests/story/node/package-lock.json build/node/
    if (cd build/node && npm ci --ignore-scripts --no-audit --no-fund >/dev/null 2>&1); then
        cp tests/story/node/package-lock.json build/node/node_modules/.lock
    else
        say "npm could not install what tests/story/node names: those stories will be skipped."
    fi
}

# run_tests PRESET [ARGUMENT...]
run_tests() {
    preset=$1
    shift
    # shellcheck disable=SC2086
    exec $tame_addresses ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$(nproc)" "$@"
}

# shellcheck disable=SC2086
case ${1:-all} in
    -h | --help)
        sed -n '3,9s/^# \{0,1\}//p' "tests/${0##*/}"
        ;;
    bench)
        shift
        install_missing $packages_build $packages_bench
        configure release
        cmake --build --preset release >&2
        WEIR_BIN=$PWD/build/release/weir exec /usr/bin/python3 tests/bench/run.py "$@"
        ;;
    soak)
        install_missing $packages_build $packages_test
        build asan
        export WEIR_SOAK_SECONDS="${WEIR_SOAK_SECONDS:-600}"
        run_tests asan -R '^story/soak' --timeout $((WEIR_SOAK_SECONDS + 300))
        ;;
    tsan)
        install_missing $packages_build $packages_test
        install_wished $packages_wish
        install_node
        build tsan
        run_tests tsan -R '^(unit|story)/'
        ;;
    all)
        install_missing $packages_build $packages_test
        install_wished $packages_wish
        install_node
        build fuzz
        build asan -DWEIR_FUZZ_DIR="$PWD/build/fuzz"
        run_tests asan
        ;;
    fuzz*)
        install_missing $packages_build $packages_test
        build fuzz
        build asan -DWEIR_FUZZ_DIR="$PWD/build/fuzz"
        run_tests asan -R "^$1"
        ;;
    *)
        install_missing $packages_build $packages_test
        install_wished $packages_wish
        install_node
        build asan
        run_tests asan -R "^$1"
        ;;
esac
