# SPDX-License-Identifier: Apache-2.0
"""What the client gets when a backend fails."""
import json
import time

import pytest

from support import Weir, proxy_config, refusing_address, unanswering_address, wait_until
from support import backend as act
from support.message import Ended

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
TIMEOUTS = {"connect": "300ms", "first_byte": "400ms", "idle": "400ms"}


def assert_own_answer(answer, status):
    assert answer.status == status
    assert answer.body, "an own answer has a small body"
    assert answer.has("proxy-status") and "error=" in answer.get("proxy-status"), answer.fields
    assert answer.has("content-type")


def test_refused_is_502(start, client):
    with refusing_address() as address:
        weir = start(Weir(proxy_config(address)))
        assert_own_answer(client(weir).get("/"), 502)


def test_connect_timeout_is_504(start, client):
    with unanswering_address() as address:
        weir = start(Weir(proxy_config(address, route={"timeouts": TIMEOUTS})))
        started = time.monotonic()
        assert_own_answer(client(weir).get("/"), 504)
        assert 0.2 < time.monotonic() - started < 4


@pytest.mark.parametrize("behave", [act.answers_and_resets(), act.answers_and_closes(b""), act.answers_and_closes(b"HTTP/1.1 200 OK\r\nConte"),
                                    act.answers_and_resets(b"HTTP/1.1 200 OK\r\nConte"), act.answers(b"garbage\r\n\r\n"),
                                    act.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n")],
                         ids=["reset", "close", "close_in_head", "reset_in_head", "garbage", "garbage_with_head"])
def test_reset_close_or_garbage_is_502(proxy, client, behave):
    weir, _ = proxy(behave)
    browser = client(weir)
    assert_own_answer(browser.get("/"), 502)
    assert_own_answer(browser.get("/"), 502)


def test_no_first_byte_in_time_is_504(proxy, client):
    weir, backend = proxy(act.hangs(), route={"timeouts": TIMEOUTS})
    started = time.monotonic()
    assert_own_answer(client(weir).get("/"), 504)
    assert 0.3 < time.monotonic() - started < 4
    assert all(one.ended_by_peer.wait(5) for one in backend.connections)


def test_a_head_that_drips_is_504(proxy, client):
    weir, _ = proxy(act.drips(b"HTTP/1.1 200 OK\r\nX-Drip: " + b"x" * 200, 0.05),
                    route={"timeouts": {"first_byte": "400ms", "idle": "400ms", "request": "1500ms"}})
    started = time.monotonic()
    assert client(weir).get("/").status in (502, 504)
    assert time.monotonic() - started < 8


def test_a_body_that_stops_is_cut_after_the_idle_timeout(proxy, client):
    weir, _ = proxy(act.sends_part_and_waits(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), route={"timeouts": TIMEOUTS})
    browser = client(weir)
    browser.send(GET)
    started = time.monotonic()
    with pytest.raises(Ended):
        browser.read_response()
    assert 0.3 < time.monotonic() - started < 4


def test_a_body_that_moves_is_not_idle(proxy, client):
    weir, _ = proxy(act.drips(act.response(b"x" * 20), 0.05), route={"timeouts": {"idle": "2s", "first_byte": "20s"}})
    assert client(weir).get("/").body == b"x" * 20


def test_the_whole_request_has_a_time_limit(proxy, client):
    weir, _ = proxy(act.drips_its_body(1000, 0.02), route={"timeouts": {"request": "800ms"}})
    browser = client(weir)
    browser.send(GET)
    started = time.monotonic()
    with pytest.raises(Ended):
        browser.read_response()
    assert 0.6 < time.monotonic() - started < 4


def test_the_whole_request_limit_before_the_answer_is_504(proxy, client):
    weir, _ = proxy(act.hangs(), route={"timeouts": {"request": "600ms"}})
    started = time.monotonic()
    assert_own_answer(client(weir).get("/"), 504)
    assert 0.4 < time.monotonic() - started < 4


def test_a_client_that_goes_away_is_499_in_the_log(proxy, client):
    weir, backend = proxy(act.hangs())
    browser = client(weir)
    browser.send(b"GET /gone HTTP/1.1\r\nHost: a\r\n\r\n")
    backend.wait_for_connections(1)
    wait_until(lambda: b"/gone" in backend.received(), "the request is at the backend")
    browser.reset()
    assert backend.connections[0].ended_by_peer.wait(5), "the backend's connection ends with the client"
    wait_until(lambda: any(one.get("status") == 499 for one in weir.access_log()), lambda: f"a 499 in {weir.stdout()}")


def test_a_client_that_closes_is_499_too(proxy, client):
    weir, backend = proxy(act.hangs())
    browser = client(weir)
    browser.send(GET)
    wait_until(lambda: b"GET /" in backend.received(), "the request is at the backend")
    browser.close()
    assert backend.connections[0].ended_by_peer.wait(10)
    wait_until(lambda: any(one.get("status") == 499 for one in weir.access_log()), lambda: f"a 499 in {weir.stdout()}")


def test_a_client_that_goes_away_during_its_upload_ends_the_backends_request(proxy, client):
    weir, backend = proxy()
    browser = client(weir)
    browser.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
    wait_until(lambda: backend.received().endswith(b"half"), "the first half is at the backend")
    browser.reset()
    assert backend.connections[0].ended_by_peer.wait(5)
    assert backend.requests == []


@pytest.mark.parametrize("accept,content_type", [
    ("text/html", "text/html"), ("application/json", "application/json"), ("text/plain", "text/plain"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ("application/json;q=0.9, text/html;q=0.1", "application/json"),
    ("text/html;q=0, application/json", "application/json"),
    ("application/json, text/plain, */*", "application/json"),
    ("text/plain;q=0.5, text/html;q=0.4", "text/plain")])
def test_the_body_has_the_form_that_the_client_accepts(start, client, accept, content_type):
    with refusing_address() as address:
        weir = start(Weir(proxy_config(address)))
        answer = client(weir).get("/", f"Accept: {accept}")
        assert_own_answer(answer, 502)
        assert answer.one("content-type").split(";")[0] == content_type
        if content_type == "application/json":
            assert isinstance(json.loads(answer.body), dict)
        if content_type == "text/html":
            assert b"<" in answer.body and b"502" in answer.body


def test_the_body_shows_nothing_of_the_request(start, client):
    with refusing_address() as address:
        weir = start(Weir(proxy_config(address)))
        answer = client(weir).get("/<script>alert(1)</script>", "Accept: text/html", "X-Evil: <b>")
        assert b"<script>alert" not in answer.body


def test_proxy_status_is_a_structured_field_with_an_error_type(start, client):
    import re
    with refusing_address() as address:
        weir = start(Weir(proxy_config(address)))
        value = client(weir).get("/").one("proxy-status")
        assert re.fullmatch(r'("[^"]+"|[A-Za-z*][\w:/.*+-]*)((;\s*[a-z][a-z_0-9.*-]*(=("[^"]*"|[A-Za-z0-9*?][\w:/.*+?-]*))?)*)', value), value
        assert "error=connection_refused" in value


@pytest.mark.parametrize("behave,timeouts,error", [
    (act.hangs(), {"first_byte": "300ms"}, ("http_response_timeout", "connection_read_timeout")),
    (act.answers_and_closes(b""), {}, ("connection_terminated", "http_response_incomplete")),
    (act.answers(b"garbage\r\n\r\n"), {}, ("http_protocol_error",))])
def test_proxy_status_names_the_error_of_rfc_9209(proxy, client, behave, timeouts, error):
    weir, _ = proxy(behave, route={"timeouts": timeouts})
    value = client(weir).get("/").one("proxy-status")
    assert any(f"error={one}" in value for one in error), value


def test_custom_error_body(start, client, tmp_path):
    page = tmp_path / "502.html"
    page.write_text("<h1>our own page</h1>")
    with refusing_address() as address:
        weir = start(Weir(proxy_config(address, route={"errors": {502: {"body_file": str(page), "content_type": "text/html"}}})))
        answer = client(weir).get("/", "Accept: application/json")
        assert (answer.status, answer.body) == (502, b"<h1>our own page</h1>")
        assert answer.one("content-type").startswith("text/html")


def test_custom_error_body_relative_to_the_config(start, client):
    with refusing_address() as address:
        config = proxy_config(address, route={"errors": {502: {"body_file": "502.html", "content_type": "text/html"}}})
        weir = start(Weir(config, files={"502.html": "relative page"}))
        assert client(weir).get("/").body == b"relative page"


def test_the_backends_own_errors_are_not_replaced(proxy, client):
    weir, _ = proxy(act.answers(act.response(b"the backend's words", "500 Internal Server Error")))
    answer = client(weir).get("/")
    assert (answer.status, answer.body) == (500, b"the backend's words")


def test_head_gets_no_error_body(start, client):
    with refusing_address() as address:
        weir = start(Weir(proxy_config(address)))
        browser = client(weir)
        for _ in range(2):
            answer = browser.request(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert answer.status == 502
        assert not browser.source.buffer


def test_the_client_connection_survives_a_backend_failure(start, client):
    with refusing_address() as address:
        weir = start(Weir(proxy_config(address)))
        browser = client(weir)
        assert [browser.get("/").status for _ in range(5)] == [502] * 5


def test_a_failed_post_leaves_the_client_in_step(start, client):
    with refusing_address() as address:
        weir = start(Weir(proxy_config(address)))
        browser = client(weir)
        browser.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 38\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: story\r\n\r\n")
        assert browser.read_response().status == 502
        try:
            assert browser.get("/next").status == 502
        except (Ended, OSError):
            pass
        entries = weir.access_log(1)
        assert all("/smuggled" not in json.dumps(one) for one in entries)


def test_the_access_log_names_the_fault(start, client):
    with refusing_address() as address:
        weir = start(Weir(proxy_config(address)))
        client(weir).get("/")
        entry = weir.access_log(1)[0]
        assert entry["status"] == 502 and "refused" in json.dumps(entry)
