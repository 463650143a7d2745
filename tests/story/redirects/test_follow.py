# SPDX-License-Identifier: Apache-2.0
"""Redirects that a backend makes to itself are followed inside weir."""
from support import backend as act


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


def test_what_another_route_guards_stays_guarded(start, client):
    from support import Backend, Weir, as_yaml, proxy_tree
    backend = start(Backend(leads({"/a": (302, "/admin/x")})))
    tree = proxy_tree([backend], route={"redirects": {"follow": 5}})
    tree["routes"].append({"name": "admin", "listener": "web", "match": {"path": "/admin"}, "respond": {"status": 403}})
    weir = start(Weir(as_yaml(tree)))
    assert client(weir).get("/a").one("location") == "/admin/x"
    assert targets(backend) == ["/a"]
