# SPDX-License-Identifier: Apache-2.0
"""What an unsafe request makes worthless (RFC 9111 section 4.4)."""
import itertools

import pytest
from support import RawClient
from support.backend import response

FRESH = "Cache-Control: max-age=60"
PATHS = ("/dir/a", "/dir/b", "/c?x=1", "/")


@pytest.fixture
def changed(cached, start):
    """changed(method, status, fields...) asks /dir/a with the method; which of PATHS are still stored afterwards."""
    def begin(method, status, *fields, **route):
        count = itertools.count()

        def answer(request):
            if request.method == method:
                return response(b"", status, *fields)
            return response(b"%d" % next(count), "200 OK", FRESH)
        weir, _, get = cached(answer, **route)
        before = {path: get(path).body for path in PATHS}
        client = start(RawClient(weir.address))
        client.request(b"%s /dir/a HTTP/1.1\r\nHost: story.test\r\nContent-Length: 0\r\n\r\n" % method.encode(), method)
        return [path for path in PATHS if get(path).body == before[path]]
    return begin


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"])
@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "303 See Other"])
def test_its_own_target_is(changed, method, status):
    assert changed(method, status) == ["/dir/b", "/c?x=1", "/"]


@pytest.mark.parametrize("status", ["400 Bad Request", "500 Internal Server Error"])
def test_nothing_is_when_it_fails(changed, status):
    assert changed("POST", status, "Location: /dir/b") == list(PATHS)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_nothing_is_when_it_is_safe(changed, method):
    assert set(PATHS[1:]) <= set(changed(method, "200 OK", "Location: /dir/b"))


@pytest.mark.parametrize("name", ["Location", "Content-Location"])
@pytest.mark.parametrize("place, gone", [
    ("/dir/b", "/dir/b"), ("b", "/dir/b"), ("./b", "/dir/b"), ("../c?x=1", "/c?x=1"), ("/c?x=1#part", "/c?x=1"), ("http://story.test/dir/b", "/dir/b"),
    ("HTTP://Story.Test:80/dir/b", "/dir/b"), ("//story.test/dir/b", "/dir/b"), ("http://story.test", "/"), ("http://other.test/dir/b", None),
    ("https://story.test/dir/b", None), ("http://story.test:81/dir/b", None), ("mailto:/dir/b", None), ("/c", None), ("../../dir/b", None)])
def test_and_the_place_that_the_answer_names(changed, name, place, gone):
    kept = changed("POST", "201 Created", f"{name}: {place}", route={"redirects": {"rewrite": "off"}})
    assert kept == [path for path in PATHS if path not in ("/dir/a", gone)]


@pytest.mark.parametrize("told, goes", [
    ('ETag: "v2"', True), ("Last-Modified: Tue, 02 Jan 2024 00:00:00 GMT", True), ("Content-Length: 6", True),
    ("X-A: 1", False), ('ETag: "v1"', False), ("Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT", False), ("Content-Length: 5", False),
    ('Content-Encoding: gzip\r\nETag: "v2"', False)])
@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
def test_what_a_head_tells_to_be_another_now(cached, start, status, told, goes):
    """RFC 9111 section 4.3.5"""
    def answer(request):
        if request.method == "HEAD":
            return f"HTTP/1.1 {status}\r\n{told}\r\n\r\n".encode()
        return response(b"hello", "200 OK", FRESH, 'ETag: "v1"', "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT")
    weir, backend, get = cached(answer)

    def is_stored():
        asked = len(backend.requests)
        return get("/a").status == 200 and len(backend.requests) == asked

    def head(*fields):
        return start(RawClient(weir.address)).request("\r\n".join(["HEAD /a HTTP/1.1", "Host: story.test", *fields, "", ""]).encode(), "HEAD")
    get("/a")
    assert head().one("cache-status").startswith("weir; hit") and is_stored()
    head("Cache-Control: no-cache", "Authorization: Basic YTpi")
    assert is_stored()
    head("Cache-Control: no-cache")
    assert is_stored() == (not goes or not status.startswith("200"))
