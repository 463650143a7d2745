# SPDX-License-Identifier: Apache-2.0
"""A thousand clients ask for one object that nobody has asked for before."""
import random
import resource
import socket
import ssl
import threading

import h2.config
import h2.connection
import h2.events
import pytest
from support import Backend, RawClient, Weir, proxy_config, wait_until
from support.authority import Authority

CLIENTS, CONNECTIONS, FIRST = 1000, 20, 8000
BODY = random.Random(6).randbytes(60_000)


@pytest.fixture
def halves(start):
    """halves(...) is (weir, backend, go): the answer stops behind FIRST bytes of its body until `go` is set."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    go = threading.Event()

    def behave(connection):
        for _ in connection.requests():
            connection.send(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY[:FIRST])
            assert go.wait(60)
            connection.send(BODY[FIRST:])

    def begin(**changes):
        backend = start(Backend(behave))
        weir = start(Weir(proxy_config(backend, workers=2, route={"cache": {"zone": "main"}}, caches={"main": {}}, **changes)))
        return weir, backend, go
    yield begin
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def check_counts(weir, backend):
    assert len(backend.requests) == 1
    told = weir.metrics()
    assert told.total("weir_cache_requests_total", result="miss") == 1
    assert sum(told.total("weir_cache_requests_total", result=result) for result in ("collapsed", "hit")) == CLIENTS - 1


def test_over_http1_all_stream_from_one_fetch(halves, start):
    weir, backend, go = halves()
    clients = [start(RawClient(weir.address, limit=60)) for _ in range(CLIENTS)]
    for client in clients:
        client.send(b"GET /a HTTP/1.1\r\nHost: story.test\r\n\r\n")
    for client in clients:
        assert client.read_head().status == 200 and client.read_exactly(FIRST) == BODY[:FIRST]
    go.set()
    assert all(client.read_exactly(len(BODY) - FIRST) == BODY[FIRST:] for client in clients)
    wait_until(lambda: weir.metrics().total("weir_requests_total") >= CLIENTS, "all are counted")
    check_counts(weir, backend)


class Peer:
    """A connection of HTTP/2 over TLS with many streams; what came of each is in `bodies`."""

    def __init__(self, weir, context, streams):
        host, _, port = weir.address.rpartition(":")
        self.socket = context.wrap_socket(socket.create_connection((host, int(port)), timeout=60), server_hostname="story.test")
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert self.socket.selected_alpn_protocol() == "h2"
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.bodies, self.ended = {}, set()
        for _ in range(streams):
            self._ask(self.h2.get_next_available_stream_id())
        self.socket.sendall(self.h2.data_to_send())

    def _ask(self, stream):
        self.bodies[stream] = bytearray()
        self.h2.send_headers(stream, [(":method", "GET"), (":scheme", "https"), (":authority", "story.test"), (":path", "/a")], end_stream=True)

    def read_until(self, done):
        while not done():
            data = self.socket.recv(262144)
            assert data, "closed"
            for event in self.h2.receive_data(data):
                self._take(event)
            self.socket.sendall(self.h2.data_to_send())

    def _take(self, event):
        assert not isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)), event
        if isinstance(event, h2.events.ResponseReceived):
            assert dict(event.headers)[":status"] == "200"
        if isinstance(event, h2.events.DataReceived):
            self.bodies[event.stream_id] += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if isinstance(event, h2.events.StreamEnded):
            self.ended.add(event.stream_id)

    def __exit__(self, *_):
        self.socket.close()


def test_over_http2_and_tls_too(halves, start):
    authority = start(Authority())
    weir, backend, go = halves(listener={"tls": {"certificates": [authority.issue("site")]}})
    context = ssl.create_default_context(cafile=authority.ca)
    context.set_alpn_protocols(["h2"])
    peers = [start(Peer(weir, context, CLIENTS // CONNECTIONS)) for _ in range(CONNECTIONS)]
    for peer in peers:
        peer.read_until(lambda: all(len(body) >= FIRST for body in peer.bodies.values()))
    go.set()
    for peer in peers:
        peer.read_until(lambda: len(peer.ended) == len(peer.bodies))
        assert all(body == BODY for body in peer.bodies.values())
    wait_until(lambda: weir.metrics().total("weir_requests_total") >= CLIENTS, "all are counted")
    check_counts(weir, backend)
