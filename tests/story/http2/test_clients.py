# SPDX-License-Identifier: Apache-2.0
"""Clients of HTTP/2 in front of a backend of HTTP/1.1."""
import base64
import hashlib
import struct
import subprocess

import pytest
from support import Backend, Weir, memory_kb, proxy_config, wait_until, without_quarantine
from support.backend import OK, chunked, response
from support.frames import (CANCEL, DATA, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE, FrameClient, frame, request)


def body_of(client, stream=1):
    """The body up to the end of the stream, giving the windows back."""
    body = bytearray()
    while True:
        one = client.read()
        assert one is not None, "the connection ended within a body"
        if one.kind == RST_STREAM and one.stream == stream:
            raise AssertionError(f"reset: {one.payload!r}")
        if one.kind == DATA and one.stream == stream:
            body += one.payload
            if one.payload:
                update = struct.pack(">I", len(one.payload))
                client.send(frame(WINDOW_UPDATE, stream=0, payload=update) + frame(WINDOW_UPDATE, stream=stream, payload=update))
            if one.flags & END_STREAM:
                return bytes(body)


@pytest.mark.parametrize("how", ["--http2", "--http2-prior-knowledge"])
def test_curl(proxy, how):
    weir, backend = proxy()
    done = subprocess.run(["curl", "-sS", how, "-o", "-", "-w", "%{http_version} %{http_code}", f"http://{weir.address}/x"],
                          capture_output=True, text=True, timeout=20)
    assert done.stdout == ("ok2 200" if "prior" in how else "ok1.1 200"), done.stderr


def test_h2load_gets_every_answer(proxy):
    weir, backend = proxy()
    done = subprocess.run(["h2load", "-n", "2000", "-c", "4", "-m", "50", f"http://{weir.address}/"], capture_output=True, text=True,
                          timeout=60)
    assert "2000 succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout
    assert len(weir.access_log(2000)) == 2000


def test_what_the_backend_sees(proxy, start):
    weir, backend = proxy()
    client = start(FrameClient(weir.address))
    client.send(client.headers(request("/a?b=c", "GET", ("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3"), ("x-mixed", "Y"))))
    assert client.answer()[0] == 200
    got, = backend.requests
    assert (got.method, got.target, got.version) == ("GET", "/a?b=c", "HTTP/1.1")
    assert got.all("cookie") == ["a=1; b=2; c=3"]
    assert got.all("host") == ["story.test"] and got.get("via") == "2 weir" and not got.has(":path")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_a_body_end_with_their_head(proxy, start, status):
    weir, _ = proxy(lambda connection: [connection.send(f"HTTP/1.1 {status}\r\nETag: \"x\"\r\n\r\n".encode()) for _ in connection.requests()])
    client = start(FrameClient(weir.address))
    client.send(client.headers(request()))
    assert client.until(HEADERS, 1).flags & END_STREAM


def test_an_answer_to_head_keeps_its_length(proxy, start):
    weir, _ = proxy(lambda connection: [connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n") for _ in connection.requests()])
    client = start(FrameClient(weir.address))
    client.send(client.headers(request(method="HEAD")))
    head = client.until(HEADERS, 1)
    assert head.flags & END_STREAM and dict(client.decoder.decode(head.payload))["content-length"] == "77"


def test_trailers_both_ways(proxy, start):
    weir, backend = proxy(lambda connection: [connection.send(chunked(b"body", trailers=["X-Sum: 1"])) for _ in connection.requests()])
    client = start(FrameClient(weir.address))
    client.send(client.headers(request("/", "POST", ("te", "trailers")), end=False) + frame(DATA, 0, 1, b"sent") +
                client.headers([("x-check", "2")]))
    assert client.answer()[0] == 200
    assert client.until(DATA, 1).payload == b"body"
    assert client.decoder.decode(client.until(HEADERS, 1, END_STREAM).payload) == [("x-sum", "1")]
    assert ("X-Check".lower(), "2") in [(name.lower(), value) for name, value in backend.requests[0].trailers]


def hints(connection):
    for _ in connection.requests():
        connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + OK)


def test_early_hints_of_the_backend_pass(proxy, start):
    weir, _ = proxy(hints)
    client = start(FrameClient(weir.address))
    client.send(client.headers(request()))
    assert client.answer() == (103, [(":status", "103"), ("link", "</a.css>; rel=preload")])
    assert client.answer()[0] == 200


def test_early_hints_of_a_route_come_before_the_backend_answers(start):
    import threading
    release = threading.Event()

    def late(connection):
        for _ in connection.requests():
            release.wait(20)
            connection.send(OK)
    backend = start(Backend(late))
    weir = start(Weir(proxy_config(backend, route={"early_hints": ["</b.css>; rel=preload; as=style", "</c.js>; rel=preload"]})))
    client = start(FrameClient(weir.address))
    client.send(client.headers(request()))
    status, fields = client.answer()
    release.set()
    assert status == 103 and [value for name, value in fields if name == "link"] == ["</b.css>; rel=preload; as=style", "</c.js>; rel=preload"]
    assert client.answer()[0] == 200


def sized(connection):
    for got in connection.requests():
        size = int(got.target[1:])
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(0, size, 1 << 16):
            connection.send(b"x" * min(1 << 16, size - _))


def test_a_stream_that_stalls_holds_up_no_other(start):
    backend = start(Backend(sized))
    weir = start(Weir(proxy_config(backend), env=without_quarantine()))
    client = start(FrameClient(weir.address))
    client.send(frame(WINDOW_UPDATE, payload=struct.pack(">I", 1 << 30)))
    client.send(client.headers(request("/30000000"), 1))
    assert client.answer(1)[0] == 200
    before = memory_kb(weir.pid)
    for number in range(3, 43, 2):
        client.send(client.headers(request("/50000"), number))
        assert client.answer(number)[0] == 200
        assert len(body_of(client, number)) == 50000
    assert memory_kb(weir.pid) - before < 8 << 10


def test_large_answers_come_whole_side_by_side(proxy, start):
    weir, _ = proxy(sized)
    done = subprocess.run(["h2load", "-n", "40", "-c", "2", "-m", "10", f"http://{weir.address}/1000000"], capture_output=True, text=True,
                          timeout=60)
    assert "40 succeeded" in done.stdout and "(40000000) data" in done.stdout, done.stdout


def test_an_upload_that_nobody_takes_stops_at_its_window(start):
    import threading
    release = threading.Event()

    def stubborn(connection):
        if (head := connection.read_head()) is None:
            return
        if head.target == "/stall":
            release.wait(30)
            connection.read_body(head)
        connection.send(OK)
        for _ in connection.requests():
            connection.send(OK)
    backend = start(Backend(stubborn, receive_buffer=4096))
    weir = start(Weir(proxy_config(backend)))
    client = start(FrameClient(weir.address))
    client.until(SETTINGS, flags=1)
    client.send(client.headers(request("/stall", "POST"), 1, end=False))
    sent = 0
    for _ in range(4):  # the window of a stream that nobody has read from
        client.send(frame(DATA, 0, 1, b"u" * 16000))
        sent += 16000
    client.send(client.headers(request("/fine"), 3))
    assert client.answer(3)[0] == 200
    release.set()
    client.send(frame(DATA, END_STREAM, 1, b""))
    assert client.answer(1)[0] == 200


def test_bodies_beyond_the_limit_get_413(proxy, start):
    weir, backend = proxy(listener={"limits": {"body": 1000}})
    client = start(FrameClient(weir.address))
    client.send(client.headers(request("/", "POST", ("content-length", "5000")), end=False))
    assert client.answer(1)[0] == 413
    client.send(client.headers(request("/", "POST"), 3, end=False) + frame(DATA, 0, 3, b"x" * 2000))
    assert client.answer(3)[0] == 413
    client.send(client.headers(request("/after"), 5))
    assert client.answer(5)[0] == 200


def test_a_cut_answer_ends_with_a_reset(proxy, start):
    from support.backend import sends_part_and_closes
    weir, backend = proxy(sends_part_and_closes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"))
    client = start(FrameClient(weir.address))
    client.send(client.headers(request()))
    assert client.answer()[0] == 200
    backend.release.set()
    assert client.until(RST_STREAM, 1)


def test_draining_lets_streams_end_and_takes_late_ones(start):
    import threading
    release = threading.Event()

    def late(connection):
        for got in connection.requests():
            if got.target == "/slow":
                release.wait(20)
            connection.send(OK)
    backend = start(Backend(late))
    weir = start(Weir(proxy_config(backend)))
    client = start(FrameClient(weir.address))
    client.send(client.headers(request("/slow"), 1))
    backend.wait_for_heads(1)
    weir.terminate()
    notice = client.until(GOAWAY)
    assert int.from_bytes(notice.payload[:4], "big") == 0x7fffffff
    client.send(client.headers(request("/late"), 3))
    assert client.answer(3)[0] == 200
    last = client.until(GOAWAY)
    assert int.from_bytes(last.payload[:4], "big") == 3
    release.set()
    assert client.answer(1)[0] == 200
    client.farewell()
    weir.wait_for_exit()


def test_the_number_of_requests_on_a_connection_is_limited(proxy, start):
    weir, _ = proxy(listener={"limits": {"requests_per_connection": 3}})
    client = start(FrameClient(weir.address))
    for number in (1, 3, 5):
        client.send(client.headers(request(), number))
        assert client.answer(number)[0] == 200
    client.farewell()
    assert client.goaway == 0


def test_idle_connections_end(proxy, start):
    weir, _ = proxy(listener={"timeouts": {"idle": "1s"}})
    client = start(FrameClient(weir.address))
    client.send(client.headers(request()))
    assert client.answer()[0] == 200
    assert client.farewell() == 0


def test_urgent_streams_go_first(start):
    """RFC 9218: of answers that are all there and wait for the connection's window, the urgent one goes first."""
    sent = []

    def behave(connection):
        for got in connection.requests():
            size = int(got.target[1:])
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
            sent.append(size)
    weir = start(Weir(proxy_config(start(Backend(behave)))))
    client = start(FrameClient(weir.address, settings=struct.pack(">HI", 4, 1 << 20)))
    client.send(client.headers(request("/65535"), 1))
    client.until(DATA, 1, END_STREAM)  # the window of the connection is used up
    urgencies = {3: "u=7", 5: "u=7", 7: "u=0", 9: "u=3"}
    for number, urgency in urgencies.items():
        client.send(client.headers(request("/8000", "GET", ("priority", urgency)), number))
    wait_until(lambda: len(sent) == 5, "the backend has sent them all")
    for _ in range(3):  # turns of weir's loop: it has read them then
        client.send(frame(PING, payload=b"12345678"))
        client.until(PING)
    order = []
    for _ in urgencies:
        client.send(frame(WINDOW_UPDATE, payload=struct.pack(">I", 8000)))
        order.append(client.until(DATA, flags=END_STREAM).stream)
    assert order[:2] == [7, 9] and sorted(order[2:]) == [3, 5]


def accept_of(head):
    """RFC 6455, 4.2.2."""
    digest = hashlib.sha1(head.get("sec-websocket-key").encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest)


def websocket(connection):
    head = connection.read_head()
    assert head.get("upgrade").lower() == "websocket" and head.get("connection").lower() == "upgrade"
    assert len(base64.b64decode(head.get("sec-websocket-key"))) == 16
    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                    accept_of(head) + b"\r\nSec-WebSocket-Protocol: chat\r\n\r\n")
    while data := connection._more():
        connection.send(b"<" + data + b">")


CHAT = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":authority", "story.test"), (":path", "/chat"),
        ("sec-websocket-version", "13")]


def open_websocket(start, weir):
    client = start(FrameClient(weir.address))
    client.send(client.headers([*CHAT, ("sec-websocket-protocol", "chat")], end=False))
    return client, *client.answer()


def test_websockets_run_over_a_stream(proxy, start):
    weir, _ = proxy(websocket)
    client, status, fields = open_websocket(start, weir)
    assert status == 200 and dict(fields)["sec-websocket-protocol"] == "chat"
    assert not {"upgrade", "connection", "sec-websocket-accept"} & set(dict(fields))
    for text in (b"one", b"two"):
        client.send(frame(DATA, 0, 1, text))
        assert client.until(DATA, 1).payload == b"<" + text + b">"
    client.send(frame(DATA, END_STREAM, 1, b""))
    client.until(DATA, 1, END_STREAM)
    line, = weir.access_log(1)
    assert (line["method"], line["status"], line.get("fault")) == ("CONNECT", 200, None)


def reset_stream(client):
    client.send(frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)))


@pytest.mark.parametrize("leave", [lambda client: client.socket.close(), reset_stream])
@pytest.mark.parametrize("first", ["client", "backend"])
def test_a_websocket_that_either_side_has_ended_is_no_fault(proxy, start, first, leave):
    """Browsers reset the stream, or close the connection, once both sides have said goodbye within the WebSocket."""
    def behave(connection):
        connection.send(switches(*UPGRADED, b"Sec-WebSocket-Accept: @")(connection.read_head()).removesuffix(b"evil"))
        if first == "backend":
            connection.half_close()
        connection.wait_for_end()
        connection.backend.release.wait()
    weir, backend = proxy(behave)
    client, status, _ = open_websocket(start, weir)
    assert status == 200
    if first == "backend":
        client.until(DATA, 1, END_STREAM)
    else:
        client.send(frame(DATA, END_STREAM, 1, b""))
        assert backend.wait_for_connections(1)[0].ended_by_peer.wait(10)
    leave(client)
    line, = weir.access_log(1)
    assert (line["status"], line.get("fault")) == (200, None)


def test_a_websocket_that_is_torn_is_a_fault(proxy, start):
    weir, _ = proxy(websocket)
    client, *_ = open_websocket(start, weir)
    reset_stream(client)
    assert weir.access_log(1)[0]["fault"] == "client_gone"


def switches(*lines):
    """A 101 with these fields, where @ stands for the right Sec-WebSocket-Accept."""
    fields = b"".join(line + b"\r\n" for line in lines)
    return lambda head: b"HTTP/1.1 101 Switching Protocols\r\n" + fields.replace(b"@", accept_of(head)) + b"\r\nevil"


UPGRADED = (b"Connection: Upgrade", b"Upgrade: websocket")
NO_TUNNEL = {
    "200": lambda head: response(b"evil"),
    "200_chunked": lambda head: chunked(b"evil"),
    "204": lambda head: b"HTTP/1.1 204 No Content\r\n\r\n",
    "206": lambda head: response(b"evil", "206 Partial Content"),
    "no_accept": switches(*UPGRADED),
    "wrong_accept": switches(*UPGRADED, b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    "accept_in_another_case": lambda head: switches(*UPGRADED, b"Sec-WebSocket-Accept: @")(head).replace(accept_of(head), accept_of(head).swapcase()),
    "two_accepts": switches(*UPGRADED, b"Sec-WebSocket-Accept: @", b"Sec-WebSocket-Accept: x"),
    "no_upgrade": switches(b"Connection: Upgrade", b"Sec-WebSocket-Accept: @"),
    "no_connection": switches(b"Upgrade: websocket", b"Sec-WebSocket-Accept: @"),
    "another_protocol": switches(b"Connection: Upgrade", b"Upgrade: h2c", b"Sec-WebSocket-Accept: @"),
    "length": switches(*UPGRADED, b"Sec-WebSocket-Accept: @", b"Content-Length: 4"),
}


@pytest.mark.parametrize("name", NO_TUNNEL)
def test_a_2xx_means_an_open_tunnel_only_where_there_is_one(proxy, start, name):
    """RFC 9113, 8.5: the client takes any 2xx for success. The key was weir's, so only weir can tell whether the 101 answers it."""
    def behave(connection):
        connection.send(NO_TUNNEL[name](connection.read_head()))
        connection.wait_for_end()
    weir, _ = proxy(behave)
    client = start(FrameClient(weir.address))
    client.send(client.headers(CHAT, end=False))
    assert client.answer()[0] == 502
    assert b"evil" not in body_of(client)
    assert weir.access_log(1)[0]["fault"] == "upgrade_failed"
    client.send(client.headers(CHAT, 3))
    assert client.answer(3)[0] == 502


@pytest.mark.parametrize("content_type", ["text/plain", "application/grpc", "application/grpc-web"])
def test_what_weir_answers_itself_opens_no_tunnel(start, content_type):
    weir = start(Weir(proxy_config(start(Backend()), routes=[{"name": "own", "respond": {"status": 200, "body": "hello"}}])))
    client = start(FrameClient(weir.address))
    client.send(client.headers([*CHAT, ("content-type", content_type)], end=False))
    assert client.answer()[0] == 501
    client.send(client.headers(request("/after"), 3))
    assert client.answer(3)[0] == 200


def test_a_websocket_that_is_refused_is_an_ordinary_answer(proxy, start):
    weir, _ = proxy(lambda connection: [connection.send(response(b"no", "403 Forbidden")) for _ in connection.requests()])
    client = start(FrameClient(weir.address))
    client.send(client.headers(CHAT, end=False))
    assert client.answer()[0] == 403
    assert body_of(client) == b"no"
