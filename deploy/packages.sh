# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Sourced by deploy/quickstart.sh and tests/run.sh: which packages weir needs, and how to get those that are missing.
# Debian 12 and 13, Ubuntu 24.04 and later.

packages_build="gcc libc6-dev cmake ninja-build pkgconf libuv1-dev libssl-dev libyaml-dev libllhttp-dev
    libpcre2-dev libc-ares-dev libnghttp2-dev zlib1g-dev libbrotli-dev libzstd-dev"
# a|b: a, or b where there is no a. clang-format is one version, so that the layout is the same on every system.
packages_test="libcmocka-dev clang clang-format-19|clang-format clang-tidy libclang-rt-dev python3 python3-pytest
    python3-yaml python3-jsonschema python3-hypothesis python3-websockets curl nginx openssl
    knot iproute2 nghttp2-client nghttp2-server python3-h2 python3-brotli zstd"
# Stories that want these say so when they are not there; not every system has them as packages.
packages_wish="chromium testssl.sh"
packages_bench="python3 python3-websockets nginx haproxy nghttp2-proxy nghttp2-client wrk strace curl openssl varnish libnginx-mod-http-brotli-filter"

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# Does apt have a version of $1 to install?
is_available() {
    LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep 'Candidate:' | grep -qv '(none)'
}

# The first of a|b that apt has, or a.
first_available() {
    for choice in $(echo "$1" | tr '|' ' '); do
        is_available "$choice" && echo "$choice" && return 0
    done
    echo "${1%%|*}"
}

# Is $1, or of a|b the first that apt has, installed?
is_installed() {
    case $1 in
        *"|"*) wanted=$(first_available "$1") ;;
        *) wanted=$1 ;;
    esac
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$wanted" 2>/dev/null)" = installed ]
}

# Debian 12 has no llhttp. Debian 13's needs nothing that Debian 12 lacks, so it is taken from there, and only it.
add_llhttp_source() {
    . /etc/os-release
    [ "${ID:-} ${VERSION_ID:-}" = "debian 12" ] ||
        die "apt knows no package libllhttp-dev on ${PRETTY_NAME:-this system}. On Ubuntu, enable 'universe'; elsewhere" \
            "install llhttp 9 with its pkg-config file, then run cmake --preset release && cmake --build --preset release."
    say "Debian 12 has no llhttp: adding Debian 13 as a source for the packages libllhttp* alone" \
        "(/etc/apt/sources.list.d/weir-trixie.sources, /etc/apt/preferences.d/weir-trixie)"
    apt_get install --no-install-recommends debian-archive-keyring
    # The pin first: without it, the source would offer all of Debian 13.
    as_root tee /etc/apt/preferences.d/weir-trixie >/dev/null <<'PIN'
Package: *
Pin: release n=trixie
Pin-Priority: -1

Package: libllhttp*
Pin: release n=trixie
Pin-Priority: 500
PIN
    as_root tee /etc/apt/sources.list.d/weir-trixie.sources >/dev/null <<'SOURCE'
Types: deb
URIs: http://deb.debian.org/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCE
    apt_get update
}

# Debian starts a service as soon as it is installed, and at each boot. Tests want the program only.
forbid_services() {
    policy=/usr/sbin/policy-rc.d
    [ -e $policy ] && return
    trap 'allow_services; exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    forbidden=yes
}
allow_services() {
    [ "${forbidden:-}" = yes ] || return 0
    as_root rm -f /usr/sbin/policy-rc.d
    trap - HUP INT TERM
    forbidden=
}

# install_missing PACKAGE...: does nothing, quickly, when all are there.
install_missing() {
    missing=
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null ||
        die "These packages are missing, and there is no apt-get to install them with:$missing." \
            "Install what they are called on this system, then run cmake --preset release && cmake --build --preset release."
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        die "These packages are missing:$missing. Installing them takes root: run this as root, or install sudo."
    say "Installing:$missing"
    apt_get update
    case $missing in
        *libllhttp-dev*) is_available libllhttp-dev || add_llhttp_source ;;
    esac
    chosen=
    for package in $missing; do
        chosen="$chosen $(first_available "$package")"
    done
    forbid_services
    # shellcheck disable=SC2086
    if ! apt_get install --no-install-recommends $chosen; then
        allow_services
        die "apt-get could not install:$chosen. Its reason stands above; once that is mended, run this again."
    fi
    allow_services
    for service in nginx:nginx haproxy:haproxy nghttp2-proxy:nghttpx; do
        case " $chosen " in
            *" ${service%:*} "*) [ ! -d /run/systemd/system ] || as_root systemctl disable --quiet "${service#*:}" ;;
        esac
    done
}

# install_wished PACKAGE...: those that apt has and that can be installed; no word about the others.
install_wished() {
    for package in "$@"; do
        is_installed "$package" || ! is_available "$package" || (install_missing "$package") || true
    done
}

# configure PRESET [ARGUMENT...]: from the top of the repository. A build folder that was moved here from another place
# is made anew, cmake would refuse it.
configure() {
    preset=$1
    shift
    cache=build/$preset/CMakeCache.txt
    if [ -e "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache"; then
        rm -rf "build/$preset"
    fi
    cmake --preset "$preset" "$@" >&2
}
