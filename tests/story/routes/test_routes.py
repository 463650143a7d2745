# SPDX-License-Identifier: Apache-2.0
"""Which route a request takes, and what routes do by themselves."""
import pytest

from support import RawClient, Weir, as_yaml
from support.config import proxy_tree


def says(name, **match):
    return {"name": name, "listener": "web", "match": match, "respond": {"status": 200, "body": name}}


def weir_with(start, *routes):
    tree = proxy_tree([])
    tree["routes"] = list(routes)
    del tree["upstreams"]
    return start(Weir(as_yaml(tree)))


def goes_to(weir, target, host="any.test"):
    with RawClient(weir.address) as client:
        answer = client.get(target, host=host)
        return answer.body.decode() if answer.status == 200 else answer.status


def test_exact_host_is_before_wildcard_before_any(start):
    weir = weir_with(start, says("any", path="/"), says("wild", host="*.example.com"), says("exact", host="www.example.com"))
    assert goes_to(weir, "/", "www.example.com") == "exact"
    assert goes_to(weir, "/", "other.example.com") == "wild"
    assert goes_to(weir, "/", "example.com") == "any"
    assert goes_to(weir, "/", "example.org") == "any"


def test_the_more_specific_wildcard_wins(start):
    weir = weir_with(start, says("wide", host="*.example.com"), says("narrow", host="*.eu.example.com"))
    assert goes_to(weir, "/", "a.eu.example.com") == "narrow"
    assert goes_to(weir, "/", "a.us.example.com") == "wide"
    assert goes_to(weir, "/", "a.b.us.example.com") == "wide"


def test_a_wildcard_is_no_suffix_of_letters(start):
    weir = weir_with(start, says("wild", host="*.example.com"))
    assert goes_to(weir, "/", "badexample.com") == 404
    assert goes_to(weir, "/", ".example.com") in (400, 404)


def test_hosts_ignore_case_port_and_last_dot(start):
    weir = weir_with(start, says("exact", host="www.example.com"))
    for host in ("WWW.Example.COM", "www.example.com:8080", "www.example.com."):
        assert goes_to(weir, "/", host) == "exact", host


def test_a_route_can_have_a_list_of_hosts(start):
    weir = weir_with(start, says("some", host=["a.test", "*.b.test"]))
    assert [goes_to(weir, "/", host) for host in ("a.test", "x.b.test", "b.test", "c.test")] == ["some", "some", 404, 404]


def test_host_is_before_path(start):
    weir = weir_with(start, says("path", path="/a/long/path"), says("host", host="a.test"))
    assert goes_to(weir, "/a/long/path", "a.test") == "host"
    assert goes_to(weir, "/a/long/path", "b.test") == "path"


def test_a_path_matches_whole_segments(start):
    weir = weir_with(start, says("v1", path="/v1"))
    for target in ("/v1", "/v1/", "/v1/x", "/v1?q", "/v1/x/y?q=/v2"):
        assert goes_to(weir, target) == "v1", target
    for target in ("/v10", "/v1x", "/v", "/", "/v2", "/x/v1", "/V1"):
        assert goes_to(weir, target) == 404, target


def test_the_longest_prefix_wins_whatever_the_order(start):
    weir = weir_with(start, says("root", path="/"), says("ab", path="/a/b"), says("a", path="/a"), says("abc", path="/a/b/c"))
    assert [goes_to(weir, one) for one in ("/", "/a", "/ab", "/a/b", "/a/bc", "/a/b/c", "/a/b/c/d", "/a/b/d")] == [
        "root", "a", "root", "ab", "a", "abc", "abc", "ab"]


def test_an_exact_path_is_before_every_prefix(start):
    weir = weir_with(start, says("prefix", path="/a/b"), says("exact", path_exact="/a/b"))
    assert [goes_to(weir, one) for one in ("/a/b", "/a/b?x", "/a/b/", "/a/b/c")] == ["exact", "exact", "prefix", "prefix"]


def test_an_exact_path_is_only_that(start):
    weir = weir_with(start, says("exact", path_exact="/only"))
    assert [goes_to(weir, one) for one in ("/only", "/only/", "/only/x", "/onl", "/")] == ["exact", 404, 404, 404, 404]


def test_the_earlier_of_equal_routes_wins(start):
    weir = weir_with(start, says("first", path="/a"), says("second", path="/a"))
    assert goes_to(weir, "/a") == "first"


def test_a_trailing_slash_in_the_config_is_the_same_prefix(start):
    weir = weir_with(start, says("v1", path="/v1/"))
    assert goes_to(weir, "/v1/x") == "v1"
    assert goes_to(weir, "/v10") == 404


@pytest.mark.parametrize("target", ["/a/../admin", "/./admin", "/a/./../admin", "/%61dmin", "/a/%2e%2e/admin", "/a/%2E%2e/admin", "//admin",
                                    "///admin", "/a//../admin", "/a/.%2e/admin", "/../admin", "/a/../../admin", "/admin/.", "/admin/x/..",
                                    "/%2e/admin"])
def test_paths_are_normalised_for_matching(start, target):
    weir = weir_with(start, says("root", path="/"), says("admin", path="/admin"))
    assert goes_to(weir, target) in ("admin", 400), target


@pytest.mark.parametrize("target,route", [("/admin%2fx", ("root", 400)), ("/x/..%2fadmin", ("root", "admin", 400)), ("/admin/../x", ("root",)),
                                          ("/admin/..", ("root",)), ("/adm%69n/../../x", ("root", 400))])
def test_normalising_leads_out_as_well(start, target, route):
    weir = weir_with(start, says("root", path="/"), says("admin", path="/admin"))
    assert goes_to(weir, target) in route


def test_no_route_is_404_with_a_reason(start, client):
    weir = weir_with(start, says("a", path="/a"))
    browser = client(weir)
    answer = browser.get("/b")
    assert answer.status == 404 and answer.has("proxy-status")
    assert browser.get("/a").status == 200


def test_a_route_without_conditions_takes_everything(start):
    route = says("all")
    del route["match"]
    assert goes_to(weir_with(start, route), "/what/ever", "who.ever") == "all"


def test_routes_belong_to_their_listener(start):
    from support import free_address
    tree = proxy_tree([])
    tree["listeners"].append({"name": "other", "listen": free_address()})
    tree["routes"] = [says("web", path="/"), {**says("other", path="/"), "listener": "other"}]
    del tree["upstreams"]
    weir = start(Weir(as_yaml(tree)))
    assert goes_to(weir, "/") == "web"
    with RawClient(weir.address_of("other")) as client:
        assert client.get("/").body == b"other"


def test_a_listener_can_have_several_addresses(start, tmp_path):
    from support import free_address
    tree = proxy_tree([])
    addresses = [free_address(), free_address(), f"unix:{tmp_path}/weir.sock"]
    tree["listeners"][0]["listen"] = addresses
    tree["routes"] = [says("all", path="/")]
    del tree["upstreams"]
    start(Weir(as_yaml(tree)))
    for address in addresses:
        with RawClient(address) as client:
            assert client.get("/").body == b"all"


def test_respond_gives_status_body_and_fields(start, client):
    weir = weir_with(start, {"name": "r", "listener": "web", "match": {"path": "/"},
                             "respond": {"status": 418, "body": "short and stout", "headers": {"Content-Type": "text/x-tea", "X-Pot": "1"}}})
    browser = client(weir)
    answer = browser.get("/")
    assert (answer.status, answer.body, answer.one("content-type"), answer.one("x-pot")) == (418, b"short and stout", "text/x-tea", "1")
    answer = browser.request(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.status == 418 and answer.get("content-length", "15") == "15"


def test_respond_takes_and_forgets_a_request_body(start, client):
    weir = weir_with(start, says("all", path="/"))
    browser = client(weir)
    for _ in range(2):
        assert browser.request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n").status == 200
        assert browser.request(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").status == 200


@pytest.mark.parametrize("target,location", [("/a/b", "https://example.com/a/b"), ("/a?x=1&y=2", "https://example.com/a?x=1&y=2"),
                                             ("/", "https://example.com/"), ("/a%20b", "https://example.com/a%20b"),
                                             ("/?q", "https://example.com/?q")])
def test_redirect_fills_in_path_and_query(start, client, target, location):
    weir = weir_with(start, {"name": "r", "listener": "web", "match": {"path": "/"},
                             "redirect": {"to": "https://example.com{path}{query}", "status": 308}})
    answer = client(weir).get(target)
    assert (answer.status, answer.one("location")) == (308, location)


def test_redirect_to_a_host_that_nobody_named_is_refused(start, client):
    weir = weir_with(start, {"name": "r", "listener": "web", "match": {"path": "/"}, "redirect": {"to": "https://{host}{path}", "status": 308}})
    assert client(weir).request(b"GET /a HTTP/1.0\r\n\r\n").status == 400
    assert client(weir).request(b"GET /a:///b HTTP/1.0\r\nHost: a.test\r\n\r\n").one("location") == "https://a.test/a:///b"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_statuses(start, client, status):
    weir = weir_with(start, {"name": "r", "listener": "web", "match": {"path": "/"}, "redirect": {"to": "/new", "status": status}})
    answer = client(weir).get("/old?x")
    assert (answer.status, answer.one("location")) == (status, "/new")


@pytest.mark.parametrize("target", ["/%0d%0aSet-Cookie:%20evil=1", "//evil.test/", "/\\evil.test"])
def test_redirect_cannot_be_bent(start, client, target):
    weir = weir_with(start, {"name": "r", "listener": "web", "match": {"path": "/"}, "redirect": {"to": "https://example.com{path}{query}", "status": 302}})
    answer = client(weir).get(target)
    assert not answer.has("set-cookie")
    assert answer.status == 400 or answer.one("location").startswith("https://example.com/")


def test_forwarding_fields_say_who_asked_whom_and_how(proxy, client):
    weir, backend = proxy()
    browser = client(weir)
    browser.get("/", host="public.test:8443")
    request = backend.requests[0]
    assert request.one("x-forwarded-for") == "127.0.0.1"
    assert request.one("x-forwarded-proto") == "http"
    assert request.one("x-forwarded-host") == "public.test:8443"
    assert request.one("via").startswith("1.1 ")
    forwarded = request.one("forwarded").lower()
    assert "for=127.0.0.1" in forwarded or 'for="127.0.0.1' in forwarded
    assert "proto=http" in forwarded and 'host="public.test:8443"' in forwarded
    assert len(request.one("x-request-id")) >= 16


def test_request_ids_differ(proxy, client):
    weir, backend = proxy(workers=2)
    for _ in range(20):
        browser = client(weir)
        browser.get("/")
        browser.get("/")
    assert len({one.one("x-request-id") for one in backend.requests}) == 40


def test_via_is_appended_and_its_version_is_the_clients(proxy, client):
    weir, backend = proxy()
    client(weir).request(b"GET / HTTP/1.0\r\nHost: a\r\nVia: 1.1 first\r\n\r\n")
    parts = [part.strip() for part in backend.requests[0].get("via").split(",")]
    assert parts[0] == "1.1 first" and parts[1].startswith("1.0 ") and len(parts) == 2


def test_the_answer_carries_via(proxy, client):
    weir, _ = proxy()
    assert client(weir).get("/").one("via").startswith("1.1 ")


def test_the_last_forwarded_for_is_weirs_own(proxy, client):
    """Whatever the client claims, the rightmost address is the one that weir saw."""
    weir, backend = proxy()
    client(weir).get("/", "X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6;proto=https", "X-Forwarded-For: 7.7.7.7")
    request = backend.requests[0]
    assert request.get("x-forwarded-for").split(",")[-1].strip() == "127.0.0.1"
    assert "127.0.0.1" in request.get("forwarded").split(",")[-1]


def test_a_client_cannot_claim_another_scheme_or_host(proxy, client):
    weir, backend = proxy()
    client(weir).get("/", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.test", host="good.test")
    request = backend.requests[0]
    assert request.one("x-forwarded-proto") == "http"
    assert request.one("x-forwarded-host") == "good.test"


def test_a_host_with_odd_characters_is_quoted_in_forwarded(proxy, client):
    weir, backend = proxy()
    client(weir).get("/", host="[::1]:80")
    assert 'host="[::1]:80"' in backend.requests[0].one("forwarded").lower()


def test_ten_thousand_hosts_and_paths_find_their_route(start):
    routes = [says(f"host-{n}", host=f"h{n}.test") for n in range(5000)] + [says(f"path-{n}", path=f"/p{n}") for n in range(5000)]
    weir = weir_with(start, *routes)
    for n in (0, 1, 2500, 4999):
        assert goes_to(weir, "/", f"h{n}.test") == f"host-{n}"
        assert goes_to(weir, f"/p{n}/x", "none.test") == f"path-{n}"
    assert goes_to(weir, "/p5000", "none.test") == 404
