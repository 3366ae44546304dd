# SPDX-License-Identifier: Apache-2.0
"""Row 23: servers that mean harm to a client. echo-client, whose call has a deadline of 5 s, and h2-client
must end: by then, by themselves, and not by a signal."""

import os
import socket
import struct
import subprocess
import threading
import time

from wire import *

OK = b"\x88" + field("content-type", "application/grpc")


def pages(kind, **options):
    """What a scripted server sends once the client has asked: a generator of bytes."""
    if kind == "push":
        yield frame(PUSH, END_HEADERS, 1, b"\0\0\0\2\x82\x86\x84")
    elif kind == "informational":
        for _ in range(100000):
            yield frame(HEADERS, END_HEADERS, 1, b"\x48\x03103")
    elif kind == "no end":
        yield frame(HEADERS, 0, 1, OK)
        for i in range(100000):
            yield frame(CONTINUATION, 0, 1, field("x-%d" % i, "y" * 100))
    elif kind == "trailers without end":
        yield frame(HEADERS, END_HEADERS, 1, OK)
        for _ in range(100000):
            yield frame(HEADERS, END_HEADERS, 1, field("grpc-status", "0"))
    elif kind == "bomb":
        yield frame(HEADERS, END_HEADERS, 1, OK + field("a", "b" * 4000, 0x40) + b"\xbe" * 16000)
    elif kind == "goaways":
        for _ in range(100000):
            yield frame(GOAWAY, 0, 0, b"\x7f\xff\xff\xff\0\0\0\0")
    elif kind == "refuse":
        yield frame(RST, 0, 1, b"\0\0\0\7")
    elif kind == "huge message":
        yield frame(HEADERS, END_HEADERS, 1, OK) + frame(DATA, 0, 1, b"\0\xff\xff\xff\xff")
    elif kind == "pings":
        for _ in range(100000):
            yield frame(PING, 0, 0, b"8 octets")
    elif kind == "empty data":
        yield frame(HEADERS, END_HEADERS, 1, OK)
        for _ in range(100000):
            yield frame(DATA, 0, 1)
    elif kind == "html":
        yield frame(HEADERS, END_HEADERS, 1, b"\x8e" + field("content-type", "text/html")) + frame(DATA, END_STREAM, 1, b"<html>")
    elif kind == "noise":
        yield os.urandom(65536)
    elif kind == "even stream":
        yield frame(HEADERS, END_HEADERS, 2, OK)
    elif kind == "idle stream":
        yield frame(HEADERS, END_HEADERS, 99, OK)
    # "silence", and what only differs in its SETTINGS: nothing


KINDS = {
    "push": b"", "informational": b"", "no end": b"", "trailers without end": b"", "bomb": b"", "goaways": b"",
    "refuse": b"", "huge message": b"", "pings": b"", "empty data": b"", "html": b"", "noise": b"",
    "even stream": b"", "idle stream": b"", "silence": b"", "no streams": setting(3, 0),
    "a table of 4 GiB": setting(1, 0xffffffff), "window 0": setting(4, 0), "window 2^31": setting(4, 0x80000000),
    "ENABLE_PUSH": setting(2, 1),
}


def linger(k, stop):
    """Reads, and says nothing more, until the client goes."""
    k.settimeout(0.2)
    while not stop.is_set():
        try:
            if not k.recv(65536):
                return
        except TimeoutError:
            pass


def serve(listener, kind, settings, stop):
    while not stop.is_set():
        try:
            k, _ = listener.accept()
        except OSError:
            continue
        try:
            k.settimeout(1)
            k.sendall(frame(SETTINGS, 0, 0, settings) + frame(SETTINGS, ACK, 0))
            k.recv(65536)
            time.sleep(0.05)
            for page in pages(kind):
                k.sendall(page)
            linger(k, stop)
        except OSError:
            pass
        k.close()


def run(kind, settings, command):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    stop = threading.Event()
    thread = threading.Thread(target=serve, args=(listener, kind, settings, stop))
    thread.start()
    started = time.monotonic()
    client = subprocess.Popen(command + [f"127.0.0.1:{listener.getsockname()[1]}"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    peak = 0
    while client.poll() is None and time.monotonic() - started < 30:
        try:
            with open(f"/proc/{client.pid}/status") as f:
                peak = max([peak] + [int(line.split()[1]) for line in f if line.startswith("VmHWM:")])
        except OSError:
            pass
        time.sleep(0.01)
    took = time.monotonic() - started
    if client.poll() is None:
        client.kill()
    said = client.stderr.read().strip()
    client.wait()
    stop.set()
    thread.join()
    listener.close()
    return client.returncode, took, peak, said


def hostile(command, limit, kinds=tuple(KINDS)):
    wrong, longest, peak = [], 0, 0
    for kind in kinds:
        # Three tries to be in time: the machine may have other work.
        for _ in range(3):
            code, took, rss, said = run(kind, KINDS[kind], command)
            peak = max(peak, rss)
            if code not in (0, 1) or took <= limit:
                break
        longest = max(longest, took)
        # What is merely odd may be answered to; a call may fail, but must end, by itself and in time.
        if code not in (0, 1) or took > limit:
            wrong.append(f"{kind}: exit {code} after {took:.1f} s: {said[-80:]}")
    return not wrong and peak < 16384, "; ".join(wrong) or f"{len(kinds)} servers, the longest call {longest:.1f} s", \
        f"{peak} of 16384 KiB", ""


def hostile_servers(bin_folder):
    """The deadline is 5 s; the rest is for a machine with other work."""
    return hostile([os.path.join(bin_folder, "echo-client"), "--target"], 8)


def hostile_servers_of_h2(bin_folder):
    """Its patience is 10 s, so not all that wait for it."""
    quick = [k for k in KINDS if k not in ("huge message", "goaways", "pings", "window 0", "a table of 4 GiB", "idle stream")]
    return hostile([os.path.join(bin_folder, "h2-client")], 14, quick)


PROBES = [(23, "hostile_servers", hostile_servers), (23, "hostile_servers_of_h2", hostile_servers_of_h2)]
