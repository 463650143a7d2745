# SPDX-License-Identifier: Apache-2.0
"""A backend in a process of its own, which can be killed, stopped and started again on the same port.

As a program: standalone.py PORT. It answers by target: /slow, /garbage, /half (a body that is cut), /reset, /big, or ok."""
import os
import pathlib
import signal
import subprocess
import sys
import time

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import backend as act  # noqa: E402
from support.ports import free_port  # noqa: E402
from support.wait import wait_until  # noqa: E402

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"


def moody(connection):
    for request in connection.requests():
        kind = request.target.split("/")[1].split("?")[0]
        if kind == "reset":
            return connection.reset()
        if kind == "garbage":
            return connection.send(b"garbage\r\n\r\n")
        if kind == "half":
            return connection.send(HALF)
        if kind == "slow":
            time.sleep(0.05)
        connection.send(act.response(b"b" * 200_000 if kind == "big" else b"ok"))
    return None


class Standalone:
    def __init__(self):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.process = None
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self.process = subprocess.Popen([sys.executable, "-B", __file__, str(self.port)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert self.process.stdout.readline() == b"listens\n"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def restart(self):
        self.kill()
        self.start()

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)


def main(port):
    parent = os.getppid()
    with act.Backend(moody, port=port):
        os.write(1, b"listens\n")
        wait_until(lambda: os.getppid() != parent, "the story ends", limit=600, every=0.5)


if __name__ == "__main__":
    main(int(sys.argv[1]))
