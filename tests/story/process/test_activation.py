# SPDX-License-Identifier: Apache-2.0
"""Listening sockets that somebody else opened: systemd's socket activation."""
import socket
import sys

import pytest

from support import Backend, RawClient, Weir, proxy_config


# What systemd does between fork and exec: the numbers from 3 on, and the pid that they are for.
ACTIVATE = """
import os, sys
fd = int(sys.argv[1])
if fd != 3:
    os.dup2(fd, 3)
    os.close(fd)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture(params=["tcp", "unix"])
def opened(request, tmp_path):
    if request.param == "tcp":
        listening = socket.create_server(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % listening.getsockname()[1]
    else:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(tmp_path / "web.sock"))
        listening.listen()
        address = f"unix:{tmp_path}/web.sock"
    with listening:
        yield listening, address


def activated(listening, config):
    fd = listening.fileno()
    return Weir(config, wrap=[sys.executable, "-c", ACTIVATE, str(fd)], fds=(fd,))


@pytest.mark.parametrize("workers", [1, 3])
def test_a_socket_that_systemd_opened_is_served(start, opened, workers):
    listening, address = opened
    early = start(RawClient(address))
    early.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    weir = start(activated(listening, proxy_config(start(Backend()), listener={"listen": address}, workers=workers)))
    assert early.read_response().status == 200
    for _ in range(10):
        with RawClient(address) as browser:
            assert browser.get("/").status == 200
    assert "closed" not in weir.stderr()


def test_one_that_no_listener_wants_is_closed_and_told(start):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = "127.0.0.1:%d" % listening.getsockname()[1]
        weir = start(activated(listening, proxy_config(start(Backend()))))
    assert f"{address} was handed over, but no listener has this address" in weir.stderr()
    with pytest.raises(ConnectionRefusedError):
        RawClient(address)
