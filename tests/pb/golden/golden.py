#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes ../golden.inc: messages of schema.proto as Python's protobuf encodes them.

Run by hand, with protoc and python3-protobuf: tests/pb/golden/golden.py > tests/pb/golden.inc
"""
import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
out = tempfile.mkdtemp()
subprocess.run(["protoc", "-I", here, "--python_out", out, os.path.join(here, "schema.proto")],
               check=True)
sys.path.insert(0, out)
import schema_pb2 as pb  # noqa: E402

INTS = ["int64", "int32", "sfixed32", "sfixed64", "sint32", "sint64"]
UINTS = ["uint64", "fixed64", "fixed32", "uint32"]
BITS = {"int64": 64, "sfixed64": 64, "sint64": 64, "uint64": 64, "fixed64": 64}


def values(kind):
    """Three values a type; the first is what the singular modes hold."""
    bits = BITS.get(kind, 32)
    if kind in INTS:
        return [-2, 2 ** (bits - 1) - 1, -2 ** (bits - 1)]
    if kind in UINTS:
        return [300, 2 ** bits - 1, 1]
    return {
        "double": [1.5, -0.0, 1e300],
        "float": [-2.25, 0.5, 1e30],
        "bool": [True, False, True],
        "string": ["h\u00e9llo", "", "a string of more than sixteen bytes"],
        "bytes": [b"\x00\xff", b"", b"0123456789abcdef0123456789"],
        "enum": [70000, -2, 1],
    }[kind]


SCALARS = INTS + UINTS + ["double", "float", "bool", "enum"]


def fill(m, prefix):
    for kind in SCALARS + ["string", "bytes"]:
        setattr(m, prefix + kind, values(kind)[0])


def fill_inner(inner):
    inner.a = 150
    inner.b = "inner"
    inner.next.b = "next"
    inner.list.add().a = 1
    inner.list.add().list.add().raw = b"deep"
    inner.list.add()


def emit(name, message):
    data = message.SerializeToString(deterministic=True)
    print("static const uint8_t %s[] = {" % name)
    for i in range(0, len(data), 16):
        print("    " + " ".join("0x%02x," % b for b in data[i:i + 16]))
    print("};\n")


print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Made by golden/golden.py. */\n")

m = pb.All()
fill(m, "i_")
fill_inner(m.i_message)
emit("golden_implicit", m)

m = pb.All()
fill(m, "e_")
fill_inner(m.e_message)
emit("golden_explicit", m)

m = pb.All()
for kind in SCALARS:
    setattr(m, "e_" + kind, False if kind == "bool" else 0)
m.e_string = ""
m.e_bytes = b""
m.e_message.SetInParent()
emit("golden_explicit_zero", m)

for kind in SCALARS + ["string", "bytes"]:
    m = pb.All()
    setattr(m, "o_" + kind, values(kind)[0])
    emit("golden_oneof_" + kind, m)
m = pb.All()
fill_inner(m.o_message)
emit("golden_oneof_message", m)
m = pb.All()
m.o_int32 = 0
emit("golden_oneof_zero", m)

m = pb.All()
for kind in SCALARS + ["string", "bytes"]:
    getattr(m, "r_" + kind).extend(values(kind))
for _ in range(3):
    fill_inner(m.r_message.add())
emit("golden_repeated", m)

m = pb.All()
for kind in SCALARS:
    getattr(m, "p_" + kind).extend(values(kind) * 7)
emit("golden_packed", m)

m = pb.All()
for i in range(20):
    m.m_string["key %02d" % i] = "v" * i
    m.m_bytes[-i] = bytes([i])
    m.m_fixed[i] = i / 4
    m.m_enum[i * 1000000007] = i % 2
    fill_inner(m.m_message[i - 10])
m.m_bool[False] = -1
m.m_bool[True] = 0
emit("golden_maps", m)

m = pb.All()
m.tag3 = 3
m.tag4 = "four"
m.tag5 = 5
emit("golden_tags", m)
