# SPDX-License-Identifier: Apache-2.0
"""Copies of requests for another upstream."""
import signal
import threading
import time

import pytest

from support import Backend, RawClient, Weir, as_yaml, refusing_address, wait_until
from support import backend as act
from support.config import proxy_tree


def mirrored(start, shadow, behave=None, percent=100, **route):
    backend = start(Backend(behave))
    tree = proxy_tree([backend], route={"mirror": {"upstream": "shadow", "percent": percent}, **route})
    tree["upstreams"]["shadow"] = {"endpoints": [getattr(shadow, "address", shadow)]}
    return start(Weir(as_yaml(tree))), backend


def test_the_shadow_gets_head_and_body_and_its_answer_goes_nowhere(start, client):
    shadow = start(Backend(act.answers(act.response(b"shadow", "500 Oops"))))
    weir, backend = mirrored(start, shadow, act.echoes())
    browser = client(weir)
    for size in (0, 10, 100_000):
        body = b"x" * size
        answer = browser.request(b"POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size + body)
        assert (answer.status, answer.body) == (200, body)
    copies = {copy.one("x-request-id"): copy for copy in shadow.wait_for_requests(3)}  # in whatever order they came
    for real in backend.requests:
        copy = copies.pop(real.one("x-request-id"))
        assert (copy.method, copy.target, copy.body, copy.one("host")) == (real.method, real.target, real.body, "h")
    assert not copies
    assert len(weir.access_log(3)) == 3
    wait_until(lambda: weir.metrics().total("weir_upstream_requests_total", upstream="shadow", code="500") == 3, "the shadow's answers counted")
    assert weir.metrics().total("weir_requests_total", route="all") == 3


@pytest.mark.parametrize("behave", [act.hangs(), act.answers(b"garbage\r\n\r\n"), act.answers_and_resets(), act.answers_and_closes(b"HTTP/1.1 200"),
                                    act.drips(act.response(b"x" * 100), 0.05), act.upgrades()],
                         ids=["hangs", "garbage", "reset", "close", "drips", "upgrades"])
def test_a_bad_shadow_changes_nothing(start, client, behave):
    weir, _ = mirrored(start, start(Backend(behave)), timeouts={"first_byte": "1s"})
    browser = client(weir)
    started = time.monotonic()
    for _ in range(10):
        assert browser.get("/").status == 200
    assert time.monotonic() - started < 3


def test_a_dead_shadow_changes_nothing_and_is_counted(start, client):
    with refusing_address() as address:
        weir, _ = mirrored(start, address)
        browser = client(weir)
        assert [browser.get("/").status for _ in range(10)] == [200] * 10
        wait_until(lambda: weir.metrics().total("weir_mirrors_dropped_total", route="all") == 10, "ten copies counted as dropped")


def test_a_shadow_that_reads_nothing_does_not_hold_up_an_upload(start, client):
    shadow = start(Backend(act.reads_slowly_until_released()))
    weir, _ = mirrored(start, shadow, act.answers(lambda request: act.response(b"%d" % len(request.body))))
    size = 24 << 20
    answer = client(weir).request(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
    assert (answer.status, answer.body) == (200, b"%d" % size)
    wait_until(lambda: weir.metrics().total("weir_mirrors_dropped_total") == 1, "the copy given up")


def test_a_share_of_the_requests_is_copied(start, client):
    shadow = start(Backend())
    weir, _ = mirrored(start, shadow, percent=25)
    browser = client(weir)
    for _ in range(200):
        assert browser.get("/").status == 200
    done = weir.metrics
    wait_until(lambda: done().total("weir_upstream_requests_total", upstream="shadow") == len(shadow.requests), "all copies answered")
    assert 20 < len(shadow.requests) < 90


def test_a_drain_ends_though_the_shadow_hangs(start, client):
    shadow = start(Backend(act.hangs()))
    weir, _ = mirrored(start, shadow, timeouts={"first_byte": "500ms"})
    assert client(weir).get("/").status == 200
    shadow.wait_for_connections(1)
    started = time.monotonic()
    weir.stop()
    assert time.monotonic() - started < 10


def test_many_at_once_while_the_shadow_fails_in_every_way_and_the_config_is_reloaded(start):
    ways = [act.answers(act.OK), act.answers_and_resets(), act.answers(b"garbage\r\n\r\n"), act.hangs(),
            act.answers_and_closes(act.OK), lambda connection: connection.reset()]
    shadow = start(Backend(lambda connection: ways[connection.number % len(ways)](connection)))
    weir, _ = mirrored(start, shadow, act.echoes(), timeouts={"first_byte": "2s"})
    wrong = []

    def ask(number):
        with RawClient(weir.address) as browser:
            for n in range(60):
                body = b"x" * (n * n * 20)
                answer = browser.request(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                if (answer.status, answer.body) != (200, body):
                    wrong.append((number, n, answer.status))
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for generation in (2, 3, 4):
        weir.process.send_signal(signal.SIGHUP)
        wait_until(lambda: f"config {generation} is in force" in weir.stderr(), weir.stderr)
    for thread in threads:
        thread.join(60)
    assert not wrong and not any(thread.is_alive() for thread in threads)
    assert len(weir.access_log(360)) == 360
    assert weir.metrics().total("weir_requests_total", route="all", code="200") == 360
