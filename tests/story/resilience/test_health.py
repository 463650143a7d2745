# SPDX-License-Identifier: Apache-2.0
"""Health checks take endpoints out and in again; without any the client gets a 503 that says so."""
import pytest

from support import Backend, RawClient, Weir, proxy_config, refusing_address, wait_until
from support import backend as act

CHECK = {"path": "/healthz", "interval": "50ms", "timeout": "1s", "healthy": 2, "unhealthy": 2}


def is_up(weir, backend):
    return weir.metrics().total("weir_upstream_up", endpoint=getattr(backend, "address", backend)) == 1


def ask(weir, times=1):
    with RawClient(weir.address) as browser:
        return [browser.get("/").status for _ in range(times)]


class Ward:
    """A backend whose answer to checks can be changed."""

    def __init__(self):
        self.answer = act.response(b"well")

    def __call__(self, connection):
        for request in connection.requests():
            connection.send(self.answer if request.target == "/healthz" else act.response(b"served"))


@pytest.mark.parametrize("bad", [act.response(b"", "500 Internal Server Error"), act.response(b"", "302 Found"), b"garbage\r\n\r\n"])
def test_an_endpoint_goes_out_and_comes_back(start, bad):
    ward = Ward()
    checked, other = start(Backend(ward)), start(Backend(Ward()))
    weir = start(Weir(proxy_config(checked, other, upstream={"health_check": CHECK})))
    wait_until(lambda: checked.heads_read() > 0, "it is checked")
    assert is_up(weir, checked)
    ward.answer = bad
    wait_until(lambda: not is_up(weir, checked), "it is left out")
    assert set(ask(weir, 10)) == {200}
    assert is_up(weir, other)
    ward.answer = act.response(b"well again")
    wait_until(lambda: is_up(weir, checked), "it comes back")


def test_other_statuses_can_be_expected(start):
    ward = Ward()
    ward.answer = act.response(b"", "404 Not Found")
    backend = start(Backend(ward))
    weir = start(Weir(proxy_config(backend, upstream={"health_check": {**CHECK, "expect": ["200-299", 404]}})))
    wait_until(lambda: backend.heads_read() > 5, "it is checked some times")
    assert is_up(weir, backend)


@pytest.mark.parametrize("behave", [act.hangs(), act.drips(act.response(b"x" * 100), 0.2)])
def test_a_check_has_a_time_limit(start, behave):
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend, upstream={"health_check": {**CHECK, "timeout": "100ms"}})))
    wait_until(lambda: not is_up(weir, backend), "it is left out")
    assert "no answer in time" in weir.stderr()


def test_connecting_is_enough_for_tcp(start):
    backend, refusing = start(Backend(act.hangs())), start(refusing_address())
    weir = start(Weir(proxy_config(backend, refusing.address, upstream={"health_check": {"tcp": True, "interval": "50ms", "unhealthy": 1}})))
    wait_until(lambda: not is_up(weir, refusing.address), "the one that refuses is left out")
    assert is_up(weir, backend)


def test_a_unix_socket_is_checked_and_served(start, tmp_path):
    ward = Ward()
    backend = start(Backend(ward, unix_path=str(tmp_path / "app.sock")))
    weir = start(Weir(proxy_config(f"unix:{tmp_path}/app.sock", upstream={"health_check": CHECK})))
    assert ask(weir, 3) == [200] * 3
    ward.answer = act.response(b"", "503 Service Unavailable")
    wait_until(lambda: not is_up(weir, f"unix:{tmp_path}/app.sock"), "it is left out")
    assert ask(weir) == [503]
    assert backend.heads_read() > 3


def test_nobody_is_left(start):
    weir = start(Weir(proxy_config(start(refusing_address()).address, upstream={"health_check": CHECK})))
    wait_until(lambda: weir.metrics().total("weir_upstream_up") == 0, "the only one is left out")
    with RawClient(weir.address) as browser:
        answer = browser.get("/")
    assert answer.status == 503 and answer.has("Retry-After")
    assert "no_endpoint" in answer.get("Proxy-Status")
    assert weir.access_log(1)[-1]["fault"] == "no_endpoint"


def test_checks_leave_no_connections_behind(start):
    backend = start(Backend(Ward()))
    weir = start(Weir(proxy_config(backend, upstream={"health_check": {**CHECK, "interval": "10ms"}})))
    wait_until(lambda: len(backend.connections) > 30, "many checks")
    wait_until(lambda: len(backend.open_connections()) <= 2, "only the check under way is open")
    assert weir.metrics().total("weir_upstream_requests_total") == 0


def test_a_backup_serves_when_no_other_can(start):
    ward = Ward()
    first, backup = start(Backend(ward)), start(Backend(act.names_itself("backup")))
    endpoints = [first.address, {"address": backup.address, "backup": True}]
    weir = start(Weir(proxy_config(upstream={"endpoints": endpoints, "health_check": {**CHECK, "expect": [200]}})))
    assert set(ask(weir, 6)) == {200}
    with RawClient(weir.address) as browser:
        assert browser.get("/").body == b"served"
        ward.answer = act.response(b"", "500 Internal Server Error")
        wait_until(lambda: not is_up(weir, first), "the first one is left out")
        assert browser.get("/").body == b"backup"
        ward.answer = act.response(b"")
        wait_until(lambda: is_up(weir, first), "the first one comes back")
        assert browser.get("/").body == b"served"
