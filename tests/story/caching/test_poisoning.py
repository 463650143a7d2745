# SPDX-License-Identifier: Apache-2.0
"""One client tries to have something stored that others then get."""
import pytest
from support import RawClient
from support.backend import response

FRESH = "Cache-Control: max-age=60"
ECHOED = ("host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix", "forwarded", "x-original-url", "x-rewrite-url",
          "x-http-method-override", "x-host", "x_forwarded_host", "x_http_method_override", "x_original_url", "x-forwarded-scheme",
          "x-forwarded-port", "x-forwarded-server", "x-original-host", "x_host", "x-forwarded-protocol", "x-forwarded-path", "x_forwarded_uri", "x-forwarded", "x-invoke-path",
          "x-original-method")


def echo(request):
    """A backend that builds links from whatever names it: the worst kind."""
    told = [f"{name}={request.get(name)}" for name in ECHOED if request.has(name)]
    return response(f"{request.method} {request.target} {' '.join(told)} {request.body or b''}".encode(), "200 OK", FRESH)


PLAIN = b"GET /page HTTP/1.1\r\nHost: story.test\r\n\r\n"


@pytest.mark.parametrize("attack", [
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Forwarded-Host: evil.test\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Forwarded-Proto: evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Forwarded-Prefix: /evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test:6666\r\n\r\n",
    b"GET http://story.test:6666/page HTTP/1.1\r\nHost: evil.test\r\n\r\n",
    b"GET http://evil.test/page HTTP/1.1\r\nHost: story.test\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Original-URL: /evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Rewrite-URL: /evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-HTTP-Method-Override: EVIL\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX_Forwarded_Host: evil.test\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX_HTTP_Method_Override: EVIL\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX_Original_URL: /evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Host: evil.test\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX_Host: evil.test\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Original-Host: evil.test\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Forwarded-Scheme: evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Forwarded-Port: 6666\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Forwarded-Server: evil.test\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nForwarded: host=evil.test;proto=http\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nForwarded: for=1.2.3.4\r\nForwarded: for=1.2.3.4;PROTO=evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Forwarded-Protocol: evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Forwarded-Path: /evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX_Forwarded_Uri: /evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Forwarded: host=evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Invoke-Path: /evil\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nX-Original-Method: EVIL\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nContent-Length: 4\r\n\r\nevil",
    b"GET /page HTTP/1.1\r\nHost: story.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    b"POST /page HTTP/1.1\r\nHost: story.test\r\nContent-Length: 4\r\n\r\nevil",
    b"GET /page?evil HTTP/1.1\r\nHost: story.test\r\n\r\n",
    b"GET /evil/../page HTTP/1.1\r\nHost: story.test\r\n\r\n",
    b"GET /%70age HTTP/1.1\r\nHost: story.test\r\n\r\n",
    b"GET //page HTTP/1.1\r\nHost: story.test\r\n\r\n",
    b"GET /page;evil HTTP/1.1\r\nHost: story.test\r\n\r\n",
], ids=lambda attack: attack.split(b"\r\n\r\n")[0].decode().replace("\r\n", " ").replace("/", "_")[:60])
def test_others_get_what_is_theirs(cached, start, attack):
    weir, backend, get = cached(echo)
    hostile = start(RawClient(weir.address))
    hostile.send(attack)
    hostile.read_response()
    victim = start(RawClient(weir.address)).request(PLAIN).body
    assert victim.startswith(b"GET /page host=story.test ") and b"evil" not in victim.lower().replace(b"forwarded=for=127.0.0.1", b"") and b"6666" not in victim


def test_addresses_of_clients_that_a_proxy_before_us_tells_are_no_places(cached):
    _, backend, get = cached(lambda request: response(b"x", "200 OK", FRESH))
    for field in ("Forwarded: for=1.2.3.4", "Forwarded: for=1.2.3.5;by=_a", "X-Forwarded-For: 1.2.3.6"):
        assert get("/page", field).status == 200
    assert len(backend.requests) == 1


def test_what_belongs_to_one_client_stays_its_own(cached, start):
    weir, backend, get = cached(lambda request: response((request.get("cookie") or "nobody").encode(), "200 OK", FRESH, "Set-Cookie: id=1; Path=/"))
    assert get("/account", "Cookie: id=alice").body == b"id=alice"
    assert get("/account", "Cookie: id=bob").body == b"id=bob"


def test_a_split_answer_stores_nothing_for_others(cached, start):
    """Bytes behind an answer on its connection are no answer to the next request."""
    evil = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\nevil"
    weir, backend, get = cached(lambda request: response(b"ok", "200 OK", FRESH) + (evil if request.target == "/first" else b""))
    assert get("/first").body == b"ok"
    assert get("/second").body == b"ok" and get("/second").body == b"ok"
