# SPDX-License-Identifier: Apache-2.0
"""Health checks take endpoints out and in."""
import json
import resource

import pytest

from support import Backend, RawClient, Weir, proxy_config, refusing_address, run_weir, wait_until
from support import backend as act

CHECK = {"path": "/healthz", "interval": "50ms", "timeout": "2s", "healthy": 2, "unhealthy": 2}
WELL, SICK = act.response(b"fine"), act.response(b"oh", "500 Internal Server Error")


class Patient(Backend):
    """Answers /healthz as its `health` says and everything else with its name."""

    def __init__(self, name, **options):
        self.health, self.checks, self.name = WELL, [], name.encode()
        super().__init__(act.Mood(self.answer), **options)

    def answer(self, request):
        if request.target != "/healthz":
            return act.response(self.name)
        self.checks.append(request)
        return self.health(request) if callable(self.health) else self.health

    def served(self):
        return [one for one in self.requests if one.target != "/healthz"]


def up(weir, backend):
    return weir.metrics().total("weir_upstream_up", upstream="pool", endpoint=getattr(backend, "address", backend))


def wait_for(weir, backend, standing):
    wait_until(lambda: up(weir, backend) == standing, f"weir_upstream_up is {standing}")


def answers(weir, count):
    with RawClient(weir.address) as browser:
        return [browser.get("/").body.decode() for _ in range(count)]


def assert_unavailable(answer, fault):
    assert answer.status == 503
    assert int(answer.one("retry-after")) > 0
    assert f'details="{fault}"' in answer.one("proxy-status") and "error=destination_unavailable" in answer.one("proxy-status")


def test_a_sick_endpoint_gets_nothing_and_comes_back(start):
    a, b = start(Patient("a")), start(Patient("b"))
    weir = start(Weir(proxy_config(a, b, upstream={"health_check": CHECK})))
    assert set(answers(weir, 4)) == {"a", "b"}
    a.health = SICK
    wait_for(weir, a, 0)
    assert set(answers(weir, 10)) == {"b"}
    listed = weir.admin_json("/api/v1/upstreams/pool")["endpoints"]
    assert [one["healthy"] for one in listed] == [False, True]
    a.health = WELL
    wait_for(weir, a, 1)
    assert set(answers(weir, 4)) == {"a", "b"}
    assert "status 500" in weir.stderr() and f"info upstream pool: endpoint {a.address} is well again" in weir.stderr()


def test_checks_are_no_requests_of_clients(start):
    a = start(Patient("a"))
    weir = start(Weir(proxy_config(a, upstream={"health_check": CHECK})))
    wait_until(lambda: len(a.checks) >= 5, "five checks")
    metrics = weir.metrics()
    assert metrics.total("weir_requests_total", listener="web") == metrics.total("weir_upstream_requests_total") == 0
    assert weir.access_log() == []
    assert all((one.method, one.target, one.one("connection")) == ("GET", "/healthz", "close") for one in a.checks)
    assert all(one.one("host") == a.address for one in a.checks)


@pytest.mark.parametrize("health", [
    SICK, act.response(b"", "404 Not Found"), act.response(b"", "302 Found", "Location: /"), b"garbage\r\n\r\n", None,
    b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"],
    ids=["500", "404", "302", "garbage", "close", "cut", "huge_head"])
def test_bad_answers_take_an_endpoint_out(start, health):
    a, b = start(Patient("a")), start(Patient("b"))
    a.health = health
    weir = start(Weir(proxy_config(a, b, upstream={"health_check": CHECK})))
    wait_for(weir, a, 0)
    assert set(answers(weir, 6)) == {"b"}
    a.health = WELL
    wait_for(weir, a, 1)


def test_a_check_does_not_read_a_body_without_end(start):
    a = start(Backend(act.sends_body_of(1 << 40)))
    weir = start(Weir(proxy_config(a, upstream={"health_check": {**CHECK, "timeout": "20s"}})))
    a.wait_for_connections(3)
    wait_for(weir, a, 0)
    assert "an answer without end" in weir.stderr()
    assert all(one.sent_count < 64 << 20 for one in a.connections)


def test_recovery_needs_good_answers_in_a_row(start):
    a, b, turns = start(Patient("a")), start(Patient("b")), iter(range(10 ** 9))
    a.health = lambda _: SICK if next(turns) % 3 == 0 else WELL  # two good ones, never three
    weir = start(Weir(proxy_config(a, b, upstream={"health_check": {**CHECK, "healthy": 3, "unhealthy": 1}})))
    wait_for(weir, a, 0)
    seen = len(a.checks)
    wait_until(lambda: len(a.checks) >= seen + 9, "nine more checks")
    assert up(weir, a) == 0 and "well again" not in weir.stderr()
    a.health = WELL
    wait_for(weir, a, 1)


def test_single_failures_do_not_take_an_endpoint_out(start):
    a, turns = start(Patient("a")), iter(range(10 ** 9))
    a.health = lambda _: SICK if next(turns) % 3 < 2 else WELL  # two bad ones, never three
    weir = start(Weir(proxy_config(a, upstream={"health_check": {**CHECK, "unhealthy": 3}})))
    wait_until(lambda: len(a.checks) >= 12, "twelve checks")
    assert up(weir, a) == 1 and "left out" not in weir.stderr()


def test_an_endpoint_that_hangs_is_out_and_its_checks_leave_nothing_open(start):
    a, b = start(Backend(act.hangs())), start(Patient("b"))
    weir = start(Weir(proxy_config(a, b, upstream={"health_check": {**CHECK, "timeout": "700ms"}})))
    wait_for(weir, a, 0)
    a.wait_for_connections(5)
    assert set(answers(weir, 6)) == {"b"}
    assert len(a.open_connections()) <= 1
    assert "no answer in time" in weir.stderr()


def test_expect_says_which_statuses_are_good(start):
    a, b = start(Patient("a")), start(Patient("b"))
    a.health, b.health = act.response(b"", "404 Not Found"), WELL
    weir = start(Weir(proxy_config(a, b, upstream={"health_check": {**CHECK, "expect": ["404", "300-399"]}})))
    wait_for(weir, b, 0)
    assert set(answers(weir, 4)) == {"a"} and up(weir, a) == 1


def test_all_unhealthy_is_503_with_retry_after_and_the_fault(start, client):
    a, b = start(Patient("a")), start(Patient("b"))
    a.health = b.health = SICK
    weir = start(Weir(proxy_config(a, b, upstream={"health_check": CHECK})))
    wait_for(weir, a, 0)
    wait_for(weir, b, 0)
    browser = client(weir)
    assert_unavailable(browser.get("/"), "no_endpoint")
    assert weir.access_log(1)[0]["fault"] == "no_endpoint"
    assert not a.served() and not b.served()
    a.health = WELL
    wait_for(weir, a, 1)
    assert browser.get("/").status == 200


def test_tcp_checks_only_connect(start):
    a = start(Backend(act.hangs()))
    with refusing_address() as refusing:
        check = {"tcp": True, "interval": "50ms", "timeout": "300ms", "unhealthy": 2}
        weir = start(Weir(proxy_config(a, refusing, upstream={"health_check": check})))
        wait_for(weir, refusing, 0)
        a.wait_for_connections(3)
        assert up(weir, a) == 1 and a.received() == b""
        assert all(one.ended_by_peer.wait(2) for one in a.connections[:2])


@pytest.mark.parametrize("check", [CHECK, {**CHECK, "path": "/", "tcp": True}], ids=["http", "tcp"])
def test_a_backend_that_is_restarted_on_its_port_is_used_again(start, check):
    a, b = start(Patient("a")), start(Patient("b"))
    weir = start(Weir(proxy_config(a, b, upstream={"health_check": check})))
    assert set(answers(weir, 4)) == {"a", "b"}
    a.stop()
    wait_for(weir, a, 0)
    assert set(answers(weir, 6)) == {"b"}
    again = start(Patient("again", port=a.port))
    wait_for(weir, again, 1)
    wait_until(lambda: "again" in answers(weir, 2), "the endpoint is used again")


def test_unix_sockets_are_checked_refused_and_served(start, tmp_path):
    path = tmp_path / "app.sock"
    b = start(Patient("b"))
    weir = start(Weir(proxy_config(f"unix:{path}", b, upstream={"health_check": CHECK})))
    wait_for(weir, f"unix:{path}", 0)
    assert set(answers(weir, 4)) == {"b"}
    a = start(Patient("a", unix_path=str(path)))
    wait_for(weir, a, 1)
    wait_until(lambda: set(answers(weir, 4)) == {"a", "b"}, "both are used")
    assert all(one.one("host") == "pool" for one in a.checks)
    a.stop()
    wait_for(weir, a, 0)
    assert set(answers(weir, 4)) == {"b"}


def test_a_unix_socket_alone_that_refuses_is_502_and_then_503(start, client, tmp_path):
    a = start(Patient("a", unix_path=str(tmp_path / "app.sock")))
    weir = start(Weir(proxy_config(a, upstream={"health_check": {**CHECK, "interval": "1s", "unhealthy": 1}})))
    browser = client(weir)
    assert browser.get("/").status == 200
    a.stop()
    wait_until(lambda: browser.get("/").status == 502, "nobody listens any more")
    wait_for(weir, a, 0)
    assert_unavailable(browser.get("/"), "no_endpoint")


def test_what_health_checks_found_survives_a_reload(start):
    a, b = start(Patient("a")), start(Patient("b"))
    weir = start(Weir(proxy_config(a, b, upstream={"health_check": {**CHECK, "healthy": 1000}})))
    a.health = SICK
    wait_for(weir, a, 0)
    a.health = WELL  # a probe that began anew would find it so; before its first answer it would count as well
    for _ in range(5):
        status, _, body = weir.admin_request("POST", "/api/v1/reload")
        assert status == 200, json.loads(body)
        assert up(weir, a) == 0
        assert set(answers(weir, 4)) == {"b"}


def test_endpoints_that_are_not_checked_any_more_are_well(start):
    a, b = start(Patient("a")), start(Patient("b"))
    a.health = SICK
    weir = start(Weir(proxy_config(a, b, upstream={"health_check": CHECK})))
    wait_for(weir, a, 0)
    text = "\n".join(line for line in weir.config_text.splitlines())
    cut = text.index("    health_check:")
    weir.config_path.write_text(text[:cut])
    assert weir.admin_request("POST", "/api/v1/reload")[0] == 200
    assert up(weir, a) == 1
    assert set(answers(weir, 4)) == {"a", "b"}


def test_the_operators_word_is_above_health(start):
    a, b = start(Patient("a")), start(Patient("b"))
    weir = start(Weir(proxy_config(a, b, upstream={"health_check": CHECK})))
    target = f"/api/v1/upstreams/pool/endpoints/{a.address}"
    assert weir.admin_request("PUT", target, body=b'{"state": "down"}')[0] == 200
    seen = len(a.checks)
    wait_until(lambda: len(a.checks) >= seen + 4, "four good checks")
    assert up(weir, a) == 0 and set(answers(weir, 4)) == {"b"}
    assert weir.admin_request("PUT", target, body=b'{"state": "up"}')[0] == 200
    wait_until(lambda: set(answers(weir, 4)) == {"a", "b"}, "both are used")


@pytest.mark.parametrize("key", ["interval", "timeout"])
def test_checks_without_a_pause_or_a_limit_are_refused(tmp_path, key):
    """Both would be checks without end: one after the other, or one that is never over."""
    config = tmp_path / "weir.yaml"
    config.write_text(proxy_config("127.0.0.1:1", upstream={"health_check": {**CHECK, key: 0}}))
    done = run_weir("check", "-c", config)
    assert done.returncode == 1 and key in done.stdout + done.stderr


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def test_a_lack_of_descriptors_takes_no_endpoint_out(start):
    """Neither checks nor the outlier rule blame an endpoint that weir had no descriptor left to ask."""
    outlier = {"failures": 2, "window": "10s", "eject": "30s", "max_ejected": "100%"}
    backend = start(Backend(act.hangs()))
    weir = start(Weir(proxy_config(backend, upstream={
        "health_check": {**CHECK, "timeout": "30s", "unhealthy": 1}, "outlier": outlier}), preexec=few_descriptors))
    crowd = [RawClient(weir.address, limit=10) for _ in range(80)]
    for one in crowd:
        one.send_if_open(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    def told():
        return [one for one in crowd if (one.is_closed_by_peer(), one.source.buffer)[1]]
    try:
        wait_until(lambda: len(told()) >= 3, "three requests are answered", limit=10)
        replies = [one.read_response() for one in told()]
    finally:
        for one in crowd:
            one.close()
    assert {(one.status, 'details="overloaded"' in one.one("proxy-status")) for one in replies} == {(503, True)}
    assert "ejected" not in weir.stderr() and "left out: its health" not in weir.stderr()
