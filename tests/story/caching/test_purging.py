# SPDX-License-Identifier: Apache-2.0
"""Purging by the admin API, and what it tells of caches."""
import json
import threading

import pytest
from support import Backend, RawClient, Weir, as_yaml, proxy_config, run_weir
from support.backend import response
from support.purge import purge
from .conftest import numbered

FRESH = "Cache-Control: max-age=60"


def caches(weir):
    with RawClient(weir.admin) as client:
        return json.loads(client.get("/api/v1/caches", host=weir.admin).body)["caches"]


@pytest.fixture
def filled(cached):
    """Four stored answers, with tags."""
    tags = {"/a/1": "Surrogate-Key: red blue", "/a/2": "Surrogate-Key: blue", "/b/1": "Cache-Tag: red, green", "/b/2?x": "X: y"}
    count = iter(range(1, 1000))
    weir, backend, get = cached(lambda request: response(b"%d" % next(count), "200 OK", FRESH, 'ETag: "a"', tags[request.target]))
    assert [get(path).body for path in tags] == [b"1", b"2", b"3", b"4"]

    def fresh():
        """Which of them are still there."""
        before = len(backend.requests)
        kept = []
        for path in tags:
            get(path)
            if len(backend.requests) == before:
                kept.append(path)
            before = len(backend.requests)
        return kept
    return weir, fresh


@pytest.mark.parametrize("what, gone", [
    ({"url": "http://story.test/a/1"}, ["/a/1"]), ({"url": "HTTP://STORY.test/b/2?x"}, ["/b/2?x"]), ({"url": "http://story.test/b/2"}, []),
    ({"prefix": "http://story.test/a/"}, ["/a/1", "/a/2"]), ({"prefix": "http://other.test/"}, []),
    ({"tag": "red"}, ["/a/1", "/b/1"]), ({"tag": "blue"}, ["/a/1", "/a/2"]), ({"tag": "re"}, []), ({"tag": "green"}, ["/b/1"]),
    ({"all": True}, ["/a/1", "/a/2", "/b/1", "/b/2?x"])], ids=str)
@pytest.mark.parametrize("soft", [False, True])
def test_what_is_purged_is_asked_for_again(filled, what, gone, soft):
    weir, fresh = filled
    assert purge(weir, **what, **({"soft": True} if soft else {})) == (200, {"purged": len(gone)})
    assert caches(weir)[0]["objects"] == (4 if soft else 4 - len(gone)) == weir.metrics().total("weir_cache_objects", cache="main")
    by = "all" if "all" in what else f"by {next(iter(what))}"
    assert f"cache main: {len(gone)} stored answers {'made stale' if soft else 'purged'} through the admin API: {by}\n" in weir.stderr()
    assert "story.test" not in weir.stderr(), "what is in URLs may be secret"
    assert fresh() == [path for path in ("/a/1", "/a/2", "/b/1", "/b/2?x") if path not in gone]


def test_what_was_fetched_before_a_purge_stays_away(start):
    gate = threading.Event()

    def behave(connection):
        for number, _ in enumerate(connection.requests()):
            if len(backend.requests) == 1:
                gate.wait(20)
            connection.send(response(b"%d" % len(backend.requests), "200 OK", FRESH))
    backend = Backend(behave)
    start(backend)
    weir = start(Weir(proxy_config(backend, workers=2, route={"cache": {"zone": "main"}}, caches={"main": {}})))
    client = start(RawClient(weir.address))
    client.send(b"GET /a HTTP/1.1\r\nHost: story.test\r\n\r\n")
    backend.wait_for_requests(1)
    assert purge(weir, all=True)[0] == 200
    gate.set()
    assert client.read_response().body == b"1"
    assert client.get("/a").body == b"2"


@pytest.mark.parametrize("what", [{}, {"url": "http://a/", "all": True}, {"url": "/path"}, {"tag": ""}, {"all": False}, {"all": 1}, {"soft": True},
                                  {"tag": "a", "soft": "yes"}, {"colour": "red"}], ids=str)
def test_wrong_orders_are_refused(filled, what):
    weir, fresh = filled
    status, answer = purge(weir, **what)
    assert status == 400 and answer["error"]
    assert len(fresh()) == 4


def test_there_is_no_such_cache(filled):
    assert purge(filled[0], name="other", all=True)[0] == 404


def test_sizes_and_ratios_are_told(cached):
    weir, _, get = cached(numbered(FRESH))
    get("/a"), get("/a"), get("/a"), get("/b")
    told, = caches(weir)
    assert (told["name"], told["objects"], told["hit_ratio"]) == ("main", 2, 0.5)
    assert told["requests"]["hit"] == 2 and told["requests"]["miss"] == 2 and told["bytes"] > 0
    assert weir.metrics().total("weir_cache_bytes", cache="main") == told["bytes"]


def reload_with(weir, **listener):
    weir.config["listeners"][0].update(listener)
    weir.config_path.write_text(as_yaml(weir.config))
    assert run_weir("reload", "-a", weir.admin).returncode == 0


def test_a_reload_keeps_what_is_stored(cached):
    weir, _, get = cached(numbered(FRESH))
    assert get("/a").body == b"1"
    reload_with(weir, limits={"headers": 50})
    assert get("/a").body == b"1"


def test_a_reload_that_stores_larger_answers_says_how_large(cached):
    weir, _, get = cached(numbered(FRESH), zone={"memory": "16m", "max_object": "64k"})
    assert get("/a").body == b"1"
    weir.config["caches"]["main"]["max_object"] = "8m"
    reload_with(weir)
    assert "cache main: answers larger than 1048576 bytes are not stored" in weir.stderr()
    assert get("/a").body == b"1"


@pytest.mark.parametrize("key, what, gone", [
    (["host", "path"], {"url": "http://story.test/a?u=2"}, True), (["host", "path"], {"url": "http://story.test/a"}, True),
    (["host", "path"], {"url": "https://story.test/a"}, True), (["host", "path"], {"prefix": "http://story.test/a?u=7"}, True),
    (["host", "path"], {"url": "http://story.test/b?u=1"}, False), (["path", "query"], {"url": "http://other.test/a?u=1"}, True),
    (["path", "query"], {"prefix": "http://other.test/"}, True), (["path", "query"], {"url": "http://other.test/a?u=2"}, False),
    (["path", "query"], {"prefix": "http://other.test/b"}, False)], ids=str)
def test_a_url_purges_what_it_would_hit(cached, key, what, gone):
    weir, _, get = cached(numbered(FRESH), cache={"key": key})
    assert get("/a?u=1").body == b"1"
    assert purge(weir, **what) == (200, {"purged": int(gone)})
    assert get("/a?u=1").body == (b"2" if gone else b"1")
