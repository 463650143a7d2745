# SPDX-License-Identifier: Apache-2.0
"""TLS towards backends."""
import re
import ssl

import pytest
from support import Backend, RawClient, Weir, proxy_config, wait_until
from support.authority import Authority
from support.backend import OK, Connection


class TlsBackend(Backend):
    """Speaks TLS with a pair; asks for a client's certificate when client_ca is given."""

    def __init__(self, pair, behave=None, client_ca=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pair["cert"], pair["key"])
        self.seen = []
        self.context.sni_callback = lambda connection, name, _: self.seen.append(name)
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.resumed = []
        super().__init__(behave)

    def _serve(self, connection):
        try:
            connection.socket = self.context.wrap_socket(connection.socket, server_side=True)
        except (ssl.SSLError, OSError):
            connection.close()
            return
        self.resumed.append(connection.socket.session_reused)
        super()._serve(connection)


def get(start, weir):
    client = start(RawClient(weir.address))
    client.send(b"GET / HTTP/1.1\r\nHost: story.test\r\n\r\n")
    return client.read_response()


def begin(start, backend, **tls):
    return start(Weir(proxy_config(backend, upstream={"tls": tls})))


def test_a_backend_is_verified_asked_by_name_and_its_session_resumed(start, authority):
    def once(connection):
        for _ in connection.requests():
            connection.send(OK)
            connection.close()
            return
    backend = start(TlsBackend(authority.issue("back", "DNS:app.test"), once))
    weir = begin(start, backend, ca=str(authority.ca), server_name="app.test")
    for _ in range(3):
        assert get(start, weir).status == 200
    assert backend.seen == ["app.test"] * 3
    assert backend.resumed[0] is False and True in backend.resumed[1:]


def test_an_address_is_verified_without_a_name(start, authority):
    backend = start(TlsBackend(authority.issue("back", "IP:127.0.0.1")))
    weir = begin(start, backend, ca=str(authority.ca))
    assert get(start, weir).status == 200
    assert backend.seen == [None]


WHY = {"authority": "issuer certificate|self-signed|verify", "name": "hostname mismatch", "expired": "has expired",
       "system": "issuer certificate|self-signed", "subject": "hostname mismatch"}


@pytest.mark.parametrize("case", ["authority", "name", "expired", "system", "subject"])
def test_a_backend_that_cannot_be_trusted_gets_nothing(start, authority, case):
    other = start(Authority())
    pair = authority.issue("back", None if case == "subject" else "DNS:app.test", subject="/CN=app.test", days=-1 if case == "expired" else 30)
    tls = {"ca": str(other.ca if case == "authority" else authority.ca),
           "server_name": "other.test" if case == "name" else "app.test"}
    if case == "system":
        tls.pop("ca")
    backend = start(TlsBackend(pair))
    weir = begin(start, backend, **tls)
    answer = get(start, weir)
    assert answer.status == 502 and "tls_certificate_error" in answer.get("proxy-status")
    assert backend.requests == []
    assert weir.access_log(1)[0]["fault"] == "upstream_untrusted"
    assert re.search(f"upstream pool: endpoint {backend.address}: its certificate can't be trusted: .*({WHY[case]})", weir.stderr()), weir.stderr()


@pytest.mark.parametrize("case", ["authority", "name", "expired"])
def test_a_health_check_that_fails_for_a_certificate_says_why(start, authority, case):
    other = start(Authority())
    pair = authority.issue("back", "DNS:app.test", days=-1 if case == "expired" else 30)
    tls = {"ca": str(other.ca if case == "authority" else authority.ca),
           "server_name": "other.test" if case == "name" else "app.test"}
    backend = start(TlsBackend(pair))
    check = {"path": "/", "interval": "100ms", "timeout": "5s", "unhealthy": 1}
    weir = start(Weir(proxy_config(backend, upstream={"tls": tls, "health_check": check})))
    said = (f"upstream pool: endpoint {backend.address} is left out: its health checks fail "
            rf"\(upstream_untrusted: .*({WHY[case]}).*\)")
    wait_until(lambda: re.search(said, weir.stderr()), "the cause is told", 15)


def test_verification_can_be_switched_off(start, authority):
    backend = start(TlsBackend(authority.issue("back", "DNS:app.test")))
    weir = begin(start, backend, verify=False, server_name="other.test")
    assert get(start, weir).status == 200


def test_weir_shows_its_own_certificate(start, authority):
    backend = start(TlsBackend(authority.issue("back", "DNS:app.test"), client_ca=authority.ca))
    own = authority.issue("weir", "DNS:weir.test")
    weir = begin(start, backend, ca=str(authority.ca), server_name="app.test", **own)
    assert get(start, weir).status == 200
    bare = begin(start, backend, ca=str(authority.ca), server_name="app.test")
    assert get(start, bare).status == 502


class StrictBackend(TlsBackend):
    """Refuses in the handshake who shows no certificate, or one of another authority; its alert isn't lost by an early end."""

    def __init__(self, pair, client_ca, version):
        super().__init__(pair, client_ca=client_ca)
        self.context.maximum_version = version

    def _serve(self, connection):
        raw, coming, going = connection.socket, ssl.MemoryBIO(), ssl.MemoryBIO()
        server = self.context.wrap_bio(coming, going, server_side=True)
        while data := connection._more():
            coming.write(data)
            try:
                server.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                connection.send(going.read())
                connection.half_close()
                connection.wait_for_end()
            connection.send(going.read())
        raw.close()


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("shown", [None, "distrusted"])
def test_a_backend_that_wants_a_certificate_is_told_in_the_log(start, authority, version, shown):
    backend = start(StrictBackend(authority.issue("back", "DNS:app.test"), authority.ca, getattr(ssl.TLSVersion, version)))
    own = start(Authority()).issue("weir", "DNS:weir.test") if shown else {}
    weir = begin(start, backend, ca=str(authority.ca), server_name="app.test", **own)
    answer = get(start, weir)
    assert answer.status == 502 and "tls_alert_received" in answer.get("proxy-status")
    assert weir.access_log(1)[0]["fault"] == "upstream_wants_certificate"
    told = f"upstream pool: endpoint {backend.address} wants a client certificate that it trusts: set tls.cert and tls.key"
    wait_until(lambda: told in weir.stderr(), lambda: f"a warning in {weir.stderr()}")


def test_a_backend_without_tls_is_a_fault_of_tls(start, authority):
    backend = start(Backend())
    weir = begin(start, backend, ca=str(authority.ca), server_name="app.test")
    answer = get(start, weir)
    assert answer.status == 502
    assert weir.access_log(1)[0]["fault"] in ("upstream_tls", "connect_failed")


def test_bodies_are_whole_over_tls_on_both_sides(start, authority):
    import subprocess

    def mirror(connection):
        for request in connection.requests():
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request.body) + request.body)
    backend = start(TlsBackend(authority.issue("back", "DNS:app.test"), mirror))
    listener = {"tls": {"certificates": [authority.issue("site")]}}
    weir = start(Weir(proxy_config(backend, listener=listener, upstream={"tls": {"ca": str(authority.ca), "server_name": "app.test"}})))
    body = bytes(range(256)) * 4096 * 8
    sent, got = authority.folder / "sent", authority.folder / "got"
    sent.write_bytes(body)
    for version in ("--http1.1", "--http2"):
        subprocess.run(["curl", "-sS", version, "--cacert", authority.ca, "--connect-to", f"story.test:443:{weir.address}",
                        "--data-binary", f"@{sent}", "-o", got, "https://story.test/"], check=True, timeout=60)
        assert got.read_bytes() == body
