# SPDX-License-Identifier: Apache-2.0
"""Routes that look at more than host and path: method, header fields, query parameters, regular expressions."""
import time

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


def ask(weir, target, *fields, method="GET", host="any.test"):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Content-Length: 0", "Connection: close", *fields]
    with RawClient(weir.address) as client:
        answer = client.request("".join(line + "\r\n" for line in lines).encode() + b"\r\n")
        return answer.body.decode() if answer.status == 200 else answer.status


def test_the_method_decides(start):
    weir = weir_with(start, says("read", path="/a", method=["GET", "HEAD"]), says("write", path="/a", method="POST"), says("rest", path="/a"))
    assert [ask(weir, "/a", method=one) for one in ("GET", "POST", "PUT", "PURGE")] == ["read", "write", "rest", "rest"]


def test_a_method_that_no_route_has_is_404(start):
    weir = weir_with(start, says("read", path="/a", method="GET"))
    assert ask(weir, "/a") == "read"
    assert ask(weir, "/a", method="POST") == 404


def test_methods_are_literal(start):
    weir = weir_with(start, says("get", method="GET"), says("purge", method="PURGE"), {**says("rest"), "respond": {"status": 418}})
    assert ask(weir, "/", method="PURGE") == "purge"
    with RawClient(weir.address) as client:
        assert client.request(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").status == 418


def test_a_header_decides(start):
    weir = weir_with(start, says("beta", path="/a", headers={"X-Beta": "1"}), says("rest", path="/a"))
    assert [ask(weir, "/a", *one) for one in ([], ["X-Beta: 1"], ["x-BETA:1  "], ["X-Beta: 10"], ["X-Beta: 0"], ["X-Beta: 0", "X-Beta: 1"])] == [
        "rest", "beta", "beta", "rest", "rest", "beta"]


def test_lines_of_a_field_are_one_list_too(start):
    weir = weir_with(start, says("list", headers={"X-List": "a, b"}), says("rest"))
    assert ask(weir, "/", "X-List: a", "Other: x", "x-list: b") == "list"
    assert ask(weir, "/", "X-List: a, b") == "list"
    assert ask(weir, "/", "X-List: b", "X-List: a") == "rest"


def test_all_headers_must_be_there(start):
    weir = weir_with(start, says("both", headers={"A": "1", "B": "2"}), says("rest"))
    assert ask(weir, "/", "A: 1", "B: 2") == "both"
    assert ask(weir, "/", "A: 1") == "rest"


def test_a_query_parameter_decides(start):
    weir = weir_with(start, says("two", path="/a", query={"v": "2"}), says("rest", path="/a"))
    for target in ("/a?v=2", "/a/b?x=1&v=2", "/a?v=1&v=2", "/a?%76=%32", "/a?v=2&v=2#"[:-1]):
        assert ask(weir, target) == "two", target
    for target in ("/a", "/a?", "/a?v", "/a?v=20", "/a?V=2", "/a?v=2%20", "/a?xv=2", "/a?v=1%26v=2"):
        assert ask(weir, target) == "rest", target


@pytest.mark.parametrize("query", ["%00", "v=%00", "v%00=2", "v=2%00", "%zz", "v=%zz", "%", "v=%", "v=%2", "&" * 5000, "=" * 5000, "v&" * 3000,
                                   "v=%32%" * 1000, "&".join(f"p{n}={n}" for n in range(3000)), "%76" * 3000, "v[]=2", "v;=2", "\xff"])
def test_a_hostile_query_takes_the_other_route(start, query):
    tree = proxy_tree([], listener={"limits": {"header_size": "64k"}})
    tree["routes"] = [says("two", query={"v": "2"}), says("rest")]
    del tree["upstreams"]
    weir = start(Weir(as_yaml(tree)))
    with RawClient(weir.address) as client:
        answer = client.request(b"GET /?" + query.encode("latin-1") + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (answer.status, answer.body) == (200, b"rest") or answer.status == 400
    assert ask(weir, "/?" + "&".join(f"p{n}={n}" for n in range(3000)) + "&v=2") == "two"


def test_most_conditions_win_then_the_earlier(start):
    weir = weir_with(start, says("none", path="/a"), says("query", path="/a", query={"v": "2"}), says("header", path="/a", headers={"B": "1"}),
                     says("both", path="/a", headers={"B": "1"}, query={"v": "2"}), says("all", path="/a", method="PUT", headers={"B": "1"}, query={"v": "2"}))
    assert ask(weir, "/a?v=2", "B: 1", method="PUT") == "all"
    assert ask(weir, "/a?v=2", "B: 1") == "both"
    assert ask(weir, "/a?v=2") == "query"
    assert ask(weir, "/a", "B: 1") == "header"
    assert ask(weir, "/a") == "none"


def test_what_does_not_hold_leads_to_the_less_specific(start):
    weir = weir_with(start, says("exact", host="a.b.test", path="/x/y", method="PUT"), says("exact-x", host="a.b.test", path="/x", query={"v": "2"}),
                     says("wild", host="*.b.test", path="/x", headers={"W": "1"}), says("any-host", path="/x", method="GET"), says("last"))
    assert ask(weir, "/x/y", method="PUT", host="a.b.test") == "exact"
    assert ask(weir, "/x/y?v=2", host="a.b.test") == "exact-x"
    assert ask(weir, "/x/y", "W: 1", host="a.b.test") == "wild"
    assert ask(weir, "/x/y", host="a.b.test") == "any-host"
    assert ask(weir, "/x/y", method="POST", host="a.b.test") == "last"


def test_a_regex_stands_between_prefixes_and_any_path(start):
    weir = weir_with(start, says("root", path="/"), says("regex", path_regex=r"^/v\d+/"), says("prefix", path="/v1"), says("exact", path_exact="/v1/x"))
    assert [ask(weir, one) for one in ("/v1/x", "/v1/y", "/v2/y", "/vx/y", "/v2")] == ["exact", "prefix", "regex", "root", "root"]


def test_a_regex_is_found_anywhere_in_the_normalised_path(start):
    weir = weir_with(start, says("php", path_regex=r"\.php$"), says("admin", path_regex="^/admin(/|$)"), says("rest"))
    for target in ("/a.php", "/a/b/c.php?x=1", "/a%2ephp", "/x/../a.ph%70"):
        assert ask(weir, target) == "php", target
    for target in ("/admin", "/%61dmin/x", "//admin", "/x/../admin/", "/./admin"):
        assert ask(weir, target) in ("admin", 400), target
    for target in ("/a.php/x", "/a.phpx", "/x?a.php", "/adminx", "/x/admin", "/admin%2fx"):
        assert ask(weir, target) in ("rest", 400), target


def test_a_hostile_path_cannot_burn_the_cpu(start):
    """Without bounds the first of them would take longer than the universe has been there."""
    weir = weir_with(start, says("evil", path_regex="^/(a+)+$"), says("evil-too", path_regex="(.*a){20}c"), says("prefix", path="/ok"), says("rest"))
    started = time.monotonic()
    for length in (30, 100, 2000, 7000):
        assert ask(weir, "/" + "a" * length + "!") == 500
    assert time.monotonic() - started < 10
    assert ask(weir, "/aaa") == "evil" and ask(weir, "/ok") == "prefix"
    warnings = [line for line in weir.stderr().splitlines() if "path_regex" in line]
    assert 1 <= len(warnings) <= 8 and "route evil" in warnings[0] and "warn" in warnings[0], weir.stderr()


def test_a_long_path_does_not_slip_past_a_pattern(start):
    """What a pattern guards stays guarded when the pattern gives up: no less specific route gets the request."""
    weir = weir_with(start, says("guard", path_regex="^/secret/(?:a|b)*$"), says("rest"))
    assert ask(weir, "/secret/ab") == "guard" and ask(weir, "/else") == "rest"
    assert ask(weir, "/secret/" + "ab" * 30000) in (500, "guard")
    assert weir.access_log(3)[2]["fault"] == "route_undecided"


def test_ten_thousand_routes_with_conditions(start):
    routes = [says(f"v{n}", path=f"/p{n % 100}", query={"v": str(n)}) for n in range(10000)]
    weir = weir_with(start, *routes, says("rest"))
    for n in (0, 1, 4999, 9999):
        assert ask(weir, f"/p{n % 100}?v={n}") == f"v{n}"
    assert ask(weir, "/p1?v=2") == "rest"


def test_the_route_that_was_taken_is_in_the_log(start):
    weir = weir_with(start, says("beta", headers={"X-Beta": "1"}), says("rest"))
    ask(weir, "/", "X-Beta: 1")
    assert weir.access_log(1)[0]["route"] == "beta"
