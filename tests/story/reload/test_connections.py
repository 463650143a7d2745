# SPDX-License-Identifier: Apache-2.0
"""Whoever is connected never notices a reload."""
import pytest

from reload.change import hang_up, reload_well, tree_of
from reload.load import Workers
from support import Backend, RawClient, Weir, free_address, proxy_config, refusing_address, wait_until
from support import backend as act

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
UPGRADE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


def changed(weir, number):
    """Another config each time: routes, weights, limits, pools, and a second upstream come and go."""
    tree = tree_of(weir)
    tree["listeners"][0]["timeouts"] = {"idle": f"{60 + number}s"}
    tree["routes"][0]["name"] = f"all-{number % 3}"
    pool = tree["upstreams"]["pool"]
    pool["balance"] = ["round_robin", "least_requests", "p2c", "random", "maglev"][number % 5]
    pool["pool"] = {"idle": 32 + number % 4}
    if number % 2:
        tree["upstreams"]["other"] = {"endpoints": pool["endpoints"]}
        tree["routes"].append({"name": "other", "listener": "web", "match": {"path": f"/{number}"}, "upstream": "other"})
    return tree


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("pipelined", [1, 8])
def test_no_request_is_lost_and_no_connection_is_closed(start, workers, pipelined):
    backend = start(Backend())
    weir = start(Weir(proxy_config(backend, workers=workers)))
    busy = start(Workers(weir.address, clients=6, pipelined=pipelined))
    wait_until(lambda: len(busy.statuses) > 50, "requests run")
    first = tree_of(weir)
    for number in range(1, 31):
        weir.config = first
        reload_well(weir, changed(weir, number))
        before = len(busy.statuses)
        wait_until(lambda: len(busy.statuses) > before + 5 or busy.errors, "requests go on")
    busy.stop()
    assert busy.errors == []
    assert set(busy.statuses) == {200}
    assert weir.metrics().total("weir_requests_total", listener="web", code="200") == len(busy.statuses)


def test_kept_connections_to_the_backend_are_used_on(start):
    backend = start(Backend())
    weir = start(Weir(proxy_config(backend)))
    with RawClient(weir.address) as browser:
        assert browser.get("/").status == 200
        for number in range(1, 6):
            reload_well(weir, changed(weir, 2 * number))
            assert browser.get("/").status == 200
    assert len(backend.connections) == 1


def test_a_websocket_goes_on(start):
    weir = start(Weir(proxy_config(start(Backend(act.upgrades())))))
    browser = start(RawClient(weir.address))
    browser.send(UPGRADE)
    assert browser.read_head().status == 101
    for word in (b"before", b"after", b"later"):
        browser.send(word)
        assert browser.read_exactly(len(word)) == word
        hang_up(weir)


def test_a_websocket_of_a_route_and_an_upstream_that_are_gone_goes_on(start):
    weir = start(Weir(proxy_config(start(Backend(act.upgrades())))))
    browser = start(RawClient(weir.address))
    browser.send(UPGRADE)
    assert browser.read_head().status == 101
    tree = tree_of(weir)
    del tree["upstreams"]
    tree["routes"] = [{"name": "own", "respond": {"status": 204}}]
    reload_well(weir, tree)
    browser.send(b"still there")
    assert browser.read_exactly(11) == b"still there"
    with RawClient(weir.address) as other:
        assert other.get("/").status == 204


def test_a_long_download_and_an_upload_go_on(start):
    size = 20_000_000
    download = start(Weir(proxy_config(start(Backend(act.sends_body_of(size))))))
    taker = start(RawClient(download.address, receive_buffer=65536))
    taker.send(GET)
    assert taker.read_head().status == 200
    got = len(taker.read_exactly(1_000_000))
    hang_up(download)
    tree = tree_of(download)
    tree["upstreams"]["pool"]["endpoints"] = [start(refusing_address()).address]
    reload_well(download, tree)
    assert len(taker.read_exactly(size - got)) == size - got
    upload = start(Weir(proxy_config(start(Backend(act.echoes())))))
    giver = start(RawClient(upload.address))
    giver.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + b"u" * 100_000)
    hang_up(upload)
    giver.send(b"u" * 200_000)
    assert giver.read_response("POST").body == b"u" * 300_000


def test_a_removed_listener_finishes_what_runs_and_refuses_what_is_new(start):
    backend = start(Backend(act.answers_when_released()))
    weir = start(Weir(proxy_config(backend)))
    gone = weir.address
    browser = start(RawClient(gone))
    browser.send(GET)
    backend.wait_for_requests(1)
    tree = tree_of(weir)
    tree["listeners"][0]["listen"] = free_address()
    reload_well(weir, tree)
    with pytest.raises(ConnectionRefusedError):
        RawClient(gone)
    backend.release.set()
    answer = browser.read_response()
    assert answer.status == 200 and answer.get("Connection") == "close"
    with RawClient(weir.address) as other:
        assert other.get("/").status == 200


@pytest.mark.parametrize("change", [{"name": "site"}, {"limits": {"connections": 50}}, {"timeouts": {"idle": "30s"}}])
def test_a_listener_whose_address_stays_keeps_its_connections(start, change):
    weir = start(Weir(proxy_config(start(Backend()))))
    browser = start(RawClient(weir.address))
    assert browser.get("/").status == 200
    tree = tree_of(weir)
    tree["listeners"][0].update(change)
    tree["routes"][0]["listener"] = tree["listeners"][0]["name"]
    reload_well(weir, tree)
    assert browser.get("/").status == 200
    metrics = weir.metrics()
    assert metrics.total("weir_connections", listener=tree["listeners"][0]["name"]) == 1
    assert metrics.total("weir_connections", listener="web") + metrics.total("weir_connections", listener="site") == 1


def test_from_one_address_to_all_and_back(start):
    weir = start(Weir(proxy_config(start(Backend()))))
    narrow = weir.address
    tree = tree_of(weir)
    for listen in (narrow.replace("127.0.0.1", "0.0.0.0"), narrow) * 5:
        tree["listeners"][0]["listen"] = listen
        reload_well(weir, tree)
        with RawClient(narrow) as browser:
            assert browser.get("/").status == 200


def test_unix_listeners_come_and_go(start, tmp_path):
    weir = start(Weir(proxy_config(start(Backend()), workers=2)))
    tcp, path = weir.address, tmp_path / "web.sock"
    tree = tree_of(weir)
    for _ in range(3):
        tree["listeners"][0]["listen"] = [tcp, f"unix:{path}"]
        reload_well(weir, tree)
        with RawClient(f"unix:{path}") as browser:
            assert browser.get("/").status == 200
        tree["listeners"][0]["listen"] = tcp
        reload_well(weir, tree)
        assert not path.exists()
