#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""weir beside nginx and haproxy on the same work: requests per second, own CPU time per request, memory, system calls.

The proxy under measurement has one worker and the first CPU for itself; origin and load generator share the second.
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
from process import Failure, files_limit, find

NAMES = ("nginx", "haproxy", "weir")
REPOSITORY = peers.HERE.parents[1]
QUIET_LOAD = 0.5
SYSCALL_REQUESTS, PROFILE_SECONDS = 20000, 5


class Bench:
    """What the parts share: folder for files, CPUs, the origin, and every process that was started."""

    def __init__(self, options):
        self.weir, self.seconds = options.weir, options.seconds
        self.proxy_cpu, self.other_cpu = sorted(os.sched_getaffinity(0))[:2]
        self.running = []
        self.dir = Path(tempfile.mkdtemp(prefix="weir-bench-"))
        self.dir.chmod(0o755)  # nginx's worker is another user

    def __enter__(self):
        try:
            for name in ("origin", "load"):
                build(name, self.dir)
            self.origin = peers.start_origin(self)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def build(name, directory):
    compiler = find("cc")
    done = subprocess.run([compiler, "-std=c17", "-O2", "-Wall", "-Wextra", "-o", directory / name,
                           peers.HERE / f"{name}.c"], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise Failure(f"{name}.c can't be built:\n{done.stderr}")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=names_of(cases.CASES), default=list(cases.CASES),
                        help="comma-separated: " + ", ".join(cases.CASES))
    parser.add_argument("--proxies", type=names_of(NAMES), default=list(NAMES), help="comma-separated: nginx,haproxy,weir")
    parser.add_argument("--seconds", type=positive, default=4, help="of load per measurement (4)")
    parser.add_argument("--rounds", type=int, choices=range(1, 100), metavar="N", default=5, help="1 to 99 (5)")
    parser.add_argument("--weir", type=Path, metavar="PATH", help="binary to measure (WEIR_BIN, or build/release/weir)",
                        default=os.environ.get("WEIR_BIN") or REPOSITORY / "build/release/weir")
    parser.add_argument("--markdown", action="store_true", help="print the tables for README.md")
    parser.add_argument("--syscalls", action="store_true", help="count system calls per request instead")
    parser.add_argument("--profile", choices=[name for name, case in cases.CASES.items() if case.work], metavar="CASE",
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
    if files_limit() < 16384 and "idle" in options.cases:
        raise Failure("ulimit -Hn has to be 16384 or more for the case idle")


def tell_start(options):
    for name in options.proxies:
        print(f"{name}: {peers.version(name, options.weir if name == 'weir' else find(name))}")
    average = measure.load_average()
    congestion = Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    print(f"load average {average:.2f}, {os.cpu_count()} CPUs, kernel {os.uname().release}, TCP {congestion}", flush=True)
    if average > QUIET_LOAD:
        print(f"warning: the machine is not idle (load average over {QUIET_LOAD}); the figures may mislead", flush=True)


def run_round(bench, options, turn):
    """Each case with each proxy; who goes first changes from round to round."""
    shift = turn % len(options.proxies)
    order = options.proxies[shift:] + options.proxies[:shift]
    figures = {}
    for case in options.cases:
        for name in order:
            figure = figures[case, name] = cases.run_case(bench, cases.CASES[case], name)
            print(f"  round {turn + 1}: {case} {name} {figure.value:.1f} {cases.CASES[case].unit}"
                  f"{f', {figure.rate:,.0f}/s' if figure.rate else ''}", file=sys.stderr, flush=True)
    return figures


def compare(bench, options):
    rounds = [run_round(bench, options, turn) for turn in range(options.rounds)]
    table = report.markdown if options.markdown else report.plain
    print(f"medians of {options.rounds} rounds of {options.seconds:g} s, load average at the end "
          f"{measure.load_average():.2f}\n")
    print(table(rounds, options.cases, options.proxies))


def count_calls(bench, options):
    per_request = {}
    for name in options.proxies:
        process, port = peers.start_proxy(name, bench, cases.ANY)
        peers.probe(name, port, "bench.test", "/")
        counts, load = measure.system_calls(
            bench, process.pids(),
            lambda port=port: measure.load(bench, "get", port, cases.CONNECTIONS, 60, SYSCALL_REQUESTS))
        process.check(name)
        process.stop()
        per_request[name] = {kind: count / load.requests for kind, count in counts.items()}
    print(f"\n{SYSCALL_REQUESTS:,} answers of 1 KiB over {cases.CONNECTIONS} connections, strace -c -f\n")
    print(report.calls(per_request))


def profile(bench, options):
    case = cases.CASES[options.profile]
    name = "weir" if "weir" in options.proxies else options.proxies[0]
    process, port = peers.start_proxy(name, bench, case.routes)
    peers.probe(name, port, case.routes.pairs[-1][0], case.path)
    case.work(bench, port, cases.WARM_SECONDS)
    samples, perf = measure.perf_record(bench, process.pids(), PROFILE_SECONDS)
    try:
        case.work(bench, port, PROFILE_SECONDS + 1)
        if perf.wait(measure.SLACK):
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
    if options.profile and options.proxies == list(NAMES):
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
