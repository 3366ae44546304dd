# SPDX-License-Identifier: Apache-2.0
"""Who shares a server with an attacker: a good client beside one fares no worse than beside as much
legitimate load. And row 22: a server out of descriptors lives on."""

import multiprocessing
import os
import time

from wire import *
import probes


# ---- loads: each runs for ever, in a process of its own ----

def calls(port, path):
    """Legitimate: 50 calls at a time, as fast as they are answered."""
    while True:
        with Peer(port) as p:
            for turn in range(200):
                ids = [100 * turn + 2 * i + 1 for i in range(50)]
                p.send(b"".join(probes.call(i, path) for i in ids))
                p.wait(lambda p: p.ended(ids[-1]))
                p.frames.clear()


def again(port, chunk):
    while True:
        try:
            with Peer(port) as p:
                p.send(chunk, seconds=1)
                p.wait(lambda p: p.goaway(), 1)
        except OSError:
            pass


def resets(port, path):
    again(port, b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, probes.request(path)) +
                         frame(RST, 0, 2 * i + 1, b"\0\0\0\x08") for i in range(1500)))


def pings(port, path):
    again(port, frame(PING, 0, 0, b"8 octets") * 5000)


def blocks(port, path):
    again(port, frame(HEADERS, 0, 1, probes.request(path)) +
          b"".join(frame(CONTINUATION, 0, 1, field("a%05d" % i, "b" * 99)) for i in range(100)))


def bombs(port, path):
    again(port, frame(HEADERS, END_HEADERS, 1, probes.request(path, field("a", "b", 0x40))) +
          b"".join(frame(HEADERS, END_HEADERS | END_STREAM, 2 * i + 3, probes.request(path, b"\xbe" * 400)) for i in range(99)))


def dribbles(port, path):
    again(port, frame(HEADERS, END_HEADERS, 1, probes.request(path)) + frame(DATA, 0, 1, b"\0\0\0\xff\xff") +
          frame(DATA, 0, 1, b"x") * 60000)


def latency(port, path, count=400):
    """(median, 99th percentile) of calls one after the other, in ms."""
    took = []
    with Peer(port) as p:
        for i in range(count):
            started = time.perf_counter()
            p.send(probes.call(2 * i + 1, path))
            if not p.wait(lambda p: p.ended(2 * i + 1), 20):
                return 1e9, 1e9
            took.append((time.perf_counter() - started) * 1000)
            p.frames.clear()
    took.sort()
    return took[count // 2], took[count * 99 // 100]


def beside(server, path, load):
    other = multiprocessing.Process(target=load, args=(server.port, path), daemon=True)
    other.start()
    try:
        time.sleep(0.2)
        return latency(server.port, path)
    finally:
        other.kill()
        other.join()


def compare(bin_folder, name, load):
    """Three tries: this measures time, on a machine that may have other work."""
    server = Server(os.path.join(bin_folder, name))
    path = probes.path_of(server)
    try:
        for _ in range(3):
            quiet, legit, attacked = latency(server.port, path), beside(server, path, calls), beside(server, path, load)
            # As good as beside the load, but for what a clock tick can do.
            if attacked[0] <= 1.5 * legit[0] + 1 and attacked[1] <= 1.5 * legit[1] + 5:
                break
        else:
            return False, say(quiet, legit, attacked), "", ""
        return server.up(), say(quiet, legit, attacked), "", ""
    finally:
        server.stop()


def say(quiet, legit, attacked):
    return "median and p99: quiet %.2f, %.2f ms; beside calls %.2f, %.2f; beside it %.2f, %.2f" % (quiet + legit + attacked)


def beside_it(row, name, program, load):
    return row, name, lambda bin_folder: compare(bin_folder, program, load)


def no_descriptors(bin_folder):
    """200 connections to a server that may have 64 descriptors: no busy loop, and it serves once they go."""
    server = Server(os.path.join(bin_folder, "echo-server"), nofile=64)
    try:
        server.mark()
        peers = [Peer(server.port, start=False) for _ in range(200)]
        time.sleep(2)
        spent = server.spent()
        for p in peers:
            p.close()
        started, ok = time.monotonic(), False
        while not ok and time.monotonic() - started < 10:
            try:
                with Peer(server.port) as p:
                    ok = probes.good(p, 1)
            except OSError:
                pass
        took = time.monotonic() - started
        return ok and spent < 0.5, f"serves {took:.1f} s after they went", f"{server.rss()} KiB", f"{spent:.2f} of 0.5 s"
    finally:
        server.stop()


PROBES = [
    (22, "no_descriptors", no_descriptors),
    beside_it(1, "beside_rapid_resets", "echo-server", resets),
    beside_it(1, "beside_rapid_resets_of_workers", "api-server", resets),
    beside_it(3, "beside_continuations", "echo-server", blocks),
    beside_it(4, "beside_bombs", "echo-server", bombs),
    beside_it(9, "beside_dribbles", "echo-server", dribbles),
    beside_it(12, "beside_pings", "echo-server", pings),
]
