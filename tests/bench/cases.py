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
# HTTP/1.1 and HTTP/2); back, to the origin: http1 or http2.
Service = namedtuple("Service", "by pairs front back", defaults=("http1", "http1"))
ANY = Service(None, [("bench.test", "/")])
OVER_TLS, OVER_H2C = ANY._replace(front="tls"), ANY._replace(front="h2c")
H2_TO_H2 = OVER_H2C._replace(back="http2")


@dataclass
class Case:
    name: str
    what: str
    work: Callable  # (bench, port, seconds) -> generators.Load; what is held idle, where the case is about memory
    service: Service = ANY
    path: str = "/"
    speaks: str = "http/1.1"  # what the client does: http/1.1, h2, h2c
    is_call: bool = False     # of gRPC
    unit: str = "us"
    aim: str = ""
    rival: str = ""           # whom the ratio is to; else to the best peer
    seconds: int = 3          # of load per measurement, and rounds, unless the options say otherwise
    rounds: int = 5

    @property
    def names(self):
        """The proxies that it is for."""
        return [name for name in peers.NAMES if name != "nghttpx" or self.rival]


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
    return Case(name, what, work, service, rival="nginx", seconds=2, rounds=3, **more)


def of_idle(name, what, held, service, speaks, **more):
    return Case(name, f"{IDLE:,} idle {what} after a request each, PSS", held, service, speaks=speaks, unit="B", rounds=1,
                **more)


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
    case.work(bench, port, WARM_SECONDS)
    pids = process.pids()
    machine, ours = measure.machine_busy(), others_of_ours(bench)
    began, before = time.monotonic(), measure.cpu_seconds(pids)
    load = case.work(bench, port, bench.seconds or case.seconds)
    used = measure.cpu_seconds(pids) - before
    elapsed = time.monotonic() - began
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
