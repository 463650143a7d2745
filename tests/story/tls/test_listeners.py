# SPDX-License-Identifier: Apache-2.0
"""What clients of a TLS listener meet."""
import json
import shutil
import socket
import ssl
import subprocess

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from support import Backend, RawClient, Weir, proxy_config, run_weir, wait_until
from support.authority import Authority
from support.config import as_yaml, proxy_tree
from support.frames import DATA, FrameClient, request
from support.ports import free_address
from .conftest import ask, open_tls, s_client


def handshakes(weir, result, **labels):
    return weir.metrics().total("weir_tls_handshakes_total", result=result, **labels)


@pytest.mark.parametrize("version, name", [(ssl.TLSVersion.TLSv1_2, "1.2"), (ssl.TLSVersion.TLSv1_3, "1.3")])
def test_both_versions_serve(secure, context, version, name):
    weir, backend = secure()
    with open_tls(weir, context(maximum=version)) as client:
        assert ask(client).startswith(b"HTTP/1.1 200 OK\r\n")
    assert backend.requests[0].get("x-forwarded-proto") == "https"
    line, = weir.access_log(1)
    assert (line["tls"], line["protocol"]) == (name, "HTTP/1.1")
    assert handshakes(weir, "full", version=name) == 1


def in_records(hello, size):
    """A ClientHello in TLS records of so many bytes."""
    kind_and_version, body = hello[:3], hello[5:]
    return [kind_and_version + len(part).to_bytes(2, "big") + part for part in (body[n:n + size] for n in range(0, len(body), size))]


@pytest.mark.parametrize("cut", [lambda hello: [bytes([one]) for one in hello], lambda hello: in_records(hello, 7), lambda hello: in_records(hello, 1)],
                         ids=["in segments of a byte", "in records of 7 bytes", "in records of a byte"])
def test_a_hello_may_come_in_pieces(secure, context, start, cut):
    weir, _ = secure()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    made = context()
    made.check_hostname = False
    session = made.wrap_bio(incoming, outgoing, server_hostname="story.test")
    raw = start(RawClient(weir.address))

    def speak(step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                raw.send(outgoing.read())
                incoming.write(raw.socket.recv(65536) or pytest.fail("weir has closed the connection"))
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    for part in cut(outgoing.read()):
        raw.send(part)
    speak(session.do_handshake)
    session.write(b"GET / HTTP/1.1\r\nHost: story.test\r\n\r\n")
    assert speak(lambda: session.read(65536)).startswith(b"HTTP/1.1 200 OK\r\n")


def test_min_version_refuses_older_clients(secure, context):
    weir, _ = secure({"min_version": "1.3"})
    with pytest.raises(ssl.SSLError):
        open_tls(weir, context(maximum=ssl.TLSVersion.TLSv1_2))
    wait_until(lambda: handshakes(weir, "protocol_version", version="none") == 1, "it is counted")


def subject_of(connection):
    return dict(pair[0] for pair in connection.getpeercert()["subject"])["commonName"]


def test_certificates_are_chosen_by_name(secure, authority, context):
    pairs = [authority.issue("first", "DNS:first.test"), authority.issue("exact", "DNS:a.wild.test"),
             authority.issue("wild", "DNS:*.wild.test")]
    weir, _ = secure({"certificates": pairs})
    unchecked = context()
    unchecked.check_hostname = False
    for name, subject in [("first.test", "first"), ("a.wild.test", "exact"), ("A.WILD.test", "exact"), ("b.wild.test", "wild"),
                          ("a.b.wild.test", "first"), ("wild.test", "first"), ("unknown.test", "first"), (None, "first")]:
        with open_tls(weir, unchecked, name) as client:
            assert subject_of(client) == subject, name


def test_rsa_and_ecdsa_stand_side_by_side(secure, authority):
    weir, _ = secure({"certificates": [authority.issue("rsa", rsa=True), authority.issue("ecdsa")]})
    assert "rsa" in key_shown(weir, "-sigalgs", "RSA-PSS+SHA256")
    assert "ecdsa" in key_shown(weir, "-sigalgs", "ECDSA+SHA256")


def key_shown(weir, *arguments):
    return next(line.lower() for line in s_client(weir, *arguments).splitlines() if "signature type" in line)


def test_the_application_protocol_is_agreed_on(secure, context):
    weir, _ = secure()
    for offered, agreed in [(("h2", "http/1.1"), "h2"), (("http/1.1", "h2"), "h2"), (("http/1.1",), "http/1.1"), ((), None)]:
        with open_tls(weir, context(alpn=offered)) as client:
            assert client.selected_alpn_protocol() == agreed
    with pytest.raises(ssl.SSLError):
        open_tls(weir, context(alpn=("spdy/1",)))
    wait_until(lambda: handshakes(weir, "no_shared_alpn") == 1, "it is counted")


def test_a_client_certificate_is_required_and_told_to_the_backend(secure, authority, context):
    fields = {"X-Subject": "{tls_client_subject}", "X-Names": "{tls_client_sans}", "X-Print": "{tls_client_fingerprint}",
              "X-Version": "{tls_version}"}
    weir, backend = secure({"client_ca": str(authority.ca)}, route={"headers": {"request": {"set": fields}}})
    with pytest.raises(ssl.SSLError), open_tls(weir, context()) as client:
        ask(client)
    wait_until(lambda: handshakes(weir, "no_certificate") == 1, "it is counted")
    cert = authority.issue("someone", "DNS:someone.test,URI:spiffe://story/someone", subject="/O=Story/CN=Some One")
    with open_tls(weir, context(cert=cert)) as client:
        ask(client)
    request, = backend.requests
    assert request.get("x-subject") == "CN=Some One,O=Story"
    assert request.get("x-names") == "DNS:someone.test,URI:spiffe://story/someone"
    assert request.get("x-print") == authority.fingerprint("someone")
    assert request.get("x-version") == "1.3"


NAMES = {"X-Subject": "{tls_client_subject}", "X-Names": "{tls_client_sans}"}


@pytest.mark.parametrize("given, told", [
    ("DNS:a,URI:spiffe://admin", "DNS:a,URI:spiffe://admin"), (["DNS=a,URI:spiffe://admin"], "DNS:a\\,URI:spiffe://admin"),
    (["URI=spiffe://a\\\\b", "DNS=b c"], "URI:spiffe://a\\\\b,DNS:b c"), ("IP:10.0.0.1,email:a@b.test", "IP Address:10.0.0.1,email:a@b.test"),
    ([f"DNS={n:04}.{'x' * 55}.test" for n in range(200)], None)], ids=["two", "one that looks like two", "a backslash", "others", "many"])
def test_the_names_of_a_client_are_told_apart_and_whole(secure, authority, context, given, told):
    weir, backend = secure({"client_ca": str(authority.ca)}, route={"headers": {"request": {"set": NAMES}}})
    with open_tls(weir, context(cert=authority.issue("named", given))) as client:
        ask(client)
    names = backend.requests[0].get("x-names")
    if told:
        assert names == told
    else:
        assert 7000 < len(names) <= 8192 and set(map(len, names.split(","))) == {69}


@pytest.mark.parametrize("subject, names", [("/CN=bare", None), ("/", "DNS:a.test"), ("/", None)])
def test_a_client_may_have_a_certificate_without_names(secure, authority, context, subject, names):
    weir, backend = secure({"client_ca": str(authority.ca)}, route={"headers": {"request": {"set": NAMES}}})
    with open_tls(weir, context(cert=authority.issue("odd", names, subject=subject))) as client:
        assert b" 200 " in ask(client)
    assert (backend.requests[0].get("x-subject") or "", backend.requests[0].get("x-names") or "") == \
        ("CN=bare" if len(subject) > 1 else "", names or "")


def test_a_requested_certificate_may_be_missing_but_not_foreign(secure, authority, context, start):
    weir, backend = secure({"client_ca": str(authority.ca), "client_auth": "request"},
                           route={"headers": {"request": {"set": {"X-Subject": "{tls_client_subject}"}}}})
    with open_tls(weir, context()) as client:
        assert b" 200 " in ask(client)
    assert not backend.requests[0].has("x-subject")
    foreign = start(Authority()).issue("foreign")
    with pytest.raises((ssl.SSLError, ConnectionError)), open_tls(weir, context(cert=foreign)) as client:
        assert not ask(client)
    wait_until(lambda: handshakes(weir, "bad_certificate") == 1, "it is counted")


def test_plain_http_is_told_to_use_https(secure):
    weir, backend = secure()
    with RawClient(weir.address) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: story.test\r\n\r\n")
        answer = client.read_response()
        assert answer.status == 400 and b"https://" in answer.body
        assert answer.get("connection") == "close" and client.read_until_close() == b""
    assert handshakes(weir, "plain") == 1 and backend.requests == []


def test_plain_http_is_answered_once(secure):
    weir, backend = secure()
    with RawClient(weir.address) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: story.test\r\nContent-Length: 3\r\n\r\nabcGET /next HTTP/1.1\r\nHost: story.test\r\n\r\n")
        said = client.read_until_close()
    assert said.count(b"HTTP/1.1 400 ") == 1 and backend.requests == []


class PiecemealClient(FrameClient):
    """Its first bytes, so many, come by themselves."""

    def __init__(self, weir, first):
        self.weir, self.first = weir, first
        super().__init__(weir.address)

    def send(self, data):
        first, self.first = self.first, 0
        if first:
            super().send(data[:first])
            wait_until(lambda: handshakes(self.weir, "plain") == 1, "they have come")
        return super().send(data[first:])


@pytest.mark.parametrize("first", [1, 5, 24, 0], ids=lambda size: f"first_{size}")
def test_plain_http2_is_told_the_same(secure, first):
    """However its preface comes."""
    weir, backend = secure()
    with PiecemealClient(weir, first) as client:
        client.send(client.headers(request()))
        status, fields = client.answer()
        assert status == 400 and 'details="plain_http"' in dict(fields)["proxy-status"]
        assert b"https://" in client.until(DATA, 1).payload
        assert client.farewell() == 0
    assert handshakes(weir, "plain") == 1 and backend.requests == []


def test_a_handshake_has_a_time_limit(secure):
    weir, _ = secure(listener={"timeouts": {"tls_handshake": "300ms"}})
    host, _, port = weir.address.rpartition(":")
    for sent in (b"", b"\x16\x03\x01\x02\x00\x01\x00"):
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(sent)
            while client.recv(100):
                pass
    assert handshakes(weir, "timeout") == 1  # the silent one never began


def test_garbage_is_counted(secure):
    weir, _ = secure()
    host, _, port = weir.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"\x16\x03\x01\x00\x05hello" + b"x" * 100)
        while client.recv(100):
            pass
    wait_until(lambda: handshakes(weir, "malformed") == 1, "it is counted")


def test_sessions_resume_in_every_worker(secure, tmp_path):
    weir, _ = secure(workers=4)
    kept = tmp_path / "session"
    assert "New, TLSv1.3" in s_client(weir, "-sess_out", kept)
    for _ in range(8):
        assert "Reused, TLSv1.3" in s_client(weir, "-sess_in", kept)
    assert handshakes(weir, "resumed", version="1.3") == 8


def test_sessions_survive_a_reload(secure, tmp_path):
    weir, _ = secure()
    kept = tmp_path / "session"
    s_client(weir, "-sess_out", kept)
    weir.config["listeners"][0]["limits"] = {"headers": 50}
    weir.config_path.write_text(__import__("yaml").safe_dump(weir.config))
    assert run_weir("reload", "-a", weir.admin).returncode == 0
    assert "Reused" in s_client(weir, "-sess_in", kept)


def test_a_session_is_not_resumed_at_another_listener(start, authority, tmp_path):
    """The other might ask more of its clients."""
    backend, kept = start(Backend()), tmp_path / "session"
    tree = proxy_tree([backend], listener={"tls": {"certificates": [authority.issue("site")]}})
    tree["listeners"].append({**tree["listeners"][0], "name": "other", "listen": free_address()})
    tree["routes"].append({**tree["routes"][0], "name": "there", "listener": "other"})
    weir = start(Weir(as_yaml(tree)))
    s_client(weir, "-sess_out", kept)
    assert "Reused" in s_client(weir, "-sess_in", kept)
    said = s_client(weir, "-sess_in", kept, "-connect", tree["listeners"][1]["listen"])
    assert "Reused" not in said and "New, TLSv1.3" in said


def test_a_session_ends_with_the_trust_in_who_signed_it(secure, start, authority, tmp_path):
    """The file of authorities has others in it now: a ticket must not replace the certificate that they don't know."""
    ca, kept = tmp_path / "clients.pem", tmp_path / "session"
    ca.write_text(authority.ca.read_text())
    cert = authority.issue("someone")
    own = ("-cert", cert["cert"], "-key", cert["key"])
    weir, backend = secure({"client_ca": str(ca)})
    s_client(weir, "-sess_out", kept, *own)
    assert "Reused" in s_client(weir, "-sess_in", kept, *own) and len(backend.requests) == 2
    ca.write_text(start(Authority()).ca.read_text())
    wait_until(lambda: "New, TLS" in s_client(weir, "-sess_in", kept, *own), "the new authorities are in force")
    assert "Reused" not in s_client(weir, "-sess_in", kept, *own)
    assert handshakes(weir, "bad_certificate") >= 1


def test_tickets_can_be_switched_off(secure, tmp_path):
    weir, _ = secure({"session_tickets": "off"})
    kept = tmp_path / "session"
    assert "New" in s_client(weir, "-sess_out", kept, "-tls1_2")
    assert "Reused" not in s_client(weir, *(["-sess_in", kept] if kept.exists() else []), "-tls1_2")
    assert handshakes(weir, "resumed") == 0


def bytes_of_http2(*methods):
    """All that a client says that asks so and goes."""
    h2 = H2Connection(H2Configuration(client_side=True))
    h2.initiate_connection()
    for stream, method in enumerate(methods):
        h2.send_headers(2 * stream + 1, [(":method", method), (":path", "/early"), (":scheme", "https"), (":authority", "story.test")], end_stream=True)
    h2.close_connection()
    return h2.data_to_send()


def early(weir, kept, tmp_path, method, fields=""):
    sent = tmp_path / "early"
    sent.write_text(f"{method} /early HTTP/1.1\r\nHost: story.test\r\nConnection: close\r\nContent-Length: 0\r\n{fields}\r\n", newline="")
    return s_client(weir, "-sess_in", kept, "-early_data", sent, sends=b"")


def test_early_data_serves_safe_methods_and_marks_them(secure, tmp_path):
    weir, backend = secure({"early_data": True})
    kept = tmp_path / "session"
    s_client(weir, "-sess_out", kept)
    said = early(weir, kept, tmp_path, "GET")
    assert "Early data was accepted" in said and "HTTP/1.1 200 OK" in said
    assert backend.requests[-1].get("early-data") == "1"
    s_client(weir, "-sess_out", kept)
    count = len(backend.requests)
    assert "425" in early(weir, kept, tmp_path, "POST")
    assert len(backend.requests) == count


@pytest.mark.parametrize("fields", ["Early-Data: 0\r\n", "Early-Data: \r\n", "Early-Data: 1\r\n", "early-data: 0\r\nEarly-Data: 1\r\n",
                                    "Connection: Early-Data\r\nEarly-Data: 1\r\n", "Early_Data: 0\r\n"])
def test_early_data_is_marked_once_whatever_the_client_says(secure, tmp_path, fields):
    weir, backend = secure({"early_data": True})
    kept = tmp_path / "session"
    s_client(weir, "-sess_out", kept)
    assert "Early data was accepted" in early(weir, kept, tmp_path, "GET", fields)
    assert backend.requests[-1].target == "/early" and backend.requests[-1].all("early-data") == ["1"]
    assert not backend.requests[-1].has("early_data")


def test_early_data_may_be_http2(secure, tmp_path):
    weir, backend = secure({"early_data": True})
    kept, sent = tmp_path / "session", tmp_path / "early"
    s_client(weir, "-sess_out", kept, "-alpn", "h2,http/1.1", sends=bytes_of_http2("GET"))
    sent.write_bytes(bytes_of_http2("GET", "POST"))
    said = s_client(weir, "-sess_in", kept, "-alpn", "h2,http/1.1", "-early_data", sent, sends=b"")
    assert "Early data was accepted" in said and "ALPN protocol: h2" in said
    first, *early_ones = weir.access_log(3)
    assert {(line["method"], line["status"], line["protocol"]) for line in early_ones} == {("GET", 200, "HTTP/2.0"), ("POST", 425, "HTTP/2.0")}
    assert [(one.method, one.get("early-data")) for one in backend.requests] == [("GET", None), ("GET", "1")]


def test_early_data_is_off_by_default(secure, tmp_path):
    weir, _ = secure()
    kept = tmp_path / "session"
    s_client(weir, "-sess_out", kept)
    assert "Early data was accepted" not in early(weir, kept, tmp_path, "GET")


def test_a_staple_is_sent_and_refreshed(secure, authority, tmp_path):
    pair, staple = authority.issue("stapled"), tmp_path / "stapled.der"
    authority.staple("stapled", staple, days=3)
    weir, _ = secure({"certificates": [{**pair, "ocsp": str(staple)}]})
    first = s_client(weir, "-status")
    assert "OCSP Response Status: successful" in first

    foreign = authority.issue("foreign", "DNS:foreign.test")
    other, _ = secure({"certificates": [{**foreign, "ocsp": str(staple)}]})
    assert "OCSP response: no response sent" in s_client(other, "-status")
    assert "is not stapled: it is for another certificate" in other.stderr()

    def until(text):
        return next((line for line in text.splitlines() if "Next Update" in line), None)
    authority.staple("stapled", staple, days=20)
    wait_until(lambda: until(s_client(weir, "-status")) not in (None, until(first)), "the new response is stapled", 20)


def test_a_truncated_answer_is_seen(start, authority, context):
    """close_notify only comes behind a whole answer."""
    from support.backend import sends_part_and_closes
    backend = start(Backend(sends_part_and_closes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")))
    listener = {"tls": {"certificates": [authority.issue("site")]}}
    weir = start(Weir(proxy_config(backend, listener=listener)))
    with open_tls(weir, context(), strict=True) as client:
        client.sendall(b"GET / HTTP/1.0\r\nHost: story.test\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        backend.release.set()
        with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
            while client.recv(65536):
                pass
            raise AssertionError("the cut answer ended like a whole one")


def test_a_key_that_everybody_can_read_is_a_warning(authority, tmp_path):
    pair = authority.issue("open")
    __import__("os").chmod(pair["key"], 0o644)
    path = tmp_path / "weir.yaml"
    path.write_text(proxy_config("127.0.0.1:1", listener={"tls": {"certificates": [pair]}}))
    done = run_weir("check", "-c", path)
    assert done.returncode == 0 and "can be read by everybody" in done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("testssl") is None, reason="testssl is not there; tests/run.sh installs it where apt has it")
def test_testssl_finds_nothing_to_blame(secure, authority, tmp_path):
    """Protocols, ciphers, key exchange and the known holes; what it says of the certificate is the story's own doing."""
    weir, _ = secure({"certificates": [authority.issue("ecdsa"), authority.issue("rsa", rsa=True)]})
    found = tmp_path / "found.json"
    subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1", "-p", "-s", "-f", "-U", "-g",
                    "--jsonfile", str(found), "story.test:" + weir.address.rpartition(":")[2]],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=240)
    told = json.loads(found.read_text())
    assert {"TLS1_3", "TLS1_2", "heartbleed", "ROBOT", "BEAST"} <= {one["id"] for one in told}
    # With nothing but strong ciphers on offer, the client's order is the better one: it knows whether it has AES in hardware.
    assert [one for one in told if one["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL") and one["id"] != "cipher_order"] == []
