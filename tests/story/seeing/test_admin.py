# SPDX-License-Identifier: Apache-2.0
"""The admin API: health, metrics, stats, upstreams, and what it refuses."""
import json

import pytest

from support import Backend, RawClient, Weir, as_yaml, free_address, proxy_config, refusing_address, wait_until
from support import backend as act
from support.config import proxy_tree

ALWAYS = ["weir_requests_total", "weir_connections", "weir_upstream_requests_total", "weir_upstream_connections", "weir_upstream_up",
          "weir_config_generation"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/readyz?verbose"])
def test_health_is_200(proxy, path):
    weir, _ = proxy()
    assert weir.admin_get(path)[0] == 200


def test_metrics_parse_and_have_the_promised_names(proxy, client):
    weir, _ = proxy()
    client(weir).get("/")
    metrics = weir.metrics()
    for name in ALWAYS:
        assert metrics.has(name), name
    assert metrics.types["weir_requests_total"] == "counter"
    assert metrics.types["weir_request_duration_seconds"] == "histogram"
    assert metrics.types["weir_upstream_duration_seconds"] == "histogram"
    status, fields, _ = weir.admin_get("/metrics")
    assert fields["Content-Type"].startswith("text/plain")


def test_metrics_have_the_promised_labels(proxy, client):
    weir, _ = proxy()
    client(weir).get("/")
    metrics = weir.metrics()
    assert metrics.labels_of("weir_requests_total") == {frozenset({"listener", "route", "code"})}
    assert metrics.labels_of("weir_connections") == {frozenset({"listener"})}
    assert metrics.labels_of("weir_upstream_requests_total") == {frozenset({"upstream", "endpoint", "code"})}
    assert metrics.labels_of("weir_upstream_connections") == {frozenset({"upstream", "endpoint", "state"})}
    assert metrics.labels_of("weir_upstream_up") == {frozenset({"upstream", "endpoint"})}


def test_bytes_of_bodies_are_counted_by_listener(proxy, client):
    weir, _ = proxy(act.answers(lambda request: act.response(b"y" * 60_000)))
    assert weir.metrics().total("weir_received_bytes_total", listener="web") == 0
    browser = client(weir)
    for _ in range(2):
        assert len(browser.request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" + b"x" * 10_000).body) == 60_000
    metrics = wait_until(lambda: (m := weir.metrics()).total("weir_sent_bytes_total", listener="web") >= 120_000 and m, "both are counted")
    assert metrics.total("weir_sent_bytes_total", listener="web") == 120_000
    assert metrics.total("weir_received_bytes_total", listener="web") == 20_000
    stats = json.dumps(weir.admin_json("/api/v1/stats"))
    assert "weir_sent_bytes_total" in stats and "120000" in stats


@pytest.mark.parametrize("workers", [1, 3])
def test_metrics_add_up(proxy, client, workers):
    weir, backend = proxy(act.answers(lambda request: act.response(b"x", request.target[1:4] + " Status")), workers=workers)
    for _ in range(10):
        browser = client(weir)
        for status in (200, 200, 404, 500):
            assert browser.get(f"/{status}").status == status
        browser.close()
    metrics = wait_until(lambda: (m := weir.metrics()).total("weir_requests_total", listener="web") >= 40 and m, "40 requests are counted")
    assert metrics.total("weir_requests_total", listener="web", route="all") == 40
    assert metrics.total("weir_requests_total", listener="web", code="200") == 20
    assert metrics.total("weir_requests_total", listener="web", code="404") == 10
    assert metrics.total("weir_upstream_requests_total", upstream="pool", endpoint=backend.address) == 40
    assert metrics.total("weir_upstream_requests_total", code="500") == 10
    assert metrics.total("weir_request_duration_seconds_count", listener="web") == 40
    assert metrics.total("weir_upstream_duration_seconds_count") == 40
    assert metrics.total("weir_request_duration_seconds_bucket", listener="web", le="+Inf") == 40
    wait_until(lambda: weir.metrics().total("weir_connections", listener="web") == 0, "no connection is counted after all closed")


def test_histograms_are_cumulative(proxy, client):
    weir, _ = proxy()
    for _ in range(5):
        client(weir).get("/")
    metrics = weir.metrics()
    buckets = {}
    for (name, labels), value in metrics.samples.items():
        if name == "weir_request_duration_seconds_bucket":
            labels = dict(labels)
            buckets.setdefault(tuple(sorted((k, v) for k, v in labels.items() if k != "le")), []).append((float(labels["le"]), value))
    assert buckets
    for series in buckets.values():
        series.sort()
        assert [value for _, value in series] == sorted(value for _, value in series)
        assert series[0][0] <= 0.0001 and series[-2][0] >= 60 and series[-1][0] == float("inf")


def test_open_connections_are_a_gauge(proxy, client):
    weir, _ = proxy()
    held = [client(weir) for _ in range(7)]
    assert all(one.get("/").status == 200 for one in held)
    assert weir.metrics().total("weir_connections", listener="web") == 7
    for one in held:
        one.close()
    wait_until(lambda: weir.metrics().total("weir_connections", listener="web") == 0, "all are gone")


def test_upstream_connections_are_counted_by_state(proxy, client):
    weir, backend = proxy(act.answers_when_released())
    busy = client(weir)
    busy.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    backend.wait_for_requests(1)
    states = {dict(labels)["state"]: value for (name, labels), value in weir.metrics().samples.items() if name == "weir_upstream_connections"}
    assert sum(states.values()) == 1, states
    backend.release.set()
    busy.read_response()
    wait_until(lambda: weir.metrics().total("weir_upstream_connections", state="idle") == 1, "the connection is counted as idle")


def test_labels_do_not_grow_by_what_clients_send(proxy, client):
    weir, _ = proxy()

    def odd_requests(numbers):
        for n in numbers:
            for method in ("GET", f"M{n}"):
                client(weir).request(f"{method} /{n}?{n} HTTP/1.1\r\nHost: h{n}.test\r\nX-{n}: 1\r\n\r\n".encode())
    odd_requests(range(20))
    weir.metrics()
    before = len(weir.metrics().samples)
    odd_requests(range(20, 60))
    assert len(weir.metrics().samples) == before


def test_own_answers_are_counted_with_their_fault(start, client):
    with refusing_address() as address:
        weir = start(Weir(proxy_config(address)))
        client(weir).get("/")
        status, _, body = weir.admin_get("/metrics")
        assert weir.metrics().total("weir_requests_total", code="502") == 1
        assert b"refused" in body


def test_stats_have_what_metrics_have(proxy, client):
    weir, _ = proxy()
    for _ in range(3):
        client(weir).get("/")
    text = json.dumps(weir.admin_json("/api/v1/stats"))
    for name in ALWAYS:
        assert name in text or name.removeprefix("weir_").removesuffix("_total") in text, name


def test_upstreams_show_the_endpoints(proxy, client):
    weir, backend = proxy()
    client(weir).get("/")
    assert backend.address in json.dumps(weir.admin_json("/api/v1/upstreams"))
    one = json.dumps(weir.admin_json("/api/v1/upstreams/pool"))
    for word in (backend.address, "weight", "active", "requests"):
        assert word in one, word


def test_an_unknown_upstream_is_404(proxy):
    weir, _ = proxy()
    assert weir.admin_get("/api/v1/upstreams/nobody")[0] == 404


@pytest.mark.parametrize("path", ["/nothing", "/api", "/api/v1", "/api/v1/nothing", "/metrics/x", "/livezz", "/../etc/passwd", "/api/v2/stats"])
def test_unknown_paths_are_404(proxy, path):
    weir, _ = proxy()
    assert weir.admin_get(path)[0] in ((400, 404) if ".." in path else (404,))


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/api/v1/stats", "/api/v1/upstreams"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_other_methods_are_405_with_allow(proxy, method, path):
    weir, _ = proxy()
    status, fields, _ = weir.admin_request(method, path)
    assert status == 405 and "GET" in fields["Allow"]


def test_head_is_allowed_where_get_is(proxy):
    weir, _ = proxy()
    assert weir.admin_request("HEAD", "/livez")[0] == 200


@pytest.mark.parametrize("host", ["evil.test", "evil.test:9900", "127.0.0.1.evil.test", "localhost.evil.test", "127.0.0.2"])
@pytest.mark.parametrize("path", ["/metrics", "/api/v1/stats", "/api/v1/upstreams"])
def test_a_foreign_host_is_refused(proxy, host, path):
    weir, _ = proxy()
    status, _, body = weir.admin_get(path, Host=host)
    assert status in (400, 403, 421)
    assert b"weir_requests_total" not in body and b"pool" not in body


def test_its_own_host_is_accepted(proxy):
    weir, _ = proxy()
    port = weir.admin.rpartition(":")[2]
    for host in (weir.admin, f"localhost:{port}"):
        assert weir.admin_get("/metrics", Host=host)[0] == 200


def test_admin_can_be_off(start, client):
    backend = start(Backend())
    tree = proxy_tree([backend], admin={"listen": "off"})
    weir = start(Weir(as_yaml(tree), ready=False))

    def answers():
        try:
            return client(weir).get("/").status == 200
        except OSError:
            return False
    wait_until(answers, "weir serves without an admin API")


def test_admin_on_a_unix_socket(start, client, tmp_path):
    backend = start(Backend())
    path = f"unix:{tmp_path}/admin.sock"
    weir = start(Weir(as_yaml(proxy_tree([backend], admin={"listen": path})), ready=False))

    def ready():
        try:
            with RawClient(path) as one:
                return one.get("/readyz", host="localhost").status == 200
        except OSError:
            return False
    wait_until(ready, "/readyz on the Unix socket")
    assert client(weir).get("/").status == 200


def test_admin_answers_while_many_requests_wait(proxy, client):
    weir, backend = proxy(act.answers_when_released())
    clients = [client(weir) for _ in range(100)]
    for one in clients:
        one.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    backend.wait_for_requests(100)
    assert weir.admin_get("/livez", limit=3)[0] == 200
    backend.release.set()
    assert all(one.read_response().status == 200 for one in clients)


def test_further_names_of_the_admin_api_are_configured(start):
    address = free_address()
    weir = start(Weir(proxy_config("127.0.0.1:9", admin={"listen": address, "hosts": ["weir.ops.svc", "weir"]})))
    assert weir.admin_get("/metrics", Host="weir.ops.svc:9900")[0] == weir.admin_get("/metrics", Host="Weir")[0] == 200
    assert weir.admin_get("/metrics", Host="other.ops.svc")[0] == 421
    changed = {"Host": "weir", "Origin": "https://weir"}
    assert weir.admin_request("PUT", "/api/v1/log", changed, b'{"level": "info"}')[0] == 403
    assert weir.admin_request("PUT", "/api/v1/log", {**changed, "Origin": "http://weir"}, b'{"level": "info"}')[0] == 200
