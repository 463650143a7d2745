# SPDX-License-Identifier: Apache-2.0
"""The access log in its three forms, and that it never holds up a request."""
import json
import os
import re
import time


from support import Backend, Weir, proxy_config, refusing_address, wait_until
from support import backend as act

COMMON = re.compile(r'(\S+) (\S+) (\S+) \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)')
COMBINED = re.compile(COMMON.pattern + r' "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"')


def log(format_):
    return {"access_log": {"path": "stdout", "format": format_}}


def test_json_has_a_line_per_request(proxy, client):
    weir, backend = proxy(act.answers(act.response(b"12345", "201 Created")))
    browser = client(weir)
    for n in range(5):
        browser.get(f"/path/{n}?q={n}", "User-Agent: story/1", "Referer: http://from.test/")
    entries = weir.access_log(5)
    assert len(entries) == 5
    for n, entry in enumerate(entries):
        text = json.dumps(entry)
        assert entry["status"] == 201
        for expected in (f"/path/{n}", f"q={n}", "GET", "127.0.0.1", "story/1", "story.test", backend.address):
            assert expected in text, f"{expected} is missing in {text}"


def test_attempts_are_those_that_had_an_endpoint(start, client):
    backend, refusing = start(Backend(act.answers_when_released())), start(refusing_address())
    weir = start(Weir(proxy_config(refusing, backend, upstream={"pool": {"connections": 1, "pending_timeout": "200ms"}})))
    first = client(weir)
    first.send(b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
    backend.wait_for_heads(1)
    assert client(weir).get("/second").status == 503
    entry = weir.access_log(1)[0]
    assert (entry["fault"], entry["upstream"], entry["attempts"]) == ("pending_timeout", "pool", 0)
    backend.release.set()
    assert first.read_response().status == 200
    entry = weir.access_log(2)[1]
    assert (entry["endpoint"], entry["attempts"]) == (backend.address, 2)


def test_a_request_without_an_endpoint_has_no_attempts(start, client):
    weir = start(Weir(proxy_config(upstream={"endpoints": [{"address": "127.0.0.1:9", "weight": 0}]})))
    assert client(weir).get("/").status == 503
    entry = weir.access_log(1)[0]
    assert (entry["fault"], entry["upstream"], entry["attempts"]) == ("no_endpoint", "pool", 0)
    assert "upstream_ms" not in entry and "endpoint" not in entry


def test_what_weir_answers_itself_takes_time_too(start, client):
    weir = start(Weir(proxy_config("127.0.0.1:9", routes=[{"name": "all", "respond": {"status": 204}}])))
    client(weir).get("/")
    assert 0 < weir.access_log(1)[0]["duration_ms"] < 1000
    metrics = weir.metrics()
    assert metrics.total("weir_request_duration_seconds_sum", listener="web", route="all") > 0
    assert weir.metrics().total("weir_request_duration_seconds_sum", listener="admin") > 0


def test_json_of_hostile_bytes_is_still_json(proxy, client):
    weir, _ = proxy()
    browser = client(weir)
    browser.get('/"quote\'/%22', 'User-Agent: "\\ \xff\xe9 </script>')
    browser.get("/\xe9\xff")
    assert len(weir.access_log(2)) == 2


def test_a_refused_request_is_logged(proxy, client):
    weir, _ = proxy()
    client(weir).request(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    assert [one["status"] for one in weir.access_log(1)] == [400]


def test_common_log(proxy, client):
    weir, _ = proxy(**log("common"))
    client(weir).get("/a?b=c")
    line = weir.access_lines(1)[0]
    match = COMMON.fullmatch(line)
    assert match, line
    assert match.group(1) == "127.0.0.1" and match.group(5) == "GET /a?b=c HTTP/1.1"
    assert (match.group(6), match.group(7)) == ("200", "2")


def test_combined_log(proxy, client):
    weir, _ = proxy(**log("combined"))
    client(weir).get("/a", "Referer: http://from.test/", "User-Agent: story/1")
    match = COMBINED.fullmatch(weir.access_lines(1)[0])
    assert match, weir.access_lines(1)
    assert (match.group(8), match.group(9)) == ("http://from.test/", "story/1")


def test_a_client_cannot_forge_a_line(proxy, client):
    weir, _ = proxy(**log("combined"))
    client(weir).get('/"x" 200 1', 'User-Agent: a" 200 "b', "Referer: \\")
    client(weir).get("/", 'User-Agent: a" 200 "b', "Referer: \\")
    lines = weir.access_lines(2)
    assert len(lines) == 2
    for line in lines:
        assert COMBINED.fullmatch(line), line


def test_no_referer_is_a_dash(proxy, client):
    weir, _ = proxy(**log("combined"))
    client(weir).get("/")
    assert weir.access_lines(1)[0].endswith(' "-" "-"')


def test_the_access_log_can_go_to_a_file(start, client, tmp_path):
    backend = start(Backend())
    path = tmp_path / "access.log"
    weir = start(Weir(proxy_config(backend, access_log={"path": str(path), "format": "json"})))
    client(weir).get("/in-a-file")
    wait_until(lambda: path.exists() and "/in-a-file" in path.read_text(), "the line is in the file")
    assert weir.stdout() == ""


def test_the_access_log_can_be_off(proxy, client):
    weir, _ = proxy(access_log={"path": "off"})
    for _ in range(5):
        assert client(weir).get("/").status == 200
    weir.stop()
    assert weir.stdout() == ""


def test_the_log_is_written_soon_and_before_the_end(proxy, client):
    weir, _ = proxy()
    client(weir).get("/soon")
    weir.access_lines(1, limit=5)
    browser = client(weir)
    for _ in range(500):
        browser.get("/many")
    weir.stop()
    assert len(weir.access_log()) == 501


def test_a_full_pipe_on_stdout_does_not_stall_requests(start, client):
    """Nobody reads the pipe. Far more is logged than it holds, and every request is still answered at once."""
    reader, writer = os.pipe()
    backend = start(Backend())
    weir = start(Weir(proxy_config(backend), stdout=writer))
    os.close(writer)
    browser = client(weir)
    started = time.monotonic()
    for n in range(1500):
        assert browser.get("/" + "x" * 1000).status == 200
    assert time.monotonic() - started < 30
    weir.stop()
    os.close(reader)


def test_a_closed_pipe_on_stdout_does_not_end_weir(start, client):
    reader, writer = os.pipe()
    backend = start(Backend())
    weir = start(Weir(proxy_config(backend), stdout=writer))
    os.close(writer)
    os.close(reader)
    browser = client(weir)
    for _ in range(200):
        assert browser.get("/").status == 200
    assert weir.admin_get("/livez")[0] == 200
