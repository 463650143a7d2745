# SPDX-License-Identifier: Apache-2.0
"""What a backend says of its own address is put back to the public one."""
import socket
import ssl

import pytest

from support import LIMIT, Backend, Weir, authority, proxy_config
from support import backend as act

PUBLIC = "public.test:8443"


def says(*fields, status="302 Found"):
    """A backend that answers with these fields, in which {me} is its address."""
    def behave(connection):
        lines = [line.replace("{me}", connection.backend.address) for line in fields]
        for _ in connection.requests():
            connection.send(act.response(b"", status, *lines))
    return behave


def answer_of(proxy, client, fields, target="/v1/shop/cart", **route):
    weir, _ = proxy(says(*fields), route=route)
    return client(weir).get(target, host=PUBLIC)


def test_without_a_word_in_the_config_they_are_put_back(proxy, client):
    answer = answer_of(proxy, client, ["Location: http://{me}/next?to=http://{me}/#end", "Content-Location: http://{me}"])
    assert answer.one("location").startswith(f"http://{PUBLIC}/next?to=http://127.0.0.1:")
    assert answer.one("location").endswith("/#end")
    assert answer.one("content-location") == f"http://{PUBLIC}"


def test_what_the_route_did_to_the_path_is_undone(proxy, client):
    fields = ["Location: http://{me}/api/login", "Refresh: 3; url=/api/wait", "Link: </api/a.css>; rel=preload, <http://cdn.test/b>",
              "Set-Cookie: id=1; Path=/api/account; HttpOnly", "Set-Cookie: all=2; Path=/; Domain=127.0.0.1"]
    answer = answer_of(proxy, client, fields, rewrite={"strip_prefix": "/v1", "add_prefix": "/api", "host": "upstream"})
    assert answer.one("location") == f"http://{PUBLIC}/v1/login"
    assert answer.one("refresh") == "3; url=/v1/wait"
    assert answer.one("link") == "</v1/a.css>; rel=preload, <http://cdn.test/b>"
    assert answer.all("set-cookie") == ["id=1; Path=/v1/account; HttpOnly", "all=2; Path=/v1; Domain=public.test"]


def test_a_browser_comes_to_where_the_backend_sent_it(proxy, client):
    """Each redirect leads to what the backend named, whichever way it named it."""
    names = ["http://{me}/api/there", "http://app.internal/api/there", "/api/there", "there", "./there", "//app.internal/api/x/../there"]
    queue = list(names)

    def behave(connection):
        for request in connection.requests():
            arrived = request.target == "/api/there"
            name = queue.pop(0).replace("{me}", connection.backend.address) if not arrived else ""
            connection.send(act.response(b"", "200 OK") if arrived else act.response(b"", "302 Found", f"Location: {name}"))
    weir, backend = proxy(behave, route={"rewrite": {"strip_prefix": "/v1", "add_prefix": "/api", "host": "app.internal"}})
    browser = client(weir)
    for name in names:
        place = browser.get("/v1/here", host=PUBLIC).one("location")
        path = place.split(PUBLIC, 1)[-1] if PUBLIC in place else place
        path = path if path.startswith("/") else "/v1/" + path.removeprefix("./")
        assert browser.get(path, host=PUBLIC).status == 200, (name, place)


def test_what_points_elsewhere_stays_byte_for_byte(proxy, client):
    odd = ["http://elsewhere.test/a", "//elsewhere.test/", "javascript:alert(1)", "http://{me}@elsewhere.test/", "http://{me}.elsewhere.test/",
           "/\\elsewhere.test", "http:{me}", "http:///{me}", "http://[::1]:1/", "http://[::1", "/a b", "%", "", "http://" + "a" * 5000 + "/"]
    for written in odd:
        weir, backend = proxy(says(f"Location: {written}"), route={"rewrite": {"host": "upstream"}})
        answer = client(weir).get("/", host=PUBLIC)
        assert answer.all("location") == [written.replace("{me}", backend.address)]


def over_tls(weir, host):
    """The head of the answer to a GET, unread but for its lines."""
    context = ssl._create_unverified_context()
    with socket.create_connection(weir.address.split(":"), timeout=LIMIT) as raw, context.wrap_socket(raw) as client:
        client.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: client.recv(65536), b"")).decode("latin-1").split("\r\n")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_scheme_is_the_one_that_the_client_came_by(start, scheme):
    """A backend behind TLS may not know of it, or have it from X-Forwarded-Proto."""
    made = start(authority.Authority())
    backend = start(Backend(says(f"Location: {scheme}://public.test/a")))
    weir = start(Weir(proxy_config(backend, listener={"tls": {"certificates": [made.issue("site")]}})))
    assert "Location: https://public.test/a" in over_tls(weir, "public.test")


def test_a_redirect_to_https_is_no_loop(proxy, client):
    """Where weir speaks plain HTTP, a backend that wants TLS means another place."""
    answer = answer_of(proxy, client, [f"Location: https://{PUBLIC}/a"])
    assert answer.one("location") == f"https://{PUBLIC}/a"


def test_it_can_be_switched_off(proxy, client):
    answer = answer_of(proxy, client, ["Location: http://{me}/a"], redirects={"rewrite": False}, rewrite={"host": "upstream"})
    assert answer.one("location").startswith("http://127.0.0.1:")
