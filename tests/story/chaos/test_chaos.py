# SPDX-License-Identifier: Apache-2.0
"""Backends fail in every way under load: the books balance and nothing is left behind."""
import random
import time
from collections import Counter

import pytest

from support import CUT, Load, Standalone, Weir, descriptors, memory_kb, proxy_config, tcp_states, wait_until, without_quarantine
from support.process import owned_tcp_states

SECONDS = 8
ROUTE = {"timeouts": {"connect": "500ms", "first_byte": "500ms", "idle": "1s", "request": "5s"},
         "retries": {"attempts": 2, "on": ["connect", "reset", 502, 503, 504], "per_try": "400ms"}}
UPSTREAM = {"health_check": {"path": "/health", "interval": "100ms", "timeout": "200ms", "healthy": 1, "unhealthy": 2},
            "outlier": {"failures": 3, "window": "5s", "eject": "300ms", "max_ejected": "50%"},
            "pool": {"pending_timeout": "1s"}}


def surround(start, count=3, workers=2, **upstream):
    backends = [start(Standalone()) for _ in range(count)]
    config = proxy_config(*backends, workers=workers, route=ROUTE, upstream={**UPSTREAM, **upstream})
    return start(Weir(config, env=without_quarantine())), backends


def torment(load, deeds, seconds=SECONDS):
    """Does one of the deeds after the other, each after some more requests, for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for deed in deeds:
            before = load.count()
            deed()
            wait_until(lambda: load.count() > before + 20, "requests go on", limit=20)


def wait_until_well(weir, backend):
    wait_until(lambda: weir.metrics().total("weir_upstream_up", endpoint=backend.address) == 1, "it is well again", 20)


def heal(weir, backends):
    for one in backends:
        one.resume()
        if one.process.poll() is not None:
            one.start()
        wait_until_well(weir, one)


def is_quiet(weir):
    metrics = weir.metrics()
    return metrics.total("weir_connections", listener="web") == 0 and metrics.total("weir_upstream_connections", state="active") == 0


def assert_books_balance(weir, load):
    """What clients saw is what the log and the metrics say, and the log explains what was not well."""
    wait_until(lambda: is_quiet(weir), "nothing is under way", 20)
    assert not load.wrong, load.wrong[:5]
    assert load.outcomes["nothing"] == 0, "every request has an answer"
    total = load.count()
    entries = weir.access_log(total)
    assert len(entries) == total == weir.metrics().total("weir_requests_total", listener="web")
    assert weir.metrics().total("weir_log_dropped_lines_total") == 0
    whole = Counter(one["status"] for one in entries if not (one["status"] == 200 and "fault" in one))
    assert whole == Counter({status: count for status, count in load.outcomes.items() if status != CUT})
    assert load.outcomes[CUT] == total - sum(whole.values())
    assert all(one.get("fault") for one in entries if one["status"] != 200), "each failure has its fault"
    codes = Counter(one["status"] for one in entries)
    for status, count in codes.items():
        assert weir.metrics().total("weir_requests_total", listener="web", code=str(status)) == count
    return entries


def assert_no_sockets_linger(weir):
    wait_until(lambda: "CLOSE_WAIT" not in owned_tcp_states(weir.pid), lambda: f"no CLOSE_WAIT in {owned_tcp_states(weir.pid)}", 10)


def endure(start, targets, deeds_of, tolerated, **options):
    weir, backends = surround(start, **options)
    with Load(weir, targets) as load:
        wait_until(lambda: load.count() > 100, "load")
        torment(load, deeds_of(weir, backends))
        heal(weir, backends)
        load.stop()
    entries = assert_books_balance(weir, load)
    assert {one["fault"] for one in entries if one.get("fault")} <= tolerated
    assert_no_sockets_linger(weir)
    return weir, backends, load


def test_backends_are_killed_and_restarted_one_after_the_other(start):
    def deeds(weir, backends):
        return [step for one in backends for step in (one.kill, one.start, lambda one=one: wait_until_well(weir, one))]
    _, _, load = endure(start, ["/ok", "/big", "/slow"], deeds,
                        {"connect_refused", "upstream_reset", "connect_failed", "no_endpoint", "try_timeout", "first_byte_timeout"})
    assert load.outcomes[200] > 0.9 * load.count(), load.told()


def test_backends_hang_and_go_on(start):
    def deeds(_, backends):
        return [step for one in backends for step in (one.hang, lambda: time.sleep(0.5), one.resume)]
    _, _, load = endure(start, ["/ok", "/big"], deeds,
                        {"try_timeout", "first_byte_timeout", "connect_timeout", "idle_timeout", "no_endpoint", "upstream_reset", "request_timeout"})
    assert load.outcomes[200] > 0.8 * load.count(), load.told()


def test_all_backends_are_gone_for_a_while(start):
    def deeds(_, backends):
        return [*(one.kill for one in backends), lambda: time.sleep(0.5), *(one.start for one in backends)]
    _, _, load = endure(start, ["/ok"], deeds, {"connect_refused", "connect_failed", "upstream_reset", "no_endpoint"})
    assert load.outcomes[503] > 0 and load.outcomes[200] > 0


def test_garbage_cut_bodies_resets_and_slowness_all_at_once(start):
    def nothing(*_):
        return [lambda: None]
    _, _, load = endure(start, ["/ok", "/ok", "/big", "/slow", "/garbage", "/half", "/reset"], nothing,
                        {"upstream_garbage", "upstream_reset", "no_endpoint", "try_timeout"})
    assert load.outcomes[CUT] > 0 and load.outcomes[502] > 0 and load.outcomes[200] > 0


def test_everything_at_once_and_nothing_stays(start):
    """Memory, descriptors and sockets after the second round are those after the first."""
    weir, backends = surround(start)
    dice = random.Random(5)

    def mischief():
        one = dice.choice(backends)
        dice.choice([one.hang, one.resume, one.restart])()

    def tortured():
        with Load(weir, ["/ok", "/ok", "/big", "/slow", "/garbage", "/half", "/reset"], clients=12, seed=dice.random()) as load:
            torment(load, [mischief])
            heal(weir, backends)
            load.stop()
        wait_until(lambda: is_quiet(weir), "nothing is under way", 20)
        assert not load.wrong, load.wrong[:5]
        return load.count(), descriptors(weir.pid), memory_kb(weir.pid)
    first, files, memory = tortured()
    second, files_later, memory_later = tortured()
    total = first + second
    assert len(weir.access_log(total)) == total == weir.metrics().total("weir_requests_total", listener="web")
    assert_no_sockets_linger(weir)
    assert files_later <= files + 3 * 12, "idle connections to backends may differ, no more"
    assert memory_later < memory * 1.25 + 4096, (memory, memory_later)


def test_reloads_and_orders_while_backends_fail(start):
    weir, backends = surround(start, count=4)
    dice = random.Random(6)

    def order(method, one, body=None):
        status, _, answer = weir.admin_request(method, f"/api/v1/upstreams/pool/endpoints/{one.address}", body=body)
        assert status in (200, 201, 204, 404), answer

    def rule():
        one = dice.choice(backends)
        bodies = [b'{"weight": 0}', b'{"weight": 9}', b'{"state": "drain"}', b'{"state": "down"}', b'{"state": "up"}']
        dice.choice([lambda: order("PUT", one, dice.choice(bodies)), lambda: order("DELETE", one),
                     lambda: weir.admin_request("POST", "/api/v1/reload")])()
    with Load(weir, ["/ok", "/big", "/slow", "/reset"]) as load:
        torment(load, [rule, rule, rule, lambda: dice.choice(backends).hang(), rule, rule, lambda: dice.choice(backends).resume(),
                       lambda: dice.choice(backends).restart()])
        for one in backends:
            order("PUT", one, b'{"state": "up", "weight": 1}')
        heal(weir, backends)
        load.stop()
    assert_books_balance(weir, load)
    assert_no_sockets_linger(weir)
    assert load.outcomes[200] > 0


@pytest.mark.parametrize("clients", [8])
def test_connections_to_backends_are_used_again(start, clients):
    """While all are well there is a connection for each client and worker at most, and nothing in TIME_WAIT."""
    config_free = {"health_check": {"tcp": True, "interval": "10s"}}
    weir, backends = surround(start, count=2, **config_free)
    before = {one.port: tcp_states(one.port).get("TIME_WAIT", 0) for one in backends}
    with Load(weir, ["/ok", "/big"], clients=clients) as load:
        wait_until(lambda: load.count() > 2000, "2,000 requests", 30)
        load.stop()
    assert load.outcomes.keys() == {200}
    metrics = weir.metrics()
    assert metrics.total("weir_upstream_connections") <= 2 * 2 * clients
    for one in backends:
        assert tcp_states(one.port).get("TIME_WAIT", 0) - before[one.port] <= 4
