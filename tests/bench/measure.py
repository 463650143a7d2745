# SPDX-License-Identifier: Apache-2.0
"""What the kernel tells: CPU time, memory, system calls, profiles."""
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from process import Failure, find, run_tool

TICK = os.sysconf("SC_CLK_TCK")


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
