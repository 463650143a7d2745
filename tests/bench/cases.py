# SPDX-License-Identifier: Apache-2.0
"""The cases: what the proxies are asked to do, and what is measured while they do it."""
import time
from collections import namedtuple
from dataclasses import dataclass, field
from typing import Callable

import generators
import measure
import peers
from probe import probe
from process import Failure

CONNECTIONS, UPLOADS, IDLE = 64, 16, 5000
H2_CONNECTIONS, STREAMS = 16, 32
WARM_SECONDS = 1
MESSAGE = b"\0\0\0\0\x64" + 100 * b"x"  # of gRPC, 100 bytes
GRPC_FIELDS = ("content-type: application/grpc", "te: trailers")

# What a proxy is to serve. by: None, "host" or "path"; pairs: (host, path) to ask for; front: http1, h2c or tls (with
# HTTP/1.1 and HTTP/2); back, to the origin: http1 or http2; cached: answers are kept; coding: they are compressed so.
Service = namedtuple("Service", "by pairs front back cached coding", defaults=("http1", "http1", False, ""))
ANY = Service(None, [("bench.test", "/")])
OVER_TLS, OVER_H2C = ANY._replace(front="tls"), ANY._replace(front="h2c")
H2_TO_H2 = OVER_H2C._replace(back="http2")
CACHED = ANY._replace(cached=True)
OBJECTS = 100_000
USUAL, WITH_TLS, WITH_CACHE = ("nginx", "haproxy", "weir"), ("nginx", "haproxy", "nghttpx", "weir"), \
    ("nginx", "haproxy", "varnish", "weir")


@dataclass
class Case:
    name: str
    what: str
    work: Callable  # (bench, port, seconds) -> generators.Load; what is held idle, where the case is about memory
    service: Service = ANY
    names: tuple = USUAL      # the proxies that it is for
    path: str = "/"
    speaks: str = "http/1.1"  # what the client does: http/1.1, h2, h2c
    is_call: bool = False     # of gRPC
    unit: str = "us"
    aim: str = ""
    rival: str = ""           # whom the ratio is to; else to the best peer
    seconds: int = 3          # of load per measurement, and rounds, unless the options say otherwise
    rounds: int = 5
    prepare: Callable = None  # (bench, port): what has to be asked once before
    asks: float = 2.0         # the origin, for each request at most; a cache that doesn't keep would be a lie


@dataclass
class Figure:
    """One proxy, one case, one round."""
    value: float            # us of CPU per request; bytes per connection where the case is about memory
    rate: float = 0.0       # requests per second
    elsewhere: float = 0.0  # CPU time that others used meanwhile, in CPUs
    more: dict = field(default_factory=dict)


def host_routes(count):
    return Service("host", [(f"host{at}.bench.test", "/") for at in range(count)])


def path_routes(count):
    return Service("path", [("bench.test", f"/service{at}/items") for at in range(count)])


def get(path, size):
    return lambda bench, port, seconds: generators.wrk(bench, port, path, CONNECTIONS, seconds, size)


def get_each(service):
    def work(bench, port, seconds):
        asked = bench.dir / "asked"
        asked.write_text("".join(f"{host} {path}\n" for host, path in service.pairs))
        return generators.wrk(bench, port, "/", CONNECTIONS, seconds, 1024, (peers.HERE / "routes.lua", asked))
    return work


def own(program, kind, connections):
    return lambda bench, port, seconds: generators.load(bench, program, kind, port, connections, seconds)


def routed(name, what, service):
    return Case(name, what, get_each(service), service, service.pairs[-1][1])


def of_tls(name, what, path, size, aim):
    def work(bench, port, seconds):
        return generators.h1_over_tls(bench, f"https://127.0.0.1:{port}{path}", CONNECTIONS, seconds, size)
    return secure(name, what, work, OVER_TLS, path=path, aim=aim)


def of_handshakes(name, what, aim):
    return secure(name, what, own("handshakes", name, CONNECTIONS), OVER_TLS, aim=aim)


def of_h2(name, what, service, aim):
    speaks, scheme = ("h2", "https") if service.front == "tls" else ("h2c", "http")

    def work(bench, port, seconds):
        return generators.h2(bench, f"{scheme}://127.0.0.1:{port}/", H2_CONNECTIONS, STREAMS, seconds, 1024)
    return secure(name, what, work, service, speaks=speaks, aim=aim)


def of_calls(name, what, path, size, aim):
    """Calls as gRPC makes them: a message of 100 bytes, one in return, trailers."""
    def work(bench, port, seconds):
        call = bench.dir / "call"
        call.write_bytes(MESSAGE)
        fields = [word for line in GRPC_FIELDS for word in ("-H", line)]
        return generators.h2(bench, f"http://127.0.0.1:{port}{path}", H2_CONNECTIONS, STREAMS, seconds, size + 5,
                             ["-d", call, *fields])
    return secure(name, what, work, H2_TO_H2, path=path, speaks="h2c", is_call=True, aim=aim)


def secure(name, what, work, service, **more):
    """Of TLS or HTTP/2: nghttpx takes part, the aim is a ratio to nginx."""
    return Case(name, what, work, service, WITH_TLS, rival="nginx", seconds=2, rounds=3, **more)


def of_hits(name, what, work, **more):
    return Case(name, f"cached: {what}", work, **{"service": CACHED, "names": WITH_CACHE, "asks": 0.01, "path": "/kept", **more})


def h2_hits(name, what, path, size, **more):
    def work(bench, port, seconds):
        return generators.h2(bench, f"https://127.0.0.1:{port}{path}", H2_CONNECTIONS, STREAMS, seconds, size)
    return of_hits(name, what, work, service=CACHED._replace(front="tls"), names=USUAL, path=path, speaks="h2", seconds=2,
                   rounds=3, **more)


def not_modified(bench, port, seconds):
    return generators.h2load(bench, f"http://127.0.0.1:{port}/kept", 0, "http/1.1",
                             ["--h1", "-c", CONNECTIONS, "-D", seconds, "-H", 'If-None-Match: "kept"'])


def mix(bench, port, seconds):
    bench.turn += 1  # what nobody asked for before
    return generators.wrk(bench, port, "/", CONNECTIONS, seconds, 1024, (peers.HERE / "mix.lua", bench.turn))


def ask_all(bench, port):
    done = generators.wrk(bench, port, "/", CONNECTIONS, 12, 1024, (peers.HERE / "ask_all.lua",))
    if done.requests < OBJECTS:
        raise Failure(f"only {done.requests} of {OBJECTS} objects were asked for")


def of_coding(coding, aim=""):
    """The origin's 100 KiB of text become less than half."""
    def work(bench, port, seconds):
        return generators.wrk(bench, port, "/text", CONNECTIONS, seconds, 1024, most=50 * 1024,
                              fields=[f"Accept-Encoding: {coding}"])
    names = USUAL if coding == "gzip" else ("nginx", "weir")
    return Case(coding, f"100 KiB of text compressed on the way, {coding} 5", work, ANY._replace(coding=coding), names, "/text",
                aim=aim)


def of_idle(name, what, held, service, speaks, **more):
    return Case(name, f"{IDLE:,} idle {what} after a request each, PSS", held, service,
                WITH_TLS if more.get("rival") else USUAL, speaks=speaks, unit="B", rounds=1, **more)


CASES = {case.name: case for case in (
    Case("1k", f"answers of 1 KiB, {CONNECTIONS} connections", get("/", 1024), aim="0.95"),
    Case("100k", f"answers of 100 KiB, {CONNECTIONS} connections", get("/100k", 100 * 1024), path="/100k", aim="0.95"),
    Case("upload", f"uploads of 1 MiB, {UPLOADS} connections", own("load", "upload", UPLOADS), aim="0.95"),
    Case("echo", f"WebSocket messages of 1 KiB, {CONNECTIONS} connections", own("load", "echo", CONNECTIONS)),
    routed("hosts-10", "10 hosts, 1 KiB", host_routes(10)),
    routed("hosts-10000", "10,000 hosts, 1 KiB", host_routes(10000)),
    routed("paths-10", "10 paths, 1 KiB", path_routes(10)),
    routed("paths-10000", "10,000 paths, 1 KiB", path_routes(10000)),
    of_idle("idle", "connections", "http1", ANY, "http/1.1", aim="1200 B"),
    of_tls("tls-1k", f"TLS, answers of 1 KiB, {CONNECTIONS} connections", "/", 1024, "0.95"),
    of_tls("tls-100k", f"TLS, answers of 100 KiB, {CONNECTIONS} connections", "/100k", 100 * 1024, "0.75"),
    of_handshakes("full", "full handshake (X25519, ECDSA P-256) and an answer", "0.95"),
    of_handshakes("resumed", "resumed handshake and an answer", "0.90"),
    of_h2("h2", f"h2 over TLS, 1 KiB, {H2_CONNECTIONS} connections of {STREAMS} streams", OVER_TLS, "0.45"),
    of_h2("h2c", f"h2c, 1 KiB, {H2_CONNECTIONS} connections of {STREAMS} streams", OVER_H2C, "0.48"),
    of_calls("grpc-100", "h2c to h2c, gRPC messages of 100 bytes", "/", 100, "0.14"),
    of_calls("grpc-100k", "h2c to h2c, gRPC answers of 100 KiB", "/100k", 100 * 1024, "0.55"),
    of_idle("idle-tls", "TLS connections", "tls", OVER_TLS, "http/1.1", rival="nginx", aim="14 KB"),
    of_idle("idle-h2", "connections of h2 over TLS", "h2", OVER_TLS, "h2", rival="nginx"),
    of_idle("idle-h2c", "connections of h2c", "h2c", OVER_H2C, "h2c", rival="nginx"),
    of_hits("hit-1k", "1 KiB", get("/kept", 1024), rival="haproxy", aim="0.95"),
    of_hits("hit-100k", "100 KiB", get("/kept-100k", 100 * 1024), path="/kept-100k", aim="0.9"),
    of_hits("hit-304", "304, the client has it", not_modified),
    of_hits("hit-mix", f"9 of 10 hits over {OBJECTS:,} objects of 1 KiB", mix, prepare=ask_all, asks=0.2, rounds=2),
    h2_hits("hit-h2-1k", f"1 KiB, h2 over TLS, {H2_CONNECTIONS} connections of {STREAMS} streams", "/kept", 1024,
            rival="haproxy", aim="0.95"),
    h2_hits("hit-h2-100k", "100 KiB, h2 over TLS, the same", "/kept-100k", 100 * 1024, aim="0.9"),
    of_coding("gzip"), of_coding("br"),
)}


def start(bench, case, name):
    """A proxy that is known to serve the case as the origin would. The process, and its port."""
    process, port = peers.start_proxy(name, bench, case.service)
    try:
        probe(bench, case, port)
    except Failure as failure:
        process.check(name)
        process.stop()
        raise Failure(f"{name}, {case.name}: {failure}") from None
    return process, port


def run_case(bench, case, name):
    """Starts the proxy, measures, ends it."""
    process, port = start(bench, case, name)
    try:
        figure = idle(bench, case, process, port) if case.unit == "B" else busy(bench, case, process, port)
        process.check(name)
        return figure
    except Failure as failure:
        raise Failure(f"{name}, {case.name}: {failure}") from None
    finally:
        process.stop()


def busy(bench, case, process, port):
    if case.prepare:
        case.prepare(bench, port)
    case.work(bench, port, WARM_SECONDS)
    asked = peers.asked(bench, case.service)
    pids = process.pids()
    machine, ours = measure.machine_busy(), others_of_ours(bench)
    began, before = time.monotonic(), measure.cpu_seconds(pids)
    load = case.work(bench, port, bench.seconds or case.seconds)
    used = measure.cpu_seconds(pids) - before
    elapsed = time.monotonic() - began
    if peers.asked(bench, case.service) - asked > case.asks * load.requests + 100:
        raise Failure(f"the origin was asked {peers.asked(bench, case.service) - asked} times for {load.requests} requests")
    elsewhere = measure.machine_busy() - machine - used - (others_of_ours(bench) - ours)
    return Figure(used / load.requests * 1e6, load.requests / load.seconds, max(0.0, elsewhere / elapsed))


def others_of_ours(bench):
    return sum(measure.cpu_seconds(origin.pids()) for origin in bench.origins) + measure.children_cpu()


def idle(bench, case, process, port):
    empty = measure.pss_bytes(process.pids())
    with generators.Idle(bench, case.work, port, IDLE):
        full = measure.pss_bytes(process.pids())
        process.check("the proxy")
    return Figure((full - empty) / IDLE, more={"with base": full / IDLE})
