#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changes descriptors at random and asks this library's pool and Python's libprotobuf (C++) whether they
take them. Fails where they do not agree, but for the differences in KNOWN, which are meant; those are
counted with their reasons.

A case is its seed and its number: the same in every run.
"""
import argparse
import collections
import random
import re
import struct
import subprocess
import sys

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf import timestamp_pb2
from google.protobuf.internal import api_implementation

P = descriptor_pb2
NAMES = ['a', 'b', 'M', 'N', 'E', 'key', 'value', 'Inner', 'p', 'text', 'MapEntry', 'map', 'A', 'foo_bar',
         'fooBar', '', '9x', 'a.b', 'x-y', '_', 'ZERO', 'ONE']
TYPES = ['.p.M', '.p.N', '.p.M.Inner', '.p.E', '.p.M.MapEntry', 'M', 'Inner', 'M.Inner', 'p.M', 'E', '.M',
         '.p', 'x', '', '.google.protobuf.Timestamp', '.google.protobuf.FileOptions', 'p', 'N.Inner', '.p.X']
NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 101, 199, 200, 18999, 19000, 19999, 20000, 536870911,
           536870912, 2147483647, -1, -2147483648]
DEFAULTS = ['', '0', '1', '-1', '4294967295', '2147483648', '-2147483648', 'true', 'false', 'inf', '-inf',
            'nan', '1.5', '1e10', 'ZERO', 'ONE', 'x', '\\001', '\\', '0x10', '010', '08', '18446744073709551615',
            '99999999999999999999']
# (our text or None, their text or None, reason): None means that side takes the file.
KNOWN = [
    (r'its default is not of its type', None,
     'a default out of its type\'s range: strtol of C saturates there'),
    (r'one name in JSON', None, 'names that clash in JSON are errors since protobuf 22, warnings before'),
    (r'no proper entry', None, 'an entry of a map that no field uses is not looked at there'),
    (r'a key cannot', None, 'an entry of a map that no field uses is not looked at there'),
    (r'a map\'s enum', None, 'an entry of a map that no field uses is not looked at there'),
    (r'there is no message .*Entry', None, 'the type of a method is no entry of a map here'),
    (r'JSON cannot have the json_name', None, 'names in JSON must be UTF-8 here'),
    (r'an extension\'s is the json_name', None, 'refused since protobuf 22'),
    (r'a range of numbers that is none', None, 'ranges that are empty or not positive, which protobuf 22 and later refuse too'),
    (r'entry of a map is no type', None, 'a group with the type of an entry is refused since protobuf 27'),
    (r'a field without presence has no default', None, 'a default in the entry of a map'),
    (r'its default is no bytes', None, 'an escape that is none is passed over before protobuf 22'),
    (r'no identifier', None, 'a name that begins with a digit, which no compiler lets through'),
    (r'there is no type , ', None, 'a field without a type is no double here'),
    (None, r'JSON camel-case name', 'before protobuf 22 names in JSON also clashed by case'),
    (None, r'ignore case and strip out the enum name prefix',
     'names of enum values that differ by case alone mean nothing to codecs'),
    (None, r'json_name is not allowed on extension', 'an extension\'s json_name is passed over here'),
    (None, r'jstype', 'options of other languages are not judged'),
    (None, r'lazy', 'lazy says nothing to this library'),
    (None, r'lite', 'lite runtimes are not known here'),
    (None, r'Error while parsing option|Option', 'options that were not interpreted are kept as they are'),
    (None, r'conflicts with an existing field', 'a name beside that of an entry is another name'),
]


def base():
    """A file with something of everything."""
    f = P.FileDescriptorProto(name='f.proto', package='p')
    f.dependency.extend(['google/protobuf/timestamp.proto', 'google/protobuf/descriptor.proto'])
    m = f.message_type.add(name='M')
    for i, (name, kind) in enumerate([('text', 9), ('number', 5), ('real', 1), ('flag', 8), ('raw', 12),
                                      ('small', 13), ('large', 4)]):
        m.field.add(name=name, number=i + 1, label=1, type=kind)
    m.field.add(name='inner', number=8, label=1, type=11, type_name='.p.M.Inner')
    m.field.add(name='map', number=9, label=3, type=11, type_name='.p.M.MapEntry')
    m.field.add(name='one', number=10, label=1, type=5, oneof_index=0)
    m.field.add(name='two', number=11, label=1, type=11, type_name='.p.N', oneof_index=0)
    m.field.add(name='many', number=12, label=3, type=5)
    m.field.add(name='e', number=13, label=1, type=14, type_name='.p.E')
    m.field.add(name='at', number=14, label=1, type=11, type_name='.google.protobuf.Timestamp')
    m.oneof_decl.add(name='choice')
    m.extension_range.add(start=100, end=200)
    m.reserved_range.add(start=50, end=60)
    m.reserved_name.append('gone')
    inner = m.nested_type.add(name='Inner')
    inner.field.add(name='x', number=1, label=1, type=3)
    entry = m.nested_type.add(name='MapEntry')
    entry.options.map_entry = True
    entry.field.add(name='key', number=1, label=1, type=9)
    entry.field.add(name='value', number=2, label=1, type=5)
    n = f.message_type.add(name='N')
    n.field.add(name='m', number=1, label=1, type=11, type_name='.p.M')
    e = f.enum_type.add(name='E')
    for i, name in enumerate(['ZERO', 'ONE', 'TWO']):
        e.value.add(name=name, number=i)
    e.reserved_range.add(start=10, end=20)
    f.extension.add(name='more', number=100, label=1, type=5, extendee='.p.M')
    f.extension.add(name='option', number=50000, label=1, type=9, extendee='.google.protobuf.FileOptions')
    s = f.service.add(name='S')
    s.method.add(name='Call', input_type='.p.M', output_type='.p.N')
    return f


def parts(message, found):
    """All messages inside a descriptor, itself first."""
    found.append(message)
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for one in (value if field.label == field.LABEL_REPEATED else [value]):
                parts(one, found)
    return found


def value_for(rng, message, field):
    name = field.name
    if field.type == field.TYPE_STRING:
        pool = (TYPES if name in ('type_name', 'extendee', 'input_type', 'output_type') else
                DEFAULTS if name == 'default_value' else
                ['google/protobuf/timestamp.proto', 'f.proto', 'none.proto'] if name == 'dependency' else
                ['proto2', 'proto3', '', 'x'] if name == 'syntax' else NAMES)
        return rng.choice(pool)
    if field.type == field.TYPE_ENUM:
        return rng.choice(field.enum_type.values).number
    if field.type == field.TYPE_BOOL:
        return rng.random() < 0.7
    return rng.choice(NUMBERS) if rng.random() < 0.7 else rng.randrange(16)


def change(rng, file):
    part = rng.choice(parts(file, []))
    kind = rng.random()
    if kind < 0.25:
        lists = [v for k, v in part.ListFields() if k.label == k.LABEL_REPEATED]
        if lists:
            chosen = rng.choice(lists)
            i = rng.randrange(len(chosen))
            if rng.random() < 0.5:
                del chosen[i]
            elif hasattr(chosen, 'add'):
                chosen.add().CopyFrom(chosen[i])
            else:
                chosen.append(chosen[i])
            return
    fields = [f for f in part.DESCRIPTOR.fields
              if f.name not in ('source_code_info', 'uninterpreted_option', 'name') or
              (f.name == 'name' and part is not file)]
    field = rng.choice(fields)
    if field.type == field.TYPE_MESSAGE:
        if field.name == 'options':
            options = getattr(part, 'options')
            inner = [f for f in options.DESCRIPTOR.fields if f.label != f.LABEL_REPEATED]
            if inner:
                one = rng.choice(inner)
                setattr(options, one.name, value_for(rng, options, one))
        elif field.label == field.LABEL_REPEATED:
            one = getattr(part, field.name).add()
            for f in one.DESCRIPTOR.fields:
                if f.type != f.TYPE_MESSAGE and f.label != f.LABEL_REPEATED and rng.random() < 0.6:
                    setattr(one, f.name, value_for(rng, one, f))
        return
    value = value_for(rng, part, field)
    if field.label == field.LABEL_REPEATED:
        getattr(part, field.name).append(value)
    elif rng.random() < 0.15:
        part.ClearField(field.name)
    else:
        setattr(part, field.name, value)


WELL_KNOWN = [timestamp_pb2.DESCRIPTOR.serialized_pb, descriptor_pb2.DESCRIPTOR.serialized_pb]


def theirs(data):
    pool = descriptor_pool.DescriptorPool()
    for known in WELL_KNOWN:
        pool.AddSerializedFile(known)
    try:
        pool.AddSerializedFile(data)
    except (TypeError, ValueError) as e:
        return str(e)
    return None


class Ours:
    def __init__(self, program):
        self.p = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, data):
        self.p.stdin.write(struct.pack('<I', len(data)) + data)
        self.p.stdin.flush()
        head = self.p.stdout.read(5)
        if len(head) < 5:
            sys.exit('pool: died with status %s' % self.p.wait())
        accepted, n = struct.unpack('<BI', head)
        text = self.p.stdout.read(n).decode('utf-8', 'replace')
        return None if accepted else text


def reason(ours, other):
    for mine, yours, why in KNOWN:
        if ours is not None and mine and other is None and re.search(mine, ours):
            return why
        if other is not None and yours and ours is None and re.search(yours, other):
            return why
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('program')
    parser.add_argument('--cases', type=int, default=20000)
    parser.add_argument('--seed', default='tern')
    args = parser.parse_args()
    if api_implementation.Type() != 'cpp':
        sys.exit('pool: this Python has no libprotobuf (C++)')
    ours = Ours(args.program)
    counts = collections.Counter()
    known = collections.Counter()
    bad = 0
    for case in range(args.cases):
        rng = random.Random('%s %d' % (args.seed, case))
        file = base()
        if rng.random() < 0.3:
            file.syntax = 'proto3'
            file.message_type[0].ClearField('extension_range')
            del file.extension[0]
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
            change(rng, file)
        data = file.SerializeToString()
        a, b = ours.ask(data), theirs(data)
        counts[(a is None, b is None)] += 1
        if (a is None) == (b is None):
            continue
        why = reason(a, b)
        if why:
            known[why] += 1
            continue
        bad += 1
        if bad <= 20:
            print('case %d: ours: %s\n  theirs: %s' % (case, a, b))
    print('pool: %d cases: both take %d, both refuse %d' %
          (args.cases, counts[True, True], counts[False, False]))
    for why, n in known.most_common():
        print('  %6d differ: %s' % (n, why))
    if bad:
        sys.exit('pool: %d cases differ without a reason' % bad)


main()
