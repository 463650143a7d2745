# SPDX-License-Identifier: Apache-2.0
"""Which answers are compressed, and what their fields say."""
import gzip
import os
import subprocess

import pytest
from support import run_weir
from support.coding import ALL, PAGE, answers, decode, streams

ON = {"compress": {}}


def ask(weir, client, accept="gzip", *fields, method="GET"):
    lines = [f"{method} / HTTP/1.1", "Host: story.test", *fields]
    if accept is not None:
        lines.append(f"Accept-Encoding: {accept}")
    return client(weir).request("\r\n".join(lines + ["", ""]).encode(), method)


def vary(answer):
    return [part.strip().lower() for part in (answer.get("vary") or "").split(",") if part.strip()]


def assert_plain(answer, body=PAGE):
    assert answer.get("content-encoding") is None
    assert answer.body == body


@pytest.mark.parametrize("coding", ALL)
def test_each_coding_decodes_to_what_the_backend_sent(proxy, client, coding):
    weir, _ = proxy(answers(PAGE), route=ON)
    answer = ask(weir, client, coding)
    assert (answer.get("content-encoding"), vary(answer)) == (coding, ["accept-encoding"])
    assert answer.get("content-length") is None
    assert len(answer.body) < len(PAGE) / 5
    assert decode(coding, answer.body) == PAGE


@pytest.mark.parametrize("accept, coding", [
    ("gzip, deflate, br, zstd", "zstd"), ("gzip, deflate, br", "br"), ("gzip;q=1, br;q=0.5", "gzip"), ("*", "zstd"),
    ("zstd;q=0, *;q=0.1", "br"), ("gzip;q=0", None), ("identity", None), ("deflate", None), (None, None), ("", None)])
def test_the_weights_of_the_client_decide_and_then_the_order_of_the_config(proxy, client, accept, coding):
    weir, _ = proxy(answers(PAGE), route=ON)
    answer = ask(weir, client, accept)
    assert (answer.get("content-encoding"), vary(answer)) == (coding, ["accept-encoding"])
    assert (decode(coding, answer.body) if coding else answer.body) == PAGE


def test_only_algorithms_of_the_config_are_used(proxy, client):
    weir, _ = proxy(answers(PAGE), route={"compress": {"algorithms": ["gzip", "br"]}})
    assert ask(weir, client, "zstd, br, gzip").get("content-encoding") == "gzip"
    assert_plain(ask(weir, client, "zstd"))


@pytest.mark.parametrize("kind, fits", [
    ("text/html; charset=utf-8", True), ("Application/JSON", True), ("image/png", False), ("textual/html", False),
    ("application/jsonx", False)])
def test_only_types_of_the_config_are_compressed(proxy, client, kind, fits):
    weir, _ = proxy(answers(PAGE, kind=kind), route={"compress": {"types": ["text/*", "application/json"]}})
    answer = ask(weir, client)
    assert (answer.get("content-encoding") == "gzip", vary(answer) == ["accept-encoding"]) == (fits, fits)


@pytest.mark.parametrize("size, fits", [(1023, False), (1024, True)])
def test_short_bodies_stay_as_they_are(proxy, client, size, fits):
    weir, _ = proxy(answers(b"a" * size), route=ON)
    answer = ask(weir, client)
    assert answer.get("content-encoding") == ("gzip" if fits else None)
    assert fits or (answer.get("content-length"), vary(answer)) == ("1023", [])


def test_a_body_of_unknown_length_is_compressed(proxy, client):
    weir, _ = proxy(streams(b"one ", b"two "), route=ON)
    answer = ask(weir, client)
    assert decode(answer.get("content-encoding"), answer.body) == b"one two "


@pytest.mark.parametrize("field", [
    "Cache-Control: public, no-transform", "Content-Encoding: br", "Content-Range: bytes 0-1/2",
    "Content-Digest: sha-256=:AAAA:"])
def test_answers_that_must_not_be_changed_are_not(proxy, client, field):
    weir, _ = proxy(answers(PAGE, field, 'ETag: "a"', "Accept-Ranges: bytes"), route=ON)
    answer = ask(weir, client)
    assert answer.body == PAGE and vary(answer) == (["accept-encoding"] if "Encoding" in field else [])
    assert (answer.get("etag"), answer.get("accept-ranges")) == ('"a"', "bytes")
    assert answer.get("content-length") == str(len(PAGE))


def test_nothing_is_compressed_twice(proxy, client):
    packed = gzip.compress(PAGE)
    weir, _ = proxy(answers(packed, "Content-Encoding: gzip"), route=ON)
    answer = ask(weir, client, "gzip, br")
    assert (answer.get("content-encoding"), answer.body) == ("gzip", packed)


def test_a_strong_etag_becomes_weak_and_ranges_are_no_longer_offered(proxy, client):
    weir, _ = proxy(answers(PAGE, 'ETag: "v1"', "Accept-Ranges: bytes", "Vary: Origin"), route=ON)
    answer = ask(weir, client)
    assert (answer.get("etag"), answer.get("accept-ranges")) == ('W/"v1"', None)
    assert vary(answer) == ["origin", "accept-encoding"]
    plain = ask(weir, client, "identity")
    assert (plain.get("etag"), plain.get("accept-ranges")) == ('"v1"', "bytes")
    assert vary(plain) == ["origin", "accept-encoding"]


def test_a_weak_etag_and_a_vary_that_says_it_stay(proxy, client):
    weir, _ = proxy(answers(PAGE, 'ETag: W/"v1"', "Vary: Accept-Encoding, Origin"), route=ON)
    answer = ask(weir, client)
    assert (answer.get("etag"), answer.get("vary")) == ('W/"v1"', "Accept-Encoding, Origin")


def test_a_head_request_gets_the_fields_of_a_get(proxy, client):
    weir, _ = proxy(answers(PAGE, 'ETag: "v1"'), route=ON)
    got, headed = ask(weir, client), ask(weir, client, method="HEAD")
    for name in ("content-encoding", "vary", "etag", "content-type", "content-length", "accept-ranges"):
        assert got.get(name) == headed.get(name), name
    assert headed.get("content-encoding") == "gzip" and headed.body == b""


def test_a_range_request_gets_identity(proxy, client):
    weir, backend = proxy(answers(PAGE), route=ON)
    answer = ask(weir, client, "gzip", "Range: bytes=0-9")
    assert_plain(answer)
    assert vary(answer) == ["accept-encoding"]
    assert backend.requests[0].get("range") == "bytes=0-9"


def test_a_partial_answer_is_untouched(proxy, client):
    weir, _ = proxy(answers(PAGE, "Content-Range: bytes 0-9/10", status="206 Partial Content"), route=ON)
    answer = ask(weir, client)
    assert answer.status == 206 and vary(answer) == ["accept-encoding"]
    assert_plain(answer)


@pytest.mark.parametrize("asked, told", [('W/"v1"', 'W/"v1"'), ('"v0", W/"v1"', 'W/"v1"'), ('"v1"', '"v1"'), ("*", '"v1"')])
def test_a_304_has_the_validator_that_the_client_has(proxy, client, asked, told):
    def behave(connection):
        for _ in connection.requests():
            connection.send(b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nContent-Type: text/html\r\n\r\n')
    weir, backend = proxy(behave, route=ON)
    answer = ask(weir, client, "gzip", f"If-None-Match: {asked}")
    assert (answer.status, answer.get("etag"), answer.body, vary(answer)) == (304, told, b"", ["accept-encoding"])
    assert backend.requests[0].get("if-none-match") == asked


def test_error_pages_of_backends_and_own_answers_are_compressed(proxy, client):
    weir, _ = proxy(answers(PAGE, status="404 Not Found"), route=ON)
    answer = ask(weir, client)
    assert (answer.status, decode(answer.get("content-encoding"), answer.body)) == (404, PAGE)
    own = {"compress": {}, "upstream": None, "respond": {"body": "own " * 999, "headers": {"Content-Type": "text/plain"}}}
    del own["upstream"]
    route = {"match": {"path": "/"}, "name": "own", **own}
    weir, _ = proxy(answers(PAGE), routes=[route])
    answer = ask(weir, client, "br")
    assert decode(answer.get("content-encoding"), answer.body) == b"own " * 999


def test_a_client_of_http_1_0_gets_the_length(proxy, client):
    weir, _ = proxy(answers(PAGE), route=ON)
    answer = client(weir).request(b"GET / HTTP/1.0\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n")
    assert_plain(answer)
    assert answer.get("content-length") == str(len(PAGE))


def test_trailers_pass(proxy, client):
    weir, _ = proxy(streams(PAGE, trailers=["X-Sum: 1"]), route=ON)
    answer = ask(weir, client, "gzip", "TE: trailers")
    assert decode("gzip", answer.body) == PAGE
    assert ("x-sum", "1") in [(name.lower(), value) for name, value in answer.trailers]


def test_connections_are_kept(proxy, client):
    weir, backend = proxy(answers(PAGE), route=ON)
    one = client(weir)
    for coding in ALL * 3:
        assert decode(coding, one.get("/", f"Accept-Encoding: {coding}").body) == PAGE
    assert len(backend.connections) == 1


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_curl_reads_it(proxy, version, coding):
    weir, _ = proxy(answers(PAGE), route={"compress": {"algorithms": [coding]}})
    done = subprocess.run(["curl", "-sS", "--compressed", version, "-D", "-", "-m", "20", f"http://{weir.address}/"],
                          capture_output=True, check=True, timeout=30)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    assert b"content-encoding: " + coding.encode() in head.lower()
    assert body == PAGE


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_large_bodies_pass_the_windows_of_slow_clients(proxy, version, coding):
    body = os.urandom(3 << 20) + PAGE * 20
    weir, _ = proxy(answers(body), route={"compress": {"algorithms": [coding]}})
    done = subprocess.run(["curl", "-sS", "--compressed", version, "--limit-rate", "4M", "-m", "60", f"http://{weir.address}/"],
                          capture_output=True, check=True, timeout=90)
    assert done.stdout == body


@pytest.mark.parametrize("compress, words", [
    ("{types: [text]}", "media type"), ("{types: ['text/html; charset=utf-8']}", "media type"), ("{types: []}", "types"),
    ("{algorithms: [deflate]}", "zstd, br, gzip"), ("{algorithms: [gzip, br, gzip]}", "in the list already"),
    ("{min_size: lots}", "size")])
def test_mistakes_are_told_with_their_place(tmp_path, compress, words):
    path = tmp_path / "weir.yaml"
    path.write_text("listeners:\n  - {name: web, listen: '127.0.0.1:18080'}\nroutes:\n  - upstream: pool\n"
                    f"    compress: {compress}\nupstreams:\n  pool:\n    endpoints: [127.0.0.1:9001]\n")
    done = run_weir("check", "-c", path)
    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert ":5:" in told and words in told, told
