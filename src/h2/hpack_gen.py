#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes huffman_tables.inc and hpack_names.inc beside this script.

Huffman: the code of RFC 7541 Appendix B is canonical (codes of one length rise with the symbol), so
the 257 code lengths are all there is to know. Names: a perfect hash over the names in hpack_field.h.
Run it after changing the names; tests check the output against its sources.
"""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
WINDOW = 12  # bits looked up at once by the decoder

# Code lengths of symbols 0 to 255 and of EOS.
LENGTHS = [int(n) for n in """
13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28
6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10
13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6
15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28
20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24
22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23
26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27
20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26
30""".split()]


def codes():
    assert len(LENGTHS) == 257
    order = sorted(range(257), key=lambda s: (LENGTHS[s], s))
    out, code, last = [0] * 257, 0, LENGTHS[order[0]]
    for s in order:
        code <<= LENGTHS[s] - last
        last = LENGTHS[s]
        out[s] = code
        code += 1
    assert code == 1 << last, "the code is not complete"
    return out, order


def window_table(code):
    """Entry for each inverted WINDOW-bit prefix: symbols that lie wholly in it, at most two."""
    def first(bits, n):
        for s in range(256):
            if LENGTHS[s] <= n and bits >> (n - LENGTHS[s]) == code[s]:
                return s
        return None

    out = []
    for w in range(1 << WINDOW):
        a = first(w, WINDOW)
        if a is None:
            out.append((0, 0, 0, 0))
            continue
        left = WINDOW - LENGTHS[a]
        b = first(w & ((1 << left) - 1), left)
        total = LENGTHS[a] + (LENGTHS[b] if b is not None else 0)
        out.append((a, b or 0, total, 1 if b is None else 2))
    return out[::-1]


def long_codes(code, order):
    """For each length over WINDOW: first code, where its symbols start, and the left-aligned end."""
    symbols = [s for s in order if LENGTHS[s] > WINDOW]
    rows = []
    for n in range(WINDOW + 1, 31):
        mine = [s for s in symbols if LENGTHS[s] == n]
        before = sum(1 for s in symbols if LENGTHS[s] < n)
        shorter = sum(1 << (32 - LENGTHS[s]) for s in range(257) if LENGTHS[s] < n)
        end = shorter + (len(mine) << (32 - n))
        rows.append((shorter >> (32 - n), before, min(end, 0xffffffff)))
    return rows, symbols


def array(out, decl, values, fmt, per_line):
    out.append(f"static const {decl} = {{")
    for i in range(0, len(values), per_line):
        out.append("    " + " ".join(fmt % v + "," for v in values[i:i + per_line]))
    out.append("};")


def huffman():
    code, order = codes()
    out = ["/* Made by hpack_gen.py from the code lengths of RFC 7541 Appendix B; not to be edited. */",
           f"#define HUFFMAN_WINDOW {WINDOW}"]
    array(out, "uint32_t huffman_code[256]", code[:256], "0x%x", 10)
    array(out, "uint8_t huffman_length[256]", LENGTHS[:256], "%d", 16)
    out.append("/* By inverted bits: symbols, their bits (0: a longer code), their count. */")
    array(out, f"huffman_entry huffman_window[{1 << WINDOW}]", window_table(code),
          "{{%d,%d},%d,%d}", 6)
    rows, symbols = long_codes(code, order)
    out.append(f"/* Lengths {WINDOW + 1} to 30: first code, index of its symbol, left-aligned end. */")
    out.append(f"static const struct {{ uint32_t first, at, end; }} huffman_long[{len(rows)}] = {{")
    out += ["    { 0x%x, %d, 0x%x }," % r for r in rows]
    out.append("};")
    array(out, f"uint16_t huffman_long_symbols[{len(symbols)}]", symbols, "%d", 16)
    with open(os.path.join(HERE, "huffman_tables.inc"), "w") as f:
        f.write("\n".join(out) + "\n")


def names():
    text = open(os.path.join(HERE, "hpack_field.h")).read()
    found = re.findall(r'X\((\w+),\s*"([^"]+)"\)', text)
    slot = lambda n, a, b, c: (len(n) * a + ord(n[-1]) * b + ord(n[len(n) // 2]) * c + ord(n[0])) & 255
    for a in range(1, 64):
        for b in range(1, 64):
            for c in range(1, 64):
                if len({slot(n, a, b, c) for _, n in found}) == len(found):
                    table = {slot(n, a, b, c): t for t, n in found}
                    out = ["/* Made by hpack_gen.py from hpack_field.h; not to be edited. */"]
                    out += [f"#define NAME_HASH_LENGTH {a}u", f"#define NAME_HASH_LAST {b}u",
                            f"#define NAME_HASH_MIDDLE {c}u",
                            "static const uint8_t name_slots[256] = {"]
                    out += [f"    [{i}] = TN_H2_TOKEN_{table[i]}," for i in sorted(table)]
                    out.append("};")
                    with open(os.path.join(HERE, "hpack_names.inc"), "w") as f:
                        f.write("\n".join(out) + "\n")
                    return
    raise SystemExit("no perfect hash: widen the search")


huffman()
names()
