# SPDX-License-Identifier: Apache-2.0
"""Redirects that a backend makes to itself are followed inside weir."""
import pytest
from support import backend as act
from support.purge import purge


def leads(places):
    """A backend with redirects: path -> (status, location); every other path answers with itself."""
    def answer(request):
        status, location = places.get(request.target, (None, None))
        if location is None:
            return act.response(request.target.encode())
        return act.response(b"gone", f"{status} There", f"Location: {location}")
    return act.answers(answer)


def targets(backend):
    return [request.target for request in backend.requests]


def test_the_client_gets_the_end_of_the_way(proxy, client):
    weir, backend = proxy(leads({"/a": (302, "/b"), "/b": (307, "c?d")}), route={"redirects": {"follow": 2}})
    answer = client(weir).get("/a")
    assert (answer.status, answer.body, targets(backend)) == (200, b"/c?d", ["/a", "/b", "/c?d"])


def test_hops_are_no_retries_in_the_access_log(proxy, client):
    weir, _ = proxy(leads({"/a": (301, "/b"), "/b": (307, "/c")}), route={"redirects": {"follow": 2}})
    browser = client(weir)
    assert [browser.get(path).body for path in ("/a", "/a", "/c")] == [b"/c"] * 3
    assert [(line["attempts"], line.get("redirects")) for line in weir.access_log(3)] == [(1, 2), (1, 2), (1, None)]


def test_nothing_is_followed_unless_the_config_says_so(proxy, client):
    weir, backend = proxy(leads({"/a": (302, "/b")}))
    assert (client(weir).get("/a").status, targets(backend)) == (302, ["/a"])


def test_loops_and_long_ways_end(proxy, client):
    weir, backend = proxy(leads({"/a": (302, "/b"), "/b": (302, "/a"), **{f"/{n}": (302, f"/{n + 1}") for n in range(9)}}),
                          route={"redirects": {"follow": 4}})
    browser = client(weir)
    assert browser.get("/a").one("location") == "/a"
    assert targets(backend) == ["/a", "/b"]
    assert browser.get("/0").one("location") == "/5"
    assert len(backend.requests) == 2 + 5


def test_other_methods_and_other_places_are_the_clients_business(proxy, client):
    weir, backend = proxy(leads({"/a": (307, "/b"), "/c": (302, "http://elsewhere.test/")}), route={"redirects": {"follow": 5}})
    browser = client(weir)
    assert browser.request(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx").one("location") == "/b"
    assert browser.get("/c").one("location") == "http://elsewhere.test/"
    assert targets(backend) == ["/a", "/c"]


def test_permanent_ones_are_remembered(proxy, client):
    weir, backend = proxy(leads({"/a": (301, "/b"), "/b": (308, "/c")}), route={"redirects": {"follow": 2}})
    browser = client(weir)
    assert [browser.get("/a").body for _ in range(3)] == [b"/c"] * 3
    assert targets(backend) == ["/a", "/b", "/c", "/c", "/c"]


@pytest.mark.parametrize("fields", [["Expires: 0"], ["Cache-Control: max-age=10", "Age: 10"], ["Cache-Control: max-age=9", "CDN-Cache-Control: no-store"],
                                    ["Cache-Control: no-cache"], ["Vary: X-A"], ["Cache-Control: private"]], ids=str)
def test_those_that_no_cache_may_keep_are_not(proxy, client, fields):
    def answer(request):
        return act.response(b"", "301 There", "Location: /b", *fields) if request.target == "/a" else act.response(b"x")
    weir, backend = proxy(act.answers(answer), route={"redirects": {"follow": 2}})
    browser = client(weir)
    assert [browser.get("/a").body for _ in range(2)] == [b"x"] * 2
    assert targets(backend) == ["/a", "/b"] * 2


@pytest.mark.parametrize("field, known", [("X: y", True), ("Cache-Control: no-store", False), ("Cache-Control: max-age=60", True)])
def test_nor_is_what_one_client_wants_for_itself(proxy, client, field, known):
    weir, backend = proxy(leads({"/a": (301, "/b")}), route={"redirects": {"follow": 2}})
    browser = client(weir)
    assert browser.get("/a", field).body == browser.get("/a").body == b"/b"
    assert targets(backend) == ["/a", "/b"] + ["/a"] * (not known) + ["/b"]


@pytest.mark.parametrize("field", ["Cache-Control: no-cache", "Cache-Control: max-age=0", "Pragma: no-cache"])
def test_a_client_may_want_the_backend_asked(proxy, client, field):
    weir, backend = proxy(leads({"/a": (301, "/b")}), route={"redirects": {"follow": 2}})
    browser = client(weir)
    assert [browser.get("/a", *more).body for more in ([], [field])] == [b"/b"] * 2
    assert targets(backend) == ["/a", "/b"] * 2


def test_what_is_purged_or_changed_is_not_remembered(proxy, client):
    weir, backend = proxy(leads({"/a": (301, "/b")}), route={"redirects": {"follow": 2}}, caches={"main": {}})
    browser = client(weir)
    steps = [lambda: None, lambda: purge(weir, url="http://story.test/other"), lambda: None,
             lambda: browser.request(b"POST /a HTTP/1.1\r\nHost: story.test\r\nContent-Length: 0\r\n\r\n")]
    for step in steps:
        step()
        assert browser.get("/a").body == b"/b"
    assert targets(backend) == ["/a", "/b", "/a", "/b", "/b", "/a", "/a", "/b"]


def test_what_a_field_changes_for_one_client_is_not_remembered_for_others(proxy, client):
    def answer(request):
        if request.has("x-original-url"):
            return act.response(b"", "301 There", "Location: /evil")
        return act.response(request.target.encode())
    weir, backend = proxy(act.answers(answer), route={"redirects": {"follow": 2}})
    browser = client(weir)
    browser.get("/a", "X-Original-URL: /x")
    assert browser.get("/a").body == b"/a"


def test_what_another_route_guards_stays_guarded(start, client):
    from support import Backend, Weir, as_yaml, proxy_tree
    backend = start(Backend(leads({"/a": (302, "/admin/x")})))
    tree = proxy_tree([backend], route={"redirects": {"follow": 5}})
    tree["routes"].append({"name": "admin", "listener": "web", "match": {"path": "/admin"}, "respond": {"status": 403}})
    weir = start(Weir(as_yaml(tree)))
    assert client(weir).get("/a").one("location") == "/admin/x"
    assert targets(backend) == ["/a"]


def test_another_name_of_the_backend_is_followed_when_the_config_lists_it(proxy, client):
    places = {"/a": (302, "https://www.test/b"), "/c": (302, "http://other.test/b")}
    weir, backend = proxy(leads(places), route={"redirects": {"follow": 2, "hosts": ["www.test"]}})
    browser = client(weir)
    assert browser.get("/a").body == b"/b"
    assert browser.get("/c").one("location") == "http://other.test/b"
    assert targets(backend) == ["/a", "/b", "/c"]


@pytest.mark.parametrize("said, put_back", [
    ("http://www.test/b", "http://public.test/b"), ("https://www.test/b", "http://public.test/b"), ("https://www.test:443/b", "http://public.test/b"),
    ("//www.test/b", "//public.test/b"), ("http://www.test:81/b", None), ("http://www.test:443/b", None), ("https://www.test:80/b", None),
    ("ftp://www.test/b", None), ("https://www.test.evil/b", None)])
def test_another_name_of_the_backend_is_put_back(proxy, client, said, put_back):
    weir, _ = proxy(leads({"/a": (302, said)}), route={"redirects": {"hosts": "www.test"}})
    assert client(weir).get("/a", host="public.test").one("location") == (put_back or said)


def stored(backend_answers, start, client):
    from support import Backend, Weir, proxy_config
    backend = start(Backend(backend_answers))
    route = {"redirects": {"follow": 3}, "cache": {"zone": "main"}}
    weir = start(Weir(proxy_config(backend, route=route, caches={"main": {}})))
    return weir, backend, client(weir)


def ends(places, fresh="Cache-Control: max-age=60"):
    def answer(request):
        location = places.get(request.target)
        if location is None:
            return act.response(request.target.encode(), "200 OK", fresh)
        return act.response(b"", *location)
    return act.answers(answer)


def test_what_is_at_the_end_is_stored_there_and_not_where_the_client_asked(start, client):
    weir, backend, browser = stored(ends({"/latest": ("302 Found", "Location: /v1")}), start, client)
    assert [browser.get("/latest").body for _ in range(3)] == [b"/v1"] * 3
    assert browser.get("/v1").body == b"/v1"
    assert targets(backend) == ["/latest", "/v1", "/latest", "/latest"]
    assert [line["cache"] for line in weir.access_log(4)] == ["miss", "hit", "hit", "hit"]


def test_a_remembered_way_ends_in_the_cache(start, client):
    _, backend, browser = stored(ends({"/old": ("301 Moved", "Location: /new")}), start, client)
    assert [browser.get("/old").body for _ in range(3)] == [b"/new"] * 3
    assert targets(backend) == ["/old", "/new"]


def test_what_is_stale_is_renewed_where_it_is_stored(start, client):
    from support import wait_until
    stale = "Cache-Control: max-age=1, stale-while-revalidate=60\r\nAge: 5"
    _, backend, browser = stored(ends({"/old": ("301 Moved", "Location: /new")}, stale), start, client)
    assert browser.get("/old").body == b"/new"
    answer = browser.get("/old")
    assert answer.body == b"/new" and "hit" in answer.one("cache-status")
    wait_until(lambda: targets(backend) == ["/old", "/new", "/new"], "the renewal")
