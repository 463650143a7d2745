# SPDX-License-Identifier: Apache-2.0
"""Other tries, the time of one, and how many there may be."""
import threading
import time

import pytest

from support import Backend, RawClient, Weir, proxy_config, refusing_address, wait_until
from support import backend as act

RESERVE = 16  # of each worker, as upstream/budget.h documents; it grows by one a second
BUSY = act.response(b"busy", "503 Service Unavailable")


def test_per_try_moves_on_to_an_endpoint_that_answers(start, client):
    slow, quick = start(Backend(act.hangs())), start(Backend(act.answers(act.response(b"quick"))))
    weir = start(Weir(proxy_config(slow, quick, route={"retries": {"attempts": 1, "per_try": "1s"}})))
    browser = client(weir)
    for _ in range(4):
        started = time.monotonic()
        answer = browser.get("/")
        assert (answer.status, answer.body) == (200, b"quick")
        assert time.monotonic() - started < 4
    assert 2 in {one["attempts"] for one in weir.access_log(4)}
    assert all(one.ended_by_peer.wait(5) for one in slow.connections)


def test_when_no_try_is_answered_in_its_time_it_is_504(start, client):
    slow = [start(Backend(act.hangs())) for _ in range(3)]
    weir = start(Weir(proxy_config(*slow, route={"retries": {"attempts": 2, "per_try": "200ms"}})))
    started = time.monotonic()
    answer = client(weir).get("/")
    assert answer.status == 504 and 'details="try_timeout"' in answer.one("proxy-status")
    assert 0.5 < time.monotonic() - started < 4
    assert [len(one.connections) for one in slow] == [1, 1, 1]


def test_each_failed_attempt_is_a_line_when_all_is_logged(start, client):
    refusing, busy, good = start(refusing_address()), start(Backend(act.answers(BUSY))), start(Backend())
    weir = start(Weir(proxy_config(refusing, busy, good, route={"retries": {"attempts": 2, "on": ["connect", "503"]}}, log={"level": "debug"})))
    browser = client(weir)
    for number in range(6):
        assert browser.get("/", f"X-Request-Id: id-{number}").status == 200
    lines = [line for line in weir.stderr().splitlines() if " debug upstream pool: " in line]
    assert any(f"endpoint {refusing.address}: attempt 1 of request id-0 failed: connect_refused" in line for line in lines)
    assert any(f"endpoint {busy.address}: attempt " in line and line.endswith("failed: status 503") for line in lines)
    assert not any(good.address in line for line in lines)


def test_per_try_ends_with_the_head(proxy, client):
    weir, _ = proxy(act.drips_its_body(60, 0.03), route={"retries": {"attempts": 2, "per_try": "1s"}})
    assert client(weir).get("/").body == b"x" * 60
    assert weir.access_log(1)[0]["attempts"] == 1


def test_per_try_does_not_repeat_what_is_not_idempotent(start, client):
    slow, other = start(Backend(act.hangs())), start(Backend())
    weir = start(Weir(proxy_config(slow, {"address": other.address, "backup": True}, route={"retries": {"attempts": 2, "per_try": "200ms"}})))
    answer = client(weir).request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
    assert answer.status == 504 and other.requests == []


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"])
def test_a_status_on_the_list_is_tried_elsewhere(start, client, status):
    bad, good = start(Backend(act.answers(act.response(b"bad", status)))), start(Backend(act.answers(act.response(b"good"))))
    weir = start(Weir(proxy_config(bad, good, route={"retries": {"attempts": 1, "on": [int(status[:3])]}})))
    browser = client(weir)
    assert [browser.get("/").body for _ in range(6)] == [b"good"] * 6
    assert len(bad.requests) > 0
    assert weir.metrics().total("weir_upstream_retries_total", upstream="pool") == len(bad.requests)


def storm(weir, requests, threads=4):
    """How the requests of several clients are answered: a list of statuses."""
    statuses, problems = [], []

    def run():
        try:
            with RawClient(weir.address, limit=20) as browser:
                for _ in range(requests // threads):
                    statuses.append(browser.get("/").status)
        except Exception as problem:
            problems.append(problem)
    runs = [threading.Thread(target=run) for _ in range(threads)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert not problems, problems
    return statuses


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("behave", [act.answers(BUSY), act.answers_and_resets(), act.answers_and_closes(b"")], ids=["503", "reset", "close"])
def test_a_storm_of_retries_stays_within_the_budget(start, behave, workers):
    backends = [start(Backend(behave)) for _ in range(3)]
    weir = start(Weir(proxy_config(*backends, workers=workers, route={"retries": {"attempts": 5, "on": ["reset", 503], "budget": "20%"}})))
    started = time.monotonic()
    statuses = storm(weir, 400)
    seconds = time.monotonic() - started
    tries = sum(one.heads_read() for one in backends)
    assert set(statuses) <= {502, 503} and len(statuses) == 400
    assert tries <= 400 * 1.2 + workers * (RESERVE + seconds + 1)
    assert tries >= 400 * 1.2 - 1, "the budget is also used"
    assert tries - 400 == weir.metrics().total("weir_upstream_retries_total", upstream="pool")
    assert sum(one["attempts"] for one in weir.access_log(400)) == tries


def test_a_storm_of_refusals_stays_within_the_budget(start):
    holders = [refusing_address() for _ in range(3)]
    weir = start(Weir(proxy_config(*[one.address for one in holders], route={"retries": {"attempts": 5, "budget": "20%"}})))
    started = time.monotonic()
    assert set(storm(weir, 400)) == {502}
    seconds = time.monotonic() - started
    retries = weir.metrics().total("weir_upstream_retries_total", upstream="pool")
    assert 79 <= retries <= 80 + RESERVE + seconds + 1
    assert sum(one["attempts"] for one in weir.access_log(400)) == 400 + retries
    for one in holders:
        one.socket.close()


def test_a_budget_of_0_leaves_the_reserve(start):
    backends = [start(Backend(act.answers(BUSY))) for _ in range(2)]
    weir = start(Weir(proxy_config(*backends, route={"retries": {"attempts": 5, "on": [503], "budget": "0%"}})))
    started = time.monotonic()
    assert set(storm(weir, 200)) == {503}
    tries = sum(one.heads_read() for one in backends)
    assert 200 + RESERVE <= tries <= 200 + RESERVE + (time.monotonic() - started) + 1
    wait_until(lambda: "the budget for retries is used up" in weir.stderr(), "the log says so")


def test_a_status_that_is_tried_again_keeps_the_connection(start):
    """A short answer that is thrown away is no reason for a new connection each time."""
    bad, good = start(Backend(act.answers(BUSY))), start(Backend())
    weir = start(Weir(proxy_config(bad, good, route={"retries": {"attempts": 1, "on": [503], "budget": "100%"}})))
    with RawClient(weir.address) as browser:
        assert [browser.get("/").status for _ in range(20)] == [200] * 20
    assert len(bad.connections) == 1, "the connection was kept"
