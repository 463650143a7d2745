# SPDX-License-Identifier: Apache-2.0
"""Backends of HTTP/2: many streams on few connections, and backends that want an end."""
import struct
import subprocess
import threading

import pytest
from support import RawClient, Weir, proxy_config, wait_until
from support.frames import DATA, RST_STREAM, FrameClient, request
from support.h2backend import H2Backend


def begin(start, backend, **changes):
    upstream = {"protocol": "http2", **changes.pop("upstream", {})}
    return start(Weir(proxy_config(backend, upstream=upstream, **changes)))


def get(start, weir, path="/", fields=""):
    client = start(RawClient(weir.address))
    client.send(f"GET {path} HTTP/1.1\r\nHost: story.test\r\n{fields}\r\n".encode())
    return client.read_response()


def test_a_client_of_http1_gets_its_answer(start):
    backend = start(H2Backend(lambda connection, got: connection.answer(got, b"hello", fields=[("x-from", "h2"), ("content-length", "5")])))
    weir = begin(start, backend)
    answer = get(start, weir, "/a?b", "X-Custom: Value\r\n")
    assert (answer.status, answer.body, answer.get("x-from")) == (200, b"hello", "h2")
    got, = backend.requests
    assert got.get(":path") == "/a?b" and got.get(":authority") == "story.test" and got.get("x-custom") == "Value"
    assert got.get("via") == "1.1 weir" and not got.get("connection")


def test_bodies_and_trailers_both_ways(start):
    backend = start(H2Backend(lambda connection, got: connection.answer(got, got.body * 2, trailers=[("x-sum", "1")])))
    weir = begin(start, backend)
    client = start(RawClient(weir.address))
    body = b"z" * 300000
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) +
                body + b"\r\n0\r\nX-Check: 2\r\n\r\n")
    answer = client.read_response()
    assert answer.body == body * 2 and ("x-sum", "1") in answer.trailers
    assert ("x-check", "2") in backend.requests[0].trailers


def test_many_requests_share_a_connection(start):
    backend = start(H2Backend())
    weir = begin(start, backend)
    done = subprocess.run(["h2load", "-n", "500", "-c", "2", "-m", "20", f"http://{weir.address}/"], capture_output=True, text=True,
                          timeout=60)
    assert "500 succeeded" in done.stdout
    assert len(backend.connections) <= 2 and len(backend.requests) == 500


def test_another_connection_is_opened_when_streams_run_out(start):
    release = threading.Event()
    held = []

    def hold(connection, got):
        if release.is_set() or got.get(":path") == "/first":
            connection.answer(got)
        else:
            held.append((connection, got))
    backend = start(H2Backend(hold, settings={3: 10}))
    weir = begin(start, backend)
    client = start(FrameClient(weir.address))
    client.send(client.headers(request("/first"), 51))
    assert client.answer(51)[0] == 200  # its limit is known now
    client.send(b"".join(client.headers(request(), number) for number in range(53, 73, 2)))
    backend.wait_for_requests(11)
    assert len(backend.connections) == 1
    client.send(client.headers(request(), 73))
    backend.wait_for_requests(12)
    assert len(backend.connections) == 2
    assert sorted(sum(one is speaker for one, _ in held) for speaker in backend.speakers) == [1, 10]
    release.set()
    for connection, got in list(held):
        connection.answer(got)
    for number in range(53, 75, 2):
        assert client.answer(number)[0] == 200


@pytest.mark.parametrize("limits", [(100, 1), (100, 0), (5, 2), (1, 1), (3, 3)], ids=lambda limits: "%d, then %d" % limits)
def test_a_backend_that_takes_fewer_streams_than_there_are_loses_none(start, limits):
    """RFC 9113 section 5.1.2: what it can't take goes over another connection, whether it may be repeated or not."""
    first, then = limits
    gate = threading.Semaphore(0)

    def behave(connection, got):
        if then != first and got.get(":path") == "/lower":
            with connection.lock:
                connection.speaker.update_settings({3: then})
            connection.flush()
        threading.Thread(target=lambda: (gate.acquire(timeout=20), connection.answer(got)), daemon=True).start()
    backend = start(H2Backend(behave, settings={3: first}))
    weir = begin(start, backend)
    held = [start(RawClient(weir.address)) for _ in range(min(first, 4))]
    for number, client in enumerate(held):
        client.send(b"POST /lower HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
        backend.wait_for_requests(number + 1)
    late = [start(RawClient(weir.address)) for _ in range(6)]
    for number, client in enumerate(late):
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
        backend.wait_for_requests(len(held) + number + 1)
    for _ in held + late:
        gate.release()
    assert [client.read_response().status for client in held + late] == [200] * len(held + late)
    gate.release(), gate.release()
    assert [get(start, weir).status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("status", ["099", "000", "600", "20"])
def test_a_status_that_is_none_is_garbage(start, status):
    backend = start(H2Backend(lambda connection, got: connection.answer(got, status=status)))
    answer = get(start, begin(start, backend))
    assert answer.status == 502 and not answer.interim


@pytest.mark.parametrize("attempts", [0, 1])
def test_a_stream_that_was_reset_is_repeated_as_often_as_the_route_says(start, attempts):
    """Only a connection that had died while it was kept is replaced for nothing."""
    def behave(connection, got):
        if got.get(":path") == "/fine":
            return connection.answer(got)
        connection.speaker.reset_stream(got.stream, 8)
    backend = start(H2Backend(behave))
    weir = begin(start, backend, route={"retries": {"attempts": attempts, "budget": "100%"}})
    assert get(start, weir, "/fine").status == 200
    assert get(start, weir, "/reset").status == 502
    assert [got.get(":path") for got in backend.requests] == ["/fine"] + ["/reset"] * (1 + attempts)


def test_a_backend_that_breaks_the_rules_costs_none_of_several_requests(start):
    """The connection is lost (here by a PUSH_PROMISE that it may not send): they are tried again on another one."""
    first, broken = [], threading.Event()

    def behave(connection, got):
        if broken.is_set():
            return connection.answer(got)
        first.append(got)
        if len(first) == 3:
            broken.set()
            connection.raw.send(frame(PUSH_PROMISE, 4, got.stream, struct.pack(">I", 2)))
    backend = start(H2Backend(behave))
    weir = begin(start, backend, route={"retries": {"attempts": 1, "budget": "100%"}})
    clients = [start(RawClient(weir.address)) for _ in range(3)]
    for number, client in enumerate(clients):
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        backend.wait_for_requests(number + 1)
    assert [client.read_response().status for client in clients] == [200] * 3


def test_goaway_under_load_loses_nothing(start):
    def leave(connection, got):
        connection.answer(got)
        if connection.open or len(backend.requests) % 50:
            return
        connection.speaker.close_connection(last_stream_id=got.stream)
    backend = start(H2Backend(leave))
    weir = begin(start, backend)
    done = subprocess.run(["h2load", "-n", "1000", "-c", "2", "-m", "10", f"http://{weir.address}/"], capture_output=True, text=True,
                          timeout=60)
    assert "1000 succeeded, 0 failed" in done.stdout, done.stdout + weir.stderr()
    assert len(backend.connections) > 2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refused_streams_are_tried_again(start, method):
    def refuse_once(connection, got):
        if len(backend.requests) % 2:
            connection.speaker.reset_stream(got.stream, 7)
        else:
            connection.answer(got, got.body or b"ok")
    backend = start(H2Backend(refuse_once))
    weir = begin(start, backend, upstream={"endpoints": [backend.address]}, route={"retries": {"attempts": 2, "budget": "100%"}})
    client = start(RawClient(weir.address))
    client.send(f"{method} / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody".encode())
    answer = client.read_response()
    assert (answer.status, answer.body) == (200, b"body")
    assert [got.body for got in backend.requests] == [b"body", b"body"]


def test_a_reset_within_the_answer_cuts_it(start):
    came = threading.Event()

    def cut(connection, got):
        connection.speaker.send_headers(got.stream, [(":status", "200"), ("content-length", "100")])
        connection.speaker.send_data(got.stream, b"part")
        connection.flush()
        assert came.wait(10)
        connection.speaker.reset_stream(got.stream, 2)
    backend = start(H2Backend(cut))
    weir = begin(start, backend)
    client = start(RawClient(weir.address))
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert client.read_head().status == 200
    came.set()
    assert client.read_until_close() == b"part"
    assert weir.access_log(1)[0]["fault"] == "upstream_reset"


@pytest.mark.parametrize("again", [False, True], ids=["once", "tried_again"])
def test_a_reset_that_comes_with_the_answer_is_no_answer(start, again):
    """Nothing of it has left: the client is told so, or gets the answer of another attempt."""
    def cut(connection, got):
        if again and len(backend.requests) == 2:
            return connection.answer(got, b"whole")
        connection.speaker.send_headers(got.stream, [(":status", "200"), ("content-length", "100")])
        connection.speaker.send_data(got.stream, b"part")
        connection.speaker.reset_stream(got.stream, 2)
    backend = start(H2Backend(cut))
    retries = {"attempts": 2 if again else 0, "on": ["reset"], "budget": "100%"}
    weir = begin(start, backend, route={"retries": retries})
    client = start(FrameClient(weir.address))
    client.send(client.headers(request()))
    assert client.answer()[0] == (200 if again else 502)
    body = client.until(DATA).payload
    assert body == b"whole" if again else b"part" not in body
    assert weir.access_log(1)[0].get("fault") == (None if again else "upstream_reset")


def test_a_websocket_of_http1_goes_by_extended_connect(start):
    def chat(connection, got):
        assert got.get(":method") == "CONNECT" and got.get(":protocol") == "websocket" and not got.get("sec-websocket-key")
        connection.speaker.send_headers(got.stream, [(":status", "200"), ("sec-websocket-protocol", "chat")])
    backend = start(H2Backend(settings={8: 1}, on_head=chat, behave=lambda connection, got: connection.speaker.end_stream(got.stream)))
    weir = begin(start, backend)
    client = start(RawClient(weir.address))
    client.send(b"GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    head = client.read_head()
    assert head.status == 101 and head.get("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert head.get("upgrade").lower() == "websocket" and head.get("sec-websocket-protocol") == "chat"


def test_another_2xx_of_a_backend_opens_no_tunnel(start):
    def chat(connection, got):
        connection.speaker.send_headers(got.stream, [(":status", "204")])
    backend = start(H2Backend(settings={8: 1}, on_head=chat))
    weir = begin(start, backend)
    client = start(FrameClient(weir.address))
    client.send(client.headers([(":method", "CONNECT"), (":protocol", "websocket"), *request()[1:], ("sec-websocket-version", "13")], end=False))
    assert client.answer()[0] == 502
    assert weir.access_log(1)[0]["fault"] == "upgrade_failed"


def test_a_backend_that_has_gone_silent_is_given_up(start):
    """It neither answers the request nor the PING."""
    backend = start(H2Backend(lambda connection, got: None))
    weir = begin(start, backend, route={"timeouts": {"first_byte": "500ms"}})
    answer = get(start, weir)
    assert answer.status == 504
    wait_until(lambda: weir.metrics().total("weir_upstream_connections", state="active") == 0, "its stream is over")


def test_auto_takes_what_tls_agrees_on(start, tmp_path):
    import ssl
    from support.authority import Authority
    authority = start(Authority())
    pair = authority.issue("back", "DNS:app.test")

    class TlsH2Backend(H2Backend):
        def _serve(self, connection):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair["cert"], pair["key"])
            context.set_alpn_protocols(["h2"])
            connection.socket = context.wrap_socket(connection.socket, server_side=True)
            super()._serve(connection)
    backend = start(TlsH2Backend())
    weir = begin(start, backend, upstream={"protocol": "auto", "tls": {"ca": str(authority.ca), "server_name": "app.test"}})
    assert get(start, weir).status == 200
    assert backend.requests[0].get(":scheme") == "https"


def test_trailers_over_the_limit_end_an_answer_short(start):
    """The client must not take it for whole."""
    trailers, has_begun = [(f"x-{i}", "v" * 1000) for i in range(100)], threading.Event()

    def send(connection, *frames):
        with connection.lock:
            for one in frames:
                one()
        connection.flush()

    def behave(connection, got):
        speaker = connection.speaker
        send(connection, lambda: speaker.send_headers(got.stream, [(":status", "200")]), lambda: speaker.send_data(got.stream, b"hello"))

        def go_on():
            assert has_begun.wait(20)
            send(connection, lambda: speaker.send_headers(got.stream, trailers, end_stream=True))
        threading.Thread(target=go_on, daemon=True).start()
    weir = begin(start, start(H2Backend(behave)))
    client = start(FrameClient(weir.address))
    client.send(client.headers(request()))
    client.until(DATA, 1)
    has_begun.set()
    assert client.until(RST_STREAM, 1)
    line, = weir.access_log(1)
    assert (line["status"], line["fault"]) == (200, "upstream_head_too_large")
