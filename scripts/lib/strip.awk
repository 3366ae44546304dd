# SPDX-License-Identifier: Apache-2.0
#
# Prints C files as FILE:LINE:code, with comments blanked and the insides of string and character
# literals taken out. Lines stay lines. What `#include "x"` names is kept.

FNR == 1 { comment = 0 }

{
    rest = $0
    code = ""
    if (!comment && rest ~ /^[ \t]*#[ \t]*include/) {
        sub(/\/\*.*/, "", rest)
        print FILENAME ":" FNR ":" rest
        next
    }
    while (rest != "") {
        if (comment) {
            end = index(rest, "*/")
            if (!end)
                break
            rest = substr(rest, end + 2)
            comment = 0
            code = code " "
            continue
        }
        c = substr(rest, 1, 1)
        two = substr(rest, 1, 2)
        if (two == "/*") {
            comment = 1
            rest = substr(rest, 3)
        } else if (two == "//") {
            break
        } else if (c == "\"" || c == "'") {
            n = 2
            while (n <= length(rest) && substr(rest, n, 1) != c)
                n += substr(rest, n, 1) == "\\" ? 2 : 1
            code = code c c
            rest = substr(rest, n + 1)
        } else if (match(rest, /^[^"'\/]+/)) {
            code = code substr(rest, 1, RLENGTH)
            rest = substr(rest, RLENGTH + 1)
        } else {
            code = code c
            rest = substr(rest, 2)
        }
    }
    print FILENAME ":" FNR ":" code
}
