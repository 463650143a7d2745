# SPDX-License-Identifier: Apache-2.0
"""Who asks for the same at the same time, and how much of it is one fetch: what can't be shared is fetched side by side, and what
became of one fetch is known to all who waited for it."""
import threading

import pytest
from support import wait_until
from support.backend import response
from support.purge import purge
from .test_collapsing import FRESH, Held, ask, begin, running

LIMIT = 4  # s, less than a request waits for another one's answer
NO_CACHE = ("Cache-Control: no-cache", 'ETag: "v"')


class Together:
    """A backend that answers the first one at once, and the next ones only when all of them are there."""

    def __init__(self, count, *fields):
        self.barrier, self.fields, self.first = threading.Barrier(count), fields, threading.Lock()

    def __call__(self, connection):
        for _ in connection.requests():
            if not self.first.acquire(blocking=False):
                self.barrier.wait(LIMIT)
            connection.send(response(b"ok", "200 OK", *self.fields))


def ask_all(start, weir, requests):
    clients = [ask(start, weir, *fields) for fields in requests]
    return [client.read_response() for client in clients]


@pytest.mark.parametrize("fields", [NO_CACHE, ("Cache-Control: max-age=0", 'ETag: "v"'), ('ETag: "v"',)], ids=str)
def test_what_is_asked_about_each_time_is_asked_about_side_by_side(start, fields):
    weir, backend = begin(start, Together(6, *fields))
    assert ask(start, weir).read_response().status == 200
    assert [answer.status for answer in ask_all(start, weir, [()] * 6)] == [200] * 6
    assert len(backend.requests) == 7


@pytest.mark.parametrize("field", ["Cache-Control: no-cache", "Cache-Control: max-age=0", "Pragma: no-cache"])
def test_clients_that_want_it_anew_are_served_side_by_side(start, field):
    weir, backend = begin(start, Together(6, FRESH))
    assert ask(start, weir).read_response().status == 200
    assert [answer.status for answer in ask_all(start, weir, [(field,)] * 6)] == [200] * 6
    assert len(backend.requests) == 7


def test_what_turns_out_to_be_asked_about_each_time_is_waited_for_once(start):
    """The first answer tells it to the others."""
    gate, together = threading.Event(), threading.Barrier(5)

    def behave(connection):
        for _ in connection.requests():
            gate.wait(LIMIT) if len(connection.backend.requests) == 1 else together.wait(LIMIT)
            connection.send(response(b"ok", "200 OK", *NO_CACHE))
    weir, backend = begin(start, behave)
    clients = [ask(start, weir) for _ in range(6)]
    backend.wait_for_requests(1)
    wait_until(lambda: running(weir) == 6, "all are there")
    gate.set()
    told = [client.read_response().one("cache-status") for client in clients]
    assert len(backend.requests) == 6 and not any("vary-miss" in one for one in told)


def test_variants_that_are_known_are_fetched_side_by_side(start):
    weir, backend = begin(start, Together(5, FRESH, "Vary: Accept-Language"))
    assert ask(start, weir).read_response().status == 200
    assert [answer.status for answer in ask_all(start, weir, [(f"Accept-Language: {n}",) for n in range(5)])] == [200] * 5
    assert len(backend.requests) == 6


def test_one_variant_is_fetched_once(start):
    held = Held(response(b"ok", "200 OK", FRESH, "Vary: Accept-Language"))
    held.gate.set()
    weir, backend = begin(start, held)
    assert ask(start, weir).read_response().status == 200
    held.gate.clear()
    clients = [ask(start, weir, "Accept-Language: de") for _ in range(5)]
    backend.wait_for_requests(2)
    wait_until(lambda: running(weir) == 6, "all are there")
    held.gate.set()
    assert [client.read_response().body for client in clients] == [b"ok"] * 5
    assert len(backend.requests) == 2


def stale(start, fail, **changes):
    """Something is stored and stale, and the backend fails from now on."""
    def behave(connection):
        for _ in connection.requests():
            if len(connection.backend.requests) > 1:
                fail(connection)
            else:
                connection.send(response(b"old", "200 OK", "Cache-Control: max-age=60, stale-if-error=3600"))
    weir, backend = begin(start, behave, retries={"attempts": 0}, **changes)
    assert ask(start, weir).read_response().body == b"old"
    assert purge(weir, all=True, soft=True)[0] == 200
    return weir, backend


def test_one_failure_is_enough_for_all_who_wait(start):
    gate = threading.Event()

    def fail(connection):
        gate.wait(LIMIT)
        connection.send(response(b"no", "503 Service Unavailable"))
    weir, backend = stale(start, fail)
    clients = [ask(start, weir) for _ in range(8)]
    backend.wait_for_requests(2)
    wait_until(lambda: running(weir) == 9, "all are there")
    gate.set()
    answers = [client.read_response() for client in clients]
    assert [answer.body for answer in answers] == [b"old"] * 8 and len(backend.requests) == 2
    assert sorted(answer.one("cache-status") for answer in answers) == ["weir; fwd=stale; collapsed"] * 7 + ["weir; fwd=stale; fwd-status=503"]


def test_so_is_one_that_hangs(start):
    hang = threading.Event()
    weir, backend = stale(start, lambda connection: hang.wait(LIMIT), timeouts={"first_byte": "1s"})
    answers = ask_all(start, weir, [()] * 8)
    hang.set()
    assert [answer.body for answer in answers] == [b"old"] * 8 and len(backend.requests) == 2
    assert {answer.one("cache-status") for answer in answers} == {"weir; fwd=stale", "weir; fwd=stale; collapsed"}


def test_when_the_first_one_leaves_before_the_answer_the_next_one_asks_for_all(start):
    held = Held(response(b"ok", "200 OK", FRESH))
    weir, backend = begin(start, held)
    first = ask(start, weir)
    backend.wait_for_requests(1)
    others = [ask(start, weir) for _ in range(20)]
    wait_until(lambda: running(weir) == 21, "all are there")
    first.close()
    backend.wait_for_requests(2)
    held.gate.set()
    assert [other.read_response().body for other in others] == [b"ok"] * 20
    assert len(backend.requests) == 2


def test_what_a_soft_purge_made_stale_is_renewed_behind_the_client(cached):
    bodies = iter([b"old", b"new"])
    weir, backend, get = cached(lambda request: response(next(bodies), "200 OK", "Cache-Control: max-age=600, stale-while-revalidate=60"))
    assert get("/a").body == b"old"
    assert purge(weir, all=True, soft=True)[0] == 200
    told = get("/a")
    assert told.body == b"old" and told.one("cache-status").startswith("weir; hit; ttl=")
    wait_until(lambda: get("/a").body == b"new", "it is renewed")
    assert len(backend.requests) == 2
