# SPDX-License-Identifier: Apache-2.0
"""One fetch for many who ask at once."""
import random
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import Backend, RawClient, Weir, proxy_config, wait_until
from support.backend import chunked, chunks_of, response
from support.message import read_response_body
from support.purge import purge

FRESH = "Cache-Control: max-age=60"


class Held:
    """A backend that answers nothing before release."""

    def __init__(self, answer):
        self.gate, self.answer = threading.Event(), answer

    def __call__(self, connection):
        for request in connection.requests():
            self.gate.wait(20)
            connection.send(self.answer(request) if callable(self.answer) else self.answer)


def begin(start, behave, workers=2, **changes):
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend, workers=workers, route={"cache": {"zone": "main"}, **changes}, caches={"main": {}})))
    return weir, backend


def ask(start, weir, *fields, path="/a"):
    client = start(RawClient(weir.address))
    client.send(f"GET {path} HTTP/1.1\r\nHost: story.test\r\n{''.join(one + chr(13) + chr(10) for one in fields)}\r\n".encode())
    return client


def running(weir):
    return weir.metrics().total("weir_connections", listener="web")


@pytest.mark.parametrize("workers", [1, 4])
def test_many_clients_reach_the_backend_once(start, workers):
    held = Held(response(b"x" * 10000, "200 OK", FRESH))
    weir, backend = begin(start, held, workers)
    clients = [ask(start, weir) for _ in range(200)]
    backend.wait_for_requests(1)
    wait_until(lambda: running(weir) == 200, "all are there")
    held.gate.set()
    assert all(client.read_response().body == b"x" * 10000 for client in clients)
    assert len(backend.requests) == 1
    results = weir.metrics()
    assert results.total("weir_cache_requests_total", result="miss") == 1
    assert results.total("weir_cache_requests_total", result="collapsed") + results.total("weir_cache_requests_total", result="hit") == 199


def test_a_thousand_clients_of_http2(start):
    held = Held(response(b"x" * 100, "200 OK", FRESH))
    weir, backend = begin(start, held, 2)
    load = subprocess.Popen(["h2load", "-n", "1000", "-c", "20", "-m", "50", f"http://{weir.address}/a"], stdout=subprocess.PIPE, text=True)
    backend.wait_for_requests(1)
    held.gate.set()
    out, _ = load.communicate(timeout=60)
    assert "1000 succeeded, 0 failed" in out, out
    assert len(backend.requests) == 1


@pytest.mark.parametrize("kind", ["length", "chunked"])
def test_they_get_the_body_as_it_comes(start, kind):
    body, go = random.Random(5).randbytes(1_500_000), threading.Event()
    whole = response(body, "200 OK", FRESH) if kind == "length" else chunked(*[body[at:at + 50000] for at in range(0, len(body), 50000)], fields=(FRESH,))
    first = whole.index(b"\r\n\r\n") + 40000

    def behave(connection):
        for _ in connection.requests():
            connection.send(whole[:first])
            go.wait(20)
            connection.send(whole[first:])
    weir, backend = begin(start, behave, 2)
    clients = [ask(start, weir) for _ in range(10)]
    for client in clients:
        client.read_head()
        client.read_exactly(1000)
    go.set()
    rest = whole[whole.index(b"\r\n\r\n") + 4 + 1000:]
    for client in clients:
        if kind == "length":
            assert client.read_exactly(len(rest)) == rest
    assert len(backend.requests) == 1


@pytest.mark.parametrize("fields", [["Cache-Control: private"], [FRESH, "Vary: *"]], ids=str)
def test_what_can_not_be_stored_releases_all_at_once(start, fields):
    held = Held(lambda request: response(request.get("x-number").encode(), "200 OK", *fields))
    weir, backend = begin(start, held)
    clients = [ask(start, weir, f"X-Number: {n}") for n in range(30)]
    backend.wait_for_requests(1)
    wait_until(lambda: running(weir) == 30, "all are there")
    held.gate.set()
    assert [client.read_response().body for client in clients] == [b"%d" % n for n in range(30)]
    assert len(backend.requests) == 30
    held.gate.clear()
    more = [ask(start, weir, f"X-Number: {n}") for n in range(5)]
    backend.wait_for_requests(35, limit=4)  # nobody waits for it again
    held.gate.set()
    assert [client.read_response().body for client in more] == [b"%d" % n for n in range(5)]


def test_a_fetch_that_a_purge_overtook_is_followed_by_one_for_all(start):
    held = Held(response(b"x", "200 OK", FRESH))
    weir, backend = begin(start, held)
    clients = [ask(start, weir) for _ in range(20)]
    backend.wait_for_requests(1)
    wait_until(lambda: running(weir) == 20, "all are there")
    assert purge(weir, all=True)[0] == 200
    held.gate.set()
    assert all(client.read_response().body == b"x" for client in clients)
    assert len(backend.requests) == 2


def test_variants_are_fetched_one_by_one(start):
    held = Held(lambda request: response(request.get("accept-language").encode(), "200 OK", FRESH, "Vary: Accept-Language"))
    weir, backend = begin(start, held)
    clients = [(language, ask(start, weir, f"Accept-Language: {language}")) for language in ("de", "fr", "de", "fr", "de", "fr")]
    backend.wait_for_requests(1)
    wait_until(lambda: running(weir) == 6, "all are there")
    held.gate.set()
    assert all(client.read_response().body == language.encode() for language, client in clients)
    assert len(backend.requests) <= 4


def test_a_backend_that_fails_releases_them(start):
    def behave(connection):
        connection.read_request()
        gate.wait(20)
    gate = threading.Event()
    weir, backend = begin(start, behave, retries={"attempts": 0})
    clients = [ask(start, weir) for _ in range(10)]
    backend.wait_for_requests(1)
    wait_until(lambda: running(weir) == 10, "all are there")
    gate.set()
    assert {client.read_response().status for client in clients} == {502}


def test_the_wait_has_a_limit(start):
    held = Held(response(b"late", "200 OK", FRESH))
    weir, backend = begin(start, held)
    clients = [ask(start, weir) for _ in range(3)]
    backend.wait_for_requests(3, limit=12)
    held.gate.set()
    assert all(client.read_response().body == b"late" for client in clients)


def test_a_waiting_client_may_leave(start):
    held = Held(response(b"ok", "200 OK", FRESH))
    weir, backend = begin(start, held)
    leader = ask(start, weir)
    backend.wait_for_requests(1)
    for _ in range(20):
        ask(start, weir).reset()
    wait_until(lambda: running(weir) == 1, "they are gone")
    held.gate.set()
    assert leader.read_response().body == b"ok"


def test_the_first_client_may_leave_too(start):
    held = Held(response(b"ok", "200 OK", FRESH))
    weir, backend = begin(start, held)
    leader = ask(start, weir)
    backend.wait_for_requests(1)
    others = [ask(start, weir) for _ in range(5)]
    wait_until(lambda: running(weir) == 6, "all are there")
    leader.reset()
    wait_until(lambda: running(weir) == 5, "it is gone")
    held.gate.set()
    assert all(client.read_response().body == b"ok" for client in others)


def pieces_of(body, size=30_000):
    return [body[at:at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize("workers", [1, 4])
def test_all_who_follow_one_that_turns_out_too_large_get_it_whole(start, workers):
    body, go = random.Random(5).randbytes(6_000_000), threading.Event()

    def behave(connection):
        for _ in connection.requests():
            first, *rest = pieces_of(body)
            connection.send(chunked(first, fields=("Cache-Control: max-age=60",))[:-5])
            assert go.wait(20)
            connection.send(chunks_of(*rest))
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend, workers=workers, route={"cache": {"zone": "main"}}, caches={"main": {"memory": "16m", "max_object": "1m"}})))
    clients = [ask(start, weir) for _ in range(20)]
    heads = [client.read_head() for client in clients]
    go.set()
    with ThreadPoolExecutor(20) as readers:
        list(readers.map(lambda client, head: read_response_body(client.source, head, "GET"), clients, heads))
    assert all(head.body == body for head in heads)
    assert len(backend.requests) == 1
    wait_until(lambda: weir.metrics().total("weir_cache_bytes") == 0, "an empty cache")


def test_one_that_was_too_large_is_not_waited_for_again(start):
    """Who reads it together goes at the pace of the slowest."""
    together = threading.Barrier(3)

    def behave(connection):
        for request in connection.requests():
            if request.has("X-Together"):
                together.wait(20)
            connection.send(chunked(*pieces_of(bytes(2_000_000)), fields=("Cache-Control: max-age=60",)))
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend, route={"cache": {"zone": "main"}}, caches={"main": {"memory": "16m", "max_object": "1m"}})))
    assert len(ask(start, weir).read_response().body) == 2_000_000
    clients = [ask(start, weir, "X-Together: yes") for _ in range(3)]
    assert [len(client.read_response().body) for client in clients] == [2_000_000] * 3
    assert len(backend.requests) == 4


def test_one_that_does_not_read_holds_up_nobody_where_the_last_one_was_too_large(start):
    body = random.Random(6).randbytes(12_000_000)

    def behave(connection):
        for _ in connection.requests():
            connection.send(chunked(*pieces_of(body), fields=("Cache-Control: max-age=60",)))
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend, route={"cache": {"zone": "main"}}, caches={"main": {"memory": "16m", "max_object": "1m"}})))
    assert ask(start, weir).read_response().body == body
    lazy = start(RawClient(weir.address, receive_buffer=4096))
    lazy.send(b"GET /a HTTP/1.1\r\nHost: story.test\r\n\r\n")
    lazy.read_head()
    assert ask(start, weir).read_response().body == body
    assert len(backend.requests) == 3


def test_one_too_large_that_nobody_reads_any_more_is_not_fetched_on(start):
    go, over = threading.Event(), threading.Event()

    def behave(connection):
        for _ in connection.requests():
            connection.send(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n")
            assert go.wait(20)
            try:
                for _ in range(20_000):
                    connection.send(b"10000\r\n" + bytes(65536) + b"\r\n")
            except OSError:
                over.set()
                raise
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend, route={"cache": {"zone": "main"}}, caches={"main": {"memory": "16m", "max_object": "1m"}})))
    clients = [ask(start, weir) for _ in range(3)]
    for client in clients:
        client.read_head()
    go.set()
    for client in clients:
        assert len(client.read_exactly(100_000)) == 100_000
        client.close()
    assert over.wait(20)
    assert len(backend.requests) == 1


def test_a_fetch_that_goes_on_without_its_client_has_a_limit_of_time(start):
    def behave(connection):
        for _ in connection.requests():
            connection.send(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 1000\r\n\r\nsome")
    weir, backend = begin(start, behave, timeouts={"idle": "1s"})
    client = ask(start, weir)
    client.read_head()
    client.close()
    backend.wait_for_requests(1)
    wait_until(lambda: weir.metrics().total("weir_upstream_connections", state="active") == 0, "the fetch is over")
    assert weir.access_log(1)[0]["status"] in (200, 499)


def test_the_time_of_the_one_who_fetches_is_not_that_of_those_who_follow(start):
    go = threading.Event()

    def behave(connection):
        for _ in connection.requests():
            connection.send(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 8\r\n\r\nsome")
            assert go.wait(20)
            connection.send(b"more")
    weir, backend = begin(start, behave, timeouts={"request": "3s"})
    first = ask(start, weir)
    assert first.read_head().status == 200 and first.read_exactly(4) == b"some"
    time.sleep(1.5)  # the time of the second one ends so much later
    second = ask(start, weir)
    second.read_head()
    assert first.read_until_close() == b""
    go.set()
    assert second.read_exactly(8) == b"somemore"
    line = next(line for line in weir.access_log(2) if line["cache"] == "miss")
    assert line["fault"] == "request_timeout" and len(backend.requests) == 1


def test_a_fetch_whose_client_has_its_304_has_a_limit_of_time(start):
    def behave(connection):
        for _ in connection.requests():
            connection.send(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"a\"\r\nContent-Length: 1000\r\n\r\nsome")
    weir, backend = begin(start, behave, timeouts={"idle": "1s"})
    client = ask(start, weir, 'If-None-Match: "a"')
    assert client.read_response().status == 304
    backend.wait_for_requests(1)
    wait_until(lambda: weir.metrics().total("weir_upstream_connections", state="active") == 0, "the fetch is over")
    assert weir.access_log(1)[0]["status"] == 304
