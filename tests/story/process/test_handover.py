# SPDX-License-Identifier: Apache-2.0
"""USR2: the binary that lies there now takes the listening sockets over, and this one drains."""
import signal
import threading

import pytest

from support import Backend, RawClient, Successor, Weir, proxy_config, wait_until
from support import backend as act
from support.process import children_of, has_ended



class Load(threading.Thread):
    """A new connection for each request, one after the other; remembers what went wrong."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address, self.statuses, self.errors, self.over = address, [], [], threading.Event()
        self.start()

    def run(self):
        while not self.over.is_set():
            try:
                with RawClient(self.address) as browser:
                    self.statuses.append(browser.get("/").status)
            except Exception as error:
                self.errors.append(error)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join(20)


@pytest.mark.parametrize("workers", [1, 3])
def test_no_request_is_lost(start, workers):
    weir = start(Weir(proxy_config(start(Backend()), workers=workers)))
    load = start(Load(weir.address))
    wait_until(lambda: len(load.statuses) >= 20, "requests run")
    start(Successor(weir))
    assert weir.wait_for_exit() == 0
    before = len(load.statuses)
    wait_until(lambda: len(load.statuses) >= before + 20, "the new process serves")
    assert load.errors == []
    assert set(load.statuses) == {200}
    assert weir.admin_get("/readyz")[0] == 200
    weir.assert_no_report()


def test_a_request_that_runs_is_finished_by_the_old_process(start):
    backend = start(Backend(act.answers_when_released()))
    weir = start(Weir(proxy_config(backend)))
    browser = start(RawClient(weir.address))
    browser.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    backend.wait_for_requests(1)
    start(Successor(weir))
    wait_until(lambda: "draining" in weir.stderr(), "the old process drains")
    backend.release.set()
    assert browser.read_response().status == 200
    assert weir.wait_for_exit() == 0


def test_a_unix_socket_stays_in_its_place(start, tmp_path):
    weir = start(Weir(proxy_config(start(Backend()), listener={"listen": f"unix:{tmp_path}/web.sock"}, workers=2)))
    start(Successor(weir))
    assert weir.wait_for_exit() == 0
    with RawClient(weir.address) as browser:
        assert browser.get("/").status == 200


def test_when_the_new_one_fails_the_old_one_goes_on(start):
    weir = start(Weir(proxy_config(start(Backend()))))
    weir.config_path.write_text("listeners: nonsense\n")
    weir.process.send_signal(signal.SIGUSR2)
    wait_until(lambda: "before it served" in weir.stderr(), "the failure is told")
    wait_until(lambda: children_of(weir.pid) == [], "no zombie is left")
    with RawClient(weir.address) as browser:
        assert browser.get("/").status == 200
    weir.config_path.write_text(weir.config_text)
    start(Successor(weir))
    assert weir.wait_for_exit() == 0


def test_the_new_one_can_be_replaced_too(start):
    weir = start(Weir(proxy_config(start(Backend()))))
    second = start(Successor(weir))
    assert weir.wait_for_exit() == 0
    third = start(Successor(second))
    wait_until(lambda: has_ended(second.pid), "the second has ended", 30)
    assert not has_ended(third.pid)
    with RawClient(weir.address) as browser:
        assert browser.get("/").status == 200
