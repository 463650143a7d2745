# SPDX-License-Identifier: Apache-2.0
"""Path and host as the backend sees them."""
import pytest

from support import backend as act


def test_a_prefix_is_taken_off_and_another_put_in_front(proxy, client):
    weir, backend = proxy(route={"match": {"path": "/v1"}, "rewrite": {"strip_prefix": "/v1", "add_prefix": "/api"}})
    browser = client(weir)
    for target, asked in (("/v1/users?id=%2F1&x=//", "/api/users?id=%2F1&x=//"), ("/v1", "/api"), ("/v1/", "/api/"), ("/%761//a/../b", None)):
        answer = browser.get(target)
        if asked is None:
            assert answer.status == 400 or ".." not in backend.requests[-1].target
            continue
        assert (answer.status, backend.requests[-1].target, backend.requests[-1].one("x-forwarded-prefix")) == (200, asked, "/v1")


@pytest.mark.parametrize("host,wanted", [("preserve", "public.test:8443"), ("upstream", None), ("app.internal", "app.internal")])
def test_the_host_that_the_backend_sees(proxy, client, host, wanted):
    weir, backend = proxy(route={"rewrite": {"host": host}})
    assert client(weir).get("/", host="public.test:8443").status == 200
    request = backend.requests[0]
    assert request.one("host") == (wanted or backend.address)
    assert request.one("x-forwarded-host") == "public.test:8443"


def test_an_upgrade_is_rewritten_too(proxy, client):
    weir, backend = proxy(act.upgrades(), route={"rewrite": {"strip_prefix": "/ws", "host": "chat.internal"}})
    browser = client(weir)
    browser.send(b"GET /ws/room?n=1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    request = backend.wait_for_requests(1)[0]
    assert (request.target, request.one("host")) == ("/room?n=1", "chat.internal")
