# SPDX-License-Identifier: Apache-2.0
"""Endpoints that are found by name, while the name server changes its mind, dies or falls silent."""
import socket
import threading

import pytest

from support import Backend, NameServer, Weir, free_port, proxy_tree, wait_until
from support import backend as act
from support.config import as_yaml

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def discovering(server, discover, endpoints=(), resolver=None, **changes):
    tree = proxy_tree(endpoints, resolver={"servers": server.address, "timeout": "200ms", "attempts": 2, **(resolver or {})}, **changes)
    tree["upstreams"]["pool"]["discover"] = discover
    if not endpoints:
        del tree["upstreams"]["pool"]["endpoints"]
    return as_yaml(tree)


class Twin:
    """Backends of different loopback addresses that share a port, as the addresses of a name do."""

    def __init__(self, start, *hosts):
        self.port = free_port()
        self.backends = {host: start(AtAddress(host, self.port)) for host in hosts}


class AtAddress(Backend):
    def __init__(self, host, port):
        self.host, self.wanted = host, port
        super().__init__(act.names_itself(host))
        self.listener.close()
        self.listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(64)
        self.port = port
        threading.Thread(target=self._accept, daemon=True).start()


def ask(client, weir):
    return client(weir).request(GET)


def becomes(client, weir, wanted, limit=15):
    """Until ten requests, each on a connection of its own, are answered by exactly these."""
    seen = set()

    def is_so():
        seen.clear()
        for _ in range(10):
            answer = ask(client, weir)
            seen.add(answer.body.decode() if answer.status == 200 else answer.status)
        return seen == set(wanted)
    wait_until(is_so, lambda: f"answers of {wanted}, they were of {seen}; stderr:\n{weir.stderr()}", limit, every=0.1)


def logs(weir, what, limit=15):
    wait_until(lambda: what in weir.stderr(), lambda: f"'{what}' in the log:\n{weir.stderr()}", limit)


def endpoints_of(weir):
    return {labels["endpoint"] for labels in (dict(one) for one in _labels(weir))}


def _labels(weir):
    for line in weir.admin_get("/metrics")[2].decode().splitlines():
        if line.startswith("weir_upstream_up{"):
            inside = line[line.index("{") + 1:line.index("}")]
            yield [tuple(part.split("=", 1)) for part in inside.replace('"', "").split(",")]


def test_it_starts_although_the_name_does_not_resolve_yet(start, client):
    twin = Twin(start, "127.0.0.1")
    server = start(NameServer())
    weir = start(Weir(discovering(server, {"dns": f"app.test:{twin.port}"})))
    answer = ask(client, weir)
    assert answer.status == 503
    assert answer.has("retry-after")
    logs(weir, "the name does not exist")
    server.set("app A 127.0.0.1")
    becomes(client, weir, ["127.0.0.1"], limit=40)
    logs(weir, "is resolved again")


def test_traffic_moves_when_the_answer_changes(start, client):
    twin = Twin(start, "127.0.0.1", "127.0.0.2", "127.0.0.3")
    server = start(NameServer("app A 127.0.0.1", "app A 127.0.0.2"))
    weir = start(Weir(discovering(server, {"dns": f"app.test:{twin.port}"})))
    becomes(client, weir, ["127.0.0.1", "127.0.0.2"])
    server.set("app A 127.0.0.2", "app A 127.0.0.3")
    becomes(client, weir, ["127.0.0.2", "127.0.0.3"])
    logs(weir, f"came 127.0.0.3:{twin.port}; went 127.0.0.1:{twin.port}")
    assert endpoints_of(weir) == {f"127.0.0.2:{twin.port}", f"127.0.0.3:{twin.port}"}


FAILURES = {
    "vanishes": (lambda server: server.set(), "the name does not exist"),
    "has_no_address": (lambda server: server.set('app TXT "nothing"'), "the name has no such records"),
    "server_is_gone": (lambda server: server.stop(), "no server has an answer"),
    "server_is_silent": (lambda server: server.pause(), "timeout"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_the_last_good_answer_stays_however_dns_fails(start, client, name):
    fail, why = FAILURES[name]
    twin = Twin(start, "127.0.0.1")
    server = start(NameServer("app A 127.0.0.1"))
    weir = start(Weir(discovering(server, {"dns": f"app.test:{twin.port}"})))
    becomes(client, weir, ["127.0.0.1"])
    fail(server)
    logs(weir, f"can't be resolved: {why}; it goes on with 1 endpoint")
    becomes(client, weir, ["127.0.0.1"])
    assert weir.stderr().count("can't be resolved") == 1


def test_it_recovers_when_the_server_is_back(start, client):
    twin = Twin(start, "127.0.0.1", "127.0.0.2")
    server = start(NameServer("app A 127.0.0.1"))
    weir = start(Weir(discovering(server, {"dns": f"app.test:{twin.port}"})))
    becomes(client, weir, ["127.0.0.1"])
    server.stop()
    logs(weir, "can't be resolved")
    server._write(["app A 127.0.0.2"])
    server.start()
    becomes(client, weir, ["127.0.0.2"], limit=40)


def test_a_silent_name_server_never_delays_requests(start, client):
    twin = Twin(start, "127.0.0.1")
    server = start(NameServer("app A 127.0.0.1"))
    weir = start(Weir(discovering(server, {"dns": f"app.test:{twin.port}"}, resolver={"timeout": "5s"})))
    becomes(client, weir, ["127.0.0.1"])
    server.pause()
    browser = client(weir, limit=2)
    for _ in range(200):
        assert browser.request(GET).status == 200


def test_ipv6_addresses_are_found_too(start, client):
    twin = Twin(start, "127.0.0.1", "::1")
    server = start(NameServer("app A 127.0.0.1", "app AAAA ::1"))
    weir = start(Weir(discovering(server, {"dns": f"app.test:{twin.port}"})))
    becomes(client, weir, ["127.0.0.1", "::1"])
    server.set("app AAAA ::1")
    becomes(client, weir, ["::1"])
    assert endpoints_of(weir) == {f"[::1]:{twin.port}"}


def test_a_fixed_refresh_counts_instead_of_the_ttl(start, client):
    twin = Twin(start, "127.0.0.1", "127.0.0.2")
    server = start(NameServer("app 3600 A 127.0.0.1"))
    weir = start(Weir(discovering(server, {"dns": f"app.test:{twin.port}", "refresh": "1s"})))
    becomes(client, weir, ["127.0.0.1"])
    server.set("app 3600 A 127.0.0.2")
    becomes(client, weir, ["127.0.0.2"])


@pytest.mark.parametrize("discover", [{"dns": "app.test", "srv": "_http._tcp"}, {"dns": "app.test", "srv": "_http._tcp.app"},
                                      {"dns": "app.test:1", "srv": "_http._tcp.app.test"}], ids=["apart", "overlapping", "whole"])
def test_services_say_their_ports(start, client, discover):
    first, second = start(Backend(act.names_itself("first"))), start(Backend(act.names_itself("second")))
    server = start(NameServer("host A 127.0.0.1", f"_http._tcp.app SRV 0 1 {first.port} host", f"_http._tcp.app SRV 0 1 {second.port} host"))
    weir = start(Weir(discovering(server, discover)))
    becomes(client, weir, ["first", "second"])
    server.set("host A 127.0.0.1", f"_http._tcp.app SRV 0 1 {second.port} host")
    becomes(client, weir, ["second"])


def test_higher_priorities_of_services_are_backups(start, client):
    first, second = start(Backend(act.names_itself("first"))), start(Backend(act.names_itself("second")))
    records = ["host A 127.0.0.1", f"_http._tcp SRV 10 1 {first.port} host", f"_http._tcp SRV 20 1 {second.port} host"]
    server = start(NameServer(*records))
    weir = start(Weir(discovering(server, {"dns": "test", "srv": "_http._tcp"}, upstream={"health_check": {"tcp": True, "interval": "100ms", "unhealthy": 1}})))
    becomes(client, weir, ["first"])
    first.stop()
    becomes(client, weir, ["second"])


def test_endpoints_of_the_config_and_found_ones_serve_together(start, client):
    twin = Twin(start, "127.0.0.1")
    other = start(Backend(act.names_itself("fixed")))
    server = start(NameServer("app A 127.0.0.1"))
    weir = start(Weir(discovering(server, {"dns": f"app.test:{twin.port}"}, endpoints=[other])))
    becomes(client, weir, ["fixed", "127.0.0.1"])


def test_a_large_answer_comes_over_tcp(start, client):
    twin = Twin(start, "127.0.0.1")
    server = start(NameServer(*(f"app A 127.0.1.{number}" for number in range(1, 200))))
    weir = start(Weir(discovering(server, {"dns": f"app.test:{twin.port}"})))
    logs(weir, "has 199 endpoints")
    server.set("app A 127.0.0.1")
    becomes(client, weir, ["127.0.0.1"])
