#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""weir alone: what reloads of a large config cost those who are served meanwhile, and what many endpoints cost.

    /usr/bin/python3 tests/bench/changing.py [--seconds 5]

10,000 routes and 1,000 upstreams are loaded once a second under load: the time of a reload as its caller sees it, memory,
and the latency of the traffic beside that without reloads. Then the same traffic over 1, 10 and 1,000 endpoints.
"""
import argparse
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from process import Failure, Process, find, free_port, wait_for_port
from run import Bench, REPOSITORY

ROUTES, UPSTREAMS = 10000, 1000
CONNECTIONS = 32


class Weir:
    def __init__(self, bench, text):
        self.port, self.admin = free_port(), free_port()
        self.path = bench.dir / "changing.yaml"
        self.write(text)
        self.process = Process([bench.weir, "run", "-c", self.path], bench.proxy_cpu, bench.dir / "weir.said")
        bench.running.append(self.process)
        wait_for_port(self.process, "weir", self.port)

    def write(self, text):
        self.path.write_text(f"workers: 1\nlog: {{level: error}}\naccess_log: {{path: 'off'}}\nadmin: {{listen: '127.0.0.1:{self.admin}'}}\n"
                             f"listeners: [{{name: web, listen: '127.0.0.1:{self.port}'}}]\n" + text)

    def reload(self):
        """Milliseconds."""
        began = time.monotonic()
        ask = urllib.request.Request(f"http://127.0.0.1:{self.admin}/api/v1/reload", data=b"", method="POST")
        urllib.request.urlopen(ask, timeout=60).read()
        return (time.monotonic() - began) * 1000

    def memory(self):
        """MiB of RSS."""
        (line,) = [one for one in Path(f"/proc/{self.process.popen.pid}/status").read_text().splitlines() if one.startswith("VmRSS")]
        return int(line.split()[1]) / 1024


def large(origin, number):
    routes = "".join(f"  - {{name: r{i}, match: {{host: h{i}.example, path: /p}}, upstream: u{i % UPSTREAMS}, timeouts: {{idle: {60 + number}s}}}}\n"
                     for i in range(ROUTES))
    upstreams = "".join(f"  u{i}: {{endpoints: ['127.0.{i // 250}.{i % 250 + 2}:{origin}', '127.1.{i // 250}.{i % 250 + 2}:{origin}']}}\n"
                        for i in range(UPSTREAMS))
    return f"routes:\n{routes}  - {{name: all, upstream: live}}\nupstreams:\n  live: {{endpoints: ['127.0.0.1:{origin}']}}\n{upstreams}"


def over(origin, endpoints, balance):
    listed = ", ".join(f"'127.2.{i // 250}.{i % 250 + 2}:{origin}'" for i in range(endpoints))
    return f"routes: [{{name: all, upstream: live}}]\nupstreams: {{live: {{balance: {balance}, endpoints: [{listed}]}}}}\n"


def traffic(bench, port, seconds):
    """Requests a second, and milliseconds of the 50th and 99th percentile."""
    said = subprocess.run(["taskset", "-c", str(bench.other_cpu), find("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
                           f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise Failure(f"requests were lost:\n{said}")
    at = {name: float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit] for name, number, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", said)}
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1)), at["50"], at["99"]


def measure_reloads(bench, seconds):
    weir = Weir(bench, large(bench.ports["http1"], 0))
    quiet = traffic(bench, weir.port, seconds)
    before, taken, over_now = weir.memory(), [], threading.Event()

    def keep_reloading():
        while not over_now.wait(1):
            weir.write(large(bench.ports["http1"], len(taken) + 1))
            taken.append(weir.reload())
    reloader = threading.Thread(target=keep_reloading)
    reloader.start()
    busy = traffic(bench, weir.port, seconds)
    over_now.set()
    reloader.join()
    print(f"{ROUTES} routes, {UPSTREAMS} upstreams of 2 endpoints: reload {min(taken):.0f} to {max(taken):.0f} ms ({len(taken)} of them)")
    print(f"  memory {before:.0f} MiB before, {weir.memory():.0f} MiB after")
    for name, (rate, half, most) in (("without", quiet), ("with", busy)):
        print(f"  {name:7} reloads: {rate:,.0f} requests/s, p50 {half:.2f} ms, p99 {most:.2f} ms")
    weir.process.stop()


def measure_endpoints(bench, seconds):
    for balance in ("round_robin", "least_requests", "p2c", "maglev"):
        for endpoints in (1, 10, 1000):
            weir = Weir(bench, over(bench.ports["http1"], endpoints, balance))
            traffic(bench, weir.port, 1)
            rate, half, most = traffic(bench, weir.port, seconds)
            print(f"{balance:15} {endpoints:5} endpoints: {rate:,.0f} requests/s, p50 {half:.2f} ms, p99 {most:.2f} ms")
            weir.process.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="of load per measurement (5)")
    parser.add_argument("--weir", type=Path, metavar="PATH", default=os.environ.get("WEIR_BIN") or REPOSITORY / "build/release/weir")
    options = parser.parse_args()
    with Bench(options) as bench:
        measure_reloads(bench, options.seconds)
        measure_endpoints(bench, options.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
