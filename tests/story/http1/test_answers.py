# SPDX-License-Identifier: Apache-2.0
"""HEAD, statuses without a body, interim answers, Expect: 100-continue."""
import pytest

from support import backend as act

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"


def test_head_has_the_fields_and_no_body(proxy, client):
    weir, backend = proxy(act.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: \"x\"\r\n\r\n"))
    browser = client(weir)
    for _ in range(3):
        answer = browser.request(b"HEAD /thing HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (answer.status, answer.one("content-length"), answer.one("etag")) == (200, "1234", '"x"')
    assert {one.method for one in backend.requests} == {"HEAD"}
    assert not browser.source.buffer and not browser.is_closed_by_peer()
    assert len(backend.connections) == 1


def test_head_with_chunked_header_has_no_body(proxy, client):
    weir, _ = proxy(act.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
    browser = client(weir)
    for _ in range(2):
        assert browser.request(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_statuses_without_body_keep_the_connection(proxy, client, status):
    weir, backend = proxy(act.answers(f"HTTP/1.1 {status}\r\nETag: \"x\"\r\n\r\n".encode()))
    browser = client(weir)
    for _ in range(3):
        answer = browser.get("/")
        assert answer.status == int(status[:3]) and answer.body == b""
        assert not answer.has("transfer-encoding")
    assert len(backend.connections) == 1


@pytest.mark.parametrize("status", [200, 201, 206, 299, 301, 302, 400, 401, 404, 418, 451, 500, 501, 599])
def test_statuses_of_the_backend_are_forwarded(proxy, client, status):
    weir, _ = proxy(act.answers(act.response(b"body", f"{status} Some Words")))
    answer = client(weir).get("/")
    assert (answer.status, answer.body) == (status, b"body")


def test_a_status_line_without_reason_is_read(proxy, client):
    weir, _ = proxy(act.answers(b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"))
    assert client(weir).get("/").body == b"ok"


def test_interim_answers_are_forwarded_before_the_final_one(proxy, client):
    weir, backend = proxy(act.sends_part_and_waits(
        b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n", act.OK))
    browser = client(weir)
    browser.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    hints = browser.read_head()
    assert (hints.status, hints.one("link")) == (103, "</style.css>; rel=preload")
    backend.release.set()
    assert browser.read_response().body == b"ok"


def test_several_interim_answers_keep_their_order(proxy, client):
    weir, _ = proxy(act.answers(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + act.OK))
    browser = client(weir)
    for _ in range(2):
        answer = browser.get("/")
        assert [one.status for one in answer.interim] == [102, 103] and answer.body == b"ok"


def test_expect_continue_gets_the_backends_100(proxy, client):
    def behave(connection):
        request = connection.read_head()
        connection.backend.requests.append(request)
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.read_body(request)
        connection.send(act.response(request.body))
        connection.wait_for_end()
    weir, _ = proxy(behave)
    browser = client(weir)
    browser.send(POST)
    assert browser.read_head().status == 100
    assert browser.send(b"data").read_response().body == b"data"


def test_expect_continue_with_a_backend_that_sends_no_100(proxy, client):
    """A backend may ignore the expectation; a client may send after a while. Nobody waits for ever."""
    weir, backend = proxy(act.echoes())
    browser = client(weir)
    browser.send(POST)
    backend.wait_for_heads(1)
    browser.send(b"data")
    answer = browser.read_response()
    assert (answer.status, answer.body) == (200, b"data")


def test_expect_continue_refused_by_the_backend_needs_no_body(proxy, client):
    def behave(connection):
        connection.read_head()
        connection.send(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
        connection.wait_for_end()
    weir, backend = proxy(behave)
    browser = client(weir)
    browser.send(POST)
    answer = browser.read_response()
    assert answer.status == 417
    # The body may still come or not: the connection ends, or the body is taken as what it is.
    if not browser.is_closed_by_peer() and browser.send_if_open(b"GET "):
        browser.send_if_open(b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"/smuggled" not in backend.received()


def test_expect_continue_goes_with_a_body_that_comes_at_once(proxy, client):
    weir, _ = proxy(act.echoes())
    browser = client(weir)
    for _ in range(3):
        assert browser.request(POST + b"data").body == b"data"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "REPORT", "PURGE"])
def test_methods_are_forwarded(proxy, client, method):
    weir, backend = proxy()
    assert client(weir).request(f"{method} /m HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".encode()).status == 200
    assert backend.requests[0].method == method


def test_connect_never_reaches_a_backend(proxy, client):
    weir, backend = proxy()
    browser = client(weir)
    answer = browser.request(b"CONNECT other.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n")
    assert 400 <= answer.status < 600
    assert backend.received() == b""


def test_options_asterisk_is_answered(proxy, client):
    weir, backend = proxy()
    answer = client(weir).request(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.status in (200, 204, 400, 404, 405)
    assert all(one.target == "*" for one in backend.requests)
