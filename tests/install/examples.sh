#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Does weir accept the configurations that we tell users to copy? Usage: examples.sh REPOSITORY WEIR
set -eu
repository=$1 weir=$2
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
sed -n '/^```yaml$/,/^```$/p' "$repository/README.md" | grep -v '^```' >"$copy/README.yaml"
cp "$repository/config/weir.yaml" "$copy/weir.yaml"
failed=0
for example in README.yaml weir.yaml; do
    if [ -s "$copy/$example" ] && "$weir" check -c "$copy/$example"; then
        echo "$example: accepted"
    else
        echo "$example: refused; it comes from the top README.md or config/weir.yaml"
        failed=1
    fi
done
exit $failed
