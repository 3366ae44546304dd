#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends random and damaged messages through this library and through Python's libprotobuf, both in one
process each, and fails where they do not agree: on what is a message, and on what is in it.

Cases are made from the schema as bytes, not as messages: fields out of order and twice, packed and not,
long varints, wrong wire types, unknown fields and groups, cut and changed bytes. A case is its seed and
its number: the same in every run. Differences that are meant are in KNOWN, with the reason; they are
counted, and everything else is printed and fails the run.
"""
import argparse
import collections
import importlib
import os
import random
import struct
import subprocess
import sys
import warnings

from google.protobuf import descriptor as d
from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError

VARINT, I64, LEN, SGROUP, EGROUP, I32 = range(6)
WIRE = {
    d.FieldDescriptor.TYPE_DOUBLE: I64, d.FieldDescriptor.TYPE_FIXED64: I64,
    d.FieldDescriptor.TYPE_SFIXED64: I64, d.FieldDescriptor.TYPE_FLOAT: I32,
    d.FieldDescriptor.TYPE_FIXED32: I32, d.FieldDescriptor.TYPE_SFIXED32: I32,
    d.FieldDescriptor.TYPE_STRING: LEN, d.FieldDescriptor.TYPE_BYTES: LEN,
    d.FieldDescriptor.TYPE_MESSAGE: LEN, d.FieldDescriptor.TYPE_GROUP: SGROUP,
}
TEXTS = [b'', b'a', b'text', 'é'.encode(), '€𝄞'.encode(), b'\0', b'x' * 40, b'\xff', b'\xc0\x80',
         b'\xed\xa0\x80', b'long ' * 30]
NUMBERS = [0, 1, 2, 127, 128, 300, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 63) - 1,
           1 << 63, (1 << 64) - 1]
WARNED = []
# What the two are known to judge otherwise: name, reason.
KNOWN = {
    'enum': 'numbers above 32 bits that a closed enum does not name: libprotobuf keeps packed ones whole, and cuts'
            ' the others, ours too when it reads them again',
    'key': 'keys of a proto2 map that are not UTF-8: Python cannot look at their values',
    'tag': 'a tag of more than 5 bytes or above UINT32_MAX: refused here, as the conformance suite asks;'
           ' libprotobuf 3.21 drops the bits above',
}


def varint(v, rng=None):
    out = bytearray()
    while v > 127:
        out.append(v & 127 | 128)
        v >>= 7
    out.append(v)
    while rng and len(out) < 10 and rng.random() < 0.02:
        out[-1] |= 128
        out.append(0)
    return bytes(out)


class Maker:
    """Bytes of one case."""

    def __init__(self, rng, extensions):
        self.rng = rng
        self.extensions = extensions

    def scalar(self, field, wire):
        rng = self.rng
        if wire == VARINT:
            return varint(rng.choice(NUMBERS) if rng.random() < 0.5 else rng.getrandbits(rng.randrange(64)),
                          rng)
        return rng.randbytes(8 if wire == I64 else 4)

    def text(self):
        rng = self.rng
        return rng.choice(TEXTS) if rng.random() < 0.9 else rng.randbytes(rng.randrange(20))

    def unknown(self, depth):
        rng = self.rng
        number = rng.choice([15000, 900, 18, 66, 536870910])
        wire = rng.choice([VARINT, I64, LEN, SGROUP, I32])
        head = varint(number << 3 | wire)
        if wire == LEN:
            body = self.text()
            return head + varint(len(body)) + body
        if wire == SGROUP:
            inner = self.unknown(depth + 1) if depth < 5 and rng.random() < 0.5 else b''
            return head + inner + varint(number << 3 | EGROUP)
        return head + self.scalar(None, wire)

    def field(self, field, depth):
        rng = self.rng
        wire = WIRE.get(field.type, VARINT)
        repeated = field.label == field.LABEL_REPEATED
        if wire == LEN or wire == SGROUP:
            if field.message_type:
                body = self.message(field.message_type, depth + 1)
            else:
                body = self.text()
            if wire == SGROUP:
                return (varint(field.number << 3 | SGROUP) + body +
                        varint(field.number << 3 | EGROUP))
            return varint(field.number << 3 | LEN) + varint(len(body), rng) + body
        if rng.random() < (0.4 if repeated else 0.01):
            body = b''.join(self.scalar(field, wire) for _ in range(rng.randrange(6)))
            return varint(field.number << 3 | LEN) + varint(len(body)) + body
        if rng.random() < 0.01:
            wire = rng.choice([VARINT, I64, I32])
        return varint(field.number << 3 | wire, None) + self.scalar(field, wire)

    def item(self, message, depth):
        """An item of a MessageSet, the message before or behind its type."""
        extension = self.rng.choice(self.extensions[message.full_name])
        body = self.message(extension.message_type, depth + 1)
        number = extension.number if self.rng.random() < 0.9 else 99
        parts = [b'\x10' + varint(number), b'\x1a' + varint(len(body)) + body]
        if self.rng.random() < 0.2:
            parts.reverse()
        return b'\x0b' + b''.join(parts) + b'\x0c'

    def message(self, message, depth=0):
        rng = self.rng
        out = []
        if message.GetOptions().message_set_wire_format:
            return b''.join(self.item(message, depth) for _ in range(rng.randrange(3)))
        fields = list(message.fields) + self.extensions.get(message.full_name, [])
        count = rng.randrange(8 if depth == 0 else 4 if depth < 4 else 2)
        for _ in range(count):
            if rng.random() < 0.05:
                out.append(self.unknown(0))
            else:
                out.append(self.field(rng.choice(fields), depth))
        for f in message.fields:
            if f.label == f.LABEL_REQUIRED and rng.random() < 0.97:
                out.append(self.field(f, depth))
        return b''.join(out)

    def damaged(self, data):
        rng = self.rng
        data = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(data) + 1)
            what = rng.randrange(5)
            if what == 0 and data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            elif what == 1:
                del data[at:]
            elif what == 2:
                data.insert(at, rng.randrange(256))
            elif what == 3 and data:
                del data[at % len(data)]
            elif data:
                data[at % len(data)] = rng.choice([0, 0x7f, 0x80, 0xff, 7, 4, 0xb])
        return bytes(data)


class Ours:
    """The program codec, as a function."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def convert(self, kind, operation, data):
        pipe = self.process
        pipe.stdin.write(struct.pack('<BcI', kind, operation, len(data)) + data)
        pipe.stdin.flush()
        head = pipe.stdout.read(5)
        if len(head) < 5:
            raise SystemExit('codec ended with %s' % self.process.wait())
        accepted, size = struct.unpack('<BI', head)
        return accepted, pipe.stdout.read(size)


def theirs(kind, data):
    """The message, or None when it is none or lacks a required field."""
    message = kind()
    WARNED.clear()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    touch_maps(message)
    return message if message.IsInitialized() and not WARNED else None


def touch_maps(message):
    """Makes maps of the entries that libprotobuf keeps as they came, in messages that it made at run
    time, until a map is asked for: a required field that one lacks is not missed before."""
    for field, value in message.ListFields():
        inner = field.message_type
        if not inner:
            continue
        if inner.GetOptions().map_entry:
            if inner.fields_by_name['value'].message_type:
                for key in value:
                    if isinstance(key, str):
                        touch_maps(value[key])
        elif field.label == field.LABEL_REPEATED:
            for each in value:
                touch_maps(each)
        else:
            touch_maps(value)


def plain_unknown(fields, cut):
    """cut: numbers by their lower 32 bits alone."""
    return [(f.field_number, f.wire_type,
             plain_unknown(f.data, cut) if f.wire_type == SGROUP else
             f.data & 0xffffffff if cut and f.wire_type == VARINT else f.data) for f in fields]


def number(value):
    """NaN equals itself here, and 0.0 is not -0.0."""
    return struct.pack('<d', value) if isinstance(value, float) else value


def plain(message, cut=False):
    """What is in a message, as Python values. The bytes that libprotobuf makes of a map of a message
    made at run time hold what its entries came with, unknown fields and doubles: there this is compared."""
    out = {}
    for field, value in message.ListFields():
        entry = field.message_type
        if entry and entry.GetOptions().map_entry:
            of_messages = entry.fields_by_name['value'].message_type
            out[field.number] = {k: plain(value[k], cut) if of_messages else number(value[k]) for k in value}
        elif field.label == field.LABEL_REPEATED:
            out[field.number] = [plain(v, cut) if entry else number(v) for v in value]
        else:
            out[field.number] = plain(value, cut) if entry else number(value)
    return out, plain_unknown(message.UnknownFields(), cut)


def long_tag(data):
    """Is there a varint where only a tag can be that libprotobuf reads otherwise? Looked for crudely:
    any run of five bytes with their top bits set, or a fifth byte above 15."""
    run = 0
    for byte in data:
        if run == 4 and byte > 15:
            return True
        run = run + 1 if byte > 127 else 0
    return False


def judge(case, kind, ours):
    accepted, made = ours
    expected = theirs(kind, case)
    if accepted != (expected is not None):
        if expected is not None and b'tag' in made and long_tag(case):
            return 'tag'
        return 'here: %s, there: %s' % ('a message' if accepted else made.decode('utf-8', 'replace'),
                                        'refused' if expected is None else 'a message')
    if not accepted:
        return ''
    again = theirs(kind, made)
    if again is None:
        return 'refused there: ' + made.hex()
    if (again.SerializePartialToString(deterministic=True) ==
            expected.SerializePartialToString(deterministic=True)):
        return ''
    try:
        same = plain(again) == plain(expected)
        if not same and plain(again, True) == plain(expected, True):
            return 'enum'
    except ValueError:
        return 'key'
    return '' if same else 'not the same message: ' + made.hex()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('modules', help='folder of the generated Python modules')
    parser.add_argument('--cases', type=int, default=20000)
    parser.add_argument('--seed', default='tern')
    options = parser.parse_args()
    sys.path.insert(0, options.modules)
    three, two = importlib.import_module('three_pb2'), importlib.import_module('two_pb2')
    extensions = collections.defaultdict(list)
    scopes = [two.DESCRIPTOR] + list(two.DESCRIPTOR.message_types_by_name.values())
    for scope in scopes:
        for extension in (scope.extensions_by_name.values()):
            extensions[extension.containing_type.full_name].append(extension)
    ours = Ours(options.program)
    tally = collections.Counter()
    # An end of a group that was not started is a warning there; what is behind it is not read.
    warnings.simplefilter('always')
    warnings.showwarning = lambda *what: WARNED.append(what)
    # libprotobuf writes a line for each string that is not UTF-8.
    sys.stderr = os.fdopen(os.dup(2), 'w')
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for n in range(options.cases):
        rng = random.Random('%s %d' % (options.seed, n))
        kind = n % 2
        message = (three.All, two.All)[kind]
        maker = Maker(rng, extensions)
        case = maker.message(message.DESCRIPTOR)
        if rng.random() < 0.5:
            case = maker.damaged(case)
        answer = ours.convert(kind, b'b', case)
        verdict = judge(case, message, answer)
        tally['accepted' if answer[0] else 'refused'] += 1
        if verdict in KNOWN:
            tally[verdict] += 1
        elif verdict:
            tally['different'] += 1
            if tally['different'] <= 10:
                print('case %d of %s, %s\n  %s' % (n, message.DESCRIPTOR.full_name, case.hex(), verdict))
    print('differential: %d cases beside libprotobuf (%s): %d messages, %d refused by both, %d different' %
          (options.cases, api_implementation.Type(), tally['accepted'],
           tally['refused'] - tally['tag'], tally['different']))
    for name, reason in KNOWN.items():
        print('  known: %d %s' % (tally[name], reason))
    sys.exit(1 if tally['different'] else 0)


main()
