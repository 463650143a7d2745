# SPDX-License-Identifier: Apache-2.0
"""Bodies that take their time: nothing waits that could go, nothing piles up."""
import os
import threading

import pytest
from support.wait import wait_until
from support.coding import PAGE, Decoder, answers, decode

ON = {"compress": {}}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def read_chunk(client):
    line = b""
    while not line.endswith(b"\r\n"):
        line += client.read_exactly(1)
    data = client.read_exactly(int(line, 16))
    assert client.read_exactly(2) == b"\r\n"
    return data


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_each_event_arrives_before_the_next_is_sent(proxy, client, coding):
    turn = threading.Semaphore(0)

    def behave(connection):
        for _ in connection.requests():
            connection.send(HEAD % b"text/event-stream")
            for number in range(20):
                assert turn.acquire(timeout=20)
                connection.send(chunk(b"data: %d\n\n" % number))
            connection.send(b"0\r\n\r\n")
    weir, _ = proxy(behave, route=ON)
    reader = client(weir)
    reader.send(b"GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: %s\r\n\r\n" % coding.encode())
    head = reader.read_head()
    assert head.get("content-encoding") == coding
    decoder = Decoder(coding)
    for number in range(20):
        turn.release()
        got = b""
        while got != b"data: %d\n\n" % number:
            got += decoder(read_chunk(reader))


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_what_has_a_length_does_not_wait_for_its_end_either(proxy, client, coding):
    rest = threading.Event()

    def behave(connection):
        for _ in connection.requests():
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE[:5000]))
            assert rest.wait(20)
            connection.send(PAGE[5000:])
    weir, _ = proxy(behave, route=ON)
    reader = client(weir)
    reader.send(b"GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: %s\r\n\r\n" % coding.encode())
    reader.read_head()
    decoder, got = Decoder(coding), b""
    while len(got) < 5000:
        got += decoder(read_chunk(reader))
    rest.set()
    while len(got) < len(PAGE):
        got += decoder(read_chunk(reader))
    assert got == PAGE


def test_a_slow_client_stops_the_backend(proxy, client):
    sent = []
    plain = bytearray()

    def incompressible(connection):
        for _ in connection.requests():
            connection.send(HEAD % b"text/plain")
            for number in range(512):
                data = os.urandom(65536)
                plain.extend(data)
                connection.send(chunk(data))
                sent.append(number)
            connection.send(b"0\r\n\r\n")
    weir, _ = proxy(incompressible, route={"compress": {"algorithms": "gzip"}})
    reader = client(weir, receive_buffer=16384)
    reader.send(b"GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n")
    assert reader.read_head().get("content-encoding") == "gzip"
    stalled = {"at": -1, "for": 0}

    def has_stalled():
        stalled["for"] = stalled["for"] + 1 if stalled["at"] == len(sent) and sent else 0
        stalled["at"] = len(sent)
        return stalled["for"] >= 20
    wait_until(has_stalled, "the backend to be stopped")
    assert len(sent) < 300
    parts = []
    while part := read_chunk(reader):
        parts.append(part)
    assert decode("gzip", b"".join(parts)) == bytes(plain)


def test_a_backend_that_breaks_off_is_not_hidden(proxy, client):
    def behave(connection):
        for _ in connection.requests():
            connection.send(HEAD % b"text/plain" + chunk(PAGE))
            connection.backend.release.wait(10)
            connection.reset()
            return
    weir, backend = proxy(behave, route=ON)
    reader = client(weir)
    reader.send(b"GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n")
    assert reader.read_head().status == 200
    backend.release.set()
    assert not reader.read_until_close().endswith(b"0\r\n\r\n")


def test_a_client_that_leaves_is_noticed(proxy, client):
    def behave(connection):
        for _ in connection.requests():
            connection.send(HEAD % b"text/event-stream" + chunk(b"data: 1\n\n"))
            connection.wait_for_end()
    weir, backend = proxy(behave, route=ON)
    reader = client(weir)
    reader.send(b"GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n")
    reader.read_head()
    reader.close()
    wait_until(lambda: backend.connections and backend.connections[0].ended_by_peer.is_set(), "the end at the backend")


def test_uploads_pass(proxy, client):
    weir, backend = proxy(answers(PAGE), route=ON)
    body = b"0123456789" * 100000
    answer = client(weir).request(b"POST / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" %
                                  len(body) + body)
    assert decode("gzip", answer.body) == PAGE
    assert backend.requests[0].body == body


def test_an_upgrade_passes(proxy, client):
    def behave(connection):
        connection.read_head()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n"
                        b"Content-Type: text/plain\r\n\r\nhello")
        connection.wait_for_end()
    weir, _ = proxy(behave, route=ON)
    reader = client(weir)
    reader.send(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\nAccept-Encoding: gzip\r\n\r\n")
    head = reader.read_head()
    assert (head.status, head.get("content-encoding"), head.get("vary")) == (101, None, None)
    assert reader.read_exactly(5) == b"hello"
