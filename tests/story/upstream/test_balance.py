# SPDX-License-Identifier: Apache-2.0
"""Which endpoint a request goes to."""
from collections import Counter

import pytest

from support import Backend, RawClient, Weir, proxy_config, refusing_address, wait_until
from support import backend as act


def named(start, *names):
    return [start(Backend(act.answers(act.response(name.encode())))) for name in names]


def count_answers(weir, requests, new_connection=False):
    counts = Counter()
    browser = RawClient(weir.address)
    for _ in range(requests):
        counts[browser.get("/").body.decode()] += 1
        if new_connection:
            browser.close()
            browser = RawClient(weir.address)
    browser.close()
    return counts


@pytest.mark.parametrize("new_connection", [False, True])
def test_round_robin_is_even(start, new_connection):
    weir = start(Weir(proxy_config(*named(start, "a", "b", "c"))))
    assert count_answers(weir, 30, new_connection) == {"a": 10, "b": 10, "c": 10}


def test_round_robin_takes_turns(start, client):
    weir = start(Weir(proxy_config(*named(start, "a", "b"))))
    browser = client(weir)
    order = [browser.get("/").body for _ in range(10)]
    assert all(one != following for one, following in zip(order, order[1:]))


def test_round_robin_follows_the_weights(start):
    a, b, c = named(start, "a", "b", "c")
    weir = start(Weir(proxy_config({"address": a.address, "weight": 1}, {"address": b.address, "weight": 2}, {"address": c.address, "weight": 5})))
    assert count_answers(weir, 80) == {"a": 10, "b": 20, "c": 50}


def test_round_robin_over_two_workers_is_nearly_even(start):
    weir = start(Weir(proxy_config(*named(start, "a", "b"), workers=2)))
    counts = count_answers(weir, 60, new_connection=True)
    assert abs(counts["a"] - counts["b"]) <= 4


def test_least_requests_prefers_the_idle_one(start, client):
    slow, quick = start(Backend(act.answers_when_released(act.response(b"slow")))), named(start, "quick")[0]
    weir = start(Weir(proxy_config(slow, quick, upstream={"balance": "least_requests"})))
    busy = []
    while not slow.requests:
        busy.append(client(weir))
        busy[-1].send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: len(slow.requests) + len(quick.requests) == len(busy), "the request arrived")
    browser = client(weir)
    assert [browser.get("/").body for _ in range(20)] == [b"quick"] * 20
    slow.release.set()


def test_least_requests_spreads_what_runs_at_once(start, client):
    backends = [start(Backend(act.answers_when_released())) for _ in range(3)]
    weir = start(Weir(proxy_config(*backends, upstream={"balance": "least_requests"})))
    clients = [client(weir) for _ in range(12)]
    for one in clients:
        one.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_until(lambda: sum(len(one.requests) for one in backends) == 12, "12 requests at the backends")
    assert [len(one.requests) for one in backends] == [4, 4, 4]
    for one in backends:
        one.release.set()
    assert all(one.read_response().status == 200 for one in clients)


def test_least_requests_respects_weights(start, client):
    backends = [start(Backend(act.answers_when_released())) for _ in range(2)]
    weir = start(Weir(proxy_config({"address": backends[0].address, "weight": 3}, {"address": backends[1].address, "weight": 1},
                                   upstream={"balance": "least_requests"})))
    clients = [client(weir) for _ in range(16)]
    for one in clients:
        one.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_until(lambda: sum(len(one.requests) for one in backends) == 16, "16 requests at the backends")
    assert abs(len(backends[0].requests) - 12) <= 1
    for one in backends:
        one.release.set()


def test_unix_socket_endpoint(start, client, tmp_path):
    backend = start(Backend(act.echoes(), unix_path=str(tmp_path / "app.sock")))
    weir = start(Weir(proxy_config(backend)))
    browser = client(weir)
    for data in (b"", b"hello", b"x" * 300000):
        answer = browser.request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
        assert (answer.status, answer.body) == (200, data)
    assert len(backend.connections) == 1


def test_missing_unix_socket_is_a_502(start, client, tmp_path):
    weir = start(Weir(proxy_config(f"unix:{tmp_path}/nobody.sock")))
    assert client(weir).get("/").status == 502


def test_retries_connect_failure_on_next_endpoint(start, client):
    good = named(start, "good")[0]
    with refusing_address() as refusing:
        weir = start(Weir(proxy_config(refusing, good)))
        browser = client(weir)
        for _ in range(10):
            answer = browser.get("/")
            assert (answer.status, answer.body) == (200, b"good")


def test_retries_connect_failure_for_a_post_that_was_not_sent(start, client):
    """Nothing of the request went out, so that even a POST may go to the next endpoint; or it is a 502, sent nowhere twice."""
    good = start(Backend(act.echoes()))
    with refusing_address() as refusing:
        weir = start(Weir(proxy_config(refusing, good)))
        browser, served = client(weir), 0
        for n in range(6):
            data = b"body %d" % n
            answer = browser.request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n" + data)
            assert answer.status in (200, 502)
            served += answer.status == 200
        assert len(good.requests) == served and served >= 3


def test_retries_connect_timeout_on_next_endpoint(start, client):
    from support import unanswering_address
    good = named(start, "good")[0]
    with unanswering_address() as silent:
        weir = start(Weir(proxy_config(silent, good, route={"timeouts": {"connect": "300ms"}})))
        browser = client(weir)
        for _ in range(4):
            assert browser.get("/").status in (200, 504)
        assert len(good.requests) >= 2


def test_a_backend_that_comes_back_is_used_again(start, client):
    import socket
    port_holder = refusing_address()
    good = named(start, "good")[0]
    weir = start(Weir(proxy_config(port_holder.address, good)))
    browser = client(weir)
    assert all(browser.get("/").body == b"good" for _ in range(4))
    port_holder.socket.listen(16)
    port_holder.socket.settimeout(0.2)

    def arrives():
        browser2 = client(weir)
        browser2.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try:
            sock, _ = port_holder.socket.accept()
        except socket.timeout:
            return False
        sock.recv(1000)
        sock.sendall(act.response(b"back"))
        assert browser2.read_response().body == b"back"
        return True
    wait_until(arrives, "the endpoint is used again", limit=40)
    port_holder.socket.close()
