#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Does 'cmake --install' put everything in its usual place? Usage: tree.sh BUILD CMAKE
set -eu
build=$1 cmake=$2
source=$(cd "$(dirname "$0")/../.." && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root "$cmake" --install "$build" --prefix /usr >"$root/log" 2>&1 || { cat "$root/log"; exit 1; }

failed=0
# expect MODE FILE: FILE was installed with these permissions and something in it.
expect() {
    file=$root/usr/$2
    if [ ! -s "$file" ]; then
        echo "not installed: /usr/$2"
        failed=1
    elif [ "$(stat -c %a "$file")" != "$1" ]; then
        echo "/usr/$2: permissions $(stat -c %a "$file"), expected $1"
        failed=1
    fi
}
expect 755 bin/weir
expect 644 share/man/man8/weir.8
expect 644 lib/systemd/system/weir.service
expect 644 share/doc/weir/README.md
expect 644 share/doc/weir/LICENSE
expect 644 share/doc/weir/examples/weir.yaml
expect 644 share/weir/weir.schema.json
[ ! -e "$source/proxy/plugin/weir/plugin.h" ] || expect 644 include/weir/plugin.h

unit=$root/usr/lib/systemd/system/weir.service
if grep -n '@[A-Za-z_]*@' "$unit" || ! grep -q '^ExecStart=/usr/bin/weir run ' "$unit"; then
    echo "weir.service does not start /usr/bin/weir"
    failed=1
fi
# systemd must read it without complaints too, where it is there.
if command -v systemd-analyze >/dev/null; then
    mkdir "$root/verify"
    sed "s,/usr/bin/weir,$root/usr/bin/weir," "$unit" >"$root/verify/weir.service"
    if ! systemd-analyze verify --man=no "$root/verify/weir.service" >"$root/verify/said" 2>&1 || [ -s "$root/verify/said" ]; then
        cat "$root/verify/said"
        echo "weir.service has mistakes"
        failed=1
    fi
fi
# The manual page must be readable without complaints where man's tools are there.
if command -v groff >/dev/null && groff -man -z -ww "$root/usr/share/man/man8/weir.8" 2>&1 | grep .; then
    echo "weir.8 has mistakes"
    failed=1
fi
"$root/usr/bin/weir" version >/dev/null || { echo "the installed weir does not say its version"; failed=1; }
[ $failed = 0 ] && (cd "$root" && find usr -type f | sort)
exit $failed
