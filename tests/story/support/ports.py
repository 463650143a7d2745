# SPDX-License-Identifier: Apache-2.0
"""Addresses that are free, that refuse, or that never answer.

weir listens with SO_REUSEPORT, so two stories on one port would share it without noticing. Each port that is handed
out is therefore locked by a file until this process ends, and lies outside the kernel's ephemeral range."""
import fcntl
import os
import random
import socket
import tempfile

_locks = []


def _lock(port):
    folder = os.path.join(tempfile.gettempdir(), f"weir-story-ports.{os.getuid()}")
    os.makedirs(folder, exist_ok=True)
    lock = open(os.path.join(folder, str(port)), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return False
    _locks.append(lock)
    return True


def _is_unused(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
            return True
        except OSError:
            return False


def free_port():
    for _ in range(1000):
        port = random.randint(12000, 31999)
        if _lock(port) and _is_unused(port):
            return port
    raise RuntimeError("no free port found")


def free_address():
    return f"127.0.0.1:{free_port()}"


class refusing_address:
    """An address that is bound and not listened on: every connect is refused at once."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def __enter__(self):
        return self.address

    def __exit__(self, *_):
        self.socket.close()


class unanswering_address:
    """An address whose backlog is full: a connect neither succeeds nor fails."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.fillers = []

    def __enter__(self):
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self.listener.getsockname())
            self.fillers.append(filler)
        return self.address

    def __exit__(self, *_):
        for one in [*self.fillers, self.listener]:
            one.close()
