# SPDX-License-Identifier: Apache-2.0
"""The tools themselves: a client speaks to a backend with nothing between them."""
import pytest

from support import Backend, Malformed, NameServer, RawClient, parse_prometheus, parse_requests, parse_response, refusing_address, \
    unanswering_address
from support import backend as act


def test_backend_answers_and_records_every_byte(start):
    backend = start(Backend())
    client = start(RawClient(backend.address))
    sent = b"POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nabc"
    assert client.request(sent).body == b"ok"
    assert client.request(sent).body == b"ok"
    assert backend.received() == sent + sent
    assert [one.body for one in backend.requests] == [b"abc", b"abc"]
    assert len(backend.connections) == 1


def test_backend_over_a_unix_socket(start, tmp_path):
    backend = start(Backend(act.echoes(), unix_path=str(tmp_path / "b.sock")))
    client = start(RawClient(backend.address))
    assert client.request(b"PUT / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n").body == b"hi"


def test_client_reads_interim_trailers_and_close_delimited(start):
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    backend = start(Backend(act.answers(interim + act.chunked(b"a", b"bc", trailers=["X-T: 1"]))))
    got = start(RawClient(backend.address)).get("/")
    assert (got.interim[0].status, got.body, got.trailers, got.chunks) == (103, b"abc", [("X-T", "1")], [1, 2])
    backend = start(Backend(act.answers_and_closes(b"HTTP/1.0 200 OK\r\n\r\nto the end")))
    assert start(RawClient(backend.address)).get("/").body == b"to the end"


def test_upgrade_echoes_and_says_goodbye(start):
    backend = start(Backend(act.upgrades()))
    client = start(RawClient(backend.address))
    assert client.get("/", "Connection: Upgrade", "Upgrade: websocket").status == 101
    client.send(b"hello")
    assert client.read_exactly(5) == b"hello"
    client.half_close()
    assert client.read_until_close() == b"goodbye"


def test_reset_ends_the_connection(start):
    client = start(RawClient(start(Backend(act.answers_and_resets())).address))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.read_until_close() == b""


def test_addresses_that_refuse_or_never_answer():
    with refusing_address() as address, pytest.raises(ConnectionRefusedError):
        RawClient(address)
    with unanswering_address() as address, pytest.raises(TimeoutError):
        RawClient(address, limit=0.3)


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"])
def test_strict_reader_refuses(data):
    with pytest.raises(Malformed):
        parse_requests(data)


def test_strict_reader_reads_pipelined_requests():
    data = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
    assert [one.target for one in parse_requests(data)] == ["/a", "/b"]


def test_a_response_must_be_alone():
    with pytest.raises(Malformed):
        parse_response(act.OK + b"x")


def test_prometheus_reader():
    metrics = parse_prometheus('# TYPE a_total counter\na_total{x="1",y="\\"q\\""} 2\na_total{x="2",y=""} 3\n')
    assert metrics.total("a_total") == 5 and metrics.total("a_total", x="2") == 3
    with pytest.raises(AssertionError):
        parse_prometheus("# TYPE a gauge\na 1\na 1\n")


def test_a_name_server_answers_from_the_zone_that_was_set_last(start):
    server = start(NameServer("app A 192.0.2.1"))
    assert bytes([192, 0, 2, 1]) in server.ask("app.test", "A")
    server.set("app A 192.0.2.2")
    assert bytes([192, 0, 2, 2]) in server.ask("app.test", "A")
    server.pause()
    assert server.ask("app.test", "A", limit=0.1) is None
    server.resume()
    server.stop()
    assert server.ask("app.test", "A", limit=0.1) is None
    server.start()
    assert bytes([192, 0, 2, 2]) in server.ask("app.test", "A", limit=5)
