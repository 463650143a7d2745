# SPDX-License-Identifier: Apache-2.0
"""Keep-alive, pipelining, and clients of HTTP/1.0."""
import pytest

from support import backend as act

GET = b"GET %s HTTP/1.1\r\nHost: story.test\r\n\r\n"


def answers_with_target(request):
    return act.response(request.target.encode())


def test_keeps_the_client_connection_between_requests(proxy, client):
    weir, _ = proxy(act.answers(answers_with_target))
    browser = client(weir)
    assert [browser.get(f"/{n}").body for n in range(20)] == [b"/%d" % n for n in range(20)]
    assert not browser.is_closed_by_peer()


def test_answers_pipelined_requests_in_order(proxy, client):
    weir, _ = proxy(act.answers(answers_with_target))
    browser = client(weir)
    browser.send(b"".join(GET % (b"/%d" % n) for n in range(50)))
    assert [browser.read_response().body for _ in range(50)] == [b"/%d" % n for n in range(50)]


def test_answers_pipelined_requests_that_come_byte_by_byte(proxy, client):
    weir, _ = proxy(act.answers(answers_with_target))
    browser = client(weir)
    for byte in GET % b"/a" + GET % b"/b":
        browser.send(bytes([byte]))
    assert [browser.read_response().body for _ in range(2)] == [b"/a", b"/b"]


def test_answers_pipelined_posts_of_both_framings_in_order(proxy, client):
    weir, backend = proxy(act.echoes())
    browser = client(weir)
    browser.send(b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
                 b"POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n" + GET % b"/3")
    assert [browser.read_response().body for _ in range(3)] == [b"one", b"two", b""]
    assert [one.target for one in backend.requests] == ["/1", "/2", "/3"]


def test_a_slow_first_answer_holds_back_the_second(proxy, client):
    def behave(connection):
        for request in connection.requests():
            if request.target == "/slow":
                connection.backend.release.wait(act.PATIENCE)
            connection.send(answers_with_target(request))
    weir, backend = proxy(behave)
    browser = client(weir)
    browser.send(GET % b"/slow" + GET % b"/fast")
    backend.wait_for_requests(1)
    other = client(weir)
    assert other.get("/fast").body == b"/fast"
    assert not browser.is_closed_by_peer() and not browser.source.buffer
    backend.release.set()
    assert [browser.read_response().body for _ in range(2)] == [b"/slow", b"/fast"]


def test_closes_when_the_client_asks_for_it(proxy, client):
    weir, _ = proxy()
    browser = client(weir)
    answer = browser.get("/", "Connection: close")
    assert answer.get("connection", "").lower() == "close"
    assert browser.read_until_close() == b""


def test_ignores_what_follows_a_request_with_connection_close(proxy, client):
    weir, backend = proxy(act.answers(answers_with_target))
    browser = client(weir)
    browser.send(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + GET % b"/never")
    assert browser.read_response().body == b"/last"
    assert browser.read_until_close() == b""
    assert [one.target for one in backend.requests] == ["/last"]


def test_http_1_0_client_gets_a_close_delimited_connection(proxy, client):
    weir, _ = proxy()
    browser = client(weir)
    answer = browser.request(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    assert answer.status == 200 and answer.body == b"ok"
    assert browser.read_until_close() == b""


def test_http_1_0_client_without_host_is_served(proxy, client):
    weir, backend = proxy()
    answer = client(weir).request(b"GET /old HTTP/1.0\r\n\r\n")
    assert answer.status == 200
    assert len(backend.requests[0].all("host")) == 1
    assert backend.requests[0].version == "HTTP/1.1"


def test_http_1_0_client_never_sees_chunks(proxy, client):
    weir, _ = proxy(act.answers(act.chunked(b"one ", b"two ", b"three")))
    browser = client(weir)
    answer = browser.request(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    assert not answer.has("transfer-encoding")
    assert answer.body == b"one two three"


def test_http_1_0_client_can_keep_its_connection(proxy, client):
    weir, _ = proxy()
    browser = client(weir)
    for _ in range(3):
        answer = browser.request(b"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
        assert answer.get("connection", "").lower() == "keep-alive"
        assert answer.framing == "length" and answer.body == b"ok"


def test_http_1_0_keep_alive_ends_where_the_length_is_unknown(proxy, client):
    weir, _ = proxy(act.answers(act.chunked(b"unknown", b" length")))
    browser = client(weir)
    answer = browser.request(b"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
    assert answer.framing == "close" and answer.body == b"unknown length"
    assert answer.get("connection", "").lower() != "keep-alive"


def test_http_1_0_client_gets_no_interim_answers(proxy, client):
    weir, _ = proxy(act.answers(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + act.OK))
    answer = client(weir).request(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    assert answer.interim == [] and answer.status == 200


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_answers_in_http_1_1_whatever_the_client_speaks(proxy, client, version):
    weir, _ = proxy()
    answer = client(weir).request(f"GET / {version}\r\nHost: a\r\n\r\n".encode())
    assert answer.version == "HTTP/1.1"


def test_empty_lines_before_a_request_are_skipped(proxy, client):
    weir, backend = proxy()
    browser = client(weir)
    browser.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\n" + GET % b"/next")
    assert [browser.read_response().status for _ in range(2)] == [200, 200]
    assert backend.requests[1].target == "/next"
