# SPDX-License-Identifier: Apache-2.0
"""GET /api/v1/connections: TCP connections by state, as the kernel has them."""
from support import wait_until


def seen(weir):
    return weir.admin_json("/api/v1/connections")


def test_clients_and_backends_are_counted_apart(proxy, client):
    weir, backend = proxy()
    browsers = [client(weir) for _ in range(3)]
    assert all(one.get("/").status == 200 for one in browsers)
    answer = seen(weir)
    assert answer["complete"]
    assert answer["clients"] == {"ESTABLISHED": 3}
    assert answer["listeners"] == [{"name": "web", "address": weir.address, "states": {"ESTABLISHED": 3}}]
    (pool,) = answer["upstreams"]
    (endpoint,) = pool["endpoints"]
    assert (pool["name"], endpoint["address"]) == ("pool", backend.address)
    assert endpoint["states"]["ESTABLISHED"] >= 1
    assert answer["backends"] == endpoint["states"]


def test_each_connection_is_listed_with_both_ends(proxy, client):
    weir, backend = proxy()
    browser = client(weir)
    assert browser.get("/").status == 200
    listed = seen(weir)["connections"]
    (from_client,) = [one for one in listed if one["side"] == "client"]
    assert from_client == {"side": "client", "local": weir.address, "state": "ESTABLISHED",
                           "remote": "%s:%d" % browser.socket.getsockname()[:2]}
    assert [one["remote"] for one in listed if one["side"] == "backend"] == [backend.address]


def test_a_connection_to_a_backend_that_weir_closed_waits(proxy, client):
    weir, _ = proxy(upstream={"pool": {"requests_per_connection": 1}})
    browser = client(weir)
    for _ in range(3):
        assert browser.get("/").status == 200
    answer = wait_until(lambda: (now := seen(weir))["backends"].get("TIME_WAIT", 0) >= 3 and now, "three are in TIME_WAIT")
    assert all(one["state"] != "TIME_WAIT" for one in answer["connections"])
    assert "CLOSE_WAIT" not in answer["backends"]
