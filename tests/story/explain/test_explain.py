# SPDX-License-Identifier: Apache-2.0
"""`weir explain` tells which route a request would take, and never lies about it."""
import itertools

import pytest

from support import RawClient, Weir, as_yaml, free_address, proxy_config, run_weir
from support.config import proxy_tree


def says(name, **match):
    return {"name": name, "listener": "web", "match": match, "respond": {"status": 200, "body": name}}


ROUTES = [
    says("any"),
    says("any-put", method="PUT"),
    says("beta", path="/v1", headers={"X-Beta": "1"}),
    says("v1", path="/v1"),
    says("v1-again", path="/v1"),
    says("v1-two", path="/v1", query={"v": "2"}),
    says("v1-both", path="/v1", headers={"X-Beta": "1"}, query={"v": "2"}),
    says("deep", path="/v1/users/list"),
    says("exact", path_exact="/v1/users"),
    says("script", path_regex=r"\.php$"),
    says("shop", host="shop.test", path="/v1"),
    says("shop-get", host="shop.test", path="/v1", method=["GET", "HEAD"]),
    says("wild", host="*.test", path="/x"),
    says("wide", host=["*.example.com", "example.com"]),
]


def tree_of(routes):
    tree = proxy_tree([])
    tree["routes"] = routes
    del tree["upstreams"]
    return tree


def explain(path, *words):
    done = run_weir("explain", "-c", path, *words)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def config(tmp_path):
    def write(tree):
        path = tmp_path / "weir.yaml"
        path.write_text(tree if isinstance(tree, str) else as_yaml(tree))
        return path
    return write


def chosen(out):
    return [line.split()[1] for line in out.splitlines() if line.startswith("  route ")]


def reason(out, name):
    lines = [line.split(maxsplit=1) for line in out.splitlines() if line.startswith("    ")]
    return next(rest for first, rest in lines if first == name)


PLAIN = """\
listeners:
  - {name: web, listen: 127.0.0.1:18080}
routes:
  - {name: all, upstream: app}
  - {name: api, match: {host: api.test, path: /v1, method: [GET, POST], headers: {X-Beta: "1"}, query: {v: "2"}}, upstream: app}
  - {name: api-plain, match: {host: api.test, path: /v1}, redirect: {to: "https://new.test{path}"}}
  - {name: api-again, match: {host: api.test, path: /v1}, respond: {status: 404}}
  - {name: here, match: {path_exact: /here}, respond: {status: 200, body: hi}}
  - {name: php, match: {path_regex: "\\\\.php$"}, respond: {status: 404}}
  - {name: wild, match: {host: "*.test"}, respond: {status: 404}}
upstreams:
  app:
    balance: least_requests
    endpoints: [127.0.0.1:9001, {address: 127.0.0.1:9002, weight: 5, backup: true}]
"""


def test_the_route_its_upstream_and_its_endpoints_are_told(config):
    code, out, _ = explain(config(PLAIN), "GET", "http://api.test:18080/v1/x?v=2", "-H", "X-Beta: 1")
    assert code == 0 and chosen(out) == ["api"]
    for part in ("listener web", "127.0.0.1:18080", "app", "least_requests", "127.0.0.1:9001", "127.0.0.1:9002", "weight 5, backup", "filters"):
        assert part in out, out


def test_each_other_route_has_its_reason(config):
    code, out, _ = explain(config(PLAIN), "PUT", "http://api.test:18080/v1/x.php")
    assert code == 0 and chosen(out) == ["api-plain"] and "https://new.test{path}" in out
    assert "method" in reason(out, "api") and "GET, POST" in reason(out, "api")
    assert "behind api-plain" in reason(out, "api-again")
    assert "path" in reason(out, "here") and "/here" in reason(out, "here")
    assert "less specific than api-plain" in reason(out, "php") and "host" in reason(out, "php")
    assert "less specific than api-plain" in reason(out, "wild")
    assert "less specific than api-plain" in reason(out, "all")
    _, out, _ = explain(config(PLAIN), "GET", "http://api.test:18080/v1?v=2")
    assert "header X-Beta" in reason(out, "api") and "'1'" in reason(out, "api")
    _, out, _ = explain(config(PLAIN), "GET", "http://api.test:18080/v1?v=3", "-H", "x-beta: 1")
    assert "query v" in reason(out, "api") and "'2'" in reason(out, "api")
    _, out, _ = explain(config(PLAIN), "GET", "http://other.org:18080/")
    assert chosen(out) == ["all"] and "host differs" in reason(out, "wild") and "*.test" in reason(out, "wild")
    assert "path differs" in reason(out, "php")
    _, out, _ = explain(config(PLAIN), "GET", "http://api.test:18080/v1?v=2", "-H", "X-Beta:1")
    assert "fewer conditions" in reason(out, "api-plain")


def test_no_route_exits_1_with_the_reasons(config):
    tree = tree_of([says("a", host="a.test"), says("b", path="/b")])
    port = tree["listeners"][0]["listen"].rpartition(":")[2]
    code, out, _ = explain(config(tree), "GET", f"http://c.test:{port}/c")
    assert code == 1 and chosen(out) == ["none:"] and "404" in out
    assert "host differs" in reason(out, "a") and "path differs" in reason(out, "b")


@pytest.mark.parametrize("words", [[], ["GET"], ["GET", "/x"], ["GET", "http://"], ["GET", "ftp://a/"], ["GET", "http://a b/"], ["G T", "http://a/"],
                                   ["GET", "http://a/", "more"], ["GET", "http://a/", "-H"], ["GET", "http://a/", "-H", "no colon"],
                                   ["GET", "http://a/", "-H", "A\x01: b"], ["GET", "http://a/", "-H", "A: b\nC: d"], ["GET", "http://a/", "-x"],
                                   ["GET", "http://a:99999/"], ["GET", ""], ["", "http://a/"]])
def test_wrong_usage_exits_2_with_a_hint(config, words):
    code, out, err = explain(config(PLAIN), *words)
    assert code == 2 and "--help" in err and out == ""


def test_options_may_stand_anywhere(config):
    done = run_weir("explain", "-H", "X-Beta: 1", "GET", "-c", config(PLAIN), "http://api.test:18080/v1?v=2")
    assert done.returncode == 0 and chosen(done.stdout) == ["api"]


def test_the_config_in_this_folder_is_taken_without_c(config):
    path = config(PLAIN)
    done = run_weir("explain", "GET", "http://x:18080/here", cwd=path.parent)
    assert done.returncode == 0 and chosen(done.stdout) == ["here"]


def test_a_bad_config_exits_1_with_its_problems(config):
    code, out, err = explain(config(PLAIN.replace("upstream: app}", "upstream: ap}", 1)), "GET", "http://x:18080/")
    assert code == 1 and "weir.yaml:4:" in err and out == ""


@pytest.mark.parametrize("method,target,status", [("TRACE", "/", "405"), ("CONNECT", "/", "501"), ("GET", "/../x", "400"), ("GET", "/%zz", "400")])
def test_what_weir_refuses_itself_is_told(config, method, target, status):
    code, out, _ = explain(config(PLAIN), method, "http://x:18080" + target)
    assert code == 1 and "refused" in out and status in out


def two_listeners():
    tree = tree_of([says("web", host="web.test"), {**says("other", host="other.test"), "listener": "other"}])
    tree["listeners"].append({"name": "other", "listen": free_address()})
    return tree


def test_the_port_of_the_url_chooses_the_listener(config):
    tree = two_listeners()
    port = tree["listeners"][1]["listen"].rpartition(":")[2]
    code, out, _ = explain(config(tree), "GET", f"http://other.test:{port}/")
    assert code == 0 and chosen(out) == ["other"] and "listener web" not in out
    code, out, _ = explain(config(tree), "GET", f"http://web.test:{port}/")
    assert code == 1 and "listener web" not in out


def test_a_port_that_nobody_has_is_told_and_every_listener_looked_at(config):
    path = config(two_listeners())
    code, out, _ = explain(path, "GET", "http://other.test/")
    assert code == 0 and "no listener has port 80" in out and chosen(out) == ["other"]
    code, out, _ = explain(path, "GET", "https://nobody.test/")
    assert code == 1 and "no listener has port 443" in out and chosen(out) == ["none:", "none:"]


def test_another_scheme_than_the_listeners_is_told(config):
    code, out, _ = explain(config(PLAIN), "GET", "https://x:18080/here")
    assert code == 0 and "https" in out.split("listener web")[0].split("\n\n")[1] and chosen(out) == ["here"]


def test_a_host_field_is_before_the_urls(config):
    _, out, _ = explain(config(PLAIN), "GET", "http://127.0.0.1:18080/v1", "-H", "Host: API.test:99")
    assert chosen(out) == ["api-plain"]


def test_it_says_what_serving_does(start):
    weir = start(Weir(as_yaml(tree_of(ROUTES))))
    fields = [[], ["X-Beta: 1"], ["x-beta: 0", "X-BETA: 1"]]
    targets = ["/", "/v1", "/v1/users", "/v1/users/", "/v1/%75sers/list/all?v=2", "/v1?v=1&%76=2", "/a.php", "//x/./y", "/v1/../x.ph%70"]
    asks = [*itertools.product(["GET"], ["shop.test", "a.b.test"], targets, fields), *itertools.product(["PUT", "HEAD"], ["none"], targets, fields[:1]),
            *itertools.product(["GET"], ["EXAMPLE.com", "x.example.com."], targets[:1], fields[:1])]
    for method, host, target, more in asks:
        words = [word for field in more for word in ("-H", field)]
        code, out, _ = explain(weir.config_path, method, f"http://{host}:{weir.port}{target}", *words)
        with RawClient(weir.address) as client:
            lines = [f"{method} {target} HTTP/1.1", f"Host: {host}:{weir.port}", *more, "Connection: close"]
            answer = client.request("".join(line + "\r\n" for line in lines).encode() + b"\r\n")
        assert code == 0 and answer.status == 200, (out, answer.status)
        if method != "HEAD":
            assert chosen(out) == [answer.body.decode()], (method, host, target, more)
    assert [one["route"] for one in weir.access_log(len(asks))]


def test_ten_thousand_routes_are_explained_in_time(config):
    tree = tree_of([says(f"r{n}", path=f"/p{n}", query={"v": str(n)}) for n in range(10000)])
    port = tree["listeners"][0]["listen"].rpartition(":")[2]
    code, out, _ = explain(config(tree), "GET", f"http://x:{port}/p77?v=77")
    assert code == 0 and chosen(out) == ["r77"] and out.count("path differs") == 9999


@pytest.mark.parametrize("method,meant", [("get", "; did you mean GET?"), ("FOO", ""), ("PSOT", "; did you mean POST?")])
def test_a_method_that_no_request_can_have_is_refused_as_serving_does(config, start, method, meant):
    code, out, _ = explain(config(PLAIN), method, "http://other.org:18080/")
    assert code == 1 and f"weir answers 400, bad_request: HTTP/1 has no method {method}{meant}\n" in out
    weir = start(Weir(proxy_config("127.0.0.1:9")))
    with RawClient(weir.address) as browser:
        assert browser.request(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n".encode()).status == 400


def test_a_method_with_side_effects_has_fewer_retries(config):
    _, out, _ = explain(config(PLAIN), "GET", "http://other.org:18080/")
    assert "retries    2, on connect, reset, budget 20 %\n" in out
    _, out, _ = explain(config(PLAIN), "POST", "http://other.org:18080/")
    assert "retries    2, on connect, not on the others: the method is not idempotent, budget 20 %\n" in out


@pytest.mark.parametrize("kind", ["application/grpc", "application/grpc-web-text+proto"])
def test_a_call_of_grpc_that_was_refused_is_tried_again(config, kind):
    _, out, _ = explain(config(PLAIN), "POST", "http://other.org:18080/", "-H", f"content-type: {kind}")
    assert "retries    2, on connect, unavailable, not on the others: the method is not idempotent, budget 20 %\n" in out
    only = {**tree_of([{"name": "all", "upstream": "app", "retries": {"on": ["unavailable"]}}]),
            "upstreams": {"app": {"endpoints": ["127.0.0.1:9001"]}}}
    port = only["listeners"][0]["listen"].rpartition(":")[2]
    _, out, _ = explain(config(only), "POST", f"http://other.org:{port}/", "-H", f"content-type: {kind}")
    assert "retries    2, on unavailable, budget 20 %\n" in out


def test_sticky_cookies_and_changed_fields_are_told(config):
    tree = tree_of([{"name": "all", "upstream": "app", "headers": {"request": {"set": {"X-A": "secret"}, "remove": ["X-B", "X-C"]},
                                                                   "response": {"add": {"X-D": "1"}}}}])
    tree["upstreams"] = {"app": {"endpoints": ["127.0.0.1:9001"], "sticky": {"cookie": "weir_id", "ttl": "1h"}}}
    port = tree["listeners"][0]["listen"].rpartition(":")[2]
    _, out, _ = explain(config(tree), "GET", f"http://a.test:{port}/")
    assert "sticky     cookie weir_id, for 3600s\n" in out and "secret" not in out
    assert "filters    fields of the request (remove X-B, X-C) (set X-A); fields of the answer (add X-D)\n" in out


def test_wrong_usage_counts_before_a_missing_config(tmp_path):
    done = run_weir("explain", "GET", cwd=tmp_path)
    assert done.returncode == 2 and "METHOD and URL are needed" in done.stderr


def test_the_cache_key_is_shown_as_it_is(tmp_path):
    path = tmp_path / "weir.yaml"
    key = ["host", "path", "header:X-Plan", "cookie:lang"]
    path.write_text(proxy_config("127.0.0.1:1", route={"name": "pages", "cache": {"zone": "main", "key": key}}, caches={"main": {}}))
    code, out, _ = explain(path, "GET", "http://Shop.test:8080/a/../b?q", "-H", "X-Plan: gold", "-H", "Cookie: a=b; lang=en")
    assert code == 0 and "  cache      main, key pages | shop.test:8080 | /a/../b | gold | ;=en\n" in out
    for method, *more in (["POST"], ["GET", "-H", "X-Original-URL: /c"], ["GET", "-H", "Cache-Control: no-store"]):
        assert "  cache      main, not asked" in explain(path, method, "http://shop.test/b", *more)[1]
