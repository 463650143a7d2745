#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""weir beside nginx, haproxy, varnish and nghttpx on the same work: requests per second, own CPU time per request, memory, system
calls.

The proxy under measurement has one worker and the first CPU for itself; origins and load generator share the second.
Rounds alternate between the proxies. Exit code 1 when any answer was not what it ought to be. See README.md beside this.
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cases
import measure
import peers
import report
from process import SLACK, Failure, files_limit, find

REPOSITORY = peers.HERE.parents[1]
QUIET_LOAD = 0.5
SYSCALL_SECONDS, PROFILE_SECONDS = 2, 5
PROGRAMS = {"origin": [], "origin_h2": ["-lnghttp2"], "load": [], "handshakes": ["-lssl", "-lcrypto"],
            "hold": ["-lssl", "-lcrypto", "-lnghttp2"]}  # our own, and what they are linked with


class Bench:
    """What the parts share: folder for files, CPUs, the origins, and every process that was started."""

    def __init__(self, options):
        self.weir, self.seconds = options.weir, options.seconds
        self.proxy_cpu, self.other_cpu = sorted(os.sched_getaffinity(0))[:2]
        self.running, self.turn = [], 0
        self.dir = Path(tempfile.mkdtemp(prefix="weir-bench-"))
        self.dir.chmod(0o755)  # nginx's worker is another user
        self.fast = Path(tempfile.mkdtemp(prefix="weir-bench-", dir="/dev/shm"))  # what a cache on disk would be on
        self.fast.chmod(0o755)

    def __enter__(self):
        try:
            for name, libraries in PROGRAMS.items():
                build(name, libraries, self.dir)
            peers.make_certificate(self.dir)
            started = {speaks: peers.start_origin(self, name)
                       for speaks, name in (("http1", "origin"), ("http2", "origin_h2"))}
            self.origins = [process for process, _ in started.values()]
            self.ports = {speaks: port for speaks, (_, port) in started.items()}
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.rmtree(self.fast, ignore_errors=True)


def build(name, libraries, directory):
    compiler = find("cc")
    done = subprocess.run([compiler, "-std=c17", "-O2", "-Wall", "-Wextra", "-o", directory / name,
                           peers.HERE / f"{name}.c", *libraries], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise Failure(f"{name}.c can't be built:\n{done.stderr}")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=names_of(cases.CASES), default=list(cases.CASES), metavar="NAMES",
                        help="comma-separated: " + ", ".join(cases.CASES))
    parser.add_argument("--proxies", type=names_of(peers.NAMES), default=list(peers.NAMES), metavar="NAMES",
                        help="comma-separated, those that take part: " + ",".join(peers.NAMES))
    parser.add_argument("--seconds", type=positive, help="of load per measurement (3; with TLS or HTTP/2 2)")
    parser.add_argument("--rounds", type=int, choices=range(1, 100), metavar="N",
                        help="1 to 99 (5; with TLS or HTTP/2 3; memory 1)")
    parser.add_argument("--weir", type=Path, metavar="PATH", help="binary to measure (WEIR_BIN, or build/release/weir)",
                        default=os.environ.get("WEIR_BIN") or REPOSITORY / "build/release/weir")
    parser.add_argument("--markdown", action="store_true", help="print the tables for README.md")
    busy = [name for name, case in cases.CASES.items() if case.unit == "us"]
    parser.add_argument("--syscalls", choices=busy, nargs="?", const="1k", metavar="CASE",
                        help="count system calls per request instead (1k)")
    parser.add_argument("--profile", choices=busy, metavar="CASE",
                        help="sample weir (or the one of --proxies) with perf in this case instead")
    return parser.parse_args()


def names_of(known):
    def read(text):
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"unknown: {name}; there are {', '.join(known)}")
        return names
    return read


def positive(text):
    number = int(text)
    if not 1 <= number <= 600:
        raise argparse.ArgumentTypeError("1 to 600")
    return number


def check_ready(options):
    if "weir" in options.proxies and not os.access(options.weir, os.X_OK):
        raise Failure(f"{options.weir} is missing; cmake --preset release && cmake --build --preset release, "
                            "or choose others: --proxies nginx,haproxy")
    if len(os.sched_getaffinity(0)) < 2:
        raise Failure("two CPUs are needed: one for the proxy, one for origin and load generator")
    if files_limit() < 16384 and any(cases.CASES[name].unit == "B" for name in options.cases):
        raise Failure("ulimit -Hn has to be 16384 or more for idle connections")


def tell_start(options):
    for name in taking_part(options):
        print(f"{name}: {peers.version(name, options.weir if name == 'weir' else find(peers.PROGRAMS.get(name, name)))}")
    average = measure.load_average()
    congestion = Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    print(f"load average {average:.2f}, {os.cpu_count()} CPUs, kernel {os.uname().release}, TCP {congestion}", flush=True)
    if average > QUIET_LOAD:
        print(f"warning: the machine is not idle (load average over {QUIET_LOAD}); the figures may mislead", flush=True)


def taking_part(options):
    return [name for name in options.proxies if any(name in cases.CASES[case].names for case in options.cases)]


def run_round(bench, options, turn):
    """Each case with each proxy; who goes first changes from round to round."""
    shift = turn % len(options.proxies)
    order = options.proxies[shift:] + options.proxies[:shift]
    figures = {}
    for case in (cases.CASES[name] for name in options.cases):
        for name in order if turn < (options.rounds or case.rounds) else []:
            if name not in case.names:
                continue
            figure = figures[case.name, name] = cases.run_case(bench, case, name)
            print(f"  round {turn + 1}: {case.name} {name} {figure.value:.1f} {case.unit}"
                  f"{f', {figure.rate:,.0f}/s' if figure.rate else ''}", file=sys.stderr, flush=True)
    return figures


def compare(bench, options):
    turns = options.rounds or max(cases.CASES[name].rounds for name in options.cases)
    rounds = [run_round(bench, options, turn) for turn in range(turns)]
    table = report.markdown if options.markdown else report.plain
    print(f"medians of {turns} rounds (or as many as the case has), load average at the end "
          f"{measure.load_average():.2f}\n")
    print(table(rounds, options.cases, options.proxies))


def count_calls(bench, options):
    case, per_request = cases.CASES[options.syscalls], {}
    for name in (name for name in options.proxies if name in case.names):
        process, port = cases.start(bench, case, name)
        counts, load = measure.system_calls(bench, process.pids(), lambda port=port: case.work(bench, port, SYSCALL_SECONDS))
        process.check(name)
        process.stop()
        per_request[name] = {kind: count / load.requests for kind, count in counts.items()}
    print(f"\n{case.what}, {SYSCALL_SECONDS} s under strace -c -f\n")
    print(report.calls(per_request))


def profile(bench, options):
    case = cases.CASES[options.profile]
    name = "weir" if "weir" in options.proxies else options.proxies[0]
    process, port = cases.start(bench, case, name)
    case.work(bench, port, cases.WARM_SECONDS)
    samples, perf = measure.perf_record(bench, process.pids(), PROFILE_SECONDS)
    try:
        case.work(bench, port, PROFILE_SECONDS + 1)
        if perf.wait(SLACK):
            raise Failure(f"perf record: {perf.stderr.read()}")
    finally:
        if perf.poll() is None:
            perf.kill()
            perf.wait()
    for title, flags in (("by program", ["--no-children", "--sort", "dso"]),
                         ("by function, itself", ["--no-children", "--sort", "dso,symbol"]),
                         ("by function, with what it calls", ["--children", "--sort", "dso,symbol"])):
        print(f"\n{name}, {case.what}: {title}\n{measure.perf_report(samples, *flags)}")


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    options = read_options()
    signal.signal(signal.SIGTERM, interrupt)
    if options.profile and options.proxies == list(peers.NAMES):
        options.proxies = ["weir"]
    began = time.monotonic()
    try:
        check_ready(options)
        tell_start(options)
        with Bench(options) as bench:
            work = profile if options.profile else count_calls if options.syscalls else compare
            work(bench, options)
    except Failure as failure:
        print(f"failed: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print(f"\n{time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
