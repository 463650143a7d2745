# SPDX-License-Identifier: Apache-2.0
"""What the kernel and the load generators tell: CPU time, memory, requests done, system calls, profiles."""
import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from process import Failure, find

TICK = os.sysconf("SC_CLK_TCK")
SLACK = 20  # seconds that a tool may take beyond the time it was given


@dataclass
class Load:
    """What one run of a load generator did."""
    requests: int
    seconds: float


def cpu_seconds(pids):
    """utime + stime of the processes, all their threads included."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def pss_bytes(pids):
    """Proportional set size: user memory, with shared pages shared out."""
    kilobytes = 0
    for pid in pids:
        kilobytes += int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M).group(1))
    return kilobytes * 1024


def machine_busy():
    """Seconds of CPU that anybody used so far, on all CPUs."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:4])
    return (user + nice + system) / TICK


def children_cpu():
    times = os.times()
    return times.children_user + times.children_system


def load_average():
    return os.getloadavg()[0]


def run_tool(command, seconds, **options):
    """Runs a bounded command on our behalf; what it printed."""
    popen = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             **options)
    try:
        out, complaints = popen.communicate(timeout=seconds + SLACK)
    except BaseException as error:
        popen.kill()
        popen.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise Failure(f"{command[0]} took longer than {seconds + SLACK:.0f} s") from None
        raise
    return popen.returncode, out, complaints


def wrk(bench, port, path, connections, seconds, size, lua=()):
    """One run of wrk. wrk only counts statuses from 400 on as errors, so the bytes are checked too."""
    script = ["-s", lua[0]] if lua else []
    command = ["taskset", "-c", bench.other_cpu, find("wrk"), "-t1", f"-c{connections}", f"-d{seconds:g}s", *script,
               f"http://127.0.0.1:{port}{path}"] + (["--", *lua[1:]] if lua else [])
    code, out, complaints = run_tool(command, seconds)
    done = re.search(r"(\d+) requests in ([\d.]+)(m?s|m), ([\d.]+)([KMGT]?)B read", out)
    if code or not done:
        raise Failure(f"wrk: {out}{complaints}")
    wrong = re.search(r"(Socket errors|Non-2xx).*", out)
    if wrong:
        raise Failure(f"wrk: {wrong.group(0)}")
    requests, took = int(done[1]), float(done[2]) * {"ms": 0.001, "s": 1, "m": 60}[done[3]]
    read = float(done[4]) * 1024 ** " KMGT".index(done[5] or " ")
    if requests == 0 or read < 0.99 * requests * size:
        raise Failure(f"wrk: {requests} answers, but only {read:.0f} bytes")
    return Load(requests, took)


def load(bench, kind, port, connections, seconds, count=None):
    """One run of our own generator, load.c."""
    command = ["taskset", "-c", bench.other_cpu, bench.dir / "load", kind, port, "-c", connections, "-d", seconds]
    code, out, complaints = run_tool(command + (["-n", count] if count else []), seconds)
    return read_load(code, out, complaints, count)


def read_load(code, out, complaints, count=None):
    try:
        done = json.loads(out.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise Failure(f"load: ended with {code}: {out}{complaints}") from None
    if code or done["bad"] or done["errors"] or not done["answers"]:
        raise Failure(f"load: {done['answers']} answers, {done['bad']} wrong, {done['errors']} errors of transport")
    if count and done["answers"] != count:
        raise Failure(f"load: {done['answers']} answers within the time, not {count}")
    return Load(done["answers"], done["seconds"])


class Idle:
    """Connections that had one answer each and stay open while the block runs."""

    def __init__(self, bench, port, connections):
        self.command = ["taskset", "-c", str(bench.other_cpu), str(bench.dir / "load"), "idle", str(port), "-c",
                        str(connections), "-d", "30"]

    def __enter__(self):
        self.popen = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.popen.stdout.readline()
        if line.strip() != "holding":
            self.popen.kill()
            raise Failure(f"load idle: {line}")
        return self

    def __exit__(self, kind, *_):
        try:
            out, _ = self.popen.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            raise Failure("load idle: doesn't end") from None
        if kind is None:
            read_load(self.popen.returncode, out, "")


def is_traced(pid):
    return all("TracerPid:\t0\n" not in task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/status"))


def system_calls(bench, pids, work):
    """Runs work() with strace on the proxy. ({name: count}, what work() gave)."""
    summary = bench.dir / "strace.said"
    flags = [flag for pid in pids for flag in ("-p", str(pid))]
    strace = subprocess.Popen([find("strace"), "-c", "-f", "-q", "-U", "name,calls", "-o", str(summary), *flags],
                              stderr=subprocess.PIPE, text=True)
    try:
        give_up = time.monotonic() + 10
        while not all(map(is_traced, pids)):
            if strace.poll() is not None or time.monotonic() > give_up:
                raise Failure(f"strace can't attach: {strace.stderr.read() if strace.poll() is not None else ''}")
            time.sleep(0.02)
        done = work()
    finally:
        strace.send_signal(signal.SIGINT)
        try:
            strace.wait(10)
        except subprocess.TimeoutExpired:
            strace.kill()
    rows = [line.split() for line in summary.read_text().splitlines()]
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit() and row[0] != "total"}, done


def perf_record(bench, pids, seconds):
    """Starts to sample the processes, call graphs included. There may be no hardware counters, so the clock it is."""
    samples = bench.dir / "perf.data"
    command = [find("perf"), "record", "-q", "-e", "cpu-clock", "-F", "2000", "-g", "-o", str(samples), "-p",
               ",".join(map(str, pids)), "--", "sleep", f"{seconds:g}"]
    return samples, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def perf_report(samples, *flags, lines=40):
    command = [find("perf"), "report", "--stdio", "-i", samples, "-g", "none", *flags]
    _, out, complaints = run_tool(command, 60)
    kept = [line.rstrip() for line in out.splitlines() if line.strip() and not line.startswith("#")]
    return "\n".join(kept[:lines]) or complaints
