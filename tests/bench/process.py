# SPDX-License-Identifier: Apache-2.0
"""Processes under measurement: a tree of them each, pinned to one CPU, that ends by its own ids and by nothing broader."""
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

START_SECONDS, STOP_SECONDS = 60, 5
SLACK = 20  # seconds that a tool may take beyond the time it was given
PACKAGES = {"cc": "gcc", "h2load": "nghttp2-client", "nghttpx": "nghttp2-proxy", "perf": "linux-perf", "varnishd": "varnish"}


class Failure(Exception):
    """The measurement can't go on; the text says why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def family(pid):
    """The process and everything that descends from it."""
    pids = [pid]
    for parent in pids:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                pids += [int(child) for child in task.read_text().split()]
            except OSError:
                pass
    return pids


class Process:
    """A command pinned to one CPU, its words kept in a file."""

    def __init__(self, command, cpu, said):
        self.said = Path(said)
        with open(said, "wb") as words:
            self.popen = subprocess.Popen(["taskset", "-c", str(cpu), *map(str, command)], stdin=subprocess.DEVNULL,
                                          stdout=words, stderr=subprocess.STDOUT, start_new_session=True)

    def pids(self):
        return family(self.popen.pid)

    def check(self, name):
        if self.popen.poll() is not None:
            raise Failure(f"{name} ended with {self.popen.returncode}:\n{self.said.read_text(errors='replace')[-2000:]}")

    def stop(self):
        if self.popen.poll() is not None:
            return
        pids = self.pids()
        self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in reversed(pids):
                kill(pid)
            self.popen.wait()


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def wait_for_port(process, name, port):
    give_up = time.monotonic() + START_SECONDS
    while True:
        process.check(name)
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > give_up:
                raise Failure(f"{name} doesn't listen after {START_SECONDS} s") from None
            time.sleep(0.02)


def find(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin:/sbin")
    if not found:
        raise Failure(f"{name} is missing; install the Debian package {PACKAGES.get(name, name)}")
    return found


def files_limit():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


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
