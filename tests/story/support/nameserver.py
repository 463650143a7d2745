# SPDX-License-Identifier: Apache-2.0
"""A real authoritative name server (knotd) on loopback, whose zone a story changes."""
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile

from .ports import free_port
from .wait import wait_until

TYPES = {"A": 1, "AAAA": 28, "SRV": 33, "SOA": 6}

CONFIG = """\
server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
control:
    listen: "{folder}/control"
database:
    storage: "{folder}/db"
log:
  - target: "{folder}/log"
    any: info
template:
  - id: default
    storage: "{folder}"
    file: "%s.zone"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
  - domain: {zone}
"""


def _query(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    return struct.pack(">6H", 0x5745, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", TYPES[kind], 1)


class NameServer:
    """records: lines of the zone, such as "app 1 A 127.0.0.1"; names without a dot at the end are within `zone`."""

    def __init__(self, *records, zone="test"):
        self.zone, self.serial, self.process = zone, 0, None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-knot-"))
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        (self.folder / "db").mkdir()
        (self.folder / "knot.conf").write_text(CONFIG.format(folder=self.folder, port=self.port, zone=zone))
        self._write(records)
        try:
            self.start()
        except BaseException:
            self.__exit__(RuntimeError)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, records):
        self.serial += 1
        lines = ["$TTL 1", f"@ SOA ns hostmaster {self.serial} 3600 600 86400 1", "@ NS ns", "ns A 127.0.0.1", *records]
        fresh = self.folder / "fresh"
        fresh.write_text(f"$ORIGIN {self.zone}.\n" + "\n".join(lines) + "\n")
        os.replace(fresh, self.folder / f"{self.zone}.zone")

    def start(self):
        knotd = shutil.which("knotd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        assert knotd, "knotd is missing; install the package knot"
        with open(self.folder / "output", "ab") as output:
            self.process = subprocess.Popen([knotd, "-c", str(self.folder / "knot.conf")], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output)
        self._wait_for_serial()

    def set(self, *records):
        """From now on the zone has these records and no others."""
        self._write(records)
        self.process.send_signal(signal.SIGHUP)
        self._wait_for_serial()

    def pause(self):
        """Takes questions and answers none: they run into a timeout."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """Nobody is at the port any more; start() brings it back."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.resume()
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def said(self):
        return "".join((self.folder / name).read_text(errors="replace") for name in ("output", "log") if (self.folder / name).exists())

    def ask(self, name, kind, limit=0.5):
        """The bytes of the answer to a question of ours, or None."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(limit)
            try:
                sock.connect(("127.0.0.1", self.port))
                sock.send(_query(name, kind))
                return sock.recv(4096)
            except OSError:
                return None

    def _has_serial(self):
        assert self.process.poll() is None, f"knotd ended with {self.process.returncode}:\n{self.said()}"
        answer = self.ask(self.zone, "SOA")
        return answer is not None and struct.pack(">5I", self.serial, 3600, 600, 86400, 1) in answer

    def _wait_for_serial(self):
        wait_until(self._has_serial, lambda: f"knotd serves serial {self.serial}:\n{self.said()}", 20)
