#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends JSON made from the schema through this library and through Python's json_format, both in one
process each, and fails where they do not agree: on what is accepted, on the message that it is, and on
the JSON that the message is printed as.

A case is its seed and its number: the same in every run. Most values are right for their field; some
are odd. An odd value that the two are known to judge otherwise carries the reason; the differences
are counted by it, and everything else is printed and fails the run.
"""
import argparse
import collections
import json
import os
import random
import struct
import subprocess
import sys
import warnings

from google.protobuf import descriptor as d
from google.protobuf import json_format

F = d.FieldDescriptor
INTS = {F.TYPE_INT32: (-2**31, 2**31 - 1), F.TYPE_SINT32: (-2**31, 2**31 - 1),
        F.TYPE_SFIXED32: (-2**31, 2**31 - 1), F.TYPE_UINT32: (0, 2**32 - 1),
        F.TYPE_FIXED32: (0, 2**32 - 1), F.TYPE_INT64: (-2**63, 2**63 - 1),
        F.TYPE_SINT64: (-2**63, 2**63 - 1), F.TYPE_SFIXED64: (-2**63, 2**63 - 1),
        F.TYPE_UINT64: (0, 2**64 - 1), F.TYPE_FIXED64: (0, 2**64 - 1)}

# Why the two judge a value otherwise. Each is what the conformance suite or RFC 8259 asks of us.
QUOTED = 'a quoted integer with a point or an exponent is accepted here, as the mapping says'
PYTHON_INT = "Python's int() takes underscores, a plus sign and zeros in front"
PYTHON_FLOAT = "Python's float() takes spaces, underscores, a plus sign, 1. and inf"
LITERALS = "Python's json module has NaN and Infinity without quotes"
ENUM = 'Python takes the number of an enum value in quotes, or with a fraction'
BASE64 = "Python's base64 drops foreign characters, and is particular about padding"
SURROGATE = 'Python keeps a lone surrogate until it cannot be encoded'
TIMES = "Python's times: fewer checks of offset and fraction, other ranges"
MASK = "Python splits a mask without looking at what is no letter"
NULLS = 'a null NullValue, a null in a oneof or in a list of Value: Python 3.21 drops or refuses it'
ANY = "an Any: Python takes one without a slash, or a value that is left out"
CLOSED = 'an unknown number of a closed enum: dropped by Python as an unknown field'
BOOL_KEY = 'a key of map<bool, ...>'
NOT_A_STRING = 'Python takes what is no string where it can be made one'
LARGE = 'an integer beyond 2^53 written with an exponent: exact here, a double in Python'
EXTENSION = 'Python looks for a repeated or null extension among the fields'
TWICE = 'a field by its name and by its JSON name: Python compares names'
FLOAT_MAX = 'the largest float in eight digits: Python compares before it rounds'
OBJECT = 'Python takes an empty list or string for an empty message'

TEXTS = ['""', '"a"', '"h\\u00e9llo"', '"\\ud83d\\ude00"', '"\\n\\t\\"\\\\\\/"', '"%s"' % ('x' * 40), '"\\u0000"']
REALS = ['0', '-0.0', '1.5', '1e10', '-2.5e-5', '"NaN"', '"Infinity"', '"-Infinity"', '"1.5"', '123456789',
         '0.1', '1e-30', '3.4028235e38']


class Maker:
    """The text of one case, and the reasons for which it may be judged otherwise."""

    def __init__(self, rng):
        self.rng = rng
        self.reasons = []

    def one_in(self, n):
        return self.rng.randrange(n) == 0

    def odd(self, pairs):
        text, reason = self.rng.choice(pairs)
        if reason:
            self.reasons.append(reason)
        return text

    def space(self):
        return self.rng.choice(['', '', '', '', ' ', '\n', '\t \r'])

    def integer(self, low, high):
        r = self.rng
        if self.one_in(12):
            return self.odd([('"1.0"', QUOTED), ('"1e1"', QUOTED), ('"1_0"', PYTHON_INT), ('"+1"', PYTHON_INT),
                             ('"01"', PYTHON_INT), ('" 1"', None), ('1.5', None), ('"x"', None), ('true', None),
                             (str(high + 1), None), (str(low - 1), None), ('1e400', None), ('[]', None),
                             ('01', None), ('""', None), ('{}', None), ('1e18', LARGE), ('NaN', LITERALS)])
        v = r.choice([0, 1, low, high, r.randint(low, high), r.randint(0, 100)])
        return r.choice(['%d', '%d', '"%d"']) % v if abs(v) > 10**6 else \
            r.choice(['%d', '"%d"', '%d.0', '%de0']) % v

    def real(self, single):
        if self.one_in(12):
            return self.odd([('" 1"', PYTHON_FLOAT), ('"1_0"', PYTHON_FLOAT), ('"+1"', PYTHON_FLOAT),
                             ('"inf"', PYTHON_FLOAT), ('"1."', PYTHON_FLOAT), ('"nan"', None), ('NaN', LITERALS),
                             ('-Infinity', LITERALS), ('"x"', None), ('[]', None), ('1.', None),
                             ('true', PYTHON_FLOAT), ('1e39' if single else '1e309', LITERALS), ('""', None)])
        text = self.rng.choice(REALS)
        if single and text == '3.4028235e38':
            self.reasons.append(FLOAT_MAX)
        return text

    def text(self):
        if self.one_in(12):
            return self.odd([('"\\ud800"', SURROGATE), ('"\\x"', None), ('1', NOT_A_STRING), ("'a'", None), ('"a', None),
                             ('"\n"', None), ('true', NOT_A_STRING), ('[]', NOT_A_STRING), ('"\\u12"', None)])
        return self.rng.choice(TEXTS)

    def blob(self):
        if self.one_in(12):
            return self.odd([('"A"', BASE64), ('"A*=="', BASE64), ('"AA=A"', BASE64), ('1', NOT_A_STRING)])
        return self.rng.choice(['""', '"AA=="', '"AA"', '"-_8"', '"+/8="', '"aGVsbG8gd29ybGQ="'])

    def enum(self, field):
        if field.enum_type.full_name == 'google.protobuf.NullValue':
            self.reasons.append(NULLS)
            return 'null'
        if self.one_in(10):
            return self.odd([('"PINK"', None), ('"1"', ENUM), ('1.5', ENUM), ('true', ENUM),
                             ('99', CLOSED if field.file.package == 'jsontest2' else None), ('[]', None)])
        value = self.rng.choice(field.enum_type.values)
        return self.rng.choice(['"%s"' % value.name, str(value.number)])

    def value(self, depth):
        kind = self.rng.randrange(6 if depth > 0 else 4)
        if kind == 4:
            return '[%s]' % ','.join(self.value(depth - 1) for _ in range(self.rng.randrange(3)))
        if kind == 5:
            return self.struct(depth - 1)
        return [self.rng.choice(['0', '1.5', '-2e3']), self.rng.choice(['true', 'false']),
                self.rng.choice(TEXTS[:4]), 'null'][kind]

    def struct(self, depth):
        names = self.rng.sample(['"a"', '"b"', '""', '"c d"'], self.rng.randrange(3))
        return '{%s}' % ','.join('%s:%s' % (n, self.value(depth)) for n in names)

    def time(self):
        if self.one_in(3):
            return self.odd([(t, TIMES) for t in (
                '"1970-01-01t00:00:00Z"', '"2000-01-01T00:00:60Z"', '"2000-01-01T00:00:00.Z"', '"0000-01-01T00:00:00Z"',
                '"2000-01-01T00:00:00+25:00"', '"2000-01-01T00:00:00.0000000001Z"', '"2000-02-30T00:00:00Z"', '1')])
        return '"%04d-%02d-%02dT%02d:%02d:%02d%s%s"' % (
            self.rng.choice([1970, 2000, 2024, 1900, 2, 9998]), self.rng.randint(1, 12), self.rng.randint(1, 28),
            self.rng.randrange(24), self.rng.randrange(60), self.rng.randrange(60),
            self.rng.choice(['', '.5', '.000001', '.123456789']), self.rng.choice(['Z', '+01:30', '-23:59']))

    def span(self):
        if self.one_in(3):
            return self.odd([(t, TIMES) for t in ('"1"', '"1.s"', '".5s"', '"+1s"', '"315576000001s"', '1',
                                                  '"1.0000000001s"', '"-0.5s"')])
        return '"%s%d%ss"' % (self.rng.choice(['', '-']), self.rng.choice([0, 1, 3600, 315576000000 - 1]),
                              self.rng.choice(['', '.5', '.000001', '.123456789']))

    def any(self, depth):
        if self.one_in(4):
            return self.odd([(t, ANY) for t in ('{"@type":""}', '{"@type":"jsontest.Names"}', '{"a":1}', '{"@type":"a/b.C"}',
                                                '{"@type":"a/google.protobuf.Duration"}')])
        members = ['"@type":"type.googleapis.com/google.protobuf.Duration"', '"value":%s' % self.span()]
        if self.one_in(2):
            members = ['"@type":"type.googleapis.com/jsontest.Names"', '"Upper":%s' % self.integer(-2**31, 2**31 - 1)]
        self.rng.shuffle(members)
        return '{%s}' % ','.join(members)

    def known(self, name, depth):
        if name == 'Value':
            return self.value(depth)
        if name == 'Struct':
            return self.struct(depth)
        if name == 'ListValue':
            return '[%s]' % ','.join(self.value(depth) for _ in range(self.rng.randrange(3)))
        if name == 'FieldMask':
            return self.odd([('""', None), ('"a"', None), ('"a,bC.dE"', None), ('"a_b"', MASK), ('"a b"', MASK), ('1', MASK)])
        if name == 'Empty':
            return '{}'
        return {'Any': lambda: self.any(depth), 'Timestamp': self.time, 'Duration': self.span}[name]()

    def single(self, field, depth):
        kind = field.type
        if kind in (F.TYPE_MESSAGE, F.TYPE_GROUP):
            of = field.message_type
            if of.full_name.startswith('google.protobuf.'):
                if of.name.endswith('Value') and of.name not in ('Value', 'ListValue'):
                    return self.single(of.fields[0], depth)
                return self.known(of.name, depth)
            if self.one_in(40):
                return self.odd([('[]', OBJECT), ('1', None), ('"a"', OBJECT), ('""', OBJECT)])
            return self.message(of, depth - 1)
        if kind in INTS:
            return self.integer(*INTS[kind])
        if kind in (F.TYPE_FLOAT, F.TYPE_DOUBLE):
            return self.real(kind == F.TYPE_FLOAT)
        if kind == F.TYPE_BOOL:
            return self.odd([('true', None), ('false', None)] * 6 + [('"true"', None), ('1', None), ('tru', None)])
        if kind == F.TYPE_STRING:
            return self.text()
        return self.blob() if kind == F.TYPE_BYTES else self.enum(field)

    def key(self, field):
        if field.type == F.TYPE_STRING:
            return self.rng.choice(TEXTS[:4])
        if field.type == F.TYPE_BOOL:
            return self.odd([('"true"', None), ('"false"', None), ('"1"', BOOL_KEY), ('true', None)])
        low, high = INTS[field.type]
        return self.odd([('"%d"' % self.rng.choice([0, 1, low, high, 77]), None)] * 9 +
                        [('"1.0"', QUOTED), ('"x"', None), ('1', None), ('"%d"' % (high + 1), None)])

    def field(self, field, depth):
        if self.one_in(15):
            of = field.message_type and field.message_type.full_name
            if field.containing_oneof or of == 'google.protobuf.Value' or field.enum_type:
                self.reasons.append(NULLS)
            return 'null'
        if field.label != F.LABEL_REPEATED:
            return self.single(field, depth)
        if self.one_in(40):
            return self.odd([('1', None), ('"a"', OBJECT), ('{}', OBJECT), ('[null]', NULLS), ('[,]', None)])
        n = self.rng.randrange(4)
        if field.message_type and field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields
            members = {self.key(key): self.single(value, depth) for _ in range(n)}
            return '{%s}' % ','.join('%s:%s' % pair for pair in members.items())
        return '[%s]' % ','.join(self.space() + self.single(field, depth) for _ in range(n))

    def message(self, of, depth):
        fields = list(of.fields)
        if depth <= 0:
            fields = [f for f in fields if not f.message_type]
        if of.full_name == 'jsontest2.Two':
            fields += list(of.file.extensions_by_name.values()) if depth > 0 else []
        chosen = self.rng.sample(fields, min(len(fields), self.rng.randrange(6)))
        if self.one_in(60):
            chosen += chosen[:1]
            self.reasons.append(TWICE)
        members = []
        for f in chosen:
            name = '[%s]' % f.full_name if f.is_extension else self.rng.choice([f.name, f.json_name])
            value = self.field(f, depth)
            if f.containing_oneof and value == 'null':
                self.reasons.append(NULLS)
            if f.is_extension and (f.label == F.LABEL_REPEATED or value == 'null'):
                self.reasons.append(EXTENSION)
            members.append('%s%s%s:%s%s' % (self.space(), json.dumps(name), self.space(), self.space(), value))
        if self.one_in(60):
            members.append(self.odd([('"nobody":1', None), ('', None), ('"a"', None), ('a:1', None)]))
        return '{%s%s}' % (','.join(members), self.space())


class Ours:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, kind, operation, data):
        self.process.stdin.write(struct.pack('<BBI', kind, ord(operation), len(data)) + data)
        self.process.stdin.flush()
        head = self.process.stdout.read(5)
        if len(head) < 5:
            sys.exit('json: our side has crashed on %r' % data)
        accepted, n = struct.unpack('<BI', head)
        return bool(accepted), self.process.stdout.read(n)


def theirs(kind, text):
    message = kind()
    try:
        json_format.Parse(text.decode(), message)
        message.SerializeToString()
    except Exception as e:  # json_format lets several kinds through
        return None, '%s: %s' % (type(e).__name__, e)
    return message, ''


def same_json(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_json(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same_json, a, b))
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def judge(kind, kinds, ours, text):
    """What differs, or None; and whether the case was accepted by both."""
    accepted, answer = ours.ask(kind, 'J', text)
    message, why = theirs(kinds[kind], text)
    if accepted != (message is not None):
        return ('accepted here, not there: ' + why if accepted else 'refused here: %s' % answer.decode()), False
    if not accepted:
        return None, False
    mine = kinds[kind]()
    mine.ParseFromString(answer)
    if mine.SerializeToString(deterministic=True) != message.SerializeToString(deterministic=True):
        return 'another message: %r instead of %r' % (mine, message), True
    accepted, printed = ours.ask(kind, 'j', answer)
    try:
        wanted = json_format.MessageToJson(message)
    except Exception as e:
        return ('printed here, not there: %s' % e if accepted else None), True
    if not accepted:
        return 'not printed here: %s' % printed.decode(), True
    if not same_json(json.loads(printed), json.loads(wanted)):
        return 'printed %s instead of %s' % (printed.decode(), wanted), True
    return None, True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('program')
    parser.add_argument('modules', help='the folder of json_pb2.py and json2_pb2.py')
    parser.add_argument('--cases', type=int, default=20000)
    parser.add_argument('--seed', default='tern')
    args = parser.parse_args()
    warnings.simplefilter('ignore')
    sys.path.insert(0, os.path.abspath(args.modules))
    import json_pb2 as one
    import json2_pb2 as two
    kinds = [one.Scalars, one.Optionals, one.Lists, one.Maps, one.Choice, one.Known, one.Names, two.Two]
    ours = Ours(args.program)
    known = collections.Counter()
    accepted = unexplained = 0
    for i in range(args.cases):
        rng = random.Random('%s %d' % (args.seed, i))
        maker = Maker(rng)
        kind = rng.randrange(len(kinds))
        text = maker.message(kinds[kind].DESCRIPTOR, 3).encode('utf-8')
        if rng.randrange(20) == 0 and text:
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice([b'', b'}', b',', b'"', b' ']) + text[at + 1:]
            maker.reasons.append('damaged text that is still JSON, of something else')
            try:
                json.loads(text)
            except ValueError:
                maker.reasons.clear()
        difference, both = judge(kind, kinds, ours, text)
        accepted += both
        if difference and maker.reasons:
            known.update(maker.reasons[:1])
        elif difference:
            unexplained += 1
            if unexplained <= 20:
                print('case %d, %s: %s\n    %s' % (i, kinds[kind].DESCRIPTOR.full_name, text.decode(), difference))
    print('json: %d cases, %d accepted by both and alike, %d differences with a reason, %d without' %
          (args.cases, accepted, sum(known.values()), unexplained))
    for reason, n in known.most_common():
        print('    %6d  %s' % (n, reason))
    sys.exit(1 if unexplained or accepted < args.cases / 4 else 0)


if __name__ == '__main__':
    main()
