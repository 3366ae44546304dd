#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# protoc-gen-tern as a program: its flags and exit statuses, and what protoc makes of its answers.

set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
plugin=$TERN_BIN/protoc-gen-tern
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# status EXPECTED ARGS...: the plugin with $tmp/in as its input ends with that exit status.
status() {
    expected=$1
    shift
    "$plugin" "$@" < "$tmp/in" > "$tmp/out" 2> "$tmp/err"
    got=$?
    [ $got = "$expected" ] || fail "protoc-gen-tern $*: exit status $got, not $expected"
}

generate() {
    protoc --plugin=protoc-gen-tern="$plugin" -I"$here" -I"$here/refused" -I"$root/proto" \
        --tern_out="$tmp" "$@" 2> "$tmp/err"
}

: > "$tmp/in"
status 0 --help
grep -q '^usage: ' "$tmp/out" || fail "--help gives no usage"
status 0 --version
grep -q '^protoc-gen-tern [0-9]' "$tmp/out" || fail "--version gives no version"
status 2 --nonsense
grep -q '^usage: ' "$tmp/err" || fail "a wrong flag gives no usage"
[ -s "$tmp/out" ] && fail "a wrong flag writes to the output"
status 2 file.proto

# No request, and no answer to it.
status 1
grep -q 'no file to generate' "$tmp/err" || fail "an empty request: $(cat "$tmp/err")"
printf 'GET / HTTP/1.1\r\n\r\n' > "$tmp/in"
status 1
grep -q '^protoc-gen-tern: ' "$tmp/err" || fail "a bad request gives no reason"
[ -s "$tmp/out" ] && fail "a bad request is answered"

# A schema that is refused is an answer: protoc prints it and fails, and writes nothing.
generate client_streaming.proto && fail "client_streaming.proto was not refused"
grep -q '^--tern_out: client_streaming.proto:7:3: method Up: client streaming methods' "$tmp/err" ||
    fail "client_streaming.proto: $(cat "$tmp/err")"
[ -e "$tmp/client_streaming.tern.h" ] && fail "client_streaming.tern.h was written"

# The same files from the program as from the tests.
generate common.proto kinds.proto proto2.proto torture.proto torture2.proto ||
    fail "protoc: $(cat "$tmp/err")"
for golden in "$here"/golden/*; do
    case $golden in
    *edition20* | *delimited*) continue ;;
    esac
    cmp -s "$golden" "$tmp/${golden##*/}" || fail "${golden##*/} differs from tests/compiler/golden"
done

[ $failures = 0 ] && echo "plugin_test: all passed"
exit $((failures != 0))
