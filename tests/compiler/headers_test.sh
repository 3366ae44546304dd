#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What is generated compiles without a warning: sources and headers as C11, C17 and C23, headers as C++17
# too, with gcc and with clang where they are. All of tests/compiler/golden, and what is installed.

set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failures=0
tried=0
flags='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Werror -fsyntax-only'

have() {
    command -v "$1" > /dev/null || { echo "no $1 here: not tried with it"; return 1; }
}

# One run of the compiler over all of them: compile COMPILER STANDARD FLAGS FILE...
compile() {
    compiler=$1
    standard=$2
    more=$3
    shift 3
    tried=$((tried + 1))
    # shellcheck disable=SC2086
    "$compiler" "-std=$standard" $flags $more -I"$here/golden" -I"$root/include" "$@" ||
        { echo "FAILED: $compiler -std=$standard" >&2; failures=$((failures + 1)); }
}

# Each golden header in a file of its own, twice: once more finds its guard. The installed ones together.
for header in "$here"/golden/*.h; do
    name=${header##*/}
    printf '#include "%s"\n#include "%s"\n' "$name" "$name" > "$tmp/$name.cc"
done
for header in "$root"/include/google/*/*.h; do
    printf '#include "%s"\n' "${header#"$root/include/"}"
done > "$tmp/installed.cc"

c='-Wstrict-prototypes -Wmissing-prototypes'
for compiler in gcc clang clang-14; do
    have $compiler || continue
    for standard in c11 c17 c2x; do
        compile $compiler $standard "$c" "$here"/golden/*.c
    done
done
for compiler in g++ clang++ clang++-14; do
    have $compiler || continue
    compile $compiler c++17 '' "$tmp"/*.cc "$here/cplusplus.cc"
done

# Behind all that libc has: names of the torture files are its functions, types and macros.
for header in assert complex ctype errno fcntl fenv float inttypes limits locale math netdb \
    netinet/in poll pthread semaphore setjmp signal stdio stdlib string sys/file sys/mman \
    sys/socket sys/stat sys/time sys/un sys/wait syslog threads time unistd wchar wctype; do
    echo "#include <$header.h>"
done > "$tmp/libc.h"
compile gcc gnu11 "-D_GNU_SOURCE -include $tmp/libc.h" "$here"/golden/torture*.c
grep -v 'complex\|threads' "$tmp/libc.h" > "$tmp/libcxx.h"
! have g++ || compile g++ gnu++17 "-include $tmp/libcxx.h" "$tmp"/torture*.cc

[ $failures = 0 ] && [ $tried != 0 ] && echo "headers_test: $tried runs, all passed"
exit $((failures != 0 || tried == 0))
