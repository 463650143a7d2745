# SPDX-License-Identifier: Apache-2.0
"""The real binary: started with a config in a folder of its own, watched, and ended."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import yaml

from .metrics import parse_prometheus
from .process import children_of, has_ended
from .wait import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
REPORT = re.compile(r"(ERROR|WARNING): (Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:|SUMMARY: \w+Sanitizer")
STOP_LIMIT = 30.0


def binary():
    given = os.environ.get("WEIR_BIN")
    for path in [given] if given else [ROOT / "build/asan/weir", ROOT / "build/debug/weir"]:
        if os.access(path, os.X_OK):
            return str(pathlib.Path(path).resolve())
    raise RuntimeError("no weir binary: build one, or say where it is in WEIR_BIN")


def _environment(extra):
    strict = {"ASAN_OPTIONS": "exitcode=99:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
    return {**strict, **os.environ, **(extra or {})}


def without_quarantine():
    """For stories that measure memory: what AddressSanitizer keeps back would look like growth, and so would the stacks of its own
    that newer ones give each function."""
    options = os.environ.get("ASAN_OPTIONS", "exitcode=99")
    return {"ASAN_OPTIONS": options + ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0:detect_stack_use_after_return=0"}


def run_weir(*arguments, limit=20, cwd=None, env=None, stdin=None):
    """Runs a command of weir to its end."""
    done = subprocess.run([binary(), *map(str, arguments)], capture_output=True, text=True, timeout=limit, cwd=cwd,
                          env=_environment(env), input=stdin)
    assert not REPORT.search(done.stderr), done.stderr
    assert done.returncode >= 0, f"ended by signal {-done.returncode}: {done.stderr}"
    return done


def _port(address):
    return int(address.rpartition(":")[2])


class Weir:
    def __init__(self, config_text, preexec=None, env=None, stdout=None, ready=True, arguments=(), files=None, wrap=(), fds=(),
                 program=None):
        """wrap: a command that runs the one behind it; fds: descriptors that it inherits, with the same numbers; program: a
        binary elsewhere."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-story-"))
        self.config_text = config_text
        self.config = yaml.safe_load(config_text)
        self.config_path = self.folder / "weir.yaml"
        self.config_path.write_text(config_text)
        for name, content in (files or {}).items():
            (self.folder / name).write_text(content)
        self.stdout_path, self.stderr_path = self.folder / "stdout", self.folder / "stderr"
        self.keep_stdout = stdout
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.process = subprocess.Popen([*wrap, program or binary(), "run", *([] if "-c" in arguments else ["-c", str(self.config_path)]), *arguments],
                                            stdout=stdout or out, stderr=err, stdin=subprocess.DEVNULL, cwd=self.folder,
                                            env=_environment(env), preexec_fn=preexec, pass_fds=fds)
        self.pid = self.process.pid
        if ready:
            try:
                self.wait_until_ready()
            except BaseException:
                self.process.kill()
                self.process.wait()
                raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.stop() if kind is None else self.kill()
        elif kind is None:
            self.assert_ended_well()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Where it listens
    @property
    def address(self):
        return self.address_of("web")

    def address_of(self, name):
        listener = next(one for one in self.config["listeners"] if one["name"] == name)
        return listener["listen"] if isinstance(listener["listen"], str) else listener["listen"][0]

    @property
    def port(self):
        return _port(self.address)

    @property
    def admin(self):
        return self.config["admin"]["listen"]

    # Its life
    def wait_until_ready(self, limit=20):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"weir ended with {self.process.returncode} before it was ready:\n{self.stderr()}")
            try:
                return self.admin_get("/readyz", limit=2)[0] == 200
            except OSError:
                return False
        wait_until(ready, lambda: f"/readyz answers 200; stderr:\n{self.stderr()}", limit)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait_for_exit(self, limit=STOP_LIMIT):
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"weir did not end within {limit} s; stderr:\n{self.stderr()[-3000:]}") from None

    def stop(self, limit=STOP_LIMIT):
        started = time.monotonic()
        assert self.process.poll() is None, f"weir had ended by itself with {self.process.returncode}:\n{self.stderr()}"
        self.terminate()
        self.wait_for_exit(limit)
        self.assert_ended_well()
        return time.monotonic() - started

    def kill(self):
        self.process.kill()
        self.process.wait()

    def assert_ended_well(self):
        self.assert_no_report()
        assert self.process.returncode == 0, f"weir ended with {self.process.returncode}:\n{self.stderr()[-3000:]}"

    def assert_no_report(self):
        assert not REPORT.search(self.stderr()), self.stderr()

    # What it says
    def stdout(self):
        return self.stdout_path.read_text(errors="replace")

    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    def access_lines(self, count=0, limit=10):
        """The access log's lines, after at least `count` of them have been written."""
        def lines():
            return [line for line in self.stdout().splitlines() if line]
        wait_until(lambda: len(lines()) >= count, lambda: f"{count} access log lines, got {lines()}", limit)
        return lines()

    def access_log(self, count=0, limit=10):
        return [json.loads(line) for line in self.access_lines(count, limit)]

    # Its admin API
    def admin_request(self, method, path, fields=None, body=None, limit=10):
        host, _, port = self.admin.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=limit)
        try:
            connection.request(method, path, body=body, headers=fields or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def admin_get(self, path, limit=10, **fields):
        return self.admin_request("GET", path, fields, limit=limit)

    def admin_json(self, path):
        status, _, body = self.admin_get(path)
        assert status == 200, (status, body)
        return json.loads(body)

    def metrics(self):
        status, _, body = self.admin_get("/metrics")
        assert status == 200, (status, body)
        return parse_prometheus(body.decode())


class Successor:
    """The process that takes over from a weir (or from such a process) when USR2 says so. Nobody here is its parent."""

    def __init__(self, weir):
        os.kill(weir.pid, signal.SIGUSR2)
        (self.pid,) = wait_until(lambda: children_of(weir.pid), "the new process is there")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not has_ended(self.pid):
            os.kill(self.pid, signal.SIGTERM)
        wait_until(lambda: has_ended(self.pid), "the new process ends", 30)
