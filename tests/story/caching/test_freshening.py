# SPDX-License-Identifier: Apache-2.0
"""What a 304 of the backend changes in what is stored, and what an error doesn't; found by comparing with the model."""
import time
from email.utils import formatdate

import pytest
from support import RawClient
from support.backend import response
from .test_purging import purge

STALE = "Cache-Control: max-age=0"
FRESH = "Cache-Control: max-age=60"


def says_then(first, *news):
    """`first` are the fields of the whole answer, `news` those of each 304 behind it."""
    def answer(request):
        if request.get("if-none-match"):
            return "\r\n".join(["HTTP/1.1 304 Not Modified", 'ETag: "v1"', *news, "", ""]).encode()
        return response(b"hello", "200 OK", 'ETag: "v1"', *first)
    return answer


def test_a_304_without_a_date_is_of_now(cached):
    old = formatdate(time.time() - 1000, usegmt=True)
    _, backend, get = cached(says_then([STALE, f"Date: {old}"], FRESH))
    assert 1000 <= int(get("/a").one("age")) <= 1005
    assert int(get("/a").one("age")) < 5
    assert get("/a").one("cache-status").startswith("weir; hit") and len(backend.requests) == 2


@pytest.mark.parametrize("word", ["Cache-Control: private, max-age=60", "Cache-Control: no-store", "Set-Cookie: id=alice", "Vary: *"])
def test_a_304_for_one_client_is_not_kept_for_others(cached, word):
    _, backend, get = cached(says_then([STALE], *([FRESH] if "Cache-Control" not in word else []), word))
    get("/a")
    asked = get("/a")
    assert (asked.status, asked.body, asked.one("cache-status")) == (200, b"hello", "weir; fwd=stale; fwd-status=304")
    again = get("/a")
    assert again.one("cache-status") == "weir; fwd=uri-miss; fwd-status=200; stored" and not again.has("set-cookie")


def test_a_304_to_a_client_with_credentials_leaves_what_there_is(cached):
    _, backend, get = cached(says_then([STALE], FRESH))
    get("/a")
    assert get("/a", "Authorization: Basic YTpi").one("cache-status") == "weir; fwd=stale; fwd-status=304"
    assert get("/a").one("cache-status") == "weir; fwd=stale; fwd-status=304; stored"


@pytest.mark.parametrize("then, now, whole", [
    ('"v1"', '"v2"', True), ('W/"v1"', '"v2"', True), ('"v1"', 'W/"v2"', False), ('"v1"', '"v1"', False), ('W/"v1"', '"v1"', False),
    (None, '"v2"', False)])
def test_a_304_about_another_answer_has_the_whole_asked_for(cached, then, now, whole):
    """RFC 9111 section 4.3.4: what is stored must not be used then."""
    def answer(request):
        if request.has("if-none-match") or request.has("if-modified-since"):
            return f"HTTP/1.1 304 Not Modified\r\n{FRESH}\r\nETag: {now}\r\n\r\n".encode()
        told = [f"ETag: {then}"] if then and not count else []
        count.append(1)
        return response(b"%d" % len(count), "200 OK", STALE, "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT", *told)
    count = []
    _, backend, get = cached(answer)
    assert [get("/a").body for _ in range(2)] == [b"1", b"2" if whole else b"1"]
    assert len(backend.requests) == (3 if whole else 2)


def test_a_304_says_nothing_new_of_the_stored_bytes(cached):
    """It may have gone by another validator, and speak of other bytes."""
    told = ['ETag: W/"v2"', "Content-Range: new", "Content-Encoding: new", "X-Other: new"]
    said = ["Content-Range: old", "X-Other: old"]

    def answer(request):
        if request.get("if-none-match"):
            return "\r\n".join(["HTTP/1.1 304 Not Modified", FRESH, *told, "", ""]).encode()
        return response(b"hello", "200 OK", 'ETag: "v1"', STALE, *said)
    _, backend, get = cached(answer)
    get("/a")
    for status in ("weir; fwd=stale; fwd-status=304; stored", "weir; hit"):
        got = get("/a")
        assert (got.body, got.one("etag"), got.one("content-range"), got.one("x-other")) == (b"hello", '"v1"', "old", "new")
        assert not got.has("content-encoding") and got.one("cache-status").startswith(status)
    part = get("/a", "Range: bytes=1-2")
    assert (part.status, part.body, part.one("content-range")) == (206, b"el", "bytes 1-2/5")
    assert not get("/a", "Range: bytes=0-1,3-4").has("content-range") and len(backend.requests) == 2


def test_a_304_may_bring_another_vary(cached):
    """What was stored without it serves nobody any longer."""
    _, backend, get = cached(says_then([FRESH], FRESH, "Vary: X-A"))
    get("/a")
    get("/a", "Cache-Control: no-cache", "X-A: 1")
    assert get("/a", "X-A: 1").one("cache-status").startswith("weir; hit")
    assert get("/a", "X-A: 2").one("cache-status") == "weir; fwd=vary-miss; fwd-status=200; stored"


def test_only_if_cached_is_no_error_of_the_backend(cached):
    weir, backend, get = cached(says_then([FRESH + ", stale-if-error=60"]))
    get("/a")
    assert purge(weir, url="http://story.test/a", soft=True)[0] == 200
    assert get("/a", "Cache-Control: only-if-cached").status == 504 and len(backend.requests) == 1


def test_head_too_gets_what_is_stale_when_the_backend_fails(cached, start):
    def answer(request):
        if request.method == "HEAD":
            return b"HTTP/1.1 503 Gone\r\nContent-Length: 0\r\n\r\n"
        return response(b"hello", "200 OK", STALE + ", stale-if-error=60")
    weir, backend, get = cached(answer)
    get("/a")
    client = start(RawClient(weir.address))
    answer = client.request(b"HEAD /a HTTP/1.1\r\nHost: story.test\r\n\r\n", "HEAD")
    assert (answer.status, answer.one("content-length")) == (200, "5")


def test_cache_status_tells_why_the_backend_is_asked(cached, start):
    weir, _, get = cached(lambda request: response(b"hello", "200 OK", FRESH, "Vary: X-A"))

    def why(*fields):
        return get("/a", *fields).one("cache-status").removeprefix("weir; fwd=").partition(";")[0]
    assert why() == "uri-miss"
    assert why("X-A: 1") == "vary-miss"
    assert why("Cache-Control: no-cache") == "request"
    assert why("Cache-Control: no-store") == "bypass"
    posted = start(RawClient(weir.address)).request(b"POST /a HTTP/1.1\r\nHost: story.test\r\nContent-Length: 0\r\n\r\n")
    assert posted.one("cache-status") == "weir; fwd=method; fwd-status=200"
