#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the messages that bench/codec measures: data.py FOLDER writes one NAME.bin a row.

Always the same bytes: the seed is fixed. How often a field is set and how long its value is follows,
for flat and groups, the data of protobuf's own benchmarks (google_message1 and google_message2), as
counted there; the values are made up.
"""
import pathlib
import random
import struct
import subprocess
import sys

VARINT, I64, LEN, SGROUP, EGROUP, I32 = range(6)


def varint(v):
    out = bytearray()
    while v > 127:
        out.append(v & 127 | 128)
        v >>= 7
    out.append(v)
    return bytes(out)


def tag(number, wire):
    return varint(number << 3 | wire)


def number(n, v):
    return tag(n, VARINT) + varint(v)


def f32(n, v):
    return tag(n, I32) + struct.pack('<f', v)


def f64(n, v):
    return tag(n, I64) + struct.pack('<d', v)


def block(n, v):
    return tag(n, LEN) + varint(len(v)) + v


def text(rng, size):
    return bytes(rng.choice(b'abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ0123456789/:.-') for _ in range(size))


def flat(rng):
    part = (number(1, 25) + number(2, 36) + block(15, text(rng, 67)) +
            tag(21, I64) + struct.pack('<Q', rng.getrandbits(63)) + number(22, 2) + number(23, 1))
    return (block(1, b'') + number(2, 8) + number(3, 2066379) + block(4, text(rng, 6)) +
            block(9, text(rng, 89)) + number(12, 1) + number(13, 1) + number(14, 1) +
            block(15, part) + number(17, 1) + block(18, text(rng, 10)) + number(67, 1571372) +
            number(100, 83))


def groups(rng):
    out = block(2, rng.randbytes(1428)) + number(3, 1 << 24) + number(4, 1 << 16)
    for i in range(1000):
        inner = f32(1, rng.random())
        if i % 3 == 0:
            inner += f32(3, rng.random())
        for field, every in ((4, 143), (5, 500), (6, 250), (7, 11)):
            if i % every == 0:
                inner += number(field, 1)
        if i % 334 == 0:
            inner += f32(8, rng.random())
        size = min(172, max(16, round(rng.gammavariate(4, 9)) + 16))
        out += (tag(10, SGROUP) + number(5, i % 100) + f32(11, rng.random()) +
                block(12, text(rng, size)) + number(15, rng.getrandbits(64) | 1 << 58) +
                block(31, inner))
        if i % 37 == 0:
            out += number(73, i % 128)
        out += tag(10, EGROUP)
    return (out + number(21, 1 << 30) + f32(25, 1.5) + number(71, 1 << 29) + number(129, 1) +
            number(205, 1) + number(206, 1))


def complex_reply(rng):
    pets = b''.join(block(9, block(1, text(rng, 8)) + (number(2, c) if c else b''))
                    for c in range(6))
    return (block(1, b'it is me') + f64(2, 123.456) + f32(3, 1.5) + number(4, 1) + number(5, 42) +
            number(6, 1 << 40) + number(8, 1) + pets + block(10, text(rng, 24)))


def wide(rng):
    return (number(5, 7) + block(31, text(rng, 12)) + number(52, 1 << 33) + number(78, 1) +
            f64(99, 2.5))


def packed(rng):
    return block(1, b''.join(varint(rng.choice((rng.getrandbits(7), rng.getrandbits(14),
                                               rng.getrandbits(28)))) for _ in range(1000)))


def mapped(rng):
    return b''.join(block(1, block(1, b'key-%03d-%s' % (i, text(rng, 6))) +
                          number(2, rng.getrandbits(20))) for i in range(100))


def deep(_):
    out = number(2, 90)
    for level in range(89, 0, -1):
        out = block(1, out) + number(2, level)
    return out


ROWS = {
    'echo16': lambda rng: block(1, text(rng, 16)),
    'echo32': lambda rng: block(1, text(rng, 32)),
    'echo64': lambda rng: block(1, text(rng, 64)),
    'echo1024': lambda rng: block(1, text(rng, 1024)),
    'flat': flat,
    'groups': groups,
    'complex': complex_reply,
    'wide': wide,
    'packed': packed,
    'map': mapped,
    'deep': deep,
}


def main():
    if len(sys.argv) != 3:
        sys.exit('usage: data.py FOLDER DESCRIPTOR_PROTO')
    folder = pathlib.Path(sys.argv[1])
    for name, make in ROWS.items():
        (folder / (name + '.bin')).write_bytes(make(random.Random(name)))
    # The descriptor of a descriptor.proto, without the set's tag and length around it.
    proto = pathlib.Path(sys.argv[2])
    made = folder / 'descriptor.set'
    subprocess.run(['protoc', '-I', proto.parents[2], '-o', made, proto], check=True)
    whole, at = made.read_bytes(), 1
    while whole[at] > 127:
        at += 1
    (folder / 'descriptor.bin').write_bytes(whole[at + 1:])


main()
