# SPDX-License-Identifier: Apache-2.0
"""What is stored is served again: by which rules, and with which fields."""
import random
import threading
import time

import pytest
from support import Backend, RawClient, Weir, proxy_config, wait_until
from support.backend import chunked, response
from .conftest import numbered, says

FRESH = "Cache-Control: max-age=60"


def test_a_fresh_answer_is_served_from_the_cache(cached):
    weir, backend, get = cached(numbered(FRESH, "X-Own: a"))
    first, second = get("/a"), get("/a")
    assert (first.body, second.body) == (b"1", b"1") and len(backend.requests) == 1
    assert second.one("x-own") == "a" and second.one("age") == "0" and second.one("via") == "1.1 weir"
    assert first.one("cache-status") == "weir; fwd=uri-miss; fwd-status=200; stored"
    assert second.one("cache-status").startswith("weir; hit; ttl=")
    assert not first.has("age")
    assert [line["cache"] for line in weir.access_log(2)] == ["miss", "hit"]
    assert weir.metrics().total("weir_cache_requests_total", cache="main", result="hit") == 1
    assert weir.metrics().total("weir_cache_requests_total", cache="main", result="miss") == 1


def test_the_age_from_caches_before_counts(cached):
    _, _, get = cached(says(FRESH, "Age: 10"))
    assert get("/a").one("age") == "10" and 10 <= int(get("/a").one("age")) <= 12


def test_what_says_nothing_is_fetched_each_time(cached):
    _, _, get = cached(numbered())
    assert [get("/a").body for _ in range(3)] == [b"1", b"2", b"3"]


def test_a_route_has_a_ttl_for_what_says_nothing(cached):
    _, _, get = cached(numbered(), cache={"ttl": "10s"})
    assert [get("/a").body for _ in range(3)] == [b"1", b"1", b"1"]


def test_path_query_and_host_tell_answers_apart(cached):
    _, backend, get = cached(numbered(FRESH))
    bodies = [get(path, host=host).body for path in ("/a", "/b", "/a?x", "/a?y", "/%61", "/b/../a") for host in ("one.test", "two.test", "one.test:81")]
    assert len(set(bodies)) == len(bodies)
    assert get("/a", host="ONE.test").body == get("/a", host="one.test").body


@pytest.mark.parametrize("body", [b"", b"x", random.Random(1).randbytes(3_000_000)], ids=["empty", "small", "large"])
@pytest.mark.parametrize("kind", ["length", "chunked"])
def test_bodies_are_whole(cached, body, kind):
    pieces = [body[at:at + 70000] for at in range(0, len(body), 70000)]
    answer = response(body, "200 OK", FRESH) if kind == "length" else chunked(*pieces, fields=(FRESH,))
    _, backend, get = cached(lambda request: answer)
    assert all(get("/a").body == body for _ in range(3)) and len(backend.requests) == 1


def test_head_is_answered_from_a_stored_get(cached, start):
    weir, backend, get = cached(says(FRESH))
    get("/a")
    client = start(RawClient(weir.address))
    answer = client.request(b"HEAD /a HTTP/1.1\r\nHost: story.test\r\n\r\n", "HEAD")
    assert (answer.status, answer.one("content-length"), len(backend.requests)) == (200, "5", 1)


@pytest.mark.parametrize("compress", [False, True])
def test_after_a_head_for_a_large_one_the_connection_goes_on(cached, compress):
    weir, backend, get = cached(says(FRESH, "Content-Type: text/plain", body=bytes(500_000)), route={"compress": {}} if compress else {})
    get("/a")
    with RawClient(weir.address) as client:
        for accept in ["", "Accept-Encoding: gzip\r\n"]:
            head = b"HEAD /a HTTP/1.1\r\nHost: story.test\r\n%s\r\n" % accept.encode()
            assert client.request(head, "HEAD").status == 200
        assert len(client.get("/a").body) == 500_000 and len(backend.requests) == 1


@pytest.mark.parametrize("fields", [
    [FRESH, "Set-Cookie: a=b"], ["Cache-Control: private, max-age=60"], ["Cache-Control: no-store"], [FRESH, "Vary: *"],
    ["Cache-Control: max-age=0"], ["Expires: 0"], [FRESH, "Content-Range: bytes 0-4/9"]], ids=str)
def test_what_is_not_stored(cached, fields):
    _, backend, get = cached(says(*fields))
    get("/a"), get("/a")
    assert len(backend.requests) == 2


@pytest.mark.parametrize("asked", [
    ["Authorization: Basic YTpi"], ["Cache-Control: no-store"], ["Cache-Control: no-cache"], ["Pragma: no-cache"],
    ["X-HTTP-Method-Override: DELETE"], ["X-Original-URL: /admin"], ['If-Match: "a"']], ids=str)
def test_requests_that_want_no_stored_answer(cached, asked):
    _, backend, get = cached(says(FRESH))
    get("/a", *asked), get("/a", *asked)
    assert len(backend.requests) == 2


def test_only_if_cached_asks_no_backend(cached):
    _, backend, get = cached(says(FRESH))
    assert get("/a", "Cache-Control: only-if-cached").status == 504 and not backend.requests
    get("/a")
    assert get("/a", "Cache-Control: only-if-cached").status == 200 and len(backend.requests) == 1


def test_variants_stand_side_by_side(cached):
    _, backend, get = cached(lambda request: response((request.get("accept-language") or "none").encode(), "200 OK", FRESH, "Vary: Accept-Language"))
    for _ in range(2):
        for language in ("de", "fr"):
            assert get("/a", f"Accept-Language: {language}").body == language.encode()
        assert get("/a").body == b"none"
    assert len(backend.requests) == 3


def test_an_unsafe_request_makes_what_is_stored_worthless(cached, start):
    weir, backend, get = cached(numbered(FRESH))
    assert get("/a").body == b"1"
    client = start(RawClient(weir.address))
    client.request(b"POST /a HTTP/1.1\r\nHost: story.test\r\nContent-Length: 0\r\n\r\n")
    assert get("/a").body == b"3"


def test_conditions_of_the_client_are_answered_here(cached):
    _, backend, get = cached(says(FRESH, 'ETag: "v1"', "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", "X-Other: a"))
    assert get("/a", 'If-None-Match: "v1"').status == 304  # it is fetched whole
    answer = get("/a", 'If-None-Match: "v0", W/"v1"')
    assert (answer.status, answer.body, answer.one("etag")) == (304, b"", '"v1"') and not answer.has("x-other")
    assert get("/a", 'If-None-Match: "v2"').status == 200
    assert get("/a", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT").status == 304
    assert get("/a", "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT").status == 200
    assert len(backend.requests) == 1 and not backend.requests[0].has("if-none-match")


@pytest.mark.parametrize("wanted, status, body, told", [
    ("bytes=0-1", 206, b"01", "bytes 0-1/10"), ("bytes=8-", 206, b"89", "bytes 8-9/10"), ("bytes=-3", 206, b"789", "bytes 7-9/10"),
    ("bytes=5-100", 206, b"56789", "bytes 5-9/10"), ("bytes=-100", 206, b"0123456789", "bytes 0-9/10"),
    ("bytes=10-", 416, None, "bytes */10"), ("bytes=-0", 416, None, "bytes */10"),
    ("bytes=3-2", 200, b"0123456789", None), ("items=0-1", 200, b"0123456789", None), ("bytes=a-b", 200, b"0123456789", None),
    ("bytes=-", 200, b"0123456789", None)])
def test_ranges_of_what_is_stored(cached, wanted, status, body, told):
    _, backend, get = cached(says(FRESH, 'ETag: "v1"', body=b"0123456789"))
    get("/a")
    answer = get("/a", f"Range: {wanted}")
    assert answer.status == status and (body is None or answer.body == body)
    assert (answer.one("content-range") if told else None) == told
    assert get("/a", f"Range: {wanted}", 'If-Range: "v0"').status == 200
    assert get("/a", f"Range: {wanted}", 'If-Range: "v1"').status == status
    assert len(backend.requests) == 1


@pytest.mark.parametrize("date, status", [("Mon, 07 Nov 1994 08:49:38 GMT", 206), ("Sun, 06 Nov 1994 08:49:37 GMT", 200), ("Sun, 06 Nov 1994 08:49:36 GMT", 200)])
def test_a_range_goes_by_a_date_only_when_nothing_changed_within_its_second(cached, date, status):
    """RFC 9110 section 8.8.2.2"""
    modified = "Sun, 06 Nov 1994 08:49:37 GMT"
    _, backend, get = cached(says("Cache-Control: max-age=2000000000", f"Date: {date}", f"Last-Modified: {modified}", body=b"0123456789"))
    get("/a")
    assert get("/a", "Range: bytes=0-1", f"If-Range: {modified}").status == status
    assert get("/a", "Range: bytes=0-1", "If-Range: Sat, 05 Nov 1994 08:49:37 GMT").status == 200
    assert len(backend.requests) == 1


def test_several_ranges_come_in_one_answer(cached):
    whole = bytes(at % 251 for at in range(600_000))
    _, backend, get = cached(says(FRESH, 'ETag: "v1"', "Content-Type: text/x-own", body=whole))
    get("/a")
    answer = get("/a", "Range: bytes=500000-599999, 10-19, -5")
    kind, boundary = answer.one("content-type").split("; boundary=")
    assert (answer.status, kind) == (206, "multipart/byteranges") and not answer.has("content-range")
    parts = answer.body.split(b"--" + boundary.encode())
    assert len(parts) == 5 and parts[0] == b"" and parts[4] == b"--\r\n"
    for part, (first, behind) in zip(parts[1:4], ((500000, 600000), (10, 20), (599995, 600000))):
        head = f"\r\nContent-Type: text/x-own\r\nContent-Range: bytes {first}-{behind - 1}/600000\r\n\r\n".encode()
        assert part == head + whole[first:behind] + b"\r\n"
    assert get("/a", "Range: bytes=0-0,600000-").one("content-range") == "bytes 0-0/600000"
    assert get("/a", "Range: bytes=600000-,700000-").status == 416
    assert get("/a", "Range: bytes=0-,0-").body == whole
    assert len(backend.requests) == 1


def test_a_stale_answer_is_asked_about(cached):
    def answer(request):
        if request.get("if-none-match") == '"v1"':
            return b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nCache-Control: max-age=60\r\nX-New: yes\r\n\r\n'
        return response(b"hello", "200 OK", "Cache-Control: max-age=0", 'ETag: "v1"', "Content-Type: text/plain")
    weir, backend, get = cached(answer)
    get("/a")
    second = get("/a")
    assert (second.status, second.body, second.one("x-new"), second.one("content-type")) == (200, b"hello", "yes", "text/plain")
    assert second.one("cache-status") == "weir; fwd=stale; fwd-status=304; stored"
    assert get("/a").one("cache-status").startswith("weir; hit") and len(backend.requests) == 2
    assert weir.metrics().total("weir_cache_requests_total", result="revalidated") == 1


@pytest.mark.parametrize("fails", ["500", "gone"])
def test_a_stale_answer_is_better_than_an_error(cached, start, fails):
    state = {"up": True}

    def answer(request):
        if state["up"]:
            return response(b"hello", "200 OK", "Cache-Control: max-age=0, stale-if-error=60", 'ETag: "v1"')
        if fails == "500":
            return response(b"broken", "500 Internal Server Error")
        raise OSError("gone")
    weir, backend, get = cached(answer)
    get("/a")
    state["up"] = False
    stale = get("/a")
    assert (stale.status, stale.body) == (200, b"hello")
    assert get("/b").status >= 500
    assert weir.metrics().total("weir_cache_requests_total", result="stale") == 1


def test_a_client_that_leaves_does_not_end_the_fetch(start):
    body, go = random.Random(2).randbytes(2_000_000), threading.Event()

    def behave(connection):
        for _ in connection.requests():
            connection.send(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:1000])
            go.wait(20)
            connection.send(body[1000:])
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend, route={"cache": {"zone": "main"}}, caches={"main": {}})))
    first = start(RawClient(weir.address))
    first.send(b"GET /a HTTP/1.1\r\nHost: story.test\r\n\r\n")
    first.read_head()
    second = start(RawClient(weir.address))
    second.send(b"GET /a HTTP/1.1\r\nHost: story.test\r\n\r\n")
    assert second.read_head().one("cache-status").startswith("weir; hit")
    first.reset()
    go.set()
    assert second.read_exactly(len(body)) == body
    third = start(RawClient(weir.address))
    assert third.get("/a").body == body and len(backend.requests) == 1


def test_a_cut_answer_is_not_kept(cached, start):
    def answer(request):
        if len(backend_of["it"].requests) == 1:
            raise_after = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nshort"
            request.connection.send(raise_after)
            raise OSError("cut")
        return response(b"whole", "200 OK", FRESH)
    backend_of = {}
    weir, backend, get = cached(answer)
    backend_of["it"] = backend
    client = start(RawClient(weir.address))
    client.send(b"GET /a HTTP/1.1\r\nHost: story.test\r\n\r\n")
    assert client.read_until_close().endswith(b"\r\n\r\nshort")
    assert get("/a").body == b"whole"


def test_a_large_answer_passes_without_being_stored(cached):
    body = random.Random(3).randbytes(300_000)
    _, backend, get = cached(says(FRESH, body=body), zone={"memory": "1m", "max_object": "100k"})
    assert get("/a").body == body and get("/a").body == body and len(backend.requests) == 2


def test_one_that_turns_out_too_large_passes_whole(cached, start):
    """Its length wasn't known before."""
    body = random.Random(4).randbytes(3_000_000)
    answer = chunked(*[body[at:at + 30000] for at in range(0, len(body), 30000)], fields=(FRESH,))
    weir, backend, get = cached(lambda request: answer, zone={"memory": "4m", "max_object": "1m"})
    for number in (1, 2):
        assert get("/a").body == body and len(backend.requests) == number
    slow = start(RawClient(weir.address, receive_buffer=4096))
    slow.send(b"GET /a HTTP/1.1\r\nHost: story.test\r\nConnection: close\r\n\r\n")
    assert slow.read_response().body == body
    assert weir.metrics().total("weir_cache_bytes") == 0


def test_workers_share_what_is_stored(start):
    backend = start(Backend(lambda connection: [connection.send(response(b"x", "200 OK", FRESH)) for _ in connection.requests()]))
    weir = start(Weir(proxy_config(backend, workers=4, route={"cache": {"zone": "main"}}, caches={"main": {}})))
    start(RawClient(weir.address)).get("/a")
    for _ in range(20):
        assert start(RawClient(weir.address)).get("/a").one("cache-status").startswith("weir; hit")
    assert len(backend.requests) == 1


def test_what_is_never_stored_keeps_the_conditions_of_the_client(cached):
    def answer(request):
        if request.get("if-none-match") == '"v1"':
            return b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nCache-Control: private\r\n\r\n'
        return response(b"own", "200 OK", 'ETag: "v1"', "Cache-Control: private")
    _, backend, get = cached(answer)
    assert [get("/a", 'If-None-Match: "v1"').status for _ in range(3)] == [200, 304, 304]
    assert [request.has("if-none-match") for request in backend.requests] == [False, True, True]


@pytest.mark.parametrize("kind", ["whole", "coming"])
def test_head_does_not_wait_for_a_body(cached, start, kind):
    body, go = random.Random(6).randbytes(3_000_000), threading.Event()

    def answer(request):
        head = f"HTTP/1.1 200 OK\r\n{FRESH}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        request.connection.send(head + body[:1_000_000])
        assert kind == "whole" or go.wait(20)
        return body[1_000_000:]
    weir, _, get = cached(answer)
    if kind == "whole":
        assert get("/a").body == body
    else:
        first = start(RawClient(weir.address))
        first.send(b"GET /a HTTP/1.1\r\nHost: story.test\r\n\r\n")
        first.read_head()
    other = start(RawClient(weir.address))
    for _ in range(2):
        told = other.request(b"HEAD /a HTTP/1.1\r\nHost: story.test\r\n\r\n", "HEAD")
        assert (told.status, told.one("content-length")) == (200, "3000000") and "hit" in told.one("cache-status")
    go.set()
