# SPDX-License-Identifier: Apache-2.0
#
# What the rule scripts share; sourced by them. A rule script takes --root DIR (another tree, for
# scripts/check-selftest) and --help, prints FILE:LINE: what is wrong, and exits 1 when it printed.
# $usage is set by the script before.

root=$(dirname "$0")/..
while [ $# -gt 0 ]; do
    case $1 in
    --help) echo "$usage"; exit 0 ;;
    --root) [ $# -gt 1 ] || { echo "$usage" >&2; exit 2; }; root=$2; shift 2 ;;
    -*) echo "$usage" >&2; exit 2 ;;
    *) break ;;
    esac
done
lib=$(cd "$(dirname "$0")/lib" && pwd)
name=$(basename "$0")
cd "$root"

# Hand-written C below the folders given; what the generator or a table maker wrote is left out.
c_files() {
    for folder in "$@"; do
        [ ! -d "$folder" ] || find "$folder" -name '*.[ch]' ! -name '*.tern.[ch]' \
            ! -name '*.rpc.[ch]'
    done | sort
}

# The entries of an allow-list: FIRST WORD, then the reason, which must be there.
allowed() {
    [ ! -f "scripts/$1" ] || awk -v list="scripts/$1" '
        /^#/ || NF == 0 { next }
        NF < 3 { print list ":" FNR ": an entry needs a reason" > "/dev/stderr"; exit 1 }
        { print $1 }' "scripts/$1"
}

# Ends the script: findings on stdin are printed, and any of them is failure.
verdict() {
    findings=$(cat)
    if [ -n "$findings" ]; then
        printf '%s\n' "$findings"
        echo "$name: $(printf '%s\n' "$findings" | wc -l) found; $1" >&2
        exit 1
    fi
    echo "$name: ok"
}
