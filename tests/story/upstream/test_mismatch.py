# SPDX-License-Identifier: Apache-2.0
"""Backends that speak something else than the config says: the operator is told what to set."""
import pytest
from support import Backend, RawClient, Weir, proxy_config, wait_until
from support.backend import response
from support.h2backend import H2Backend

TLS_ALERT = b"\x15\x03\x03\x00\x02\x02\x46"  # protocol_version


def says(data):
    """Whatever comes, it sends this and closes."""
    def behave(connection):
        connection._more()
        connection.send(data)
        connection.half_close()
        connection.wait_for_end()
    return Backend(behave)


def ask(start, backend, protocol):
    weir = start(Weir(proxy_config(start(backend), upstream={"protocol": protocol}, route={"retries": {"attempts": 0}})))
    with RawClient(weir.address) as client:
        assert client.request(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").status == 502
    return weir, f"upstream pool: endpoint {backend.address} "


@pytest.mark.parametrize("protocol,backend,told", [
    ("http1", lambda: H2Backend(), "seems to speak HTTP/2: set protocol: http2"),
    ("http1", lambda: says(TLS_ALERT), "seems to speak TLS: set tls"),
    ("http2", lambda: says(response(b"", "400 Bad Request")), "seems to speak HTTP/1.1: set protocol: http1"),
    ("http2", lambda: says(TLS_ALERT), "seems to speak TLS: set tls"),
    ("http2", lambda: says(b""), "closes connections where HTTP/2 begins: set protocol: http1, or tls if it speaks TLS")],
    ids=["http2", "tls", "http1-of-http2", "tls-of-http2", "silence-of-http2"])
def test_the_log_says_what_an_endpoint_seems_to_speak(start, protocol, backend, told):
    weir, who = ask(start, backend(), protocol)
    wait_until(lambda: who + told in weir.stderr(), lambda: f"a warning in {weir.stderr()}")


@pytest.mark.parametrize("protocol,backend", [
    ("http1", lambda: says(b"HTTP/1.1 no\r\n\r\n")), ("http1", lambda: says(b"\0 what is this")), ("http1", lambda: says(b"")),
    ("http2", lambda: H2Backend(lambda connection, got: connection.raw.half_close()))], ids=["malformed", "garbage", "silence", "cut"])
def test_other_faults_are_no_matter_of_the_config(start, protocol, backend):
    weir, who = ask(start, backend(), protocol)
    assert who not in weir.stderr()
