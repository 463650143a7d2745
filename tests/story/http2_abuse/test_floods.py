# SPDX-License-Identifier: Apache-2.0
"""Frames that cost more than they bring."""
import struct

import pytest
from support import Backend, Weir, memory_kb, proxy_config, wait_until, without_quarantine
from support.frames import (CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS, PING, PRIORITY,
                            RST_STREAM, SETTINGS, WINDOW_UPDATE, FrameClient, frame, request)

MANY = 20000


def errors(weir, error):
    return weir.metrics().total("weir_http2_errors_total", error=error)


def no_connections(weir):
    return weir.metrics().total("weir_connections", listener="web") == 0


FLOODS = {
    "ping": frame(PING, payload=b"12345678"),
    "settings": frame(SETTINGS),
    "settings_large": frame(SETTINGS, payload=struct.pack(">HI", 0x99, 1) * 30),
    "priority": frame(PRIORITY, stream=3, payload=b"\0\0\0\1\x10"),
    "window_update": frame(WINDOW_UPDATE, payload=struct.pack(">I", 1)),
    "ping_ack": frame(PING, 1, payload=b"12345678"),
    "priority_update": frame(0x10, payload=struct.pack(">I", 1) + b"u=1"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_frames_that_move_nothing_end_the_connection(proxy, start, name):
    weir, backend = proxy()
    hostile = start(FrameClient(weir.address))
    hostile.send(FLOODS[name] * MANY)
    assert hostile.farewell() in (ENHANCE_YOUR_CALM, None)
    assert errors(weir, "flood") == 1
    assert backend.requests == []
    with FrameClient(weir.address) as fine:
        fine.send(fine.headers(request()))
        assert fine.answer()[0] == 200


def test_empty_data_frames_end_the_connection(proxy, start):
    weir, backend = proxy()
    hostile = start(FrameClient(weir.address))
    hostile.send(hostile.headers(request(method="POST"), end=False) + frame(DATA, stream=1) * MANY)
    assert hostile.farewell() in (ENHANCE_YOUR_CALM, None)
    assert errors(weir, "flood") == 1


def test_unknown_frames_are_passed_over_and_keep_nothing_alive(proxy, start):
    weir, _ = proxy(listener={"timeouts": {"idle": "1s"}})
    client = start(FrameClient(weir.address))
    client.send(frame(0xfb, payload=b"x" * 16) * MANY + client.headers(request()))
    assert client.answer()[0] == 200
    while client.send(frame(0xfb, payload=b"x" * 16)) and not client.ended:
        client.read()
    assert errors(weir, "flood") == 0


def test_a_client_that_only_pings_now_and_then_stays(proxy, start):
    weir, _ = proxy()
    client = start(FrameClient(weir.address))
    for number in range(1, 400, 2):
        client.send(FLOODS["ping"] * 3 + FLOODS["window_update"] * 2 + client.headers(request(), number))
        assert client.answer(number)[0] == 200
    assert errors(weir, "flood") == 0


def hang(connection):
    while connection.read_head() is not None:
        connection.ended_by_peer.wait(20)


@pytest.mark.parametrize("workers", [1, 2])
def test_rapid_resets_end_the_connection(start, workers):
    backend = start(Backend(hang))
    weir = start(Weir(proxy_config(backend, workers=workers)))
    hostile = start(FrameClient(weir.address))
    for number in range(1, 4001, 2):
        if not hostile.send(hostile.headers(request(), number) +
                            frame(RST_STREAM, stream=number, payload=struct.pack(">I", CANCEL))):
            break
    assert hostile.farewell() in (ENHANCE_YOUR_CALM, None)
    assert errors(weir, "resets") == 1
    assert backend.heads_read() <= 300


BREAKS = {
    "window_update_of_nothing": lambda number: frame(WINDOW_UPDATE, stream=number, payload=struct.pack(">I", 0)),
    "window_overflow": lambda number: frame(WINDOW_UPDATE, stream=number, payload=struct.pack(">I", 0x7fffffff)) * 2,
    "data_after_the_end": lambda number: frame(DATA, stream=number, payload=b"more"),
    "head_after_the_end": lambda number: frame(HEADERS, END_HEADERS | END_STREAM, number, b"\x82"),
    "priority_on_itself": lambda number: frame(PRIORITY, stream=number, payload=struct.pack(">I", number) + b"\x10"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_streams_that_we_have_to_reset_end_the_connection(start, name):
    """CVE-2025-8671: the client breaks a rule on each stream, so that the server resets it."""
    backend = start(Backend(hang))
    weir = start(Weir(proxy_config(backend)))
    hostile = start(FrameClient(weir.address))
    for number in range(1, 4001, 2):
        if not hostile.send(hostile.headers(request(), number) + BREAKS[name](number)):
            break
    hostile.farewell()
    assert hostile.ended
    assert backend.heads_read() <= 300
    wait_until(lambda: no_connections(weir), "the connection is gone")


def test_a_head_without_end_ends_the_connection(start):
    backend = start(Backend())
    weir = start(Weir(proxy_config(backend), env=without_quarantine()))
    before = memory_kb(weir.pid)
    hostile = start(FrameClient(weir.address))
    hostile.send(frame(HEADERS, END_STREAM, 1, hostile.encoder.encode(request())))
    for _ in range(MANY):
        if not hostile.send(frame(CONTINUATION, 0, 1, b"\x00\x01a\x01b" * 3000)):
            break
    hostile.farewell()
    assert hostile.ended
    assert memory_kb(weir.pid) - before < 32 << 10
    assert backend.requests == []


def test_a_head_in_many_small_frames_ends_the_connection(proxy, start):
    """It is its frames that are too many, not its bytes."""
    weir, backend = proxy()
    hostile = start(FrameClient(weir.address))
    block = hostile.encoder.encode(request("/", "GET", *[(f"x-{i}", "v" * 200) for i in range(36)]))
    pieces = [block[i:i + 200] for i in range(0, len(block), 200)]
    assert len(block) < 8192 and len(pieces) > 30
    hostile.send(frame(HEADERS, END_STREAM, 1, pieces[0]) + b"".join(frame(CONTINUATION, 0, 1, one) for one in pieces[1:-1]) +
                 frame(CONTINUATION, END_HEADERS, 1, pieces[-1]))
    assert hostile.farewell() == ENHANCE_YOUR_CALM
    assert errors(weir, "flood") == 1 and backend.requests == []


def test_a_bomb_of_header_compression_is_refused(start):
    """A field of 4000 bytes enters the table once and is then named by one byte each."""
    backend = start(Backend())
    weir = start(Weir(proxy_config(backend), env=without_quarantine()))
    before = memory_kb(weir.pid)
    hostile = start(FrameClient(weir.address))
    block = hostile.encoder.encode(request()) + b"\x40\x04bomb\x7f\xa1\x1e" + b"v" * 4000
    bomb = block + b"\xbe" * (16384 - len(block))
    hostile.send(frame(HEADERS, END_STREAM | END_HEADERS, 1, bomb))
    status, _ = hostile.answer()
    assert status == 431
    assert errors(weir, "header_list") == 1
    assert memory_kb(weir.pid) - before < 16 << 10
    assert backend.requests == []


def test_heads_over_the_limit_get_431_and_the_connection_goes_on(proxy, start):
    weir, backend = proxy()
    client = start(FrameClient(weir.address))
    block = client.encoder.encode(request("/large", "GET", *[(f"x-{i}", "v" * 900) for i in range(80)]))
    pieces = [block[i:i + 16000] for i in range(0, len(block), 16000)]
    client.send(frame(HEADERS, END_STREAM, 1, pieces[0]) + b"".join(frame(CONTINUATION, 0, 1, one) for one in pieces[1:-1]) +
                frame(CONTINUATION, END_HEADERS, 1, pieces[-1]))
    assert client.answer()[0] == 431
    client.send(client.headers(request("/after"), 3))
    assert client.answer(3)[0] == 200
    assert [one.target for one in backend.requests] == ["/after"]


def big(connection):
    while connection.read_head() is not None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        try:
            connection.send(b"x" * 10000000)
        except OSError:
            return


def test_streams_without_window_hold_little_memory_and_end(start):
    backend = start(Backend(big))
    config = proxy_config(backend, route={"timeouts": {"idle": "1s"}})
    weir = start(Weir(config, env=without_quarantine()))
    before = memory_kb(weir.pid)
    hostile = start(FrameClient(weir.address, settings=struct.pack(">HI", 4, 0)))
    hostile.send(b"".join(hostile.headers(request(), number) for number in range(1, 200, 2)))
    codes = {}
    peak = before
    while len(codes) < 100:
        one = hostile.read()
        assert one is not None
        if one.kind == RST_STREAM:
            codes[one.stream] = int.from_bytes(one.payload, "big")
        peak = max(peak, memory_kb(weir.pid))
    assert len(codes) == 100
    assert peak - before < 100 << 10, "a stream holds its room, and its backend's connection what was read ahead"
    assert {line["fault"] for line in weir.access_log(100)} == {"idle_timeout"}


def test_one_more_stream_than_allowed_is_refused(start):
    backend = start(Backend(hang))
    weir = start(Weir(proxy_config(backend)))
    client = start(FrameClient(weir.address))
    client.until(SETTINGS, flags=1)
    client.send(b"".join(client.headers(request(), number) for number in range(1, 203, 2)))
    one = client.until(RST_STREAM)
    assert (one.stream, int.from_bytes(one.payload, "big")) == (201, 7)
