# SPDX-License-Identifier: Apache-2.0
"""Ejection, circuit breaker, tries and their budget."""
import concurrent.futures
import time

import pytest

from support import Backend, RawClient, Weir, proxy_config, refusing_address, wait_until
from support import backend as act

UNAVAILABLE = act.response(b"", "503 Service Unavailable")
RESERVE = 16  # retries that each worker may make beyond the share (upstream/budget.h)


def statuses(weir, times):
    with RawClient(weir.address) as browser:
        return [browser.get("/").status for _ in range(times)]


def ejected(weir):
    (pool,) = weir.admin_json("/api/v1/upstreams")["upstreams"]
    return [one["address"] for one in pool["endpoints"] if one["ejected"]]


def test_who_fails_is_ejected_and_comes_back(start):
    failing, well = start(Backend(act.answers(UNAVAILABLE))), start(Backend())
    weir = start(Weir(proxy_config(failing, well, upstream={"outlier": {"failures": 3, "window": "10s", "eject": "500ms"}})))
    wait_until(lambda: statuses(weir, 2) and ejected(weir) == [failing.address], "it is ejected")
    assert weir.metrics().total("weir_upstream_ejections_total", endpoint=failing.address) == 1
    wait_until(lambda: ejected(weir) == [], "it comes back by itself")
    wait_until(lambda: 503 in statuses(weir, 2), "and is asked again")


def test_never_more_are_ejected_than_allowed(start):
    failing = [start(Backend(act.answers(UNAVAILABLE))) for _ in range(4)]
    weir = start(Weir(proxy_config(*failing, upstream={"outlier": {"failures": 1, "eject": "1h", "max_ejected": "50%"}})))
    statuses(weir, 40)
    assert len(ejected(weir)) == 2
    assert weir.metrics().total("weir_upstream_up") == 2


def test_a_success_between_failures_counts(start):
    mixed = start(Backend(act.answers(*[UNAVAILABLE, UNAVAILABLE, act.response(b"ok")] * 20)))
    weir = start(Weir(proxy_config(mixed, start(Backend()), upstream={"outlier": {"failures": 3, "eject": "1h"}})))
    statuses(weir, 60)
    assert ejected(weir) == []


def test_the_breaker_opens_and_closes(start):
    backend = start(Backend(act.answers_when_released()))
    weir = start(Weir(proxy_config(backend, upstream={"max_requests": 3}, workers=2)))
    browsers = [start(RawClient(weir.address)) for _ in range(3)]
    for browser in browsers:
        browser.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    backend.wait_for_requests(3)
    with RawClient(weir.address) as late:
        answer = late.get("/")
    assert answer.status == 503 and "circuit_open" in answer.get("Proxy-Status") and answer.has("Retry-After")
    backend.release.set()
    assert [browser.read_response().status for browser in browsers] == [200] * 3
    assert statuses(weir, 5) == [200] * 5


def test_a_breaker_counts_down_however_a_request_ends(start):
    def moody(connection):
        for number, _ in enumerate(connection.requests()):
            if number % 3 == 1:
                return connection.reset()
            if number % 3 == 2:
                return connection.send(b"garbage\r\n\r\n")
            connection.send(act.response(b"ok"))
        return None
    backend, refusing = start(Backend(moody)), start(refusing_address())
    weir = start(Weir(proxy_config(backend, refusing.address, upstream={"max_requests": 2}, route={"retries": {"attempts": 1}})))
    for _ in range(10):
        statuses(weir, 5)
        leaver = RawClient(weir.address)
        leaver.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        leaver.reset()
    faults = [line.get("fault") for line in weir.access_log(60)]
    assert "circuit_open" not in faults


def test_a_slow_try_is_repeated_elsewhere(start):
    slow, quick = start(Backend(act.hangs())), start(Backend(act.names_itself("quick")))
    weir = start(Weir(proxy_config(slow, quick, route={"retries": {"attempts": 2, "per_try": "200ms"}})))
    with RawClient(weir.address) as browser:
        for _ in range(4):
            answer = browser.get("/")
            assert (answer.status, answer.body) == (200, b"quick")


def test_all_tries_are_slow(start):
    weir = start(Weir(proxy_config(start(Backend(act.hangs())), route={"retries": {"attempts": 2, "per_try": "100ms"}})))
    started = time.monotonic()
    with RawClient(weir.address) as browser:
        answer = browser.get("/")
    assert answer.status == 504 and "try_timeout" in answer.get("Proxy-Status")
    assert time.monotonic() - started < 3
    assert weir.access_log(1)[-1]["attempts"] == 3


def attempts_at(backends):
    return sum(backend.heads_read() for backend in backends)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("behave", [act.answers(UNAVAILABLE), act.answers_and_resets()])
def test_a_retry_storm_stays_within_the_budget(start, workers, behave):
    backends = [start(Backend(behave)) for _ in range(3)]
    weir = start(Weir(proxy_config(*backends, workers=workers, route={"retries": {"attempts": 3, "on": ["connect", "reset", "503"], "budget": "20%"}})))
    requests = 600
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: statuses(weir, 1), range(requests)))
    refilled = time.monotonic() - started + 1
    most = requests * 1.2 + workers * (RESERVE + refilled)
    assert requests <= attempts_at(backends) <= most
    assert weir.metrics().total("weir_upstream_retries_total") <= most - requests


def test_slow_start_gives_little_at_first(start):
    old, new = start(Backend()), start(Backend())
    weir = start(Weir(proxy_config(old, upstream={"slow_start": "1h"})))
    statuses(weir, 2)
    weir.admin_request("PUT", f"/api/v1/upstreams/pool/endpoints/{new.address}", body='{"weight": 1}')
    before = old.heads_read()
    wait_until(lambda: statuses(weir, 1) and len(weir.admin_json("/api/v1/upstreams/pool")["endpoints"]) == 2, "the new one is known")
    statuses(weir, 100)
    assert new.heads_read() <= 5 and old.heads_read() > before + 90
