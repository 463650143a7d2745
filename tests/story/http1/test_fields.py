# SPDX-License-Identifier: Apache-2.0
"""Which fields and targets go through, and how."""
import pytest

from support import backend as act


def test_end_to_end_fields_go_both_ways_in_order(proxy, client):
    weir, backend = proxy(act.answers(act.response(b"", "200 OK", "X-A: 1", "Set-Cookie: a=1", "X-B: 2", "Set-Cookie: b=2")))
    answer = client(weir).get("/", "X-One: 1", "Accept: a", "X-Two: 2", "Accept: b", "Cookie: c=1")
    seen = [field for field in backend.requests[0].fields if field[0].lower() in ("x-one", "accept", "x-two", "cookie")]
    assert [(name.lower(), value) for name, value in seen] == [
        ("x-one", "1"), ("accept", "a"), ("x-two", "2"), ("accept", "b"), ("cookie", "c=1")]
    assert answer.all("set-cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize("value", ["", "a", "a b\tc", "\"quoted, \\\" thing\"", "x" * 8000, "caf\xe9 \xfc", "a:b:c", "=?;,"])
def test_field_values_arrive_as_they_came(proxy, client, value):
    weir, backend = proxy(act.answers(lambda request: act.response(b"", "200 OK", f"X-Back: {value}")))
    answer = client(weir).get("/", f"X-Value: {value}")
    assert backend.requests[0].one("x-value") == value
    assert answer.one("x-back") == value


def test_space_around_a_value_is_not_part_of_it(proxy, client):
    weir, backend = proxy()
    client(weir).request(b"GET / HTTP/1.1\r\nHost: a\r\nX-Value: \t  inner space \t \r\nX-Tight:tight\r\n\r\n")
    assert backend.requests[0].one("x-value") == "inner space"
    assert backend.requests[0].one("x-tight") == "tight"


@pytest.mark.parametrize("name", ["Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: gzip", "Upgrade: foo/1",
                                  "Proxy-Authenticate-Not: 1"])
def test_hop_by_hop_request_fields_are_removed(proxy, client, name):
    weir, backend = proxy()
    client(weir).get("/", name)
    key = name.partition(":")[0]
    assert backend.requests[0].has(key) == (key == "Proxy-Authenticate-Not")


def test_fields_that_connection_names_are_removed_from_requests(proxy, client):
    weir, backend = proxy()
    client(weir).get("/", "Connection: X-Secret, close ,x-other", "X-Secret: 1", "X-Other: 2", "x-secret: 3", "X-Kept: 4")
    request = backend.requests[0]
    assert not request.has("x-secret") and not request.has("x-other")
    assert request.one("x-kept") == "4"


def test_fields_named_by_a_second_connection_field_are_removed(proxy, client):
    weir, backend = proxy()
    client(weir).get("/", "Connection: keep-alive", "Connection: X-Secret", "X-Secret: 1")
    assert not backend.requests[0].has("x-secret")
    assert "x-secret" not in backend.requests[0].get("connection", "").lower()


def test_hop_by_hop_response_fields_are_removed(proxy, client):
    weir, _ = proxy(act.answers(act.response(b"ok", "200 OK", "Keep-Alive: timeout=5", "Proxy-Connection: close",
                                             "Connection: X-Hop, keep-alive", "X-Hop: 1", "X-Kept: 2", "Upgrade: h2c")))
    answer = client(weir).get("/")
    for name in ("keep-alive", "proxy-connection", "x-hop", "upgrade"):
        assert not answer.has(name), name
    assert "x-hop" not in answer.get("connection", "").lower()
    assert answer.one("x-kept") == "2"


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Cache-Control", "Content-Type", "Range", "If-None-Match"])
def test_a_te_or_connection_field_does_not_remove_others(proxy, client, name):
    weir, backend = proxy()
    client(weir).get("/", "Connection: keep-alive", f"{name}: value")
    assert backend.requests[0].one(name) == "value"


def test_missing_host_in_http_1_1_is_a_bad_request(proxy, client):
    weir, backend = proxy()
    browser = client(weir)
    assert browser.request(b"GET / HTTP/1.1\r\n\r\n").status == 400
    assert browser.read_until_close() == b"" and backend.received() == b""


@pytest.mark.parametrize("hosts", [b"Host: a\r\nHost: b\r\n", b"Host: a\r\nHost: a\r\n", b"Host: a\r\nhost: a\r\n"])
def test_two_hosts_are_a_bad_request(proxy, client, hosts):
    weir, backend = proxy()
    browser = client(weir)
    assert browser.request(b"GET / HTTP/1.1\r\n" + hosts + b"\r\n").status == 400
    assert browser.read_until_close() == b"" and backend.received() == b""


@pytest.mark.parametrize("host", ["a b", "a/b", "user@a", "a?b", "a#b", "a\\b", "a:port", "a:99999999", "[::1", "::1]", "a:80:80",
                                  "<a>", "a\tb", "a\"b", "[::g]", "a:-1", "a%0", "[]"])
def test_an_invalid_host_is_a_bad_request(proxy, client, host):
    weir, backend = proxy()
    browser = client(weir)
    browser.send(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert browser.read_response().status == 400
    assert browser.read_until_close() == b"" and backend.received() == b""


@pytest.mark.parametrize("host", ["a", "a.example", "A.Example", "a.example:8080", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8080",
                                  "a.", "a_b.example", "xn--bcher-kva.example"])
def test_a_valid_host_is_preserved(proxy, client, host):
    weir, backend = proxy()
    assert client(weir).get("/", host=host).status == 200
    assert backend.requests[0].one("host").lower() == host.lower()


def test_absolute_form_overrides_host(proxy, client):
    weir, backend = proxy()
    answer = client(weir).request(b"GET http://real.test/path?q=1 HTTP/1.1\r\nHost: false.test\r\n\r\n")
    assert answer.status == 200
    assert backend.requests[0].one("host") == "real.test"
    assert backend.requests[0].target == "/path?q=1"


def test_absolute_form_without_path_asks_for_the_root(proxy, client):
    weir, backend = proxy()
    assert client(weir).request(b"GET http://real.test HTTP/1.1\r\nHost: real.test\r\n\r\n").status == 200
    assert backend.requests[0].target == "/"


@pytest.mark.parametrize("target", [
    "/", "/a", "/a/", "//", "//a", "/a//b", "/a/../b", "/./a", "/%2e%2e/a", "/a%2fb", "/%41", "/a?", "/a?b=c&d=%20", "/?x=/../y",
    "/a;b=c", "/~user", "/a+b", "/%E2%82%AC", "/a:b@c", "/" + "a" * 4000, "/?" + "q" * 4000, "/a|b", "/a'b(c)", "/%00", "/%zz", "/a?b?c"])
def test_the_target_is_forwarded_as_it_came(proxy, client, target):
    weir, backend = proxy()
    answer = client(weir).get(target)
    if answer.status == 400:
        assert target in ("/%00", "/%zz", "/a|b", "/%2e%2e/a") and backend.received() == b""
    else:
        assert answer.status == 200 and backend.requests[0].target == target


def test_the_backend_is_asked_in_http_1_1_without_connection_close(proxy, client):
    weir, backend = proxy()
    client(weir).get("/", "Connection: close")
    assert backend.requests[0].version == "HTTP/1.1"
    assert "close" not in backend.requests[0].get("connection", "").lower()


@pytest.mark.parametrize("said, passed", [
    ([], []), (["1"], ["1"]), (["1", "1"], ["1"]), (["0"], ["1"]), ([""], ["1"]), (["0", "1"], ["1"]), (["1, 1"], ["1"])])
def test_early_data_of_a_proxy_before_is_passed_on_as_one(proxy, client, said, passed):
    """RFC 8470, 5.1: several, and any other value, mean the same as a single 1."""
    weir, backend = proxy()
    assert client(weir).get("/", *(f"Early-Data: {value}" for value in said)).status == 200
    assert backend.requests[0].all("early-data") == passed
