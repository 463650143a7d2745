#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Is every C file laid out as clang-format would? Prints what it would change. Put right by: tests/style/format.sh --fix
set -eu
cd "$(dirname "$0")/../.."
clang_format=$(command -v clang-format-19 || echo clang-format)
files=$(find proxy plugins tests -name '*.[ch]' 2>/dev/null | sort)
if [ "${1:-}" = --fix ]; then
    # shellcheck disable=SC2086
    exec "$clang_format" -i $files
fi
wrong=0 count=0
for file in $files; do
    count=$((count + 1))
    "$clang_format" "$file" | diff -u --label "$file" --label "$file, formatted" "$file" - || wrong=$((wrong + 1))
done
echo "$count files, $wrong laid out otherwise"
[ $wrong = 0 ] || { echo "Run: tests/style/format.sh --fix"; exit 1; }
