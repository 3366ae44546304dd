# SPDX-License-Identifier: Apache-2.0
"""Who shares a server with an attacker: a good client beside one fares no worse than beside as much
legitimate load. And row 22: a server out of descriptors lives on."""

import multiprocessing
import os
import socket
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


def echo(sock):
    """A process that has nothing to do with the server, and waits for its turn on the same machine."""
    while sock.sendall(sock.recv(64) or exit()) is None:
        pass


def percentiles(took):
    """(median, 99th percentile), in ms."""
    took = sorted(1000 * t for t in took)
    return took[len(took) // 2], took[len(took) * 99 // 100]


def latency(port, path, count=400):
    """Percentiles of calls one after the other over at least a second, for attacks come in waves; and of octets that
    a process between them sends back: what the machine, with all that it has to do, takes for a turn."""
    took, turns = [], []
    ours, theirs = socket.socketpair()
    other = multiprocessing.Process(target=echo, args=(theirs,), daemon=True)
    other.start()
    try:
        with Peer(port) as p:
            for i in range(count):
                started = time.perf_counter()
                p.send(probes.call(2 * i + 1, path))
                if not p.wait(lambda p: p.ended(2 * i + 1), 20):
                    raise TimeoutError("a call had no answer in 20 s")
                took.append(time.perf_counter() - started)
                p.frames.clear()
                started = time.perf_counter()
                ours.sendall(b"x")
                ours.recv(64)
                turns.append(time.perf_counter() - started)
                time.sleep(0.0025)
    finally:
        other.kill()
        other.join()
        ours.close()
        theirs.close()
    return percentiles(took), percentiles(turns)


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
    """Five tries: this measures time, on a machine that may have other work."""
    server = Server(os.path.join(bin_folder, name))
    path = probes.path_of(server)
    try:
        for _ in range(5):
            quiet, _ = latency(server.port, path)
            legit, _ = beside(server, path, calls)
            attacked, turn = beside(server, path, load)
            # As good as beside the load, but for what a clock tick, and two turns of the machine, can do.
            if all(attacked[i] <= 1.5 * legit[i] + slack + 2 * turn[i] for i, slack in ((0, 1), (1, 5))):
                return server.up(), say(quiet, legit, attacked, turn), "", ""
        return False, say(quiet, legit, attacked, turn), "", ""
    finally:
        server.stop()


def say(quiet, legit, attacked, turn):
    return ("median and p99: quiet %.2f, %.2f ms; beside calls %.2f, %.2f; beside it %.2f, %.2f; the machine's turn %.2f, %.2f"
            % (quiet + legit + attacked + turn))


def beside_it(row, name, program, load):
    return row, name, lambda bin_folder: compare(bin_folder, program, load)


def no_descriptors(bin_folder):
    """200 connections to a server that may have 64 descriptors: no busy loop, and it serves once they go."""
    server = Server(os.path.join(bin_folder, "echo-server"), nofile=64)
    try:
        most = 0.5 * slowness()
        server.mark()
        peers = [Peer(server.port, start=False) for _ in range(200)]
        time.sleep(2)
        spent = server.spent()
        for p in peers:
            p.close()
        started, ok = time.monotonic(), False
        while not ok and time.monotonic() - started < 30:
            try:
                with Peer(server.port) as p:
                    ok = probes.good(p, 1)
            except OSError:
                pass
        took = time.monotonic() - started
        return ok and spent < most, f"serves {took:.1f} s after they went", f"{server.rss()} KiB", f"{spent:.2f} of {most:.1f} s"
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
