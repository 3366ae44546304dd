# SPDX-License-Identifier: Apache-2.0
"""run.py BIN [PROBE...]: starts the servers of BIN and attacks them; prints a table. Exit 1 when a row does
not hold: another answer than stated, more memory or CPU than stated, a server that is gone or that does not
serve a good call afterwards."""

import os
import sys
import time

from wire import *
import probes
import beside
import clients


def serves(server):
    with Peer(server.port) as p:
        if server.name.startswith("h2"):
            p.send(probes.get(1))
            return p.wait(lambda p: p.ended(1)) and p.answer(1).get(":status") == "200"
        return probes.good(p, 1, probes.path_of(server))


def warm(server):
    """What a server allocates once, for ever: threads, pools, buffers."""
    for _ in range(3):
        with Peer(server.port) as p:
            if server.name.startswith("h2"):
                p.send(b"".join(probes.get(2 * i + 1) for i in range(100)))
            else:
                p.send(b"".join(probes.call(2 * i + 1, probes.path_of(server)) for i in range(100)))
            p.wait(lambda p: all(p.ended(2 * i + 1) for i in range(100)))


def row(out, number, name, said, rss, cpu, verdict):
    line = f"| {number} | {name} | {said} | {rss} | {cpu} | {verdict} |"
    out.append(line)
    print(line, flush=True)


def attack(server, out, number, name, rss, cpu, f):
    cpu *= slowness()
    server.mark()
    try:
        holds, said = f(server)
    except Exception as error:
        holds, said = False, f"{type(error).__name__}: {error}"
    grown, spent = server.rss() if server.up() else 0, server.spent() if server.up() else 0
    alive = server.up() and serves(server)
    wrong = [w for w, bad in (("answer", not holds), ("memory", grown > rss), ("CPU", spent > cpu),
                              ("server", not alive)) if bad]
    row(out, number, name, said, f"{grown} of {rss} KiB", f"{spent:.3f} of {cpu:.2f} s",
        "holds" if not wrong else "FAILS: " + ", ".join(wrong))
    return not wrong


def main():
    bin_folder, only = sys.argv[1], sys.argv[2:]
    out, ok = [], True
    print("| row | attack | answer | memory | CPU | verdict |\n|---|---|---|---|---|---|", flush=True)
    for target in ("echo", "api", "h2"):
        wanted = [p for p in probes.PROBES if p[2] == target and (not only or p[1] in only)]
        if not wanted:
            continue
        for number, name, _, rss, cpu, f in wanted:
            # A server of its own for each, so that none lives on memory that another left.
            server = Server(os.path.join(bin_folder, f"{target}-server"))
            warm(server)
            ok &= attack(server, out, number, name, rss, cpu, f)
            code = server.stop()
            if code != 0:
                row(out, number, name, f"{server.name} exits with {code}", "", "", "FAILS: server")
                ok = False
    for module in (clients, beside):
        for number, name, f in module.PROBES:
            if only and name not in only:
                continue
            try:
                holds, said, rss, cpu = f(bin_folder)
            except Exception as error:
                holds, said, rss, cpu = False, f"{type(error).__name__}: {error}", "", ""
            row(out, number, name, said, rss, cpu, "holds" if holds else "FAILS")
            ok &= holds
    print(f"{sum('| holds |' in line for line in out)} of {len(out)} hold")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
