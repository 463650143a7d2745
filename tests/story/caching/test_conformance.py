# SPDX-License-Identifier: Apache-2.0
"""What RFC 9111 says of each field and directive, a case each: an answer, and whether the next request is answered by it."""
import itertools
import re
import time
from email.utils import formatdate

import pytest
from support import RawClient
from support.backend import response

FRESH = "Cache-Control: max-age=3600"
STORED, ASKED = "stored", "asked again"


NOW = "Date: <0>"
NOT_CHANGED_FOR_LONG = "Last-Modified: <-864000>"


def told(field):
    """<60> is the time in a minute."""
    return re.sub(r"<(-?\d+)>", lambda match: formatdate(time.time() + int(match[1]), usegmt=True), field)


FRESHNESS = [
    (STORED, "Cache-Control: max-age=3600"), (ASKED, "X-Nothing: said"), (ASKED, "Cache-Control: max-age=0"), (ASKED, "Cache-Control: max-age=-100"),
    (STORED, "Cache-Control: max-age=2147483648"), (STORED, "Cache-Control: max-age=99999999999"), (STORED, "Cache-Control: max-age=003600"),
    (STORED, "Cache-Control: MaX-aGe=3600"), (STORED, "Cache-Control: foobar, max-age=3600"), (STORED, 'Cache-Control: max-age="3600"'),
    (ASKED, "Cache-Control: max-age='3600'"), (ASKED, "Cache-Control: max-age =3600"), (ASKED, "Cache-Control: max-age= 3600"),
    (ASKED, "Cache-Control: max-age=a3600"), (ASKED, "Cache-Control: max-age=3600a"),
    (ASKED, 'Cache-Control: extension="max-age=3600", max-age=0'), (ASKED, 'Cache-Control: max-age=0, extension="max-age=3600"'),
    (ASKED, 'Cache-Control: extension="a, max-age=3600", max-age=0'), (ASKED, "Cache-Control: max-age=10", NOW, "Age: 15"),
    (STORED, FRESH, "Expires: <-10000>", NOW), (STORED, FRESH, "Expires: 0"), (ASKED, "Cache-Control: max-age=0", "Expires: <10000>", NOW),
    (STORED, "Cache-Control: s-maxage=3600"), (ASKED, "Cache-Control: max-age=3600, s-maxage=0"), (ASKED, "Cache-Control: s-maxage=0, max-age=3600"),
    (ASKED, "Cache-Control: max-age=3600", "Cache-Control: s-maxage=0"), (STORED, "Cache-Control: max-age=0, s-maxage=3600"),
    (STORED, "Expires: <3600>", NOW), (ASKED, "Expires: <-3600>", NOW), (ASKED, "Expires: <0>", NOW), (ASKED, "Expires: 0", NOW),
    (ASKED, "Expires: 2050-08-18", NOW), (ASKED, "Expires: <3600>", NOW, "Age: 7200"), (STORED, "Expires: Thu, 18 Aug 2050 02:01:18 GMT", NOW),
    (STORED, "Expires: Thursday, 18-Aug-50 02:01:18 GMT", NOW), (STORED, "Expires: Thu Aug 18 02:01:18 2050", NOW),
    (ASKED, "Expires: Thu, 18 Aug 2050 02:01:18 UTC", NOW), (ASKED, "Expires: Thu, 18 Aug 2050 2:01:18 GMT", NOW),
    (ASKED, "Cache-Control: no-store"), (ASKED, "Cache-Control: No-StOrE, max-age=10000"), (ASKED, "Cache-Control: private, max-age=3600"),
    (ASKED, "Cache-Control: max-age=10000, no-cache"), (ASKED, "Cache-Control: max-age=10000, No-CaChE"), (STORED, "Cache-Control: max-age=10000, must-revalidate"),
    (STORED, FRESH, "Pragma: no-cache"), (STORED, NOT_CHANGED_FOR_LONG), (STORED, NOT_CHANGED_FOR_LONG, NOW), (ASKED, "Last-Modified: yesterday"),
    (STORED, FRESH, "Content-Disposition: attachment; filename=a"), (ASKED, FRESH, "Set-Cookie: a=b"),
]

TARGETED = [
    (STORED, "CDN-Cache-Control: max-age=3600"), (STORED, "CDN-Cache-Control: max-age=99999999999"), (ASKED, "CDN-Cache-Control: max-age=0"),
    (ASKED, NOW, "CDN-Cache-Control: max-age=3600", "Age: 7200"), (STORED, "CDN-Cache-Control: foobar, max-age=3600"),
    (STORED, "CDN-Cache-Control: max-age=3600", "Expires: 0"), (ASKED, "CDN-Cache-Control: max-age=0", "Expires: <10000>", NOW),
    (STORED, "CDN-Cache-Control: max-age=3600", "Cache-Control: max-age=0"), (ASKED, "CDN-Cache-Control: max-age=0", FRESH),
    (ASKED, "CDN-Cache-Control: private", FRESH), (ASKED, "CDN-Cache-Control: no-cache", FRESH), (ASKED, "CDN-Cache-Control: no-store", FRESH),
    (STORED, "CDN-Cache-Control: max-age=10000", "Cache-Control: no-store"), (ASKED, "CDN-Cache-Control: max-age=10000, &&&&&", "Cache-Control: no-store"),
    (ASKED, 'CDN-Cache-Control: max-age="10000"', "Cache-Control: no-store"), (ASKED, "CDN-Cache-Control: max-age =100", "Cache-Control: max-age=0"),
    (ASKED, "CDN-Cache-Control: max-age= 100", "Cache-Control: max-age=0"),
]

EXPLICIT = [200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599]
HEURISTIC = {200: True, 201: False, 202: False, 203: True, 204: True, 300: True, 302: False, 307: False, 403: False, 404: True, 405: True, 410: True, 414: True, 501: True,
             502: False, 503: False, 504: False, 599: False}


@pytest.fixture
def twice(cached):
    """twice(fields, status, first, second): whether the second request was answered by what the first one brought."""
    count = itertools.count(1)

    def ask(fields, status="200 OK", first=(), second=()):
        def answer(request):
            return response(b"" if status[:3] == "204" else b"%d" % next(count), status, *map(told, fields))
        _, backend, get = cached(answer)
        get("/a", *first)
        last = get("/a", *second)
        assert last.status == int(status[:3])
        return (STORED if len(backend.requests) == 1 else ASKED), last
    return ask


@pytest.mark.parametrize("expected, fields", [(row[0], row[1:]) for row in FRESHNESS + TARGETED], ids=str)
def test_freshness(twice, expected, fields):
    assert twice(fields)[0] == expected


@pytest.mark.parametrize("status", EXPLICIT)
def test_every_status_is_stored_when_it_says_for_how_long(twice, status):
    assert twice([FRESH], f"{status} Whatever")[0] == STORED
    assert twice(["Cache-Control: max-age=0"], f"{status} Whatever")[0] == ASKED


@pytest.mark.parametrize("status, guessed", HEURISTIC.items())
def test_a_lifetime_is_guessed_for_some(twice, status, guessed):
    assert twice([NOT_CHANGED_FOR_LONG, NOW], f"{status} Whatever")[0] == (STORED if guessed else ASKED)
    assert twice([NOT_CHANGED_FOR_LONG, NOW, "Cache-Control: public"], f"{status} Whatever")[0] == STORED


CREDENTIALS = "Authorization: Basic YTpi"
REQUESTS = [
    (ASKED, [FRESH], ["Cache-Control: no-cache"]), (ASKED, [FRESH], ["Pragma: no-cache"]), (STORED, [FRESH], ["Pragma: no-cache", "Cache-Control: max-age=100"]),
    (ASKED, [FRESH], ["Cache-Control: max-age=0"]), (ASKED, [FRESH, "Age: 1800"], ["Cache-Control: max-age=600"]), (STORED, [FRESH], ["Cache-Control: max-age=600"]),
    (ASKED, ["Cache-Control: max-age=1500"], ["Cache-Control: min-fresh=2000"]), (STORED, ["Cache-Control: max-age=1500"], ["Cache-Control: min-fresh=1000"]),
    (STORED, ["Cache-Control: max-age=1500", "Age: 2000"], ["Cache-Control: max-stale=1000"]), (STORED, ["Cache-Control: max-age=1500", "Age: 2000"], ["Cache-Control: max-stale"]),
    (ASKED, ["Cache-Control: max-age=1500", "Age: 2000"], ["Cache-Control: max-stale=100"]), (ASKED, ["Cache-Control: max-age=1500, must-revalidate", "Age: 2000"], ["Cache-Control: max-stale"]),
    (ASKED, ["Cache-Control: s-maxage=1500", "Age: 2000"], ["Cache-Control: max-stale"]), (STORED, [FRESH], ["Cookie: a=b"]), (STORED, [FRESH], [CREDENTIALS]),
]


@pytest.mark.parametrize("expected, fields, request_fields", REQUESTS, ids=str)
def test_what_the_request_says(twice, expected, fields, request_fields):
    assert twice(fields, second=request_fields)[0] == expected


@pytest.mark.parametrize("expected, control", [(ASKED, "max-age=3600"), (STORED, "max-age=3600, public"), (STORED, "s-maxage=3600"), (STORED, "max-age=3600, must-revalidate")])
def test_an_answer_to_credentials_is_shared_only_when_it_says_so(twice, expected, control):
    assert twice([f"Cache-Control: {control}"], first=[CREDENTIALS])[0] == expected
    assert twice([f"Cache-Control: {control}"], first=[CREDENTIALS], second=[CREDENTIALS])[0] == expected


VARY = [
    (STORED, ["Vary: Foo"], ["Foo: 1"], ["Foo: 1"]), (ASKED, ["Vary: Foo"], ["Foo: 1"], ["Foo: 2"]), (ASKED, ["Vary: Foo"], ["Foo: 1"], []), (ASKED, ["Vary: Foo"], [], ["Foo: 1"]),
    (STORED, ["Vary: Foo"], ["Foo: 1", "Other: 2"], ["Foo: 1", "Other: 3"]), (STORED, ["Vary: fOO, Bar"], ["Foo: 1", "Bar: abc"], ["Bar: abc", "foo: 1"]),
    (ASKED, ["Vary: Foo, Bar"], ["Foo: 1", "Bar: abc"], ["Foo: 2", "Bar: abc"]), (ASKED, ["Vary: Foo", "Vary: Bar"], ["Foo: 1", "Bar: abc"], ["Foo: 1", "Bar: ab"]),
    (STORED, ["Vary: Foo, Bar, Baz"], ["Foo: 1", "Baz: 789"], ["Foo: 1", "Baz: 789"]), (STORED, ["Vary: Foo"], ["Foo: 1, 2"], ["Foo: 1", "Foo: 2"]),
    *((ASKED, fields, ["Foo: 1"], ["Foo: 1"]) for fields in (["Vary: *"], ["Vary: *, *"], ["Vary: *", "Vary: *"], ["Vary: , *"], ["Vary:", "Vary: *"], ["Vary: *, Foo"], ["Vary: Foo, *"])),
]


@pytest.mark.parametrize("expected, fields, first, second", VARY, ids=str)
def test_vary(twice, expected, fields, first, second):
    assert twice([FRESH, *fields], first=first, second=second)[0] == expected


def test_what_a_connection_names_is_not_stored(twice):
    where, answer = twice([FRESH, "Connection: a, b", "a: 1", "b: 2", "c: 3", "Keep-Alive: x", "Proxy-Connection: x"])
    assert where == STORED and answer.one("c") == "3"
    assert not any(answer.has(name) for name in ("a", "b", "keep-alive", "proxy-connection"))


@pytest.mark.parametrize("name", ["Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization"])
def test_what_is_for_one_proxy_is_not_stored(twice, name):
    where, answer = twice([FRESH, f"{name}: x", "c: 3"])
    assert where == STORED and answer.one("c") == "3" and not answer.has(name)


def test_what_is_stored_says_its_age_and_keeps_its_date(twice):
    old = told("<-100>")
    where, answer = twice(["Expires: <3600>", f"Date: {old}", "Age: 30"])
    assert where == STORED and answer.one("date") == old and 100 <= int(answer.one("age")) < 110


UPDATED = [("Test-Header", "1", "2"), ("Content-Foo", "1", "2"), ("Content-Type", "text/plain", "text/plain;charset=utf-8"), ("Content-MD5", "rL0Y20zC+Fzt72VPzMSk2A==", "N7UdGUp1E+RbVvZSTy1R8g=="),
           ("Content-Location", "/foo", "/bar"), ("Content-Security-Policy", "default-src 'self'", "default-src 'self' cdn.example.com"), ("X-Frame-Options", "deny", "sameorigin"),
           ("Expires", "<1>", "<3600>"), ("Clear-Site-Data", "cache", "cookies")]


@pytest.mark.parametrize("validator", ['ETag: "v1"', NOT_CHANGED_FOR_LONG], ids=["etag", "date"])
@pytest.mark.parametrize("name, old, new", UPDATED, ids=[row[0] for row in UPDATED])
def test_a_304_brings_new_fields(cached, validator, name, old, new):
    validator, old, new = told(validator), told(old), told(new)

    def answer(request):
        if request.has("if-none-match") or request.has("if-modified-since"):
            return f"HTTP/1.1 304 Not Modified\r\n{validator}\r\nCache-Control: max-age=3600\r\n{name}: {new}\r\n\r\n".encode()
        return response(b"body", "200 OK", validator, "Cache-Control: max-age=1", "Age: 5", "X-Kept: yes", f"{name}: {old}")
    _, backend, get = cached(answer)
    assert get("/a").one(name) == old
    for _ in range(2):
        later = get("/a")
        assert (later.one(name), later.body, later.one("x-kept")) == (new, b"body", "yes")
    assert len(backend.requests) == 2


@pytest.mark.parametrize("directive", ["stale-if-error=100, must-revalidate", "stale-if-error=100, proxy-revalidate", "stale-if-error=100, no-cache", "s-maxage=1"])
def test_what_must_be_validated_is_not_given_when_the_backend_is_gone(cached, directive):
    def answer(request):
        if next(count) > 0:
            raise OSError("gone")
        return response(b"old", "200 OK", f"Cache-Control: max-age=1, {directive}", "Age: 5")
    count = itertools.count()
    _, _, get = cached(answer)
    assert get("/a").body == b"old" and get("/a").status in (502, 503)


def test_interim_answers_pass_and_the_last_one_is_stored(cached, start):
    link = "</styles.css>; rel=preload; as=style"
    early = f"HTTP/1.1 103 Early Hints\r\nLink: {link}\r\nX-Own: test\r\n\r\n".encode()
    weir, backend, get = cached(lambda request: early + response(b"x", "200 OK", FRESH))
    first = start(RawClient(weir.address)).get("/a")
    assert [(one.status, one.one("link"), one.one("x-own")) for one in first.interim] == [(103, link, "test")]
    assert get("/a").body == b"x" and len(backend.requests) == 1
