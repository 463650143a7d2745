# SPDX-License-Identifier: Apache-2.0
"""Clients that read nothing hold what they were to read: it counts against the limit, whatever became of it in the cache.
Beside it each has what the streams of any client may hold: 256 KiB in either of two, and the chunks in which they begin and end."""
import time

import pytest
from support import Backend, RawClient, Weir, proxy_config, wait_until, without_quarantine
from support.backend import chunks_of, response
from support.purge import purge
from .test_thrashing import KEPT, MIB, resident, tells_its_memory

MEMORY, MAX_OBJECT, CLIENTS, STREAMS = 32 * MIB, 8 * MIB, 60, 3 * MIB // 4
FRESH = "Cache-Control: max-age=60"
PIECE = bytes(range(256)) * 256


def outgrows(_):
    """More than may be stored, which nobody knows before."""
    return b"HTTP/1.1 200 OK\r\n%s\r\nTransfer-Encoding: chunked\r\n\r\n" % FRESH.encode() + chunks_of(*[PIECE] * 256)


def fits(_):
    return response(PIECE * 120, "200 OK", FRESH)


def forgets(weir):
    assert purge(weir, all=True)[0] == 200


def is_quiet(weir):
    """Nothing has come for a while."""
    before = resident(weir)
    time.sleep(0.5)
    return resident(weir) == before


def ask(start, weir, path):
    client = start(RawClient(weir.address, receive_buffer=4096))
    client.send(f"GET {path} HTTP/1.1\r\nHost: story.test\r\n\r\n".encode())
    client.read_head()
    return client


@pytest.mark.parametrize("answer, between", [(outgrows, None), (fits, forgets)], ids=["outgrown", "purged"])
@pytest.mark.skipif(not tells_its_memory(), reason="ThreadSanitizer's memory is many times as large")
def test_what_slow_clients_hold_is_bounded(start, answer, between):
    def behave(connection):
        for request in connection.requests():
            connection.send(answer(request))
    backend = start(Backend(behave))
    caches = {"main": {"memory": "32m", "max_object": "8m"}}
    weir = start(Weir(proxy_config(backend, route={"cache": {"zone": "main"}}, caches=caches), env=without_quarantine()))
    before = resident(weir)
    clients = []
    for number in range(CLIENTS):
        clients.append(ask(start, weir, f"/{number}"))
        if between is not None:
            between(weir)
    backend.wait_for_requests(CLIENTS)
    wait_until(lambda: is_quiet(weir), "all has come that comes")
    grown = resident(weir) - before
    assert grown < MEMORY + MAX_OBJECT + KEPT + CLIENTS * STREAMS, f"{grown / MIB:.0f} MiB"
    for client in clients:
        client.close()
    wait_until(lambda: weir.metrics().total("weir_connections", listener="web") == 0, "all are gone")
    forgets(weir)
    wait_until(lambda: weir.metrics().total("weir_cache_bytes") == 0, "nothing is held")
