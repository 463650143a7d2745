# SPDX-License-Identifier: Apache-2.0
"""Backends' answers that could be read in two ways: a 502 (or a cut body), a connection that is not used again, and
clients that never see bytes of another answer."""
import itertools

import pytest

from support import Backend, RawClient, Weir, proxy_config
from support import backend as act
from support.message import Ended, Malformed

EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
CL2 = b"Content-Length: 2\r\n"
TE = b"Transfer-Encoding: chunked\r\n"
numbers = itertools.count()


def ok(fields=CL2, body=b"ok", line=b"HTTP/1.1 200 OK\r\n"):
    return line + fields + b"\r\n" + body


BAD = {
    "length_and_chunked": ok(CL2 + TE, b"0\r\n\r\n" + EVIL),
    "chunked_and_length": ok(TE + CL2, b"2\r\nok\r\n0\r\n\r\n"),
    "two_lengths": ok(CL2 + b"Content-Length: 3\r\n", b"okk"),
    "length_list_differing": ok(b"Content-Length: 2, 3\r\n", b"okk"),
    "length_negative": ok(b"Content-Length: -2\r\n"),
    "length_plus": ok(b"Content-Length: +2\r\n"),
    "length_hex": ok(b"Content-Length: 0x2\r\n"),
    "length_space_inside": ok(b"Content-Length: 2 2\r\n"),
    "length_empty": ok(b"Content-Length: \r\n"),
    "length_overflow": ok(b"Content-Length: 18446744073709551618\r\n"),
    "length_overflow_far": ok(b"Content-Length: " + b"9" * 50 + b"\r\n"),
    "te_unknown": ok(b"Transfer-Encoding: cow\r\n", b"2\r\nok\r\n0\r\n\r\n"),
    "te_chunked_identity": ok(b"Transfer-Encoding: chunked, identity\r\n", b"2\r\nok\r\n0\r\n\r\n"),
    "te_chunked_twice": ok(TE + TE, b"2\r\nok\r\n0\r\n\r\n"),
    "te_gzip_chunked": ok(b"Transfer-Encoding: gzip, chunked\r\n", b"2\r\nok\r\n0\r\n\r\n"),
    "te_vertical_tab": ok(b"Transfer-Encoding: \x0bchunked\r\n", b"2\r\nok\r\n0\r\n\r\n"),
    "te_in_http_1_0": ok(TE, b"2\r\nok\r\n0\r\n\r\n", b"HTTP/1.0 200 OK\r\n"),
    "status_000": ok(line=b"HTTP/1.1 000 Zero\r\n"),
    "status_099": ok(line=b"HTTP/1.1 099 Low\r\n"),
    "status_99": ok(line=b"HTTP/1.1 99 Low\r\n"),
    "status_1000": ok(line=b"HTTP/1.1 1000 High\r\n"),
    "status_2": ok(line=b"HTTP/1.1 2 OK\r\n"),
    "status_letters": ok(line=b"HTTP/1.1 20x OK\r\n"),
    "status_negative": ok(line=b"HTTP/1.1 -200 OK\r\n"),
    "status_missing": ok(line=b"HTTP/1.1 \r\n"),
    "status_two_spaces": ok(line=b"HTTP/1.1  200 OK\r\n"),
    "status_glued_to_version": ok(line=b"HTTP/1.1200 OK\r\n"),
    "version_2_0": ok(line=b"HTTP/2.0 200 OK\r\n"),
    "version_0_9": ok(line=b"HTTP/0.9 200 OK\r\n"),
    "version_lower_case": ok(line=b"http/1.1 200 OK\r\n"),
    "version_icy": ok(line=b"ICY 200 OK\r\n"),
    "version_two_digits": ok(line=b"HTTP/1.10 200 OK\r\n"),
    "leading_space": ok(line=b" HTTP/1.1 200 OK\r\n"),
    "reason_nul": ok(line=b"HTTP/1.1 200 O\x00K\r\n"),
    "reason_bare_cr": ok(line=b"HTTP/1.1 200 O\rK\r\n"),
    "status_line_bare_lf": ok(line=b"HTTP/1.1 200 OK\n"),
    "no_http_at_all": b"hello, this is not HTTP\r\n\r\n",
    "http_0_9_body": b"<html>hello</html>",
    "ssh_banner": b"SSH-2.0-OpenSSH_9.2\r\n",
    "garbage": bytes(range(256)),
    "nul_in_value": ok(CL2 + b"X-Any: a\x00b\r\n"),
    "nul_in_name": ok(CL2 + b"X-\x00Any: a\r\n"),
    "bare_lf_field": ok(CL2 + b"X-Any: a\nX-Other: b\r\n"),
    "bare_lf_hides_te": ok(b"X-Any: a\nTransfer-Encoding: chunked\r\n" + CL2),
    "bare_lf_ends_head": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok",
    "bare_cr_in_value": ok(CL2 + b"X-Any: a\rb\r\n"),
    "bare_cr_hides_cookie": ok(CL2 + b"X-Any: a\rSet-Cookie: evil=1\r\n"),
    "obs_fold": ok(CL2 + b"X-Any: a\r\n b\r\n"),
    "obs_fold_length": ok(b"Content-Length:\r\n 2\r\n"),
    "space_before_colon": ok(b"Content-Length : 2\r\n"),
    "space_first_line": ok(b" X: 1\r\n" + CL2),
    "no_colon": ok(CL2 + b"X-Any\r\n"),
    "empty_name": ok(CL2 + b": a\r\n"),
    "control_in_value": ok(CL2 + b"X-Any: a\x01b\r\n"),
    "header_of_a_megabyte": ok(CL2 + b"X-Any: " + b"a" * (1 << 20) + b"\r\n"),
    "hundred_thousand_headers": ok(CL2 + b"".join(b"X-%d: 1\r\n" % n for n in range(100000))),
    "reason_of_a_megabyte": ok(line=b"HTTP/1.1 200 " + b"a" * (1 << 20) + b"\r\n"),
    "switching_without_being_asked": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + EVIL,
    "interim_flood": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100000,
    "interim_of_a_megabyte": b"HTTP/1.1 103 Early Hints\r\nLink: " + b"a" * (1 << 20) + b"\r\n\r\n" + act.OK,
    "interim_with_length_and_chunked": b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + act.OK,
    "nothing_at_all": b"",
    "half_a_head": b"HTTP/1.1 200 OK\r\nContent-Le",
}
BROKEN_BODIES = {
    "chunk_size_not_hex": ok(TE, b"zz\r\nok\r\n0\r\n\r\n"),
    "chunk_size_negative": ok(TE, b"-2\r\nok\r\n0\r\n\r\n"),
    "chunk_size_overflow": ok(TE, b"10000000000000002\r\nok\r\n0\r\n\r\n"),
    "chunk_size_0x": ok(TE, b"0x2\r\nok\r\n0\r\n\r\n"),
    "chunk_size_bare_lf": ok(TE, b"2\nok\r\n0\r\n\r\n"),
    "chunk_extension_bare_lf": ok(TE, b"2;x\nok\r\n0\r\n\r\n"),
    "chunk_end_missing": ok(TE, b"2\r\nok0\r\n\r\n"),
    "chunk_end_bare_lf": ok(TE, b"2\r\nok\n0\r\n\r\n"),
    "chunk_too_long": ok(TE, b"2\r\nokay\r\n0\r\n\r\n"),
    "last_chunk_bare_lf": ok(TE, b"2\r\nok\r\n0\n\n"),
    "trailer_nul": ok(TE, b"2\r\nok\r\n0\r\nX: \x00\r\n\r\n"),
    "trailer_fold": ok(TE, b"2\r\nok\r\n0\r\nX: 1\r\n 2\r\n\r\n"),
    "trailer_of_a_megabyte": ok(TE, b"2\r\nok\r\n0\r\nX: " + b"a" * (1 << 20) + b"\r\n\r\n"),
    "trailers_without_end": ok(TE, b"2\r\nok\r\n0\r\n" + b"X: 1\r\n" * 100000),
}
# Where one reading is certain: (bytes, method, statuses that fit besides 502, body or None)
SAFE = {
    "extra_bytes_behind_a_length": (ok() + EVIL, "GET", (200,), b"ok"),
    "extra_bytes_behind_chunks": (ok(TE, b"2\r\nok\r\n0\r\n\r\n") + EVIL, "GET", (200,), b"ok"),
    "body_on_204": (ok(CL2, EVIL, b"HTTP/1.1 204 No Content\r\n"), "GET", (204,), b""),
    "chunks_on_204": (ok(TE, b"2\r\nok\r\n0\r\n\r\n", b"HTTP/1.1 204 No Content\r\n"), "GET", (204,), b""),
    "body_on_304": (ok(CL2, EVIL, b"HTTP/1.1 304 Not Modified\r\n"), "GET", (304,), b""),
    "body_on_head": (ok(CL2, EVIL), "HEAD", (200,), b""),
    "body_on_interim": (b"HTTP/1.1 103 Early Hints\r\nContent-Length: 4\r\n\r\n" + act.OK, "GET", (200,), b"ok"),
    "two_answers": (act.OK + EVIL, "GET", (200,), b"ok"),
    "same_length_twice": (ok(CL2 + CL2), "GET", (200,), b"ok"),
    "same_length_in_a_list": (ok(b"Content-Length: 2, 2\r\n"), "GET", (200,), b"ok"),
    "no_reason_and_no_space": (ok(line=b"HTTP/1.1 200\r\n"), "GET", (200,), b"ok"),
    "status_600": (ok(line=b"HTTP/1.1 600 Odd\r\n"), "GET", (600,), b"ok"),
    "status_999": (ok(line=b"HTTP/1.1 999 Odd\r\n"), "GET", (999,), b"ok"),
    "version_1_2": (ok(line=b"HTTP/1.2 200 OK\r\n"), "GET", (200,), b"ok"),
    "connection_names_content_length": (ok(CL2 + b"Connection: Content-Length\r\n"), "GET", (200,), b"ok"),
    "connection_names_transfer_encoding": (ok(TE + b"Connection: Transfer-Encoding\r\n", b"2\r\nok\r\n0\r\n\r\n"), "GET", (200,), b"ok"),
    "chunk_extensions": (ok(TE, b"2;a=b\r\nok\r\n0;c\r\n\r\n"), "GET", (200,), b"ok"),
    "trailer_content_length": (ok(TE, b"2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n"), "GET", (200,), b"ok"),
    "trailer_set_cookie_not_a_field": (ok(TE, b"2\r\nok\r\n0\r\nSet-Cookie: evil=1\r\n\r\n"), "GET", (200,), b"ok"),
}
SCRIPTS = {**BAD, **BROKEN_BODIES, **{name: case[0] for name, case in SAFE.items()}}


# Complete answers in one reading: their connection may serve again.
REUSABLE = {"body_on_interim", "same_length_twice", "same_length_in_a_list", "no_reason_and_no_space", "status_600", "status_999", "version_1_2",
            "connection_names_content_length", "connection_names_transfer_encoding", "chunk_extensions", "trailer_content_length",
            "trailer_set_cookie_not_a_field"}


def behave(connection):
    """/case/NAME answers as scripted and then listens on, so that a reuse would be seen; all others answer their target."""
    spoiled = None
    for request in connection.requests():
        if spoiled:
            connection.backend.failures.append(f"the connection of {spoiled} was used again for {request.target}")
        if request.target.startswith("/case/"):
            name = request.target.split("/")[2]
            spoiled = None if name in REUSABLE else name
            connection.send(SCRIPTS[name])
            if name in ("nothing_at_all", "half_a_head", "http_0_9_body", "ssh_banner"):
                return
        else:
            connection.send(act.response(request.target.encode()))


@pytest.fixture(scope="module")
def wall():
    with Backend(behave) as backend, Weir(proxy_config(backend, route={"timeouts": {"first_byte": "3s", "idle": "3s"}})) as weir:
        yield weir, backend


def ask(client, name, method="GET"):
    client.send(f"{method} /case/{name}/{next(numbers)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return client.read_response(method)


def assert_others_are_untouched(weir, backend, client):
    """The same client (if it may go on) and a new one get their own answers."""
    target = f"/fine/{next(numbers)}"
    if not client.is_closed_by_peer():
        try:
            assert client.get(target).body == target.encode()
        except Ended as ended:
            assert ended.rest == b"", f"stray bytes {ended.rest!r}"
        except ConnectionError:
            pass
    with RawClient(weir.address) as other:
        for _ in range(3):
            target = f"/fine/{next(numbers)}"
            assert other.get(target).body == target.encode()
    assert backend.failures == []


@pytest.fixture(autouse=True)
def forget_failures(wall):
    wall[1].failures.clear()


@pytest.mark.parametrize("name", BAD)
def test_is_a_502(wall, name):
    weir, backend = wall
    with RawClient(weir.address) as client:
        answer = ask(client, name)
        assert answer.status == 502, (SCRIPTS[name][:300], answer)
        assert b"evil" not in answer.body
        assert_others_are_untouched(weir, backend, client)


@pytest.mark.parametrize("name", BROKEN_BODIES)
def test_broken_chunks_never_look_complete(wall, name):
    weir, backend = wall
    with RawClient(weir.address) as client:
        try:
            answer = ask(client, name)
        except Ended:
            answer = None
        except Malformed as problem:
            pytest.fail(f"weir forwarded something malformed: {problem}")
        assert answer is None or answer.status == 502, (SCRIPTS[name][:200], answer)
        assert_others_are_untouched(weir, backend, client)


@pytest.mark.parametrize("name", SAFE)
def test_is_a_502_or_read_in_exactly_one_way(wall, name):
    weir, backend = wall
    _, method, statuses, body = SAFE[name]
    with RawClient(weir.address) as client:
        try:
            answer = ask(client, name, method)
            assert answer.status == 502 or (answer.status in statuses and answer.body == body), answer
            assert not answer.has("set-cookie")
        except Ended as ended:
            assert name.startswith("trailer") and ended.rest == b"", ended
        assert_others_are_untouched(weir, backend, client)


def test_pipelined_requests_get_their_own_answers_around_a_bad_one(wall):
    weir, backend = wall
    with RawClient(weir.address) as client:
        client.send(b"GET /fine/before HTTP/1.1\r\nHost: a\r\n\r\nGET /case/two_lengths/x HTTP/1.1\r\nHost: a\r\n\r\n"
                    b"GET /fine/after HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.read_response().body == b"/fine/before"
        assert client.read_response().status == 502
        try:
            assert client.read_response().body == b"/fine/after"
        except Ended as ended:
            assert ended.rest == b""


def test_endless_interim_answers_end(start, client):
    """A backend that never stops to send 103 is given up, and its connection closed."""
    def flood(connection):
        connection.read_request()
        while True:
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100)
    backend = start(Backend(flood))
    weir = start(Weir(proxy_config(backend, route={"timeouts": {"first_byte": "3s", "request": "6s"}})))
    answer = client(weir, limit=20).get("/")
    assert answer.status in (502, 504)
    assert backend.connections[0].ended_by_peer.wait(0) or len(backend.connections) >= 1


def test_unasked_answers_on_an_idle_connection_are_never_given_to_a_client(start, client):
    """A backend that speaks between requests has a connection that cannot be trusted."""
    def talks_too_much(connection):
        for request in connection.requests():
            connection.send(act.response(request.target.encode()))
            if request.target == "/first":
                connection.backend.release.wait(10)
                connection.send(EVIL)
                connection.wait_for_end()
    backend = start(Backend(talks_too_much))
    weir = start(Weir(proxy_config(backend)))
    browser = client(weir)
    assert browser.get("/first").body == b"/first"
    backend.release.set()
    assert backend.connections[0].ended_by_peer.wait(5), "a connection that speaks unasked is closed"
    for n in range(5):
        assert browser.get(f"/{n}").body == b"/%d" % n
