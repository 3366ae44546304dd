# SPDX-License-Identifier: Apache-2.0
"""The attacks, a function each. A probe takes a Server, talks to it, and returns (holds, answer): whether
the server did as stated, and what it said. `probe` states target, bounds of memory (KiB at the peak) and of
CPU (seconds); run.py measures them."""

import random
import socket
import struct
import time

from wire import *

ECHO, STREAM = "/echo.Echo/Reply", "/api.Api/getStream"
PROBES = []


def probe(row, target, rss, cpu=0.25):
    def add(f):
        PROBES.append((row, f.__name__, target, rss, cpu, f))
        return f
    return add


def hello(s):
    return message(b"\x0a" + bytes((len(s),)) + s.encode())


def call(stream, path=ECHO, payload=None, extra=b""):
    body = hello("hi") if payload is None else payload
    return frame(HEADERS, END_HEADERS, stream, request(path, extra)) + frame(DATA, END_STREAM, stream, body)


def path_of(server):
    return "/api.Api/sayHello" if server.name.startswith("api") else ECHO


def good(peer, stream, path=ECHO):
    """A call on this connection that must succeed."""
    peer.send(call(stream, path))
    peer.wait(lambda p: p.ended(stream))
    return peer.answer(stream).get("grpc-status") == "0"


def get(stream, path="/"):
    return frame(HEADERS, END_HEADERS | END_STREAM, stream,
                 b"\x82\x86" + field(":path", path) + field(":authority", "h"))


def closed_with(peer, *answers):
    peer.wait(lambda p: p.goaway())
    said = peer.goaway() or peer.end or "nothing"
    return any(said.startswith(a) for a in answers), said


def once(server, chunk, *answers, settings=b""):
    with Peer(server.port, settings) as p:
        p.send(chunk)
        return closed_with(p, *answers)


# ---- 1, 2: resets ----

@probe(1, "echo", 1024)
def rapid_reset(server):
    pair = lambda i: (frame(HEADERS, END_HEADERS, i, request(path_of(server))) +
                      frame(RST, 0, i, b"\0\0\0\x08"))
    with Peer(server.port) as p:
        p.send(b"".join(pair(2 * i + 1) for i in range(3000)))
        ok, said = closed_with(p, "ENHANCE_YOUR_CALM too_many_resets")
        return ok and p.goaway_last() < 2 * 1200, f"{said} last={p.goaway_last() if ok else '-'}"


@probe(1, "api", 2048)
def rapid_reset_of_workers(server):
    return rapid_reset(server)


@probe(2, "echo", 256)
def window_update_0(server):
    return once(server, frame(HEADERS, END_HEADERS, 1, request(ECHO)) + frame(WINDOW, 0, 1, b"\0" * 4), "PROTOCOL_ERROR")


@probe(2, "echo", 256)
def window_overflow(server):
    """The one of the six that is answered by RST_STREAM, for h2spec's sake; it costs a token."""
    with Peer(server.port) as p:
        p.send(frame(HEADERS, END_HEADERS, 1, request(ECHO)) + frame(WINDOW, 0, 1, b"\x7f\xff\xff\xff"))
        p.wait(lambda p: p.resets() or p.goaway())
        said = p.resets().get(1) or p.goaway() or p.end or "nothing"
        return said == "FLOW_CONTROL_ERROR", f"RST {said}"


@probe(2, "echo", 256)
def priority_of_4(server):
    return once(server, frame(HEADERS, END_HEADERS, 1, request(ECHO)) + frame(PRIORITY, 0, 1, b"\0" * 4), "FRAME_SIZE_ERROR")


@probe(2, "echo", 256)
def priority_on_itself(server):
    return once(server, frame(HEADERS, END_HEADERS, 1, request(ECHO)) + frame(PRIORITY, 0, 1, b"\0\0\0\1\0"), "PROTOCOL_ERROR")


@probe(2, "echo", 256)
def headers_after_end(server):
    return once(server, frame(HEADERS, END_HEADERS | END_STREAM, 1, request(ECHO)) +
                frame(HEADERS, END_HEADERS | END_STREAM, 1, request(ECHO)), "STREAM_CLOSED")


@probe(2, "echo", 256)
def data_after_end(server):
    return once(server, frame(HEADERS, END_HEADERS | END_STREAM, 1, request(ECHO)) + frame(DATA, 0, 1, b"x"), "STREAM_CLOSED")


@probe(2, "echo", 1024, 0.5)
def made_you_reset(server):
    """Malformed requests make the server reset; 3000 of them."""
    bad = b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, request(ECHO, field("connection", "x"))) for i in range(3000))
    return once(server, bad, "ENHANCE_YOUR_CALM too_many_provoked_resets")


# ---- 3 to 6: header blocks ----

@probe(3, "echo", 128)
def continuation(server):
    with Peer(server.port) as p:
        p.send(frame(HEADERS, END_STREAM, 1, request(ECHO)))
        p.send(b"".join(frame(CONTINUATION, 0, 1, field("a%05d" % i, "b" * 99)) for i in range(2000)))
        return closed_with(p, "ENHANCE_YOUR_CALM continuation")


@probe(3, "echo", 128)
def empty_continuation(server):
    with Peer(server.port) as p:
        p.send(frame(HEADERS, END_STREAM, 1, request(ECHO)) + frame(CONTINUATION, 0, 1) * 9)
        return closed_with(p, "ENHANCE_YOUR_CALM continuation")


@probe(4, "echo", 1024)
def bomb(server):
    """99 requests, 4000 times one octet that names a field; and no window to answer in."""
    block = request(ECHO, b"\xbe" * 4000)
    return once(server, frame(HEADERS, END_HEADERS, 1, request(ECHO, field("a", "b", 0x40))) +
                b"".join(frame(HEADERS, END_HEADERS, 2 * j + 1, block) for j in range(1, 100)),
                "ENHANCE_YOUR_CALM header list", settings=setting(4, 0))


@probe(4, "echo", 1536)
def bomb_below_the_bound(server):
    """Lists just too large: each fails by itself, none is answered with a message."""
    block = request(ECHO, b"\xbe" * 400)
    with Peer(server.port) as p:
        p.send(frame(HEADERS, END_HEADERS, 1, request(ECHO, field("a", "b", 0x40))) +
               b"".join(frame(HEADERS, END_HEADERS | END_STREAM, 2 * j + 1, block) for j in range(1, 90)))
        p.wait(lambda p: all(p.ended(2 * j + 1) for j in range(1, 90)))
        said = {p.answer(2 * j + 1).get("grpc-status") for j in range(1, 90)}
        return said == {"8"} and good(p, 1001), f"grpc-status {said}, then a good call"


@probe(4, "echo", 4096)
def headers_of_all_streams(server):
    """100 streams hold the largest list that is allowed; above 1 MiB together they are refused."""
    block = request(ECHO, b"".join(field("x-%03d" % i, "v" * 200) for i in range(64)))
    with Peer(server.port) as p:
        p.send(b"".join(frame(HEADERS, END_HEADERS, 2 * j + 1, block[:16384]) for j in range(100)))
        p.wait(lambda p: len(p.resets()) >= 20)
        codes = set(p.resets().values())
        return codes == {"REFUSED_STREAM"} and not p.goaway(), f"{len(p.resets())} of 100 {codes}"


@probe(5, "echo", 256)
def hpack_integer(server):
    return once(server, frame(HEADERS, END_HEADERS, 1, request(ECHO) + b"\xff" + b"\x80" * 9000 + b"\0"), "COMPRESSION_ERROR")


@probe(5, "echo", 256)
def string_of_1_mib(server):
    return once(server, frame(HEADERS, END_HEADERS, 1, request(ECHO) + b"\x00\x7f\x81\xff\x3f" + b"x" * 100), "COMPRESSION_ERROR")


@probe(5, "echo", 256)
def size_updates(server):
    return once(server, frame(HEADERS, END_HEADERS, 1, b"\x20\x3f\xe1\x1f\x20" + request(ECHO)), "COMPRESSION_ERROR")


@probe(6, "echo", 256)
def poisoned_table(server):
    """A refused request inserts; the next names what it inserted."""
    with Peer(server.port) as p:
        p.send(frame(HEADERS, END_HEADERS | END_STREAM, 1,
                     b"\x83\x86" + field(":path", ECHO, 0x40) + field("Bad", "x") + field(":authority", "h", 0x40)))
        p.send(frame(HEADERS, END_HEADERS, 3, b"\x83\x86\xbf\xbe" + field("content-type", "application/grpc") +
                     field("te", "trailers")) + frame(DATA, END_STREAM, 3, hello("hi")))
        p.wait(lambda p: p.ended(3))
        return (p.resets().get(1) == "PROTOCOL_ERROR" and p.answer(3).get("grpc-status") == "0",
                f"RST {p.resets().get(1)}, then grpc-status {p.answer(3).get('grpc-status')}")


# ---- 7, 14, 20, 21: requests that are refused one by one ----

def refused(server, table):
    """Each on a connection that lives on: RST_STREAM or a status that is not OK, no message ever."""
    wrong = []
    with Peer(server.port) as p:
        for i, (name, block) in enumerate(table):
            s = 2 * i + 1
            p.send(frame(HEADERS, END_HEADERS, s, block) + frame(DATA, END_STREAM, s, hello("hi")))
            p.wait(lambda p: p.ended(s) or p.goaway())
            status = p.answer(s).get("grpc-status") or p.answer(s).get(":status")
            if p.goaway() or not (s in p.resets() or status not in (None, "0", "200")):
                wrong.append(f"{name}: {p.goaway() or status}")
            if p.end or p.goaway():
                return False, "; ".join(wrong) or f"{name}: {p.end}"
        served = sum(1 for f in p.frames if f[0] == DATA)
        ok = good(p, 9001)
    return not wrong and ok and not served, "; ".join(wrong) or f"{len(table)} refused, then a good call"


@probe(7, "echo", 256)
def bad_bin(server):
    return refused(server, [("-bin", request(ECHO, field("x-bin", "!!!")))])


@probe(14, "echo", 256)
def empty_names(server):
    return refused(server, [(f"empty {i}", request(ECHO, b"\0\0\0" * (i + 1))) for i in range(50)])


@probe(20, "echo", 256)
def timeouts(server):
    bad = ["123456789S", "1", "S", "-1S", "1X", "1 S", "", "0x1S", "9999999999999H"]
    ok, said = refused(server, [(f"grpc-timeout {t!r}", request(ECHO, field("grpc-timeout", t))) for t in bad])
    with Peer(server.port) as p:
        p.send(call(1, extra=field("grpc-timeout", "99999999H")))
        p.wait(lambda p: p.ended(1))
        return ok and p.answer(1).get("grpc-status") == "0", said + "; 99999999H is OK"


def confusions():
    h = field(":authority", "h")
    tail = field("content-type", "application/grpc") + field("te", "trailers")
    path = field(":path", ECHO)
    yield "CR LF", request(ECHO, field("x-a", "b\r\nc: d"))
    yield "LF", request(ECHO, field("x-a", "b\nc"))
    yield "CR", request(ECHO, field("x-a", "b\rc"))
    yield "NUL", request(ECHO, field("x-a", b"b\0c"))
    yield "LF in name", request(ECHO, field("x\n", "b"))
    yield "colon in name", request(ECHO, field("x:y", "b"))
    yield "space in name", request(ECHO, field("x y", "b"))
    yield "upper case", request(ECHO, field("X-a", "b"))
    yield "octet 0x80 in name", request(ECHO, field(b"x\x80", "b"))
    for name in ("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"):
        yield name, request(ECHO, field(name, "close"))
    yield "te: gzip", b"\x83\x86" + path + h + field("content-type", "application/grpc") + field("te", "gzip")
    yield "two :path", b"\x83\x86" + path + path + h + tail
    yield "two :method", b"\x83\x83\x86" + path + h + tail
    yield "two :scheme", b"\x83\x86\x86" + path + h + tail
    yield "two :authority", b"\x83\x86" + path + h + h + tail
    yield "two hosts", request(ECHO, field("host", "h") + field("host", "other"))
    yield "no :method", b"\x86" + path + h + tail
    yield "no :scheme", b"\x83" + path + h + tail
    yield "no :path", b"\x83\x86" + h + tail
    yield "empty :path", b"\x83\x86" + field(":path", "") + h + tail
    yield ":status", b"\x83\x86" + path + h + b"\x88" + tail
    yield ":unknown", b"\x83\x86" + path + h + field(":unknown", "x") + tail
    yield "pseudo last", b"\x83\x86" + path + tail + h
    yield "no slash", request("echo.Echo/Reply")
    yield "one part", request("/Reply")
    yield "three parts", request("/echo.Echo/Reply/x")
    yield "empty service", request("//Reply")
    yield "empty method", request("/echo.Echo/")
    yield "unknown method", request("/echo.Echo/Other")
    yield "unknown service", request("/other.Echo/Reply")
    yield "GET", request(ECHO, method=b"\x82")
    yield "CONNECT", field(":method", "CONNECT") + h
    yield "no content-type", b"\x83\x86" + path + h + field("te", "trailers")
    yield "text/html", b"\x83\x86" + path + h + field("content-type", "text/html") + field("te", "trailers")
    yield "grpc-web", b"\x83\x86" + path + h + field("content-type", "application/grpc-web") + field("te", "trailers")
    yield "content-length too short", request(ECHO, field("content-length", "3"))
    yield "content-length too long", request(ECHO, field("content-length", "300"))
    yield "content-length no number", request(ECHO, field("content-length", "x"))
    yield "two content-lengths", request(ECHO, field("content-length", "9") + field("content-length", "8"))
    yield "unknown grpc-encoding", request(ECHO, field("grpc-encoding", "snappy") )


@probe(21, "echo", 256)
def smuggling(server):
    # An encoding nobody knows is refused once a message is compressed by it; the last row has none.
    return refused(server, [t for t in confusions() if t[0] != "unknown grpc-encoding"])


# ---- 8 ----

@probe(8, "echo", 1024, 0.5)
def noise_after_the_fatal_frame(server):
    chance = random.Random(8)
    fatal = [frame(DATA, 0, 0, b"x"), frame(PING, 0, 0, b"x"), frame(HEADERS, END_HEADERS, 1, b"\x80"),
             frame(WINDOW, 0, 0, b"\0" * 4), frame(PUSH, END_HEADERS, 1, b"\0\0\0\2\x82"),
             frame(CONTINUATION, 0, 1), frame(SETTINGS, ACK, 0, b"x" * 6), frame(HEADERS, END_HEADERS, 2, request(ECHO))]
    said = set()
    for f in fatal:
        with Peer(server.port) as p:
            p.send(f + chance.randbytes(65536))
            ok, what = closed_with(p, *CODES[1:])
            said.add(what.split()[0])
            if not ok:
                return False, what
    return True, ", ".join(sorted(said))


# ---- 9 to 14: frames that bring little ----

@probe(9, "echo", 3072, 1.0)
def dribble(server):
    """One octet a DATA frame: 100 streams with 8 KiB each."""
    with Peer(server.port) as p:
        p.send(b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, request(ECHO)) for i in range(100)))
        p.send(b"".join(frame(DATA, 0, 2 * i + 1, struct.pack(">BI", 0, 100000)) for i in range(100)))
        drops = b"".join(frame(DATA, 0, 2 * i + 1, b"x") for i in range(100))
        for _ in range(8192 // 64):
            p.send(drops * 64)
        p.send(frame(PING, 0, 0, b"all read"))
        p.wait(lambda p: any(f[0] == PING for f in p.frames))
        return not p.goaway() and not p.resets() and not p.end, p.goaway() or p.end or "taken, no GOAWAY"


@probe(10, "echo", 256)
def empty_data(server):
    with Peer(server.port) as p:
        p.send(frame(HEADERS, END_HEADERS, 1, request(ECHO)))
        p.send(frame(DATA, 0, 1) * 20000)
        return closed_with(p, "ENHANCE_YOUR_CALM empty_frames")


@probe(11, "h2", 512, 0.5)
def windows_of_1(server):
    """A reader that opens its window octet by octet: 65000 octets so."""
    with Peer(server.port, setting(4, 1)) as p:
        p.send(get(1, "/bytes/65000"))
        for _ in range(65536 // 1024):
            p.send(frame(WINDOW, 0, 1, b"\0\0\0\1") * 1024)
        p.wait(lambda p: p.ended(1), 20)
        sizes = [len(f[3]) for f in p.frames if f[0] == DATA]
        return p.ended(1) and sum(sizes) == 65000, f"{len(sizes)} DATA frames for {sum(sizes)} octets; {p.goaway() or p.end}"


@probe(12, "echo", 256)
def pings(server):
    return once(server, frame(PING, 0, 0, b"8 octets") * 30000, "ENHANCE_YOUR_CALM too_many_pings")


@probe(12, "h2", 320, 0.5)
def pings_unread(server):
    """60000 PINGs, and none of the answers is read."""
    with Peer(server.port, rcvbuf=4096) as p:
        all_sent = p.send(frame(PING, 0, 0, b"8 octets") * 600000, read=False, seconds=3)
        return not all_sent, f"read from us: {p.sent >> 10} KiB of {600000 * 17 >> 10}"


@probe(12, "echo", 512, 0.5)
def resets_unread(server):
    """Requests over the limit make RST_STREAMs that are not read."""
    small = b"\x83\x86\xc1\xc0\xbf\xbe"
    with Peer(server.port, rcvbuf=4096) as p:
        p.send(frame(HEADERS, END_HEADERS, 1, b"\x83\x86" + field(":path", ECHO, 0x40) + field(":authority", "h", 0x40) +
                     field("content-type", "application/grpc", 0x40) + field("te", "trailers", 0x40)))
        block = b"".join(frame(HEADERS, END_HEADERS, 2 * i + 3, small) for i in range(600000))
        all_sent = p.send(block, read=False, seconds=3)
        return not all_sent, f"read from us: {p.sent >> 10} KiB of {len(block) >> 10}"


@probe(12, "echo", 256)
def settings(server):
    return once(server, frame(SETTINGS, 0, 0) * 30000, "ENHANCE_YOUR_CALM too_many_settings")


@probe(12, "echo", 256)
def settings_of_33(server):
    return once(server, frame(SETTINGS, 0, 0, setting(4, 65535) * 33), "ENHANCE_YOUR_CALM settings")


@probe(13, "echo", 256)
def priorities(server):
    return once(server, frame(PRIORITY, 0, 1, b"\0\0\0\0\x10") * 20000, "ENHANCE_YOUR_CALM too_many_ignored_frames")


@probe(13, "echo", 256)
def unknown_frames(server):
    return once(server, frame(0x77, 0, 0, b"x" * 5) * 20000, "ENHANCE_YOUR_CALM too_many_ignored_frames")


# ---- 15, 16, 18, 19 ----

def never_reads(server, chunk):
    """Asks for much and reads nothing: the server waits, bounded, until it has enough."""
    before, started = server.sockets(), time.monotonic()
    with Peer(server.port, setting(4, 0x7fffffff), rcvbuf=4096) as p:
        p.send(frame(WINDOW, 0, 0, b"\x7f\x00\x00\x00") + chunk, read=False)
        time.sleep(1)
        while server.sockets() > before and time.monotonic() - started < 60:
            time.sleep(0.2)
        took = time.monotonic() - started
    return 15 < took < 35, f"closed after {took:.0f} s"


@probe(15, "h2", 768, 0.5)
def slow_reader(server):
    return never_reads(server, get(1, "/bytes/1073741824"))


@probe(15, "api", 12288, 0.5)
def slow_reader_of_messages(server):
    """The handler prints into its call's arena, a name a message: that is what grows."""
    return never_reads(server, call(1, STREAM, message(b"\x08" + varint(100000000))))


@probe(16, "echo", 2048, 0.5)
def slowloris(server):
    """50 sockets stop at each of six points; each is closed after 10 s."""
    settings = frame(SETTINGS, 0, 0)
    points = {"nothing": b"", "half a preface": PREFACE[:12], "no SETTINGS": PREFACE,
              "half a SETTINGS": PREFACE + settings[:5], "no ACK": PREFACE + settings,
              "half a block": PREFACE + settings + frame(SETTINGS, ACK, 0) + frame(HEADERS, 0, 1, request(ECHO)[:20])}
    started = time.monotonic()  # before the server's own clocks, however long this takes
    peers = {name: [Peer(server.port, start=False) for _ in range(50)] for name in points}
    for name, some in peers.items():
        for p in some:
            p.send(points[name])
    took, late = {}, time.monotonic() - started
    while len(took) < len(points) and time.monotonic() - started < late + 40:
        time.sleep(0.1)
        for name, some in peers.items():
            for p in some:
                if not p.end:
                    p.take()
            if name not in took and all(p.end for p in some):
                took[name] = time.monotonic() - started
    for some in peers.values():
        for p in some:
            p.close()
    left = [name for name in points if name not in took or not 9.5 < took[name] < late + 16]
    return not left, "closed after %s s" % ", ".join(f"{t:.1f}" for t in took.values()) + (f"; not: {left}" if left else "")


@probe(18, "echo", 256)
def message_of_4_gib(server):
    with Peer(server.port) as p:
        p.send(frame(HEADERS, END_HEADERS, 1, request(ECHO)) + frame(DATA, 0, 1, b"\0\xff\xff\xff\xff"))
        p.wait(lambda p: p.ended(1))
        return p.answer(1).get("grpc-status") == "8", f"grpc-status {p.answer(1).get('grpc-status')}"


@probe(18, "echo", 1024)
def messages_of_4_mib(server):
    with Peer(server.port) as p:
        p.send(b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, request(ECHO)) +
                        frame(DATA, 0, 2 * i + 1, struct.pack(">BI", 0, 4 << 20)) for i in range(100)))
        p.send(frame(PING, 0, 0, b"all read"))
        p.wait(lambda p: any(f[0] == PING for f in p.frames))
        return not p.goaway() and not p.resets(), "waits for them"


@probe(19, "echo", 1024)
def too_many_streams(server):
    with Peer(server.port) as p:
        p.send(b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, request(ECHO)) for i in range(200)))
        p.wait(lambda p: len(p.resets()) >= 100)
        refused_ones = p.resets()
        p.send(b"".join(frame(DATA, END_STREAM, 2 * i + 1, hello("hi")) for i in range(100)))
        p.wait(lambda p: all(p.ended(2 * i + 1) for i in range(100)))
        served = sum(p.answer(2 * i + 1).get("grpc-status") == "0" for i in range(100))
        return (served == 100 and len(refused_ones) == 100 and set(refused_ones.values()) == {"REFUSED_STREAM"},
                f"{served} served, {len(refused_ones)} {set(refused_ones.values())}")
