# SPDX-License-Identifier: Apache-2.0
"""What HTTP/2 can carry and HTTP/1.1 would read as something else: nothing of it reaches the backend."""
import threading

import pytest
from hpack import Encoder
from support import wait_until
from support.frames import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PROTOCOL_ERROR, SETTINGS, FrameClient,
                            frame, request)

BASE = request()


def without(*names):
    return [field for field in BASE if field[0] not in names]


MALFORMED = {
    "no_method": without(":method"),
    "no_path": without(":path"),
    "no_scheme": without(":scheme"),
    "empty_path": without(":path") + [(":path", "")],
    "two_methods": BASE + [(":method", "POST")],
    "two_paths": BASE + [(":path", "/other")],
    "two_authorities": BASE + [(":authority", "other.test")],
    "pseudo_after_field": BASE[:3] + [("a", "b")] + BASE[3:],
    "unknown_pseudo": BASE + [(":unknown", "x")],
    "status_in_request": BASE + [(":status", "200")],
    "connection": BASE + [("connection", "close")],
    "keep_alive": BASE + [("keep-alive", "5")],
    "upgrade": BASE + [("upgrade", "websocket")],
    "transfer_encoding": BASE + [("transfer-encoding", "chunked")],
    "proxy_connection": BASE + [("proxy-connection", "close")],
    "te_gzip": BASE + [("te", "gzip")],
    "upper_case_name": BASE + [("X-Upper", "x")],
    "empty_name": BASE + [("", "x")],
    "colon_in_name": BASE + [("a:b", "x")],
    "leading_colon_later": BASE + [("x", "y"), (":path", "/z")],
    "space_in_name": BASE + [("a b", "x")],
    "crlf_in_name": BASE + [("a\r\nb", "x")],
    "nul_in_name": BASE + [("a\0b", "x")],
    "crlf_in_value": BASE + [("a", "x\r\nHost: evil.test\r\n\r\nGET /admin HTTP/1.1")],
    "lf_in_value": BASE + [("a", "x\ny: z")],
    "cr_in_value": BASE + [("a", "x\ry")],
    "nul_in_value": BASE + [("a", "x\0y")],
    "crlf_in_path": without(":path") + [(":path", "/\r\nx: y")],
    "space_in_path": without(":path") + [(":path", "/ HTTP/1.1\r\nHost: a")],
    "crlf_in_method": without(":method") + [(":method", "GET / HTTP/1.1\r\nx: y\r\n\r\n")],
    "space_in_method": without(":method") + [(":method", "GET /x")],
    "crlf_in_authority": without(":authority") + [(":authority", "a\r\nx: y")],
    "crlf_in_scheme": without(":scheme") + [(":scheme", "http\r\nx: y")],
    "two_lengths": BASE + [("content-length", "0"), ("content-length", "5")],
    "length_that_is_none": BASE + [("content-length", "abc")],
    "length_without_body": BASE + [("content-length", "5")],
    "negative_length": BASE + [("content-length", "-1")],
    "plus_length": BASE + [("content-length", "+5")],
    "protocol_without_connect": BASE + [(":protocol", "websocket")],
}


@pytest.fixture
def pair(proxy, start):
    weir, backend = proxy()
    return weir, backend, start(FrameClient(weir.address))


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_head_ends_its_stream(pair, name):
    weir, backend, client = pair
    client.encoder = Encoder()
    client.send(client.headers(MALFORMED[name]))
    verdict = client.error_of()
    assert verdict == PROTOCOL_ERROR or (isinstance(verdict, tuple) and verdict[1] == "400"), verdict
    client.send(client.headers(request("/after"), 3))
    assert client.answer(3)[0] == 200
    assert [one.target for one in backend.requests] == ["/after"]


ANSWERED = {
    "userinfo": (without(":authority") + [(":authority", "user@story.test")], 400),
    "authority_with_path": (without(":authority") + [(":authority", "story.test/x")], 400),
    "host_differs": (BASE + [("host", "other.test")], 400),
    "two_hosts": (BASE + [("host", "story.test"), ("host", "story.test")], 400),
    "no_host_at_all": (without(":authority"), 400),
    "fragment": (without(":path") + [(":path", "/a#b")], 400),
    "high_bytes_in_path": (without(":path") + [(":path", b"/caf\xc3\xa9")], 400),
    "high_bytes_in_query": (without(":path") + [(":path", b"/?q=\xff\xfe")], 400),
    "delete_in_query": (without(":path") + [(":path", b"/?q=\x7f")], 400),
    "tab_in_query": (without(":path") + [(":path", b"/?q=a\tb")], 400),
    "absolute_path": (without(":path") + [(":path", "http://other.test/")], 400),
    "asterisk_get": (without(":path") + [(":path", "*")], 400),
    "connect": ([(":method", "CONNECT"), (":authority", "story.test:443")], 501),
    "expectation": (BASE + [("expect", "something")], 417),
    "extended_connect_other": (request(method="CONNECT") + [(":protocol", "connect-udp")], 501),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_what_is_well_formed_but_wrong_is_answered(pair, name):
    weir, backend, client = pair
    fields, status = ANSWERED[name]
    pseudo = [field for field in fields if field[0].startswith(":")]
    client.send(client.headers(pseudo + [field for field in fields if not field[0].startswith(":")]))
    verdict = client.error_of()
    assert verdict in (("answered", str(status)), PROTOCOL_ERROR), verdict
    assert backend.requests == []


CONNECTION_ERRORS = {
    "data_on_stream_0": frame(DATA, 0, 0, b"x"),
    "headers_on_stream_0": frame(HEADERS, END_HEADERS, 0, Encoder().encode(BASE)),
    "headers_on_even_stream": frame(HEADERS, END_HEADERS | END_STREAM, 2, Encoder().encode(BASE)),
    "data_on_idle_stream": frame(DATA, 0, 9, b"x"),
    "continuation_alone": frame(CONTINUATION, END_HEADERS, 1, b"\x82"),
    "settings_on_a_stream": frame(SETTINGS, 0, 1),
    "settings_of_7_bytes": frame(SETTINGS, 0, 0, b"1234567"),
    "frame_too_large": frame(DATA, 0, 1, b"x" * 20000),
    "bad_hpack": frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\xff\xff\xff\xff"),
    "hpack_index_0": frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x80"),
    "between_head_frames": frame(HEADERS, 0, 1, b"\x82") + frame(SETTINGS),
    "padding_longer_than_frame": frame(HEADERS, END_HEADERS | 8, 1, b"\xff\x82"),
}


@pytest.mark.parametrize("name", CONNECTION_ERRORS)
def test_frames_that_break_the_rules_end_the_connection(pair, name):
    weir, backend, client = pair
    client.send(CONNECTION_ERRORS[name])
    code = client.farewell()
    assert client.ended and code != 0, code
    assert backend.requests == []


def test_a_body_longer_than_its_length_is_refused(pair):
    weir, backend, client = pair
    client.send(client.headers(request("/", "POST", ("content-length", "3")), end=False) + frame(DATA, END_STREAM, 1, b"12345"))
    verdict = client.error_of()
    assert verdict == PROTOCOL_ERROR or verdict[1] in ("400", "502"), verdict
    assert all(len(one.body or b"") <= 3 for one in backend.requests)


def test_a_trailer_that_could_be_framing_goes_no_further(proxy, start):
    weir, backend = proxy()
    client = start(FrameClient(weir.address))
    client.send(client.headers(request("/", "POST"), end=False) + frame(DATA, 0, 1, b"body") +
                client.headers([("content-length", "99"), ("host", "evil"), ("x-fine", "1")]))
    verdict = client.error_of()
    assert verdict in (("answered", "200"), PROTOCOL_ERROR)
    assert b"evil" not in backend.received()


def test_a_malformed_head_leaves_the_connection_its_time(proxy, start):
    """The limit for a head ends with it, also when it was refused."""
    weir, _ = proxy(listener={"timeouts": {"header": "1s"}})
    client = start(FrameClient(weir.address))
    client.send(client.headers(BASE + [("connection", "close")]) + client.headers(without(":path"), 3))
    client.error_of(1), client.error_of(3)
    with pytest.raises(TimeoutError):
        client.socket.settimeout(2)
        client.read()
    client.send(client.headers(request("/after"), 5))
    assert client.answer(5)[0] == 200


def test_trailers_over_the_limit_are_not_passed_over(proxy, start):
    weir, backend = proxy(listener={"limits": {"header_size": "2k"}})
    client = start(FrameClient(weir.address))
    client.send(client.headers(request("/", "POST"), end=False) + frame(DATA, 0, 1, b"body") +
                client.headers([(f"x-{i}", "v" * 200) for i in range(20)]))
    assert client.answer()[0] == 431
    wait_until(lambda: weir.metrics().total("weir_http2_errors_total", error="header_list") == 1, "it is counted")


TUNNEL = [(":method", "CONNECT"), (":protocol", "websocket")] + without(":method") + [("sec-websocket-version", "13")]
HIDDEN = b"GET /evil HTTP/1.1\r\nHost: story.test\r\n\r\n"


@pytest.mark.parametrize("length", [[], [("content-length", str(len(HIDDEN)))]], ids=["bare", "with_a_length"])
def test_what_comes_for_a_tunnel_waits_until_it_is_open(proxy, start, length):
    """A backend that knows no WebSockets would take it for a request, which no route has seen."""
    def deaf(connection):
        connection.read_head()
        begun.set()
        held.wait(10)
        connection.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        connection.wait_for_end(10)
    begun, held = threading.Event(), threading.Event()
    weir, backend = proxy(deaf)
    client = start(FrameClient(weir.address))
    client.until(SETTINGS, flags=ACK)
    client.send(client.headers(TUNNEL + length, end=False) + frame(DATA, 0, 1, HIDDEN) + frame(PING, 0, 0, b"12345678"))
    client.until(PING, flags=ACK)
    assert begun.wait(10)
    held.set()
    assert client.answer()[0] == 404
    received = backend.received()
    assert b"/evil" not in received and b"content-length" not in received.lower()
