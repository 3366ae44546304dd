#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends random and damaged text format through this library and through Python's text_format, both in
one process each, and fails where they do not agree: on what is a message, and on what is in it. What
one prints the other must read as the same message, both ways.

Texts are made from the schema, with all that the syntax allows: lists, both sorts of brackets, comments,
separators, literals in pieces, numbers in every base. A case is its seed and its number: the same in
every run. Differences that are meant are in KNOWN, with the reason; they are counted, and everything
else is printed and fails the run.
"""
import argparse
import collections
import importlib
import os
import random
import re
import struct
import subprocess
import sys

from google.protobuf import descriptor as d
from google.protobuf import text_format
from google.protobuf.internal import api_implementation

F = d.FieldDescriptor
RANGE = {
    F.TYPE_INT32: (-1 << 31, (1 << 31) - 1), F.TYPE_SINT32: (-1 << 31, (1 << 31) - 1),
    F.TYPE_SFIXED32: (-1 << 31, (1 << 31) - 1), F.TYPE_INT64: (-1 << 63, (1 << 63) - 1),
    F.TYPE_SINT64: (-1 << 63, (1 << 63) - 1), F.TYPE_SFIXED64: (-1 << 63, (1 << 63) - 1),
    F.TYPE_UINT32: (0, (1 << 32) - 1), F.TYPE_FIXED32: (0, (1 << 32) - 1),
    F.TYPE_UINT64: (0, (1 << 64) - 1), F.TYPE_FIXED64: (0, (1 << 64) - 1),
}
PIECES = ['', 'a', 'text', 'é', '€𝄞', ' ', '#', "\\'", '\\"', '\\\\', '\\n', '\\t', '\\a', '\\0', '\\101',
          '\\377', '\\303\\251', '\\xe2\\x82\\xac', '\\xff', '\\x4', '\\7', '\\18', '\\r\\v\\f\\b', '{', '\\z',
          '\\x', '\\400']
FLOATS = ['0', '-0', '1', '1.5', '.5', '5.', '1e3', '1E-3', '2.5e+10', '1f', '1.5F', 'inf', '-inf', 'Infinity',
          '-INF', 'nan', 'NaN', '1e400', '-1e400', '1e-400', '3.4028235e38', '3.5e38', '1e-45', '0.1',
          '123456789012345678901234567890', '9007199254740993', '0x1', '010', '1.2.3', '1e', '--1', '']
NOISE = list('{}[]<>:,;#-.\'"\\ \n\t0123456789abcdefxXzZ_/') + ['inf', 'é', '//', ': ', '{}', '[]', '""']

# Verdicts that differ for a reason: name, then what tells of it in either's error ('' is: accepted), and why.
KNOWN = {}


def known(name, ours, theirs, reason):
    KNOWN[name] = (re.compile(ours, re.S), re.compile(theirs, re.S), reason)


known('sign', '', r".*Couldn't parse (integer|float): -.*",
      'space between sign and number: the specification has it so')
known('escape', '.*a backslash with what it does not stand before.*', '',
      'an escape that the specification does not have, or above \\377')
known('suffix', '', r".*Couldn't parse float: [0-9.eE+-]*F",
      'a floating-point number that ends with F: the specification has it so')
known('twice', '', '.*should not have multiple.*',
      'a message that is not repeated may stand twice, and is merged: the conformance suite has it so')
known('again', '.*the field is not repeated, and stands here again.*', '',
      'a field without presence whose first value is zero, and that stands again: there unnoticed')
known('enum', '', '.*has no value named 0[0-7]+\\.',
      'the number of an enum in octal, as every integer may be')
known('bool', '', '.*Expected "true" or "false"\\.', 'more than one digit for a bool, 00 or 0x1, as the C++ has it')
known('plus', '.*a character that has no meaning here.*', '',
      "Python's floating-point numbers may have a plus before them")
known('minus', '.*an integer that is not negative is wanted here.*', '',
      'zero with a minus for a field without a sign: the specification has none')
known('octal', '.*a decimal number is wanted here.*', '',
      'an octal numeral for a floating-point number: the specification has none')
known('underscore', '.*(a number that does not end where it should|0x without digits).*', '',
      "Python's numbers may have underscores in them")
known('utf8', '', ".*Couldn't parse string: 'utf-8' codec can't decode.*",
      'a string of proto2 need not be UTF-8; in Python it cannot be anything else')


class Maker:
    """The text of one case."""

    def __init__(self, rng, extensions):
        self.rng = rng
        self.extensions = extensions

    def space(self):
        rng = self.rng
        return rng.choice(['', ' ', '\n', '\t', ' # a comment\n']) if rng.random() < 0.2 else ' '

    def integer(self, low, high):
        rng = self.rng
        value = rng.choice([low, high, 0, 1, low - 1, high + 1, rng.randint(low, high)]) \
            if rng.random() < 0.5 else rng.randrange(0, 100)
        form = rng.choice(['%d', '%d', '%d', '0x%x', '0X%X', '0%o'])
        return ('-' + rng.choice(['', '', ' ']) if value < 0 else '') + form % abs(value)

    def literal(self):
        rng = self.rng
        quote = rng.choice('\'"')
        return quote + ''.join(rng.choice(PIECES) for _ in range(rng.randrange(4))) + quote

    def scalar(self, field):
        rng = self.rng
        if rng.random() < 0.01:
            return rng.choice(['x', '1', '"x"', '-', '{}', '1.5', 'true'])
        if field.type in RANGE:
            return self.integer(*RANGE[field.type])
        if field.type == F.TYPE_BOOL:
            return rng.choice(['true', 'false', 'True', 'False', 't', 'f', '0', '1', '2', 'TRUE'])
        if field.type == F.TYPE_ENUM:
            names = [value.name for value in field.enum_type.values]
            return rng.choice(names * 3 + ['0', '1', '-1', '2', '77', 'NOPE'])
        if field.type in (F.TYPE_DOUBLE, F.TYPE_FLOAT):
            return rng.choice(FLOATS) if rng.random() < 0.6 else repr(
                struct.unpack('<d', rng.randbytes(8))[0]) if rng.random() < 0.5 else '%g' % rng.gauss(0, 1e6)
        return self.space().join(self.literal() for _ in range(rng.choice([1, 1, 1, 2, 3])))

    def body(self, message, depth):
        opening, closing = self.rng.choice(['{}', '{}', '<>'])
        return opening + self.message(message, depth + 1) + closing

    def field(self, field, depth):
        rng = self.rng
        name = '[%s]' % field.full_name if field.is_extension else \
            field.message_type.name if field.type == F.TYPE_GROUP else field.name
        if rng.random() < 0.01:
            name = rng.choice([name.upper(), name + 'x', '[' + name + ']', '5', ''])
        message = field.message_type
        one = (lambda: self.body(message, depth)) if message else (lambda: self.scalar(field))
        colon = ':' if not message or rng.random() < 0.3 else ''
        if field.label == F.LABEL_REPEATED and rng.random() < 0.3:
            value = '[' + (',' + self.space()).join(one() for _ in range(rng.randrange(4))) + ']'
        else:
            value = one()
        return name + self.space() + colon + self.space() + value + rng.choice(['', '', '', ',', ';'])

    def message(self, message, depth=0):
        rng = self.rng
        fields = list(message.fields) + self.extensions[message.full_name]
        wanted = [field for field in fields if field.label == F.LABEL_REQUIRED and rng.random() < 0.98]
        if depth < 5 and fields:
            count = rng.choice([0, 1, 2, 3, 6] if depth else [1, 2, 3, 5, 8])
            wanted += [field for field in rng.sample(fields, min(count, len(fields)))
                       if field.label != F.LABEL_REQUIRED]
        parts, oneofs = [], set()
        for field in wanted:
            if field.containing_oneof and rng.random() < 0.95:
                if field.containing_oneof in oneofs:
                    continue
                oneofs.add(field.containing_oneof)
            parts.append(self.field(field, depth))
            if rng.random() < (0.3 if field.label == F.LABEL_REPEATED else 0.01):
                parts.append(self.field(field, depth))
        return self.space() + ' '.join(part + self.space() for part in parts)

    def damaged(self, text):
        rng = self.rng
        for _ in range(rng.choice([1, 1, 2, 3])):
            at = rng.randrange(len(text) + 1)
            to = min(len(text), at + rng.choice([0, 1, 1, 4]))
            text = text[:at] + (rng.choice(NOISE) if rng.random() < 0.7 else '') + text[to:]
        return text


class Ours:
    """This library, in a process of its own."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def convert(self, kind, operation, data):
        """(accepted, result or error)."""
        self.process.stdin.write(struct.pack('<BcI', kind, operation, len(data)) + data)
        self.process.stdin.flush()
        accepted, size = struct.unpack('<BI', self.process.stdout.read(5))
        result = self.process.stdout.read(size)
        return accepted == 1, result if accepted else result.decode('utf-8', 'replace')


def theirs_parse(text, kind):
    """(the message or None, the error)."""
    message = kind()
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        return None, str(error)
    except (UnicodeDecodeError, ValueError, OverflowError) as error:
        return None, '%s: %s' % (type(error).__name__, error)
    except RecursionError:
        return None, 'RecursionError'
    if not message.IsInitialized():
        return None, 'required'
    return message, ''


def canonical(message):
    return message.SerializeToString(deterministic=True)


def their_text(message, rng):
    # Only without as_utf8 they escape NUL, which may not stand in a text.
    nul = b'\0' in canonical(message)
    return text_format.MessageToString(
        message, as_utf8=rng.random() < 0.5 and not nul, as_one_line=rng.random() < 0.5,
        use_short_repeated_primitives=rng.random() < 0.5, pointy_brackets=rng.random() < 0.3,
        use_index_order=rng.random() < 0.5)


def compare(ours, number, kind, text, rng):
    """None when they agree; else what is different, or the name of a known difference."""
    accepted, result = ours.convert(number, b'T', text.encode())
    message, error = theirs_parse(text, kind)
    if accepted != (message is not None):
        for name, (one, other, _) in KNOWN.items():
            if one.fullmatch('' if accepted else result) and other.fullmatch(error):
                return name
        return 'here: %s; there: %s' % ('accepted' if accepted else result, error or 'accepted')
    if not accepted:
        return None
    same = kind.FromString(result)
    if canonical(same) != canonical(message):
        if '\\X' in text:  # an escape here, a backslash and a letter there
            return 'escape'
        return 'not the same message:\nhere  %r\nthere %r' % (str(same), str(message))
    printed = ours.convert(number, b't', result)
    back, error = theirs_parse(printed[1].decode() if printed[0] else '', kind)
    if not printed[0] or not back or canonical(back) != canonical(message):
        return 'they do not read what is printed here: %s\n%r' % (error, printed[1])
    accepted, back = ours.convert(number, b'T', their_text(message, rng).encode())
    if not accepted or canonical(kind.FromString(back)) != canonical(message):
        return 'what they print is not read here: %r' % (back,)
    return None


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
    for scope in [two.DESCRIPTOR] + list(two.DESCRIPTOR.message_types_by_name.values()):
        for extension in scope.extensions_by_name.values():
            extensions[extension.containing_type.full_name].append(extension)
    ours = Ours(options.program)
    tally = collections.Counter()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libprotobuf tells of strings that are not UTF-8
    for n in range(options.cases):
        rng = random.Random('%s %d' % (options.seed, n))
        number = n % 2
        kind = (three.All, two.All)[number]
        maker = Maker(rng, extensions)
        text = maker.message(kind.DESCRIPTOR)
        if rng.random() < 0.4:
            text = maker.damaged(text)
        verdict = compare(ours, number, kind, text, rng)
        tally[verdict if verdict in KNOWN else 'different' if verdict else 'agreed'] += 1
        if verdict and verdict not in KNOWN and tally['different'] <= 10:
            print('case %d of %s\n%r\n  %s' % (n, kind.DESCRIPTOR.full_name, text, verdict))
    print('differential: %d texts beside text_format (%s): %d agreed, %d different' %
          (options.cases, api_implementation.Type(), tally['agreed'], tally['different']))
    for name, (_, _, reason) in KNOWN.items():
        print('  known: %d %s: %s' % (tally[name], name, reason))
    sys.exit(1 if tally['different'] else 0)


main()
