# SPDX-License-Identifier: Apache-2.0
"""What is too big, too many or too slow."""
import time

import pytest

from support import RawClient, wait_until
from support import backend as act
from support.message import Ended

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"


def refused(browser, status):
    answer = browser.read_response()
    assert answer.status == status
    assert browser.read_until_close() == b""


@pytest.mark.parametrize("size,status", [(3000, 200), (4090, 431), (100000, 431), (5000000, 431)])
def test_header_size(proxy, client, size, status):
    weir, backend = proxy(listener={"limits": {"header_size": "4k"}})
    browser = client(weir)
    browser.send_if_open(b"GET / HTTP/1.1\r\nHost: a\r\nX-Big: " + b"x" * size + b"\r\n\r\n")
    answer = browser.read_response()
    assert answer.status == status
    if status != 200:
        assert browser.read_until_close() == b"" and backend.received() == b""


def test_header_size_by_many_fields(proxy, client):
    weir, backend = proxy(listener={"limits": {"header_size": "4k", "headers": 10000}})
    browser = client(weir)
    browser.send_if_open(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Field: some value\r\n" * 300 + b"\r\n")
    refused(browser, 431)
    assert backend.received() == b""


def test_headers_that_never_end_are_cut_at_the_limit(proxy, client):
    weir, _ = proxy(listener={"limits": {"header_size": "8k"}})
    browser = client(weir)
    browser.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
    sent = 0
    while sent < 10_000_000 and browser.send_if_open(b"X-More: " + b"x" * 1000 + b"\r\n"):
        sent += 1010
        if browser.is_closed_by_peer() or browser.source.buffer:
            break
    assert sent < 1_000_000
    assert browser.read_response().status == 431


@pytest.mark.parametrize("count,status", [(9, 200), (10, 200), (11, 431), (500, 431)])
def test_header_count(proxy, client, count, status):
    weir, backend = proxy(listener={"limits": {"headers": 10}})
    browser = client(weir)
    fields = b"".join(b"X-%d: 1\r\n" % n for n in range(count - 1))
    assert browser.request(b"GET / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n").status == status
    assert len(backend.requests) == (status == 200)


def test_hundred_headers_are_allowed_by_default(proxy, client):
    weir, _ = proxy()
    fields = b"".join(b"X-%d: 1\r\n" % n for n in range(99))
    assert client(weir).request(b"GET / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n").status == 200
    assert client(weir).request(b"GET / HTTP/1.1\r\nHost: a\r\n" + fields + b"X-More: 1\r\n\r\n").status == 431


@pytest.mark.parametrize("size", [10000, 1000000])
def test_a_target_longer_than_the_limit_is_414(proxy, client, size):
    weir, backend = proxy(listener={"limits": {"header_size": "4k"}})
    browser = client(weir)
    browser.send_if_open(b"GET /" + b"a" * size + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    refused(browser, 414)
    assert backend.received() == b""


def test_a_method_that_never_ends_is_refused(proxy, client):
    weir, backend = proxy()
    browser = client(weir)
    browser.send_if_open(b"A" * 200000 + b" / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert browser.read_response().status in (400, 414, 431, 501)
    assert browser.read_until_close() == b"" and backend.received() == b""


def test_a_body_by_length_above_the_limit_is_413_before_it_comes(proxy, client):
    weir, backend = proxy(listener={"limits": {"body": "1k"}})
    browser = client(weir)
    browser.send(HEAD + b"Content-Length: 1025\r\n\r\n")
    refused(browser, 413)
    assert backend.requests == []


def test_a_body_at_the_limit_is_taken(proxy, client):
    weir, _ = proxy(act.echoes(), listener={"limits": {"body": "1k"}})
    browser = client(weir)
    assert browser.request(HEAD + b"Content-Length: 1024\r\n\r\n" + b"x" * 1024).body == b"x" * 1024
    assert browser.request(HEAD + b"Transfer-Encoding: chunked\r\n\r\n400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n").body == b"x" * 1024


def test_a_chunked_body_above_the_limit_is_413(proxy, client):
    weir, backend = proxy(listener={"limits": {"body": "1k"}})
    browser = client(weir)
    browser.send_if_open(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"100\r\n" + b"x" * 256 + b"\r\n")
    browser.send_if_open((b"100\r\n" + b"x" * 256 + b"\r\n") * 5 + b"0\r\n\r\n")
    refused(browser, 413)
    assert backend.requests == []


def test_a_body_above_the_limit_with_expect_is_413_and_no_100(proxy, client):
    weir, _ = proxy(listener={"limits": {"body": "1k"}})
    browser = client(weir)
    browser.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 4096\r\n\r\n")
    answer = browser.read_response()
    assert (answer.status, answer.interim) == (413, [])


def test_a_slow_head_is_408(proxy, client):
    weir, backend = proxy(listener={"timeouts": {"header": "500ms"}})
    browser = client(weir)
    started = time.monotonic()
    browser.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow")
    refused(browser, 408)
    assert 0.4 < time.monotonic() - started < 3
    assert backend.received() == b""


def test_a_head_that_drips_byte_by_byte_is_408(proxy, client):
    """Each byte must not begin the time anew."""
    weir, backend = proxy(listener={"timeouts": {"header": "700ms"}})
    browser = client(weir)
    started = time.monotonic()
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX-Drip: " + b"x" * 1000
    for at in range(len(head)):
        if browser.is_closed_by_peer() or browser.source.buffer or not browser.send_if_open(head[at:at + 1]):
            break
        time.sleep(0.05)
    assert 0.5 < time.monotonic() - started < 4
    assert browser.read_response().status == 408
    assert backend.received() == b""


def test_a_second_head_that_is_slow_is_408_too(proxy, client):
    weir, _ = proxy(listener={"timeouts": {"header": "1s"}})
    browser = client(weir)
    assert browser.get("/").status == 200
    browser.send(b"GET / HT")
    refused(browser, 408)


def test_a_slow_body_is_408(proxy, client):
    weir, backend = proxy(listener={"timeouts": {"body": "500ms"}})
    browser = client(weir)
    browser.send(HEAD + b"Content-Length: 10\r\n\r\nhalf")
    refused(browser, 408)
    assert backend.requests == []
    wait_until(lambda: not backend.open_connections(), "the backend's connection is closed")


def test_a_slow_chunked_body_is_408(proxy, client):
    weir, backend = proxy(listener={"timeouts": {"body": "500ms"}})
    browser = client(weir)
    browser.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel")
    refused(browser, 408)
    assert backend.requests == []


def test_a_body_that_moves_is_not_slow(proxy, client):
    weir, _ = proxy(act.echoes(), listener={"timeouts": {"body": "2s"}})
    browser = client(weir)
    browser.send(HEAD + b"Content-Length: 40\r\n\r\n")
    for _ in range(40):
        browser.send(b"x")
        time.sleep(0.06)
    assert browser.read_response().body == b"x" * 40


def test_an_idle_client_connection_is_closed_silently(proxy, client):
    weir, _ = proxy(listener={"timeouts": {"idle": "1s"}})
    browser = client(weir)
    assert browser.get("/").status == 200
    started = time.monotonic()
    assert browser.read_until_close() == b""
    assert 0.7 < time.monotonic() - started < 4


def test_a_connection_that_never_speaks_is_closed(proxy, client):
    weir, _ = proxy(listener={"timeouts": {"idle": "600ms", "header": "600ms"}})
    browser = client(weir)
    started = time.monotonic()
    rest = browser.read_until_close()
    assert time.monotonic() - started < 4
    assert rest == b"" or rest.startswith(b"HTTP/1.1 408 ")


def test_a_long_answer_is_not_idle(proxy, client):
    weir, _ = proxy(act.drips(act.OK, 0.02), listener={"timeouts": {"idle": "400ms", "header": "400ms", "body": "400ms"}})
    assert client(weir).get("/").body == b"ok"


def test_requests_per_connection(proxy, client):
    weir, backend = proxy(listener={"limits": {"requests_per_connection": 3}})
    browser = client(weir)
    for n in range(3):
        answer = browser.get("/")
        assert ("close" in answer.get("connection", "").lower()) == (n == 2)
    assert browser.read_until_close() == b""
    assert len(backend.requests) == 3


def test_requests_per_connection_counts_pipelined_ones(proxy, client):
    weir, backend = proxy(listener={"limits": {"requests_per_connection": 2}})
    browser = client(weir)
    browser.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 5)
    assert [browser.read_response().status for _ in range(2)] == [200, 200]
    assert browser.read_until_close() == b""
    assert len(backend.requests) == 2


def gets_an_answer(weir):
    with RawClient(weir.address, limit=3) as browser:
        try:
            return browser.get("/").status == 200
        except (Ended, OSError, AssertionError):
            return False


def test_connections_beyond_the_limit_are_turned_away_and_room_is_given_back(proxy, client):
    weir, _ = proxy(listener={"limits": {"connections": 4}})
    held = [client(weir) for _ in range(4)]
    assert all(one.get("/").status == 200 for one in held)
    with RawClient(weir.address) as fifth:
        fifth.send_if_open(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        rest = fifth.read_until_close()
        assert rest == b"" or rest.startswith(b"HTTP/1.1 503 ")
    assert all(one.get("/").status == 200 for one in held)
    held[0].close()
    wait_until(lambda: gets_an_answer(weir), "a connection is let in after one was closed")


def test_the_connections_limit_holds_over_all_workers(proxy, client):
    weir, _ = proxy(listener={"limits": {"connections": 6}}, workers=2)
    answered = 0
    for _ in range(20):
        browser = client(weir)
        browser.send_if_open(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try:
            answered += browser.read_response().status == 200
        except Ended:
            pass
    assert answered == 6
