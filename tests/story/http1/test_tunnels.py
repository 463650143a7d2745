# SPDX-License-Identifier: Apache-2.0
"""Upgrade: after 101 the connection carries bytes, each direction ending on its own."""
import random

import pytest
from support import backend as act

ASK = b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"


def open_tunnel(browser, ask=ASK):
    answer = browser.request(ask)
    assert answer.status == 101
    assert answer.one("upgrade").lower() == "websocket" and "upgrade" in answer.one("connection").lower()
    return browser


def test_upgrade_becomes_a_tunnel(proxy, client):
    weir, backend = proxy(act.upgrades())
    browser = open_tunnel(client(weir))
    for n in range(20):
        data = b"message %d" % n
        assert browser.send(data).read_exactly(len(data)) == data
    request = backend.requests[0]
    assert request.one("upgrade") == "websocket" and "upgrade" in request.one("connection").lower()


def test_tunnel_carries_big_data_byte_for_byte(proxy, client):
    import threading
    weir, _ = proxy(act.upgrades())
    browser = open_tunnel(client(weir, limit=30))
    data = random.Random(1).randbytes(4 << 20)
    sender = threading.Thread(target=browser.send, args=(data,), daemon=True)
    sender.start()
    assert browser.source.exactly(len(data)) == data
    sender.join(10)


def test_client_half_close_reaches_the_backend_and_its_last_words_return(proxy, client):
    weir, _ = proxy(act.upgrades())
    browser = open_tunnel(client(weir))
    browser.send(b"last")
    browser.half_close()
    assert browser.read_until_close() == b"lastgoodbye"


def test_backend_half_close_reaches_the_client_which_can_still_send(proxy, client):
    heard = []

    def behave(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst")
        connection.half_close()
        heard.append(connection.source.rest())
    weir, backend = proxy(behave)
    browser = open_tunnel(client(weir))
    assert browser.read_until_close() == b"first"
    browser.send(b"still ")
    browser.send(b"talking")
    browser.half_close()
    from support import wait_until
    wait_until(lambda: heard, "the backend heard the rest")
    assert heard == [b"still talking"]


def test_bytes_sent_right_behind_the_request_reach_the_tunnel(proxy, client):
    weir, _ = proxy(act.upgrades())
    browser = client(weir)
    browser.send(ASK + b"early")
    assert browser.read_response().status == 101
    assert browser.read_exactly(5) == b"early"


def test_bytes_sent_right_behind_the_101_reach_the_client(proxy, client):
    weir, _ = proxy(act.upgrades(after=b"hello first"))
    assert open_tunnel(client(weir)).read_exactly(11) == b"hello first"


def test_refused_upgrade_is_an_ordinary_answer(proxy, client):
    weir, _ = proxy(act.answers(act.response(b"no", "426 Upgrade Required")))
    browser = client(weir)
    assert browser.request(ASK).status == 426
    assert browser.get("/").status == 426


NOT_WHAT_WAS_ASKED = {
    "bare": b"",
    "no_connection": b"Upgrade: websocket\r\n",
    "connection_of_something_else": b"Connection: keep-alive\r\nUpgrade: websocket\r\n",
    "no_upgrade": b"Connection: Upgrade\r\n",
    "another_protocol": b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
    "one_more_protocol": b"Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n",
    "two_upgrades": b"Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n",
    "a_length": b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n",
    "a_coding": b"Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n",
}


@pytest.mark.parametrize("name", NOT_WHAT_WAS_ASKED)
def test_a_101_to_something_else_is_a_502(proxy, client, name):
    """RFC 9110, 7.8: the backend names the protocol that it changes to, which must be one that was asked for."""
    weir, _ = proxy(act.answers(b"HTTP/1.1 101 Switching Protocols\r\n" + NOT_WHAT_WAS_ASKED[name] + b"\r\nevil"))
    answer = client(weir).request(ASK)
    assert answer.status == 502 and b"evil" not in answer.body
    assert weir.access_log(1)[0]["fault"] == "upgrade_failed"


def test_a_101_names_the_protocol_in_any_case_and_its_accept_is_the_clients_to_check(proxy, client):
    weir, _ = proxy(act.answers(b"HTTP/1.1 101 Switching Protocols\r\nConnection: x, upgrade\r\nUpgrade: WebSocket\r\n"
                                b"Sec-WebSocket-Accept: nonsense\r\n\r\n"))
    assert open_tunnel(client(weir)).source is not None


def test_backend_reset_in_a_tunnel_ends_the_client(proxy, client):
    def behave(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        connection.source.exactly(1)
        connection.reset()
    weir, _ = proxy(behave)
    browser = open_tunnel(client(weir))
    browser.send(b"x")
    assert browser.read_until_close() == b""


def test_client_reset_in_a_tunnel_ends_the_backend(proxy, client):
    weir, backend = proxy(act.upgrades())
    browser = open_tunnel(client(weir))
    assert browser.send(b"x").read_exactly(1) == b"x"
    browser.reset()
    assert backend.connections[0].ended_by_peer.wait(10)


def test_a_tunnels_connection_is_never_reused(proxy, client):
    weir, backend = proxy(act.upgrades())
    browser = open_tunnel(client(weir))
    browser.half_close()
    browser.read_until_close()
    open_tunnel(client(weir))
    assert len(backend.connections) == 2


def test_a_tunnel_outlives_the_request_timeouts_while_it_is_used(proxy, client):
    weir, _ = proxy(act.upgrades(), listener={"timeouts": {"header": "1s", "body": "1s"}},
                    route={"timeouts": {"first_byte": "1s", "idle": "5s"}})
    import time
    browser = open_tunnel(client(weir))
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        assert browser.send(b"tick").read_exactly(4) == b"tick"
        time.sleep(0.05)


def test_many_tunnels_live_side_by_side(proxy, client):
    weir, _ = proxy(act.upgrades())
    tunnels = [open_tunnel(client(weir)) for _ in range(50)]
    for n, tunnel in enumerate(tunnels):
        tunnel.send(b"%04d" % n)
    assert [tunnel.read_exactly(4) for tunnel in tunnels] == [b"%04d" % n for n in range(50)]
