# SPDX-License-Identifier: Apache-2.0
"""What a service manager hears: sd_notify(3)."""
import re
import signal
import socket

import pytest

from support import Backend, RawClient, Weir, proxy_config
from support import backend as act



class Manager:
    """Listens as systemd does."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self.socket.settimeout(20)
        self.variables = {"NOTIFY_SOCKET": name}

    def hear(self):
        return self.socket.recv(4096).decode()

    def hear_until(self, wanted):
        while (message := self.hear()) != wanted:
            assert message.startswith("STATUS="), message

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path, start):
    return start(Manager(str(tmp_path / "notify") if request.param == "path" else f"@weir-story-{tmp_path.name}"))


def test_ready_is_told_when_it_serves_and_stopping_when_it_drains(start, manager):
    weir = start(Weir(proxy_config(start(Backend())), env=manager.variables, ready=False))
    manager.hear_until("READY=1")
    with RawClient(weir.address) as browser:
        assert browser.get("/").status == 200
    weir.terminate()
    manager.hear_until("STOPPING=1")
    assert weir.wait_for_exit() == 0


def test_stopping_is_told_while_requests_still_run(start, manager):
    backend = start(Backend(act.answers_when_released()))
    weir = start(Weir(proxy_config(backend), env=manager.variables, ready=False))
    manager.hear_until("READY=1")
    with RawClient(weir.address) as browser:
        browser.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        backend.wait_for_requests(1)
        weir.terminate()
        manager.hear_until("STOPPING=1")
        backend.release.set()
        assert browser.read_response().status == 200
    assert weir.wait_for_exit() == 0


def test_a_config_that_is_refused_is_never_ready(start, manager):
    weir = start(Weir(proxy_config(start(Backend()), workers=0), env=manager.variables, ready=False))
    assert weir.process.wait(20) == 1
    manager.socket.settimeout(0)
    with pytest.raises(BlockingIOError):
        manager.hear()
    weir.process.returncode = 0  # as it should be


@pytest.mark.parametrize("broken", [False, True])
def test_a_reload_begins_and_ends_also_when_it_is_refused(start, manager, broken):
    weir = start(Weir(proxy_config(start(Backend())), env=manager.variables, ready=False))
    manager.hear_until("READY=1")
    if broken:
        weir.config_path.write_text("listeners: nonsense\n")
    weir.process.send_signal(signal.SIGHUP)
    assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", manager.hear())
    manager.hear_until("READY=1")
