# SPDX-License-Identifier: Apache-2.0
"""Kept connections to backends."""
import os
import signal
import time

import pytest

from support import Backend, Weir, proxy_config, tcp_states, unanswering_address, wait_until, without_quarantine
from support import backend as act
from support.process import owned_tcp_states

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def test_one_connection_serves_one_request_after_the_other(proxy, client):
    weir, backend = proxy()
    for _ in range(3):
        browser = client(weir)
        for _ in range(10):
            assert browser.get("/").status == 200
        browser.close()
    assert len(backend.connections) == 1


def test_requests_that_run_at_once_have_connections_of_their_own(proxy, client):
    weir, backend = proxy(act.answers_when_released())
    clients = [client(weir) for _ in range(5)]
    for one in clients:
        one.send(GET)
    backend.wait_for_requests(5)
    assert len(backend.connections) == 5
    backend.release.set()
    assert all(one.read_response().status == 200 for one in clients)
    for one in clients:
        assert one.get("/").status == 200
    assert len(backend.connections) == 5


def test_no_more_than_pool_idle_connections_are_kept(proxy, client):
    weir, backend = proxy(act.answers_when_released(), upstream={"pool": {"idle": 2}})
    clients = [client(weir) for _ in range(6)]
    for one in clients:
        one.send(GET)
    backend.wait_for_requests(6)
    backend.release.set()
    assert all(one.read_response().status == 200 for one in clients)
    wait_until(lambda: len(backend.open_connections()) == 2, lambda: f"2 open connections, {len(backend.open_connections())} are")


def test_idle_connections_are_closed_after_idle_timeout(proxy, client):
    weir, backend = proxy(upstream={"pool": {"idle_timeout": "500ms"}})
    assert client(weir).get("/").status == 200
    started = time.monotonic()
    assert backend.connections[0].ended_by_peer.wait(5)
    assert time.monotonic() - started > 0.2
    assert client(weir).get("/").status == 200
    assert len(backend.connections) == 2


def test_requests_per_connection(proxy, client):
    weir, backend = proxy(upstream={"pool": {"requests_per_connection": 3}})
    browser = client(weir)
    assert all(browser.get("/").status == 200 for _ in range(9))
    assert [one.requests_read for one in backend.connections] == [3, 3, 3]


def test_a_backend_that_says_close_is_believed(proxy, client):
    weir, backend = proxy(act.answers(act.response(b"ok", "200 OK", "Connection: close")))
    browser = client(weir)
    assert all(browser.get("/").status == 200 for _ in range(3))
    assert [one.requests_read for one in backend.connections] == [1, 1, 1]


def test_a_http_1_0_backend_is_not_reused_unless_it_says_so(proxy, client):
    weir, backend = proxy(act.answers(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    browser = client(weir)
    assert all(browser.get("/").body == b"ok" for _ in range(3))
    assert [one.requests_read for one in backend.connections] == [1, 1, 1]


def dies_after_first(how):
    """Keeps its connection after the first answer and ends it when the second request comes."""
    def behave(connection):
        for count, request in enumerate(connection.requests()):
            if connection.number == 0 and count == 1:
                return connection.reset() if how == "reset" else None
            connection.send(act.response(b"%d" % connection.number))
    return behave


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_an_idempotent_request_on_a_kept_connection_that_died_is_sent_once_more(proxy, client, how, method):
    weir, backend = proxy(dies_after_first(how))
    browser = client(weir)
    assert browser.get("/").status == 200
    answer = browser.request(f"{method} /again HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".encode())
    assert answer.status == 200
    assert [one.target for one in backend.requests].count("/again") == 2
    assert backend.requests[-1].connection.number == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "LOCK"])
def test_a_request_that_is_not_idempotent_is_never_sent_twice(proxy, client, method):
    weir, backend = proxy(dies_after_first("close"))
    browser = client(weir)
    assert browser.get("/").status == 200
    answer = browser.request(f"{method} /once HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\ndata".encode())
    assert [one.target for one in backend.requests].count("/once") == 1
    assert answer.status == 502


def test_it_is_sent_once_more_and_not_for_ever(proxy, client):
    """Every connection dies at its first request: a GET is tried a bounded number of times, then it is a 502."""
    def behave(connection):
        connection.read_request()
    weir, backend = proxy(behave)
    assert client(weir).get("/").status == 502
    assert 1 <= len(backend.requests) <= 3


def test_a_kept_connection_closed_while_idle_is_not_used(proxy, client):
    def behave(connection):
        request = connection.read_request()
        if request:
            connection.send(act.OK)
    weir, backend = proxy(behave)
    browser = client(weir)
    for _ in range(20):
        assert browser.get("/").status == 200
    assert len(backend.requests) == 20


def test_a_post_after_an_idle_close_reaches_a_fresh_connection(proxy, client):
    """The backend's close has arrived before the POST is sent, so that there is nothing to be unsure about."""
    def behave(connection):
        if connection.read_request():
            connection.send(act.OK)
    weir, backend = proxy(behave)
    browser = client(weir)
    for n in range(10):
        assert browser.request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi").status == 200
        wait_until(lambda: "CLOSE_WAIT" not in owned_tcp_states(weir.pid), "weir noticed the close")
    assert len(backend.requests) == 10


def test_a_request_with_part_of_its_answer_sent_is_not_repeated(proxy, client):
    from support.message import Ended
    def behave(connection):
        if connection.read_request():
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
            connection.backend.release.wait(10)
            connection.reset()
    weir, backend = proxy(behave)
    browser = client(weir)
    browser.send(GET)
    assert browser.read_head().status == 200
    assert browser.read_exactly(4) == b"part"
    backend.release.set()
    with pytest.raises(Ended):
        browser.read_exactly(96)
    assert len(backend.requests) == 1


@pytest.mark.parametrize("size,repeated", [(1000, True), (60000, True), (200000, False)])
def test_a_request_body_is_kept_for_a_retry_only_below_64k(proxy, client, size, repeated):
    weir, backend = proxy(dies_after_first("close"))
    browser = client(weir)
    assert browser.get("/").status == 200
    data = b"z" * size
    answer = browser.request(b"PUT /again HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + data)
    bodies = [one.body for one in backend.requests if one.target == "/again"]
    assert bodies == [data] * (2 if repeated else 1)
    assert answer.status == (200 if repeated else 502)


def test_waits_for_a_free_connection_when_all_are_taken(proxy, client):
    weir, backend = proxy(act.answers_when_released(), upstream={"pool": {"connections": 2}})
    clients = [client(weir) for _ in range(6)]
    for one in clients:
        one.send(GET)
    backend.wait_for_requests(2)
    backend.release.set()
    assert all(one.read_response().status == 200 for one in clients)
    assert len(backend.connections) == 2


def test_a_full_pending_queue_is_503_with_retry_after(proxy, client):
    weir, backend = proxy(act.answers_when_released(), upstream={"pool": {"connections": 1, "pending": 1}})
    running, waiting, third = client(weir), client(weir), client(weir)
    running.send(GET)
    backend.wait_for_requests(1)
    waiting.send(GET)
    wait_for_pending(weir, third)
    backend.release.set()
    assert running.read_response().status == 200 and waiting.read_response().status == 200


def wait_for_pending(weir, third):
    answer = third.get("/")
    assert answer.status == 503
    assert int(answer.one("retry-after")) > 0
    assert answer.has("proxy-status")


def test_a_request_that_pends_too_long_is_503(proxy, client):
    weir, backend = proxy(act.answers_when_released(), upstream={"pool": {"connections": 1, "pending_timeout": "400ms"}})
    running = client(weir)
    running.send(GET)
    backend.wait_for_requests(1)
    started = time.monotonic()
    answer = client(weir).get("/")
    assert answer.status == 503 and answer.has("retry-after")
    assert 0.3 < time.monotonic() - started < 3
    backend.release.set()
    assert running.read_response().status == 200
    assert len(backend.requests) == 1


def test_a_client_that_leaves_the_queue_makes_room(proxy, client):
    weir, backend = proxy(act.answers_when_released(), upstream={"pool": {"connections": 1, "pending": 1}})
    running, leaving = client(weir), client(weir)
    running.send(GET)
    backend.wait_for_requests(1)
    leaving.send(GET)
    leaving.close()

    def takes_its_place():
        new = client(weir, limit=0.4)
        new.send(GET)
        try:
            return new.read_response() is None
        except AssertionError:
            return new
    patient = wait_until(takes_its_place, "the place in the queue is free again")
    backend.release.set()
    patient.limit = 10
    assert patient.read_response().status == 200


def test_no_close_wait_and_no_pile_of_time_wait(proxy, client):
    weir, backend = proxy()
    before = tcp_states(backend.port)  # of whoever had the port before
    browser = client(weir)
    for _ in range(300):
        assert browser.get("/").status == 200
    states = tcp_states(backend.port)
    assert "CLOSE_WAIT" not in states and states.get("TIME_WAIT", 0) <= before.get("TIME_WAIT", 0), states


def test_backends_that_close_leave_no_close_wait(proxy, client):
    weir, backend = proxy(act.answers_and_closes(act.response(b"ok", "200 OK", "Connection: close")))
    browser = client(weir)
    for _ in range(50):
        assert browser.get("/").status == 200
    wait_until(lambda: "CLOSE_WAIT" not in owned_tcp_states(weir.pid), lambda: f"no CLOSE_WAIT: {owned_tcp_states(weir.pid)}")


def test_clients_that_close_leave_no_close_wait(proxy, client):
    weir, _ = proxy()
    for _ in range(50):
        browser = client(weir)
        assert browser.get("/").status == 200
        browser.close()
    wait_until(lambda: "CLOSE_WAIT" not in owned_tcp_states(weir.pid), lambda: f"no CLOSE_WAIT: {owned_tcp_states(weir.pid)}")


def test_an_early_answer_with_an_unfinished_upload_spoils_no_other_request(start, client):
    """The backend answers before the body is complete and keeps its connection: the rest of the body must not become a request."""
    def behave(connection):
        while (request := connection.read_head()) is not None:
            if request.method == "POST" and not connection.backend.release.is_set():
                connection.backend.release.set()
                connection.send(act.response(b"early"))
                continue
            connection.read_body(request)
            connection.backend.requests.append(request)
            connection.send(act.response(request.target.encode()))
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend)))
    browser = client(weir)
    browser.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\n\r\n")
    assert browser.read_response().body == b"early"
    browser.send_if_open(b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".ljust(60))
    other = client(weir)
    for n in range(5):
        assert other.get(f"/{n}").body == b"/%d" % n
    assert "/smuggled" not in [one.target for one in backend.requests]


def test_clients_that_leave_just_as_their_connection_comes_leak_nothing(start, client):
    """In one moment a connection becomes free for somebody who waits, and those who wait leave."""
    def behave(connection):
        for _ in connection.requests():
            time.sleep(0.01)
            connection.send(act.OK)
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend, upstream={"pool": {"connections": 2, "idle_timeout": "500ms"}}), env=without_quarantine()))
    for pause in range(40):
        crowd = [client(weir) for _ in range(12)]
        for one in crowd:
            one.send(GET)
        time.sleep(0.0007 * pause)  # spreads the moment of leaving over the life of a request
        for one in crowd:
            one.reset()
    assert client(weir).get("/").status == 200
    wait_until(lambda: weir.metrics().total("weir_upstream_connections") == 0, "no connection is left once idle_timeout is over", limit=5)
    wait_until(lambda: not backend.open_connections(), "the backend sees all connections closed")


def test_a_client_that_leaves_in_the_moment_its_connection_is_made_leaks_nothing(start, client):
    """weir is stopped while both happen, so that it sees them in one turn."""
    silent = unanswering_address()
    with silent as address:
        weir = start(Weir(proxy_config(address, route={"timeouts": {"connect": "20s"}}, upstream={"pool": {"idle_timeout": "500ms"}}),
                          env=without_quarantine()))
        browser = client(weir)
        browser.send(GET)
        wait_until(lambda: "SYN_SENT" in owned_tcp_states(weir.pid), "weir connects")
        os.kill(weir.pid, signal.SIGSTOP)
        try:
            for filler in silent.fillers:
                filler.close()
            accepted = []
            silent.listener.setblocking(False)

            def connected():
                try:
                    accepted.append(silent.listener.accept()[0])
                except BlockingIOError:
                    pass
                return "SYN_SENT" not in owned_tcp_states(weir.pid)
            wait_until(connected, "the connection is made")
            browser.reset()
        finally:
            os.kill(weir.pid, signal.SIGCONT)
        wait_until(lambda: weir.metrics().total("weir_upstream_connections") == 0, "the connection is closed once idle_timeout is over", limit=5)
