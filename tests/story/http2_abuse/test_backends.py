# SPDX-License-Identifier: Apache-2.0
"""Backends that break the rules of HTTP/2: the client gets a 502 or an answer that is plainly cut, weir lives on, and nothing
grows."""
import struct

import pytest
from hpack import Encoder
from support import Backend, RawClient, Weir, memory_kb, proxy_config
from support.frames import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE, PUSH_PROMISE,
                            RST_STREAM, SETTINGS, WINDOW_UPDATE, frame)


def block(*fields):
    return Encoder().encode(list(fields))


def head(*fields, stream=1, flags=END_HEADERS):
    return frame(HEADERS, flags, stream, block(*fields))


def word(number):
    return struct.pack(">I", number)


OK_HEAD = head((":status", "200"))
LITERAL = b"\x00"  # of HPACK: a new name, not indexed


def raw_field(name, value):
    """As it stands, whatever python3-hpack thinks of it."""
    return LITERAL + bytes([len(name)]) + name + bytes([len(value)]) + value


def smuggled(name, value):
    return frame(HEADERS, END_HEADERS, 1, block((":status", "200")) + raw_field(name, value)) + frame(DATA, END_STREAM, 1, b"x")


REFUSED = {
    "data_before_the_head": frame(DATA, END_STREAM, 1, b"x"),
    "no_status": head(("x-a", "b"), flags=END_HEADERS | END_STREAM),
    "two_statuses": head((":status", "200"), (":status", "404"), flags=END_HEADERS | END_STREAM),
    "status_of_two_digits": head((":status", "20"), flags=END_HEADERS | END_STREAM),
    "status_of_four_digits": head((":status", "2000"), flags=END_HEADERS | END_STREAM),
    "status_of_letters": head((":status", "2x0"), flags=END_HEADERS | END_STREAM),
    "status_101": head((":status", "101")),
    "pseudo_field_of_requests": head((":status", "200"), (":path", "/"), flags=END_HEADERS | END_STREAM),
    "upper_case": smuggled(b"X-Upper", b"a"),
    "connection_field": smuggled(b"connection", b"keep-alive"),
    "transfer_encoding": smuggled(b"transfer-encoding", b"chunked"),
    "crlf_in_a_value": smuggled(b"x-a", b"b\r\nx-evil: 1"),
    "newline_in_a_value": smuggled(b"x-a", b"b\nx-evil: 1"),
    "nul_in_a_value": smuggled(b"x-a", b"b\0x-evil"),
    "colon_in_a_name": smuggled(b"x-evil: 1\r\nx-a", b"b"),
    "space_in_a_name": smuggled(b"x evil", b"b"),
    "empty_name": smuggled(b"", b"x-evil"),
    "two_lengths": head((":status", "200"), ("content-length", "1"), ("content-length", "2")) + frame(DATA, END_STREAM, 1, b"x"),
    "negative_length": head((":status", "200"), ("content-length", "-1")) + frame(DATA, END_STREAM, 1, b"x"),
    "push_promise": frame(PUSH_PROMISE, END_HEADERS, 1, word(2) + block((":method", "GET"), (":path", "/evil"))),
    "stream_of_its_own": head((":status", "200"), stream=2),
    "stream_nobody_opened": head((":status", "200"), stream=9),
    "head_without_end": frame(HEADERS, 0, 1, block((":status", "200"))) + frame(CONTINUATION, 0, 1, block(("x-more", "y" * 4000))) * 100,
    "bomb": frame(HEADERS, END_HEADERS, 1, block((":status", "200")) + b"\x40\x01x\x7f\xa1\x1e" + b"v" * 4000 + b"\xbe" * 12000),
    "bad_block": frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff"),
    "goaway_of_nothing": frame(GOAWAY, 0, 0, word(0) + word(0)),
    "reset": frame(RST_STREAM, 0, 1, word(2)),
    "window_overflow": frame(WINDOW_UPDATE, 0, 0, word(0x7fffffff)) * 2,
    "frame_too_large": frame(DATA, 0, 1, b"x" * 20000),
    "settings_of_7_bytes": frame(SETTINGS, 0, 0, b"1234567"),
    "pings_without_end": frame(PING, 0, 0, b"12345678") * 20000,
    "settings_without_end": frame(SETTINGS) * 20000,
    "empty_data_without_end": frame(DATA, 0, 1) * 20000,
}

# What it is called where it is no plain garbage.
CALLED = {
    "bomb": "upstream_head_too_large",
    "goaway_of_nothing": "stream_refused",
    "reset": "upstream_reset",
}

CUT = {
    "length_not_reached": head((":status", "200"), ("content-length", "5")) + frame(DATA, END_STREAM, 1, b"abc"),
    "length_exceeded": head((":status", "200"), ("content-length", "2")) + frame(DATA, END_STREAM, 1, b"abc"),
    "reset_in_the_body": OK_HEAD + frame(DATA, 0, 1, b"abc") + frame(RST_STREAM, 0, 1, word(2)),
    "padding_longer_than_the_frame": OK_HEAD + frame(DATA, PADDED, 1, b"\xffabc"),
    "second_head": OK_HEAD + frame(DATA, 0, 1, b"abc") + OK_HEAD,
    "pseudo_field_in_trailers": OK_HEAD + frame(DATA, 0, 1, b"abc") + head((":status", "200"), flags=END_HEADERS | END_STREAM),
    "empty_data_without_end": OK_HEAD + frame(DATA, 0, 1) * 20000,
}


def says(data):
    """Once a request is there, these bytes; then it waits for weir's end."""
    def behave(connection):
        received = b""
        connection.send(frame(SETTINGS) + frame(SETTINGS, ACK))
        while not _has_request(received):
            more = connection._more()
            if not more:
                return
            received += more
        connection.send(data)
        connection.wait_for_end()
    return behave


def _has_request(received):
    at = len(PREFACE)
    while len(received) >= at + 9:
        if received[at + 3] == HEADERS:
            return True
        at += 9 + int.from_bytes(received[at:at + 3], "big")
    return False


def begin(start, data):
    backend = start(Backend(says(data)))
    route = {"match": {"path": "/"}, "retries": {"attempts": 0}}
    timeouts = {"first_byte": "3s", "idle": "3s"}
    return start(Weir(proxy_config(backend, upstream={"protocol": "http2"}, route={**route, "timeouts": timeouts}))), backend


def exchange(start, weir):
    """All that a client of HTTP/1.1 gets until the connection ends."""
    client = start(RawClient(weir.address))
    client.send(b"GET / HTTP/1.1\r\nHost: story.test\r\nConnection: close\r\n\r\n")
    return client.read_until_close()


@pytest.mark.parametrize("name", REFUSED)
def test_an_answer_that_breaks_the_rules_is_a_502(start, name):
    weir, _ = begin(start, REFUSED[name])
    before = memory_kb(weir.pid)
    got = exchange(start, weir)
    assert got.startswith((b"HTTP/1.1 502 ", b"HTTP/1.1 503 ", b"HTTP/1.1 504 ")), got[:300]
    assert b"evil" not in got.lower()
    fault = weir.access_log(1)[0]["fault"]
    assert fault == CALLED.get(name, "upstream_garbage")
    if fault == "upstream_garbage":  # RFC 9209, 2.3.14
        assert b'proxy-status: weir; error=http_protocol_error; details="upstream_garbage"' in got.lower()
    assert memory_kb(weir.pid) < before + 20_000


@pytest.mark.parametrize("name", CUT)
def test_an_answer_that_ends_wrongly_is_not_taken_for_whole(start, name):
    weir, _ = begin(start, CUT[name])
    got = exchange(start, weir)
    assert not (got.startswith(b"HTTP/1.1 200") and got.endswith(b"0\r\n\r\n")), got
    if b"content-length" in got.lower().partition(b"\r\n\r\n")[0] and got.startswith(b"HTTP/1.1 200"):
        assert len(got.partition(b"\r\n\r\n")[2]) != int(got.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])


def test_interims_without_end_end_in_a_502(start):
    weir, _ = begin(start, head((":status", "103"), ("link", "</a>")) * 5000)
    got = exchange(start, weir)
    assert got.count(b"HTTP/1.1 103 ") <= 16 and got.count(b"HTTP/1.1 502 ") == 1, got[-300:]
    assert weir.access_log(1)[0]["fault"] == "upstream_garbage"


def test_a_backend_without_streams_is_waited_for_like_a_silent_one(start):
    backend = start(Backend(lambda connection: (connection.send(frame(SETTINGS, 0, 0, struct.pack(">HI", 3, 0))), connection.wait_for_end())))
    weir = start(Weir(proxy_config(backend, upstream={"protocol": "http2"}, route={"timeouts": {"first_byte": "1s"}})))
    assert exchange(start, weir).startswith(b"HTTP/1.1 504 ")


def test_a_backend_of_http1_is_a_502(start):
    backend = start(Backend(lambda connection: (connection._more(), connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), connection.wait_for_end())))
    weir = start(Weir(proxy_config(backend, upstream={"protocol": "http2"})))
    assert exchange(start, weir).startswith(b"HTTP/1.1 502 ")
    assert weir.access_log(1)[0]["fault"] == "upstream_garbage"
