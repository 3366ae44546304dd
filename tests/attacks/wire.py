# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 by hand, for probes that a library would refuse to send: frames, a few header fields, a socket
that talks while it listens, and a server process whose memory and CPU are watched. Standard library only."""

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "src", "h2"))
sys.dont_write_bytecode = True
import hpack_gen  # the code lengths of HPACK's Huffman code

DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CODES = ("NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED "
         "FRAME_SIZE_ERROR REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM").split()


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def text(s):
    """An HPACK string, as it is."""
    s = s if isinstance(s, bytes) else s.encode()
    n = len(s)
    if n < 127:
        return bytes((n,)) + s
    out, n = b"\x7f", n - 127
    while n >= 128:
        out, n = out + bytes((n & 127 | 128,)), n >> 7
    return out + bytes((n,)) + s


def field(name, value, kind=0x00):
    """A literal; kind 0x40 inserts it into the dynamic table."""
    return bytes((kind,)) + text(name) + text(value)


def request(path, extra=b"", method=b"\x83"):
    return (method + b"\x86" + field(":path", path) + field(":authority", "h") +
            field("content-type", "application/grpc") + field("te", "trailers") + extra)


def message(payload):
    return struct.pack(">BI", 0, len(payload)) + payload


def setting(ident, value):
    return struct.pack(">HI", ident, value)


def varint(n):
    out = b""
    while n >= 128:
        out, n = out + bytes((n & 127 | 128,)), n >> 7
    return out + bytes((n,))


# ---- reading fields; our side announces a table of no octets, so there is no state ----

_codes, _ = hpack_gen.codes()
_huffman = {(hpack_gen.LENGTHS[s], _codes[s]): s for s in range(256)}
_static = {8: (":status", "200"), 9: (":status", "204"), 12: (":status", "400"), 13: (":status", "404"),
           14: (":status", "500"), 28: ("content-length", ""), 31: ("content-type", "")}


def _integer(p, at, bits):
    mask = (1 << bits) - 1
    n, at = p[at] & mask, at + 1
    if n < mask:
        return n, at
    shift = 0
    while True:
        n += (p[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if not p[at - 1] & 128:
            return n, at


def _string(p, at):
    coded = p[at] & 128
    n, at = _integer(p, at, 7)
    raw = p[at:at + n]
    if not coded:
        return raw.decode("latin1"), at + n
    out, code, length = [], 0, 0
    for bit in "".join(format(b, "08b") for b in raw):
        code, length = code << 1 | (bit == "1"), length + 1
        if (length, code) in _huffman:
            out.append(chr(_huffman[length, code]))
            code = length = 0
    return "".join(out), at + n


def fields(block):
    out, at = {}, 0
    while at < len(block):
        first = block[at]
        if first & 0x80:
            index, at = _integer(block, at, 7)
            name, value = _static.get(index, (f"static-{index}", ""))
        elif first & 0xe0 == 0x20:
            _, at = _integer(block, at, 5)
            continue
        else:
            index, at = _integer(block, at, 6 if first & 0x40 else 4)
            name = _static.get(index, (f"static-{index}", ""))[0]
            if not index:
                name, at = _string(block, at)
            value, at = _string(block, at)
        out[name] = value
    return out


# ---- a connection ----

class Peer:
    """One end: everything received is parsed into frames (kind, flags, stream, payload)."""

    def __init__(self, port, settings=b"", start=True, rcvbuf=0):
        self.sock = socket.socket()
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(10)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.rest, self.frames, self.end = b"", [], None
        self.ack_settings = True
        self.sent = 0
        if start:
            self.send(PREFACE + frame(SETTINGS, 0, 0, setting(1, 0) + settings) + frame(SETTINGS, ACK, 0))

    def take(self):
        """Reads what is there."""
        try:
            got = self.sock.recv(1 << 18)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self.end = type(error).__name__
            return
        if not got:
            self.end = "EOF"
            return
        self.rest += got
        at = 0
        while len(self.rest) - at >= 9:
            n = int.from_bytes(self.rest[at:at + 3], "big")
            if len(self.rest) - at < 9 + n:
                break
            self.frames.append((self.rest[at + 3], self.rest[at + 4],
                                int.from_bytes(self.rest[at + 5:at + 9], "big"), self.rest[at + 9:at + 9 + n]))
            at += 9 + n
        self.rest = self.rest[at:]

    def send(self, data, read=True, seconds=10.0):
        """Sends all, reading beside it; gives up when nothing moves for `seconds` or the peer is gone."""
        view, last = memoryview(data), time.monotonic()
        while view and not self.end and time.monotonic() - last < seconds:
            r, w, _ = select.select([self.sock] if read else [], [self.sock], [], 0.2)
            if r:
                self.take()
            if w:
                try:
                    n = self.sock.send(view[:1 << 16])
                    view, last = view[n:], time.monotonic()
                    self.sent += n
                except (BlockingIOError, InterruptedError):
                    pass
                except OSError as error:
                    # What the peer said before it closed may still be there.
                    for _ in range(20):
                        self.take()
                    self.end = self.end or type(error).__name__
        return not view

    def wait(self, until, seconds=20.0):
        """Reads until until(self) or the end; returns whether it came. Long, for machines with other work."""
        last = time.monotonic() + seconds
        while not until(self) and not self.end and time.monotonic() < last:
            if select.select([self.sock], [], [], 0.1)[0]:
                self.take()
        return until(self)

    def goaway(self):
        """'CODE text', or None."""
        for kind, _, _, payload in self.frames:
            if kind == GOAWAY and payload[4:8] != b"\0\0\0\0":
                code = int.from_bytes(payload[4:8], "big")
                return f"{CODES[code] if code < len(CODES) else code} {payload[8:].decode('latin1')}".strip()
        return None

    def goaway_last(self):
        return [int.from_bytes(f[3][:4], "big") for f in self.frames if f[0] == GOAWAY][-1]

    def resets(self):
        """{stream: code name}"""
        return {f[2]: CODES[int.from_bytes(f[3], "big")] for f in self.frames if f[0] == RST}

    def answer(self, stream):
        """All fields of a stream's blocks, the last of a name."""
        out = {}
        for kind, _, ident, payload in self.frames:
            if kind == HEADERS and ident == stream:
                out.update(fields(payload))
        return out

    def ended(self, stream):
        return any(f[2] == stream and (f[0] == RST or f[0] in (DATA, HEADERS) and f[1] & END_STREAM)
                   for f in self.frames)

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# ---- the machine ----

REFERENCE_S = 0.027  # CPU seconds of work() on the machine that the bounds of CPU were set on


def work():
    """A fixed amount of it, in CPU seconds."""
    started = time.process_time()
    n = 0
    for i in range(300000):
        n = n * 31 + i & 0xffffffff
    return time.process_time() - started


def slowness():
    """How many times slower than the reference this machine is now; at least 1."""
    return max(1.0, min(work() for _ in range(3)) / REFERENCE_S)


# ---- the server under attack ----

class Server:
    def __init__(self, program, nofile=0):
        command = [program, "--listen", "127.0.0.1:0"]
        if nofile:
            command = ["sh", "-c", f'ulimit -n {nofile}; exec "$@"', "sh"] + command
        self.name = os.path.basename(program)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1])

    def status(self, key):
        with open(f"/proc/{self.process.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith(key + ":"))

    def cpu(self):
        """Seconds of CPU: of its threads to the nanosecond where the kernel tells, else in clock ticks, which may
        miss whoever sleeps at each of them."""
        tasks, ns = f"/proc/{self.process.pid}/task", 0
        try:
            for task in os.listdir(tasks):
                with open(f"{tasks}/{task}/schedstat") as f:
                    ns += int(f.read().split()[0])
        except OSError:
            ns = 0
        with open(f"/proc/{self.process.pid}/stat") as f:
            part = f.read().rsplit(")", 1)[1].split()
        return max(ns / 1e9, (int(part[11]) + int(part[12])) / os.sysconf("SC_CLK_TCK"))

    def mark(self):
        """From here on rss() and spent() count."""
        try:
            with open(f"/proc/{self.process.pid}/clear_refs", "w") as f:
                f.write("5")  # VmHWM starts anew
            self.peak = True
        except OSError:
            self.peak = False
        self.rss0, self.cpu0 = self.status("VmRSS"), self.cpu()

    def rss(self):
        """KiB that the resident memory grew, at its highest where the kernel tells."""
        return max(self.status("VmRSS"), self.status("VmHWM") if self.peak else 0) - self.rss0

    def spent(self):
        return self.cpu() - self.cpu0

    def sockets(self):
        """Connections that it still has."""
        links = (os.readlink(f"/proc/{self.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{self.process.pid}/fd"))
        return sum(link.startswith("socket:") for link in links)

    def up(self):
        return self.process.poll() is None

    def stop(self):
        if self.up():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return -9
