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

# What another plugin adds at the insertion points, in one run with ours. It ignores its request.
add() { # FILE POINT TEXT
    printf 'file { name: "%s" insertion_point: "%s" content: "%s\\n" }\n' "$@"
}
{
    echo 'supported_features: 3'
    add common.tern.h includes '#include <math.h>'
    add common.tern.h top '/* at the top */'
    add common.tern.h struct_scope:test.common.Shared 'int of_ours;'
    add common.tern.h end '/* at the end */'
    add common.tern.c includes '#include <errno.h>'
    add common.tern.c end 'int of_the_source;'
    add torture.rpc.h includes '#include <time.h>'
    add torture.rpc.h end '/* of rpc */'
    add torture.rpc.c includes '#include <locale.h>'
    add torture.rpc.c end '/* of calls */'
} > "$tmp/answer.txt"
protoc -I"$root/proto" --encode=google.protobuf.compiler.CodeGeneratorResponse \
    google/protobuf/compiler/plugin.proto < "$tmp/answer.txt" > "$tmp/answer" ||
    fail "no answer for the other plugin"
printf '#!/bin/sh\ncat > /dev/null\ncat "%s"\n' "$tmp/answer" > "$tmp/protoc-gen-adds"
chmod +x "$tmp/protoc-gen-adds"
generate --plugin="$tmp/protoc-gen-adds" --adds_out="$tmp" common.proto torture.proto ||
    fail "insertion points: $(cat "$tmp/err")"
grep -q '^    int of_ours;$' "$tmp/common.tern.h" || fail "nothing was added to the struct"
for text in '#include <math.h>' '/\* at the top \*/' '/\* at the end \*/'; do
    grep -q "^$text\$" "$tmp/common.tern.h" || fail "not in common.tern.h: $text"
done
grep -q '^int of_the_source;$' "$tmp/common.tern.c" || fail "nothing was added to common.tern.c"
grep -q '^/\* of rpc \*/$' "$tmp/torture.rpc.h" || fail "nothing was added to torture.rpc.h"
grep -q '^/\* of calls \*/$' "$tmp/torture.rpc.c" || fail "nothing was added to torture.rpc.c"

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
