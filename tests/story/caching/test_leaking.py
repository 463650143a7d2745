# SPDX-License-Identifier: Apache-2.0
"""What weir itself puts into requests and answers is no way around the key."""
import pytest
import yaml
from support import RawClient, run_weir
from support.backend import response
from support.coding import PAGE, encode

from .conftest import numbered

FRESH = "Cache-Control: max-age=60"


def sets(name, value):
    return {"headers": {"request": {"set": {name: value}}}}


def test_a_vary_on_a_field_that_the_route_fills_in_for_each_client_is_not_shared(cached):
    weir, backend, get = cached(numbered(FRESH, "Vary: X-Who"), route=sets("X-Who", "{request_id}"))
    assert [get("/").body for _ in range(2)] == [b"1", b"2"]


def test_nor_is_one_on_a_field_that_weir_adds(cached):
    for name in ["X-Request-Id", "X-Forwarded-For", "Forwarded"]:
        weir, backend, get = cached(numbered(FRESH, f"Vary: {name}"))
        assert [get("/").body for _ in range(2)] == [b"1", b"2"]


def test_a_vary_on_what_is_in_the_key_or_always_the_same_is_fine(cached):
    for name in ["X-Site", "X-Forwarded-Proto", "X-Forwarded-Host"]:
        weir, backend, get = cached(numbered(FRESH, f"Vary: {name}"), route=sets("X-Site", "a"))
        assert [get("/").body for _ in range(2)] == [b"1", b"1"]


def test_credentials_that_the_route_fills_in_for_each_client_are_credentials(cached):
    weir, backend, get = cached(numbered(FRESH), route=sets("Authorization", "Client {request_id}"))
    assert [get("/").body for _ in range(2)] == [b"1", b"2"]
    weir, backend, get = cached(numbered(FRESH), route=sets("Authorization", "Basic eDp5"))
    assert [get("/").body for _ in range(2)] == [b"1", b"1"]


def test_a_cookie_given_twice_is_not_the_first_one_alone(cached):
    def last(request):
        return response(request.get("cookie").split("lang=")[-1].encode(), "200 OK", FRESH)
    weir, backend, get = cached(last, cache={"key": ["path", "cookie:lang"]})
    get("/", "Cookie: lang=en; lang=evil")
    assert get("/", "Cookie: lang=en").body == b"en"
    get("/b", "Cookie: lang=en", "Cookie: lang=evil")
    assert get("/b", "Cookie: lang=en").body == b"en"


@pytest.mark.parametrize("says, seen", [([], 503), (['ETag: "v1"'], 503), (["Cache-Control: max-age=0"], 200), (["Cache-Control: stale-if-error=60"], 200)])
def test_one_clients_page_is_not_the_next_ones_when_the_backend_fails(cached, says, seen):
    """What an answer doesn't say of itself, a route's stale_if_error doesn't say either."""
    def page(request):
        if request.get("cookie") == "user=b":
            return response(b"", "503 Service Unavailable")
        return response(request.get("cookie").encode(), "200 OK", *says)
    _, _, get = cached(page, cache={"stale_if_error": "60s"}, route={"retries": {"attempts": 0}})
    assert get("/", "Cookie: user=a").body == b"user=a"
    assert get("/", "Cookie: user=b").status == seen


def test_a_place_that_names_the_clients_host_is_not_stored_without_it_in_the_key(cached, start):
    weir, backend, get = cached(lambda request: response(b"", "301 Moved", FRESH, f"Location: http://{request.get('host')}/new"),
                                cache={"key": ["path"]}, route={"rewrite": {"host": "upstream"}})
    evil = start(RawClient(weir.address)).request(b"GET /old HTTP/1.1\r\nHost: evil.test\r\n\r\n")
    assert evil.one("location") == "http://evil.test/new"
    assert get("/old").one("location") == "http://story.test/new"


def test_what_was_stored_to_be_decoded_is_not_given_as_it_is_when_the_route_decodes_no_more(cached):
    weir, backend, get = cached(lambda request: response(encode("gzip", PAGE), "200 OK", FRESH, "Content-Encoding: gzip", "Vary: Accept-Encoding")
                                if request.has("accept-encoding") else response(PAGE, "200 OK", FRESH, "Vary: Accept-Encoding"),
                                route={"compress": {}})
    assert get("/", "Accept-Encoding: gzip").get("content-encoding") == "gzip"
    del weir.config["routes"][0]["compress"]
    weir.config_path.write_text(yaml.safe_dump(weir.config))
    assert run_weir("reload", "-a", weir.admin).returncode == 0
    assert get("/").body == PAGE
    assert get("/", "Accept-Encoding: gzip").get("content-encoding") == "gzip"
