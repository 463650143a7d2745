# SPDX-License-Identifier: Apache-2.0
"""Endpoints whose answers fail are ejected for a while, and never too many of them."""
import time
from collections import Counter

import pytest

from support import Backend, RawClient, Weir, proxy_config, wait_until
from support import backend as act

BAD = act.response(b"bad", "500 Internal Server Error")
OUTLIER = {"failures": 3, "window": "5s", "eject": "1s", "max_ejected": "50%"}


def ejected(weir):
    return [one["address"] for one in weir.admin_json("/api/v1/upstreams/pool")["endpoints"] if one["ejected"]]


def ask(weir, count):
    with RawClient(weir.address) as browser:
        return Counter(browser.get("/").body.decode() for _ in range(count))


@pytest.fixture
def backends(start):
    return lambda count: [start(Backend(act.Mood(act.response(b"ok")))) for _ in range(count)]


@pytest.mark.parametrize("bad,reason", [(BAD, "status 500"), (b"garbage\r\n\r\n", "upstream_garbage"), (None, "upstream_reset")],
                         ids=["500", "garbage", "close"])
def test_an_endpoint_that_fails_is_ejected_and_returns(start, backends, bad, reason):
    good, ill = backends(2)
    ill.behave.now = bad
    weir = start(Weir(proxy_config(good, ill, upstream={"outlier": OUTLIER}, route={"retries": {"attempts": 0}})))
    with RawClient(weir.address) as browser:
        statuses = [browser.get("/").status for _ in range(20)]
    assert len([one for one in statuses if one != 200]) == 3, statuses
    assert ejected(weir) == [ill.address]
    assert weir.metrics().total("weir_upstream_up", endpoint=ill.address) == 0
    assert weir.metrics().total("weir_upstream_ejections_total", endpoint=ill.address) == 1
    assert f"warn upstream pool: endpoint {ill.address} is ejected after failures in a row, the last: {reason}\n" in weir.stderr()
    before = len(ill.requests)
    ill.behave.now = act.response(b"healed")
    wait_until(lambda: ejected(weir) == [], "the ejection ends by itself")
    wait_until(lambda: ask(weir, 2)["healed"], "it is used again")
    assert len(ill.requests) > before
    assert f"info upstream pool: endpoint {ill.address} serves again after it was ejected\n" in weir.stderr()
    assert weir.metrics().total("weir_upstream_ejections_total", endpoint=ill.address) == 1


def test_it_is_ejected_again_when_it_still_fails(start, backends):
    good, ill = backends(2)
    ill.behave.now = BAD
    weir = start(Weir(proxy_config(good, ill, upstream={"outlier": {**OUTLIER, "eject": "200ms"}})))

    def twice():
        ask(weir, 4)
        return weir.metrics().total("weir_upstream_ejections_total", endpoint=ill.address) >= 2
    wait_until(twice, "a second ejection")


def test_a_good_answer_in_between_forgives(start, backends):
    good, moody = backends(2)
    turns = iter(range(10 ** 6))
    moody.behave.now = lambda _: act.response(b"ok") if next(turns) % 3 == 2 else BAD
    weir = start(Weir(proxy_config(good, moody, upstream={"outlier": OUTLIER})))
    assert ask(weir, 40)["bad"] >= 10
    assert ejected(weir) == []


@pytest.mark.parametrize("count,most,share", [(1, 0, "50%"), (2, 1, "50%"), (3, 1, "50%"), (4, 2, "50%"), (4, 1, "10%"), (3, 0, "0%")])
def test_no_more_than_the_ceiling_are_ejected(start, backends, count, most, share):
    all_bad = backends(count)
    for one in all_bad:
        one.behave.now = BAD
    weir = start(Weir(proxy_config(*all_bad, workers=2, upstream={"outlier": {**OUTLIER, "eject": "60s", "max_ejected": share}})))
    assert ask(weir, 30 * count) == {"bad": 30 * count}  # none of them is a 503
    assert len(ejected(weir)) == most


def test_a_kept_connection_that_had_died_does_not_count(start):
    """A backend that closes kept connections, as at a restart: every request is served, the endpoint is well."""
    def once(connection):
        for count, _ in enumerate(connection.requests()):
            if count == 1:
                return
            connection.send(act.response(b"ok"))
    a, b = start(Backend(once)), start(Backend(once))
    weir = start(Weir(proxy_config(a, b, upstream={"outlier": {**OUTLIER, "failures": 1}})))
    assert ask(weir, 20) == {"ok": 20}
    assert ejected(weir) == []


def test_ejections_survive_a_reload(start, backends):
    good, ill = backends(2)
    ill.behave.now = BAD
    weir = start(Weir(proxy_config(good, ill, upstream={"outlier": {**OUTLIER, "eject": "60s"}})))
    ask(weir, 20)
    assert weir.admin_request("POST", "/api/v1/reload")[0] == 200
    assert ejected(weir) == [ill.address]
    assert ask(weir, 10) == {"ok": 10}


def test_failures_outside_the_window_do_not_add_up(start, backends):
    good, ill = backends(2)
    ill.behave.now = BAD
    weir = start(Weir(proxy_config(good, ill, upstream={"outlier": {**OUTLIER, "window": "300ms"}})))
    for _ in range(4):
        ask(weir, 2)
        time.sleep(0.35)  # what is told here is time itself
    assert ejected(weir) == []
