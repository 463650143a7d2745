# SPDX-License-Identifier: Apache-2.0
"""The second listener, which kubelets and scrapers ask by any address and without a token."""
import http.client

import pytest

from support import Weir, as_yaml, run_weir, wait_until
from support.config import proxy_tree
from support.ports import free_address, free_port


def ask(address, method, path, **fields):
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        connection.request(method, path, headers=fields)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.fixture
def probes(start):
    port = free_port()
    start(Weir(as_yaml(proxy_tree(["127.0.0.1:9"], admin={"listen": free_address(), "token": "s3cret", "probes": f"0.0.0.0:{port}"}))))
    return f"127.0.0.1:{port}"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics", "/readyz?verbose"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_probes_are_answered_to_everybody(probes, method, path):
    for host in ("10.1.2.3:9901", "weir.monitoring.svc", probes):
        assert ask(probes, method, path, Host=host)[0] == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/stats", "/api/v1/config", "/api/v1/upstreams", "/api/v1/reload", "/api/v1/log"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_nothing_else_is_there(probes, method, path):
    assert ask(probes, method, path, Authorization="Bearer s3cret")[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_405(probes, method):
    status, fields, _ = ask(probes, method, "/livez")
    assert status == 405 and fields["Allow"] == "GET, HEAD"


def test_readyz_names_upstreams_whose_endpoints_are_all_out(start):
    weir = start(Weir(as_yaml(proxy_tree(["127.0.0.1:9"], upstream={"health_check": {"path": "/", "interval": "50ms", "unhealthy": 1}}))))

    def note():
        answer = weir.admin_json("/readyz?verbose")
        assert answer["status"] == "ok"
        return {check["name"]: check.get("note") for check in answer["checks"]}["upstreams"]
    wait_until(lambda: note() == "no endpoint is up: pool", "readyz names the upstream")
    assert weir.metrics().total("weir_upstream_up", upstream="pool") == 0


def test_probes_without_an_admin_api(start):
    address = free_address()
    weir = start(Weir(as_yaml(proxy_tree(["127.0.0.1:9"], admin={"listen": "off", "probes": address})), ready=False))

    def ready():
        try:
            return ask(address, "GET", "/readyz")[0] == 200
        except OSError:
            return False
    wait_until(ready, lambda: f"/readyz on {address}; {weir.stderr()}")
    assert ask(address, "GET", "/api/v1/stats")[0] == 404


def test_probes_on_a_taken_port_are_told(start):
    address = free_address()
    start(Weir(as_yaml(proxy_tree(["127.0.0.1:9"], admin={"listen": address}))))
    second = Weir(as_yaml(proxy_tree(["127.0.0.1:9"], admin={"listen": free_address(), "probes": address})), ready=False)
    assert second.wait_for_exit() == 1
    assert f"cannot listen on {address}" in second.stderr()


@pytest.mark.parametrize("admin,part", [
    ({"listen": "127.0.0.1:9955", "probes": "127.0.0.1:9955"}, "bound twice"),
    ({"listen": "127.0.0.1:9955", "probes": "0.0.0.0:9955"}, "bound twice"),
    ({"probes": "127.0.0.1:9900"}, "taken by the admin API"),
    ({"probes": "off"}, "needs an address"),
    ({"probes": "127.0.0.1"}, "needs an address"),
])
def test_an_address_of_its_own_is_checked(tmp_path, admin, part):
    path = tmp_path / "weir.yaml"
    path.write_text(as_yaml({"admin": admin, "listeners": [{"name": "web", "listen": "127.0.0.1:9977"}], "routes": [{"respond": {"status": 200}}]}))
    done = run_weir("check", "-c", path)
    assert done.returncode == 1 and part in done.stdout


def test_a_listener_on_the_probes_address_is_a_problem(tmp_path):
    path = tmp_path / "weir.yaml"
    path.write_text("admin: {probes: 127.0.0.1:9977}\nlisteners: [{name: web, listen: 127.0.0.1:9977}]\nroutes: [{respond: {status: 200}}]\n")
    done = run_weir("check", "-c", path)
    assert done.returncode == 1 and "weir.yaml:2:" in done.stdout and "bound twice" in done.stdout
