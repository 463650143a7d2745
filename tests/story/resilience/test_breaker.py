# SPDX-License-Identifier: Apache-2.0
"""Backups, the circuit breaker, the pending queue, and slow start."""
import time
from collections import Counter

import pytest

from support import Backend, RawClient, Weir, proxy_config, refusing_address, wait_until
from support import backend as act

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def named(start, *names):
    return [start(Backend(act.Mood(act.response(name.encode())))) for name in names]


def ask(weir, count):
    with RawClient(weir.address) as browser:
        return Counter(browser.get("/").body.decode() for _ in range(count))


def put(weir, backend, body):
    status, _, answer = weir.admin_request("PUT", f"/api/v1/upstreams/pool/endpoints/{backend.address}", body=body)
    assert status in (200, 201), answer


def assert_busy(answer, fault):
    assert answer.status == 503
    assert int(answer.one("retry-after")) > 0
    assert f'details="{fault}"' in answer.one("proxy-status") and "error=connection_limit_reached" in answer.one("proxy-status")


def test_a_backup_serves_only_when_no_other_can(start):
    a, b = named(start, "a", "b")
    weir = start(Weir(proxy_config(a, {"address": b.address, "backup": True})))
    assert ask(weir, 10) == {"a": 10}
    put(weir, a, b'{"state": "down"}')
    assert ask(weir, 10) == {"b": 10}
    put(weir, a, b'{"state": "up"}')
    assert ask(weir, 10) == {"a": 10}


def test_a_backup_takes_over_from_one_that_refuses(start):
    (b,) = named(start, "b")
    with refusing_address() as refusing:
        weir = start(Weir(proxy_config(refusing, {"address": b.address, "backup": True})))
        assert ask(weir, 20) == {"b": 20}


def occupy(start, weir, backend, count):
    busy = [start(RawClient(weir.address)) for _ in range(count)]
    for one in busy:
        one.send(GET)
    backend.wait_for_requests(count)
    return busy


def test_beyond_max_requests_it_is_503_at_once(start, client):
    backend = start(Backend(act.answers_when_released()))
    weir = start(Weir(proxy_config(backend, workers=2, upstream={"max_requests": 3})))
    busy = occupy(start, weir, backend, 3)
    started = time.monotonic()
    for _ in range(4):
        assert_busy(client(weir).get("/"), "circuit_open")
    assert time.monotonic() - started < 3
    assert {one["fault"] for one in weir.access_log(4)} == {"circuit_open"}
    backend.release.set()
    assert all(one.read_response().status == 200 for one in busy)
    assert all(client(weir).get("/").status == 200 for _ in range(10))


def test_the_breaker_counts_down_however_a_request_ends(start, client):
    backend = start(Backend())
    turns = iter(range(10 ** 6))

    def behave(connection):
        for request in connection.requests():
            deed = next(turns) % 4 if request.target == "/hasty" else 0
            if request.target == "/busy":
                backend.release.wait(60)
            if deed == 0:
                connection.send(act.OK)
            elif deed == 1:
                return connection.reset()
            elif deed == 2:
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
                return None
            else:
                return connection.wait_for_end()
    backend.behave = behave
    to_pool = {"listener": "web", "upstream": "pool"}
    hasty = {"name": "hasty", "match": {"path": "/hasty"}, "retries": {"attempts": 0}, "timeouts": {"first_byte": "100ms"}}
    patient = {"name": "patient", "match": {"path": "/"}}
    weir = start(Weir(proxy_config(backend, upstream={"max_requests": 2}, routes=[{**hasty, **to_pool}, {**patient, **to_pool}])))
    for _ in range(40):
        browser = client(weir)
        browser.send(b"GET /hasty HTTP/1.1\r\nHost: a\r\n\r\n")
        if next(turns) % 3 > 0:
            browser._more()
        browser.reset()
    wait_until(lambda: client(weir).get("/").status == 200, "the worker has seen all that were before")
    wait_until(lambda: weir.admin_json("/api/v1/upstreams/pool")["endpoints"][0]["active"] == 0, "nothing is under way")
    busy = [client(weir) for _ in range(2)]
    for one in busy:
        one.send(b"GET /busy HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_until(lambda: [one.target for one in backend.requests].count("/busy") == 2, "both are at the backend")
    assert_busy(client(weir).get("/"), "circuit_open")
    backend.release.set()
    assert [one.read_response().status for one in busy] == [200, 200]


def test_a_full_pending_queue_is_503_with_retry_after(start, client):
    backend = start(Backend(act.answers_when_released()))
    weir = start(Weir(proxy_config(backend, upstream={"pool": {"connections": 1, "pending": 1, "pending_timeout": "20s"}})))
    busy = occupy(start, weir, backend, 1)
    waiting = client(weir)
    waiting.send(GET)
    answers = []

    def full():
        answers.append(client(weir))
        answers[-1].send(GET)
        return True
    full()
    full()
    assert_busy(answers[-1].read_response(), "pending_full")
    backend.release.set()
    assert [one.read_response().status for one in [*busy, waiting]].count(200) >= 1


def test_waiting_too_long_for_a_connection_is_503_with_retry_after(start, client):
    backend = start(Backend(act.answers_when_released()))
    weir = start(Weir(proxy_config(backend, upstream={"pool": {"connections": 1, "pending_timeout": "200ms"}})))
    busy = occupy(start, weir, backend, 1)
    assert_busy(client(weir).get("/"), "pending_timeout")
    backend.release.set()
    assert busy[0].read_response().status == 200


@pytest.mark.parametrize("balance", ["round_robin", "least_requests", "p2c", "random"])
def test_the_share_of_an_endpoint_that_came_back_grows(start, balance):
    a, b = named(start, "a", "b")
    weir = start(Weir(proxy_config(a, b, upstream={"slow_start": "3s", "balance": balance})))
    b_name = b.address
    assert weir.admin_request("DELETE", f"/api/v1/upstreams/pool/endpoints/{b_name}")[0] in (200, 204)
    assert ask(weir, 20) == {"a": 20}
    put(weir, b, b'{"weight": 1}')
    early = ask(weir, 100)["b"]
    assert early <= 25, "a small share at first"
    time.sleep(3)
    late = ask(weir, 100)["b"]
    assert 30 <= late <= 70 and late > early, "its whole share in the end"
