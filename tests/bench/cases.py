# SPDX-License-Identifier: Apache-2.0
"""The cases: what the proxies are asked to do, and what is measured while they do it."""
import time
from collections import namedtuple
from dataclasses import dataclass, field
from typing import Callable

import measure
import peers
from process import Failure

CONNECTIONS, UPLOADS, IDLE = 64, 16, 5000
WARM_SECONDS = 1

Routes = namedtuple("Routes", "by pairs")  # by: None, "host" or "path"; pairs: (host, path) to ask for
ANY = Routes(None, [("bench.test", "/")])


@dataclass
class Case:
    name: str
    what: str
    work: Callable  # (bench, port, seconds) -> measure.Load
    routes: Routes = ANY
    path: str = "/"
    unit: str = "us"
    aim: str = ""


@dataclass
class Figure:
    """One proxy, one case, one round."""
    value: float            # us of CPU per request; bytes per connection where the case is about memory
    rate: float = 0.0       # requests per second
    elsewhere: float = 0.0  # CPU time that others used meanwhile, in CPUs
    more: dict = field(default_factory=dict)


def host_routes(count):
    return Routes("host", [(f"host{at}.bench.test", "/") for at in range(count)])


def path_routes(count):
    return Routes("path", [("bench.test", f"/service{at}/items") for at in range(count)])


def get(path, size):
    return lambda bench, port, seconds: measure.wrk(bench, port, path, CONNECTIONS, seconds, size)


def get_each(routes):
    def work(bench, port, seconds):
        asked = bench.dir / "asked"
        asked.write_text("".join(f"{host} {path}\n" for host, path in routes.pairs))
        return measure.wrk(bench, port, "/", CONNECTIONS, seconds, 1024, (peers.HERE / "routes.lua", asked))
    return work


def own(kind, connections):
    return lambda bench, port, seconds: measure.load(bench, kind, port, connections, seconds)


def routed(name, what, routes):
    return Case(name, what, get_each(routes), routes, routes.pairs[-1][1])


CASES = {case.name: case for case in (
    Case("1k", f"answers of 1 KiB, {CONNECTIONS} connections", get("/", 1024), aim="0.95"),
    Case("100k", f"answers of 100 KiB, {CONNECTIONS} connections", get("/100k", 100 * 1024), path="/100k", aim="0.95"),
    Case("upload", f"uploads of 1 MiB, {UPLOADS} connections", own("upload", UPLOADS), aim="0.95"),
    Case("echo", f"WebSocket messages of 1 KiB, {CONNECTIONS} connections", own("echo", CONNECTIONS)),
    routed("hosts-10", "10 hosts, 1 KiB", host_routes(10)),
    routed("hosts-10000", "10,000 hosts, 1 KiB", host_routes(10000)),
    routed("paths-10", "10 paths, 1 KiB", path_routes(10)),
    routed("paths-10000", "10,000 paths, 1 KiB", path_routes(10000)),
    Case("idle", f"{IDLE:,} idle connections after a request each, PSS", None, unit="B", aim="1200 B"),
)}


def run_case(bench, case, name):
    """Starts the proxy, measures, ends it."""
    process, port = peers.start_proxy(name, bench, case.routes)
    try:
        peers.probe(name, port, case.routes.pairs[-1][0], case.path)
        figure = idle(bench, process, port) if case.unit == "B" else busy(bench, case, process, port)
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
    load = case.work(bench, port, bench.seconds)
    used = measure.cpu_seconds(pids) - before
    elapsed = time.monotonic() - began
    elsewhere = measure.machine_busy() - machine - used - (others_of_ours(bench) - ours)
    return Figure(used / load.requests * 1e6, load.requests / load.seconds, max(0.0, elsewhere / elapsed))


def others_of_ours(bench):
    return measure.cpu_seconds(bench.origin.pids()) + measure.children_cpu()


def idle(bench, process, port):
    empty = measure.pss_bytes(process.pids())
    with measure.Idle(bench, port, IDLE):
        full = measure.pss_bytes(process.pids())
        process.check("the proxy")
    return Figure((full - empty) / IDLE, more={"with base": full / IDLE})
