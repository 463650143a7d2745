# SPDX-License-Identifier: Apache-2.0
"""What did not change goes on: counters, health, ejections, what the operator set. What can't change is told."""
import json

from reload.change import generation, hang_up, reload_well, tree_of
from support import Backend, RawClient, Weir, descriptors, memory_kb, proxy_config, refusing_address, wait_until, without_quarantine
from support import backend as act


def ask(weir, times=1):
    with RawClient(weir.address) as browser:
        return [browser.get("/").status for _ in range(times)]


def endpoint(weir, address):
    (pool,) = [one for one in weir.admin_json("/api/v1/upstreams")["upstreams"] if one["name"] == "pool"]
    return next(one for one in pool["endpoints"] if one["address"] == address)


def test_counters_go_on(start):
    backend = start(Backend())
    weir = start(Weir(proxy_config(backend)))
    ask(weir, 5)
    tree = tree_of(weir)
    tree["routes"].append({"name": "more", "listener": "web", "match": {"path": "/more"}, "respond": {"status": 204}})
    reload_well(weir, tree)
    ask(weir, 3)
    metrics = weir.metrics()
    assert metrics.total("weir_requests_total", route="all", code="200") == 8
    assert metrics.total("weir_upstream_requests_total", endpoint=backend.address, code="200") == 8
    assert metrics.total("weir_request_duration_seconds_count", route="all") == 8


def test_an_endpoint_that_comes_back_counts_on(start):
    backend = start(Backend())
    weir = start(Weir(proxy_config(backend)))
    ask(weir, 4)
    tree = tree_of(weir)
    tree["upstreams"]["pool"]["endpoints"] = [start(refusing_address()).address]
    reload_well(weir, tree)
    tree["upstreams"]["pool"]["endpoints"] = [backend.address]
    reload_well(weir, tree)
    ask(weir, 1)
    assert weir.metrics().total("weir_upstream_requests_total", endpoint=backend.address, code="200") == 5


def test_an_endpoint_that_stands_twice_stays_one(start):
    backend = start(Backend())
    weir = start(Weir(proxy_config(backend, backend)))
    for _ in range(3):
        assert set(ask(weir, 4)) == {200}
        hang_up(weir)
    assert endpoint(weir, backend.address)["weight"] == 2


def test_health_stays(start):
    well, sick = start(Backend()), start(refusing_address()).address
    weir = start(Weir(proxy_config(well, sick, upstream={"health_check": {"interval": "100ms", "timeout": "1s"}})))
    wait_until(lambda: not endpoint(weir, sick)["healthy"], "the sick one is left out")
    tree = tree_of(weir)
    tree["upstreams"]["pool"]["health_check"]["interval"] = "1h"
    reload_well(weir, tree)
    assert not endpoint(weir, sick)["healthy"] and endpoint(weir, well.address)["healthy"]
    assert set(ask(weir, 10)) == {200}


def test_an_ejection_stays(start):
    well, failing = start(Backend()), start(Backend(act.answers(act.response(b"", "503 Service Unavailable"))))
    weir = start(Weir(proxy_config(well, failing, upstream={"outlier": {"failures": 3, "eject": "1h"}})))
    wait_until(lambda: ask(weir, 2) and endpoint(weir, failing.address)["ejected"], "the failing one is ejected")
    hang_up(weir)
    assert endpoint(weir, failing.address)["ejected"]
    assert set(ask(weir, 10)) == {200}


def test_what_the_operator_set_stays(start):
    one, two = start(Backend()), start(Backend())
    weir = start(Weir(proxy_config(one, two)))
    path = f"/api/v1/upstreams/pool/endpoints/{one.address}"
    assert weir.admin_request("PUT", path, body=json.dumps({"state": "drain", "weight": 7}))[0] == 200
    hang_up(weir)
    kept = endpoint(weir, one.address)
    assert (kept["state"], kept["weight"], kept["set"]) == ("drain", 7, {"weight": 7, "state": "drain"})
    assert "set" not in endpoint(weir, two.address)
    assert f"upstream pool: endpoint {one.address} is set through the admin API: weight 7, state drain" in weir.stderr()
    ask(weir, 6)
    assert one.heads_read() == 0 and two.heads_read() == 6


def test_what_the_operator_removed_stays_away_until_it_is_put_again(start):
    one, two = start(Backend()), start(Backend())
    weir = start(Weir(proxy_config(one, two)))
    path = f"/api/v1/upstreams/pool/endpoints/{one.address}"
    pool = "/api/v1/upstreams/pool"
    assert weir.admin_request("DELETE", path)[0] == 200
    hang_up(weir)
    assert weir.admin_json(pool)["removed"] == [one.address]
    assert [each["address"] for each in weir.admin_json(pool)["endpoints"]] == [two.address]
    assert weir.admin_request("PUT", path, body=b"{}")[0] == 201
    assert "removed" not in weir.admin_json(pool) and "set" not in endpoint(weir, one.address)
    assert f"endpoint {one.address} is removed through the admin API" in weir.stderr()
    assert f"endpoint {one.address} is added through the admin API" in weir.stderr()


def test_workers_and_user_need_a_restart_and_the_rest_is_applied(start):
    weir = start(Weir(proxy_config(start(Backend()), workers=1)))
    tree = tree_of(weir)
    tree["workers"] = 3
    tree["routes"] = [{"name": "own", "respond": {"status": 204}}]
    reload_well(weir, tree)
    assert "workers changed from 1 to 3: this needs a restart" in weir.stderr()
    assert ask(weir) == [204]


def test_logs_move(start, tmp_path):
    weir = start(Weir(proxy_config(start(Backend()))))
    before = descriptors(weir.pid)
    tree = tree_of(weir)
    tree["access_log"] = {"path": str(tmp_path / "access.log"), "format": "common"}
    tree["log"]["path"] = str(tmp_path / "error.log")
    reload_well(weir, tree)
    ask(weir, 2)
    wait_until(lambda: (tmp_path / "access.log").read_text().count("GET / ") == 2, "both requests are logged")
    tree["access_log"]["path"] = "off"
    reload_well(weir, tree)
    assert "reloaded: config 3" in (tmp_path / "error.log").read_text()
    most = before + 1  # error.log
    wait_until(lambda: descriptors(weir.pid) <= most, lambda: f"{descriptors(weir.pid)} descriptors are no more than {most}")


def test_many_reloads_leave_nothing_behind(start):
    """After a warm-up: counters of names that are gone are kept, but not more than a bound (base/counters.h)."""
    weir = start(Weir(proxy_config(start(Backend()), log={"level": "error"}), env=without_quarantine()))
    tree = tree_of(weir)

    def rounds(first, count):
        for number in range(first, first + count):
            tree["routes"] = [{"name": f"r{number}-{i}", "match": {"path": f"/{i}"}, "upstream": "pool"} for i in range(8)]
            tree["upstreams"]["pool"]["endpoints"] = [f"127.0.{number % 250}.{i + 1}:9" for i in range(8)]
            reload_well(weir, tree)
    rounds(0, 150)
    memory, open_ones = memory_kb(weir.pid), descriptors(weir.pid)
    rounds(150, 850)
    assert descriptors(weir.pid) <= open_ones + 2
    assert memory_kb(weir.pid) < memory * 1.15 + 4096
    assert generation(weir) == 1001
