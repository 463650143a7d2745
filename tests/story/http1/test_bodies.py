# SPDX-License-Identifier: Apache-2.0
"""Bodies in both framings, both ways, byte for byte."""
import hashlib
import random

import pytest

from support import backend as act

SIZES = [0, 1, 2, 15, 16, 17, 255, 256, 1023, 1024, 4095, 4096, 4097, 16384, 65535, 65536, 65537, 131072, 1 << 20, 10 << 20]


def bytes_of(size):
    return random.Random(size).randbytes(size)


def in_chunks(data, rng):
    out, at = [], 0
    while at < len(data):
        size = min(len(data) - at, rng.choice([1, 7, 100, 4096, 65536, 300000]))
        out.append(b"%x\r\n%s\r\n" % (size, data[at:at + size]))
        at += size
    return b"".join(out) + b"0\r\n\r\n"


@pytest.fixture(scope="module")
def echo():
    from support import Backend, Weir, proxy_config
    with Backend(act.echoes()) as backend, Weir(proxy_config(backend)) as weir:
        yield weir, backend


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_request_and_response_bodies_arrive_byte_for_byte(echo, client, size, framing):
    weir, backend = echo
    data = bytes_of(size)
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\n"
    if framing == "length":
        sent = head + b"Content-Length: %d\r\n\r\n" % size + data
    else:
        sent = head + b"Transfer-Encoding: chunked\r\n\r\n" + in_chunks(data, random.Random(size))
    answer = client(weir, limit=30).request(sent)
    assert answer.status == 200
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(data).digest()
    assert backend.malformed == []


@pytest.mark.parametrize("size", SIZES)
def test_chunked_response_bodies_arrive_byte_for_byte(proxy, client, size):
    data = bytes_of(size)
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + in_chunks(data, random.Random(size))
    weir, _ = proxy(act.answers(answer))
    browser = client(weir, limit=30)
    for _ in range(2):
        got = browser.get("/")
        assert got.body == data and got.framing == "chunked"


@pytest.mark.parametrize("size", [0, 1, 65536, 3 << 20])
def test_close_delimited_response_bodies_arrive_byte_for_byte(proxy, client, size):
    data = bytes_of(size)
    weir, _ = proxy(act.answers_and_closes(b"HTTP/1.1 200 OK\r\n\r\n" + data))
    browser = client(weir)
    for _ in range(2):
        assert browser.get("/").body == data


def test_close_delimited_answer_keeps_an_http_1_1_client_by_chunks(proxy, client):
    weir, _ = proxy(act.answers_and_closes(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end"))
    browser = client(weir)
    answer = browser.get("/")
    assert answer.framing == "chunked" and answer.body == b"until the end"
    assert not browser.is_closed_by_peer()


def test_request_framing_by_length_stays_by_length(proxy, client):
    weir, backend = proxy()
    client(weir).request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    assert backend.requests[0].one("content-length") == "5"
    assert not backend.requests[0].has("transfer-encoding")


def test_request_framing_by_chunks_stays_by_chunks(proxy, client):
    weir, backend = proxy()
    client(weir).request(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert backend.requests[0].body == b"hello"


def test_request_without_body_gets_no_framing(proxy, client):
    weir, backend = proxy()
    client(weir).get("/")
    assert not backend.requests[0].has("transfer-encoding")
    assert backend.requests[0].get("content-length", "0") == "0"


def test_empty_post_says_so(proxy, client):
    weir, backend = proxy()
    client(weir).request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
    assert backend.requests[0].one("content-length") == "0"


def test_transfer_coding_name_is_case_insensitive(proxy, client):
    weir, backend = proxy()
    client(weir).request(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert backend.requests[0].body == b"hello" and backend.malformed == []


def test_chunk_extensions_change_nothing(proxy, client):
    weir, backend = proxy()
    client(weir).request(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                         b"5;name=value;q=\"a b\"\r\nhello\r\n000\r\n\r\n")
    assert backend.requests[0].body == b"hello" and backend.malformed == []


def test_request_trailers_reach_the_backend(proxy, client):
    weir, backend = proxy()
    client(weir).request(b"POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
                         b"3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n")
    assert backend.requests[0].body == b"abc"
    assert ("x-sum", "42") in [(name.lower(), value) for name, value in backend.requests[0].trailers]


def test_response_trailers_reach_the_client(proxy, client):
    weir, _ = proxy(act.answers(act.chunked(b"abc", fields=["Trailer: X-Sum"], trailers=["X-Sum: 42"])))
    answer = client(weir).get("/", "TE: trailers", "Connection: TE")
    assert answer.body == b"abc"
    assert ("x-sum", "42") in [(name.lower(), value) for name, value in answer.trailers]


@pytest.mark.parametrize("name", ["Content-Length: 7", "Transfer-Encoding: chunked", "Host: evil", "Connection: close"])
def test_trailers_that_would_change_the_message_are_not_taken_as_fields(proxy, client, name):
    weir, backend = proxy()
    browser = client(weir)
    browser.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n" + name.encode() + b"\r\n\r\n")
    status = browser.read_response().status
    assert status in (200, 400) and backend.malformed == []
    key = name.partition(":")[0].lower()
    for request in backend.requests:
        assert key not in [one.lower() for one, _ in request.trailers]


def test_body_streams_to_the_backend_before_it_is_complete(proxy, client):
    def behave(connection):
        connection.read_head()
        assert connection.source.exactly(5) == b"first"
        connection.backend.release.set()
        assert connection.source.exactly(6) == b"second"
        connection.send(act.OK)
    weir, backend = proxy(behave)
    browser = client(weir)
    browser.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nfirst")
    assert backend.release.wait(10), "the first part did not arrive while the second was missing"
    assert browser.send(b"second").read_response().status == 200


def test_body_streams_to_the_client_before_it_is_complete(proxy, client):
    weir, backend = proxy(act.sends_part_and_waits(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", b"6\r\nsecond\r\n0\r\n\r\n"))
    browser = client(weir)
    browser.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert browser.read_head().status == 200
    assert browser.source.until(b"first").endswith(b"first")
    backend.release.set()
    assert browser.source.until(b"0\r\n\r\n").count(b"second") == 1


@pytest.mark.parametrize("cut", [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly a part",
                                 b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                                 b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhel"])
@pytest.mark.parametrize("how", [act.answers_and_closes, act.answers_and_resets])
def test_a_body_that_the_backend_cuts_short_never_looks_complete(proxy, client, cut, how):
    from support.message import Ended
    weir, _ = proxy(how(cut))
    browser = client(weir)
    browser.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    try:
        answer = browser.read_response()
    except Ended:
        return
    assert answer.status == 502


def test_answer_before_the_request_body_is_complete_reaches_the_client(proxy, client):
    def behave(connection):
        connection.read_head()
        connection.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmuch")
        connection.wait_for_end()
    weir, _ = proxy(behave)
    browser = client(weir)
    browser.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nfew")
    answer = browser.read_response()
    assert (answer.status, answer.body) == (413, b"much")
