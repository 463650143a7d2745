# SPDX-License-Identifier: Apache-2.0
"""Stale answers, renewed behind the client's back."""
import threading

import pytest
from support import Backend, RawClient, Weir, proxy_config, wait_until
from support.backend import response
from support.purge import purge


def begin(start, behave, workers=1, cache=None, **changes):
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend, workers=workers, route={"cache": {"zone": "main", **(cache or {})}, **changes}, caches={"main": {}})))
    return weir, backend, start(RawClient(weir.address)).get


def answers(say):
    def behave(connection):
        for request in connection.requests():
            connection.send(say(len(connection.backend.requests), request))
    return behave


@pytest.mark.parametrize("workers", [1, 3])
def test_a_stale_answer_is_served_and_renewed_once(start, workers):
    gate = threading.Event()

    def say(number, request):
        if number > 1:
            gate.wait(20)
        return response(b"%d" % number, "200 OK", "Cache-Control: max-age=%d, stale-while-revalidate=60" % (0 if number == 1 else 60))
    weir, backend, get = begin(start, answers(say), workers)
    assert get("/a").body == b"1"
    for _ in range(20):
        answer = start(RawClient(weir.address)).get("/a")
        assert answer.body == b"1" and int(answer.one("cache-status").removeprefix("weir; hit; ttl=")) <= 0
    backend.wait_for_requests(2)
    gate.set()
    wait_until(lambda: get("/a").body == b"2", "it is renewed")
    assert len(backend.requests) == 2
    results = weir.metrics()
    assert results.total("weir_cache_requests_total", result="stale") >= 20
    assert results.total("weir_requests_total", route="all") == len(weir.access_log(22)) >= 22


def test_a_renewal_may_be_a_304(start):
    def say(number, request):
        if number == 1:
            return response(b"hello", "200 OK", "Cache-Control: max-age=0, stale-while-revalidate=60", 'ETag: "v1"')
        assert request.get("if-none-match") == '"v1"'
        return b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nCache-Control: max-age=60\r\n\r\n'
    weir, backend, get = begin(start, answers(say))
    get("/a"), get("/a")
    wait_until(lambda: get("/a").one("cache-status").startswith("weir; hit; ttl=6") or get("/a").one("cache-status").startswith("weir; hit; ttl=5"),
               "it is renewed")
    assert len(backend.requests) == 2 and get("/a").body == b"hello"


@pytest.mark.parametrize("failure", [b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", b""], ids=["500", "cut"])
def test_a_renewal_that_fails_leaves_what_there_is(start, failure):
    def say(number, request):
        if number > 1:
            if not failure:
                raise OSError("cut")
            return failure
        return response(b"hello", "200 OK", "Cache-Control: max-age=0, stale-while-revalidate=60")
    weir, backend, get = begin(start, answers(say), retries={"attempts": 0})
    get("/a")

    def asked(number):
        assert get("/a").body == b"hello"
        return len(backend.requests) >= number
    for number in range(2, 6):
        wait_until(lambda: asked(number), "it is asked again")


def test_it_can_be_switched_off(start):
    def say(number, request):
        return response(b"%d" % number, "200 OK", "Cache-Control: max-age=0, stale-while-revalidate=60")
    weir, backend, get = begin(start, answers(say), cache={"background_update": "off"})
    assert [get("/a").body for _ in range(3)] == [b"1", b"2", b"3"]


def test_a_client_that_leaves_does_not_end_the_renewal(start):
    gate = threading.Event()

    def say(number, request):
        if number == 2:
            gate.wait(20)
        return response(b"%d" % number, "200 OK", "Cache-Control: max-age=%d, stale-while-revalidate=60" % (0 if number == 1 else 60))
    weir, backend, get = begin(start, answers(say))
    get("/a")
    leaving = RawClient(weir.address)
    leaving.get("/a")
    backend.wait_for_requests(2)
    leaving.reset()
    gate.set()
    wait_until(lambda: get("/a").body == b"2", "it is renewed")
    assert len(backend.requests) == 2


def test_large_answers_that_are_not_stored_do_not_hold_up_their_renewals(cached):
    """More than fits at once, and over before it is taken."""
    paths = [f"/{number}" for number in range(40)]
    seen = set()

    def answer(request):
        if request.target in seen:
            return response(bytes(380_000), "200 OK", "Cache-Control: no-store")
        seen.add(request.target)
        return response(b"old", "200 OK", "Cache-Control: max-age=0, stale-while-revalidate=60")
    weir, backend, get = cached(answer)
    for _ in range(2):
        assert all(get(path).body == b"old" for path in paths)
    backend.wait_for_requests(2 * len(paths))
    wait_until(lambda: weir.metrics().total("weir_upstream_connections", state="active") == 0, "the renewals are over")


@pytest.mark.parametrize("words", ["stale-if-error=60", "stale-while-revalidate=60, stale-if-error=60"])
@pytest.mark.parametrize("purged", [False, True])
def test_a_renewal_that_breaks_leaves_what_there_was(start, words, purged):
    """Only who got the new one while it came has it cut off."""
    broken = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 50\r\n\r\nbad"

    def behave(connection):
        for _ in connection.requests():
            number = len(connection.backend.requests)
            if number == 1:
                connection.send(response(b"good", "200 OK", f"Cache-Control: max-age=0, {words}"))
            elif number == 2:
                connection.send(broken)
                assert not purged or connection.backend.release.wait(20)
                return
            else:
                return
    weir, backend, get = begin(start, behave, retries={"attempts": 0})
    assert get("/a").body == b"good"
    second = start(RawClient(weir.address))
    second.send(b"GET /a HTTP/1.1\r\nHost: story.test\r\n\r\n")
    backend.wait_for_requests(2)
    if purged:
        wait_until(lambda: second.read_head().status == 200, "it has begun")
        assert purge(weir, all=True)[0] == 200
        backend.release.set()
    wait_until(lambda: weir.metrics().total("weir_upstream_connections", state="active") == 0, "the renewal is over")
    third = start(RawClient(weir.address)).get("/a")
    assert (third.status, third.body) == (200, b"good") if not purged else third.status == 502
