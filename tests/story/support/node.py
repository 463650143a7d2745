# SPDX-License-Identifier: Apache-2.0
"""Scripts of tests/story/node, run by node with the packages that tests/run.sh has installed."""
import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "tests/story/node"
MODULES = ROOT / "build/node/node_modules"


def need_node():
    if shutil.which("node") is None or not (MODULES / "@grpc/grpc-js").is_dir():
        pytest.skip("node or @grpc/grpc-js is not there; tests/run.sh installs them where npm reaches its registry")


def _environment():
    return {**os.environ, "NODE_PATH": str(MODULES)}


class NodeServer:
    """A script of tests/story/node that prints its port in its first line."""

    def __init__(self, script, *arguments):
        self.process = subprocess.Popen(["node", SCRIPTS / script, *arguments], stdout=subprocess.PIPE, text=True, env=_environment())
        self.address = "127.0.0.1:" + self.process.stdout.readline().split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class GrpcServer(NodeServer):
    def __init__(self, name="server"):
        need_node()
        super().__init__("server.js", name)

    def change_health(self):
        self.process.send_signal(signal.SIGUSR2)


def grpc_calls(address, *calls, together=False, ca="-", limit=60):
    """The results of calls over one channel, in their order."""
    need_node()
    plan = json.dumps({"calls": calls, "together": together})
    done = subprocess.run(["node", SCRIPTS / "client.js", address, ca, plan], capture_output=True, text=True, timeout=limit,
                          env=_environment())
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def http2_posts(url, ca, count, size, limit=60):
    """What node's HTTP/2 client got for `count` bodies of `size` bytes, posted at once over one connection."""
    done = subprocess.run(["node", SCRIPTS / "http2.js", "client", url, ca, str(count), str(size)], capture_output=True, text=True,
                          timeout=limit, env=_environment())
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
