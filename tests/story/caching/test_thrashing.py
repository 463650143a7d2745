# SPDX-License-Identifier: Apache-2.0
"""Far more is asked for than the cache may keep, by clients and of a backend that behave badly.

What counts as stored never goes beyond the limit by more than one object for each worker. The process may have LAID_UP more
for each client: 64 KiB of a stream that wait to be sent, as much that was read of the backend's, and the chunks that these lie
in; and KEPT for itself: what each worker keeps for the next connections, and what malloc has in parts."""
import os
import pathlib
import random
import threading
import time

from support import Backend, RawClient, Weir, binary, proxy_config, wait_until, without_quarantine
from support.backend import chunks_of
from support.message import Ended
from .test_purging import caches, purge

MIB = 1 << 20
MEMORY, MAX_OBJECT, WORKERS = 8 * MIB, 512 * 1024, 4
BOUND = MEMORY + WORKERS * MAX_OBJECT
CLIENTS, SLOW = 16, 16
SECONDS = 3
KEPT, LAID_UP = 16 * MIB, MIB // 4
OBJECTS = 400
NOISE = random.Random(7).randbytes(3 * MIB)


def body_of(target):
    """Of one in ten nobody knows before that it is larger than what may be stored."""
    number = int(target.rpartition("/")[2])
    dice = random.Random(number)
    size = 2 * MIB if is_too_large(number) else int(200 * 2300 ** dice.random())
    at = dice.randrange(MIB)
    return NOISE[at:at + size]


def is_too_large(number):
    return number % 10 == 0


def is_cut(number, dice):
    return number % 7 == 0 and dice.random() < 0.5


def behave(connection):
    dice = random.Random(connection.number)
    for request in connection.requests():
        number, body = int(request.target.rpartition("/")[2]), body_of(request.target)
        pieces = [body[at:at + 50_000] for at in range(0, len(body), 50_000)]
        head = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
        known = not is_too_large(number) and dice.random() < 0.5
        whole = head + (b"Content-Length: %d\r\n\r\n" % len(body) + body if known else b"Transfer-Encoding: chunked\r\n\r\n" + chunks_of(*pieces))
        if is_cut(number, dice):
            connection.send(whole[:len(whole) // 2])
            return
        connection.send(whole)


def resident(weir):
    with open(f"/proc/{weir.pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def tells_its_memory():
    """ThreadSanitizer's shadows of it are many times as large."""
    return b"__tsan_init" not in pathlib.Path(binary()).read_bytes()


class Samples:
    """What the cache and the process had at most."""

    def __init__(self, weir):
        self.weir, self.ending, self.count = weir, threading.Event(), 0
        self.stored = self.resident = 0
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ending.wait(0.01):
            self.stored = max(self.stored, caches(self.weir)[0]["bytes"])
            self.resident = max(self.resident, resident(self.weir))
            self.count += 1

    def stop(self):
        self.ending.set()
        self.thread.join(10)


class Client:
    """Asks for one after the other; what it gets is compared, as far as it comes."""

    def __init__(self, weir, seed):
        self.weir, self.dice, self.ending = weir, random.Random(seed), threading.Event()
        self.wrong, self.whole = [], 0
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ending.is_set():
            try:
                with RawClient(self.weir.address, limit=20) as client:
                    while not self.ending.is_set():
                        self._get(client, f"/o/{self.dice.randrange(OBJECTS)}")
            except (Ended, ConnectionError):
                pass
            except Exception as problem:
                self.wrong.append(f"{type(problem).__name__}: {problem}")

    def _get(self, client, target):
        client.received.clear()
        answer = client.get(target)
        self.whole += 1
        if (answer.status, answer.body) != (200, body_of(target)) and answer.status != 502:
            self.wrong.append(f"{target}: {answer.status}, {len(answer.body)} bytes")

    def stop(self):
        self.ending.set()
        self.thread.join(30)
        assert not self.thread.is_alive() and not self.wrong, self.wrong[:5]
        return self.whole


class Sluggard(Client):
    """Reads a little at a time, and leaves before the end as often as not."""

    def _run(self):
        while not self.ending.is_set():
            with RawClient(self.weir.address, limit=20, receive_buffer=4096) as client:
                try:
                    self._read(client, f"/o/{self.dice.randrange(OBJECTS)}")
                except (Ended, ConnectionError):
                    pass

    def _read(self, client, target):
        client.send(f"GET {target} HTTP/1.0\r\nHost: story.test\r\n\r\n".encode())
        status, got, patience = client.read_head().status, bytearray(client.source.buffer), self.dice.randrange(5, 60)
        while patience and not self.ending.wait(0.02) and (more := client.socket.recv(16384)):
            got += more
            patience -= 1
        if status == 200 and not body_of(target).startswith(bytes(got)):
            self.wrong.append(f"{target}: another body")
        self.whole += status == 200
        if self.dice.random() < 0.5:
            client.reset()


def thrash(weir, seed):
    """What was seen meanwhile."""
    samples = Samples(weir)
    clients = [Client(weir, seed + n) for n in range(CLIENTS)] + [Sluggard(weir, seed + n) for n in range(CLIENTS, CLIENTS + SLOW)]
    time.sleep(SECONDS)
    wait_until(lambda: samples.count > 20, "enough samples", 60)
    for one in clients:
        one.ending.set()
    assert sum(one.stop() for one in clients[:CLIENTS]) > 100 and sum(one.stop() for one in clients[CLIENTS:]) > SLOW
    samples.stop()
    return samples


def forget(weir):
    """What the process has when nothing is stored and nobody asks."""
    def rests():
        assert purge(weir, all=True)[0] == 200
        return caches(weir)[0]["bytes"] == 0 and weir.metrics().total("weir_connections", listener="web") == 0
    wait_until(rests, "an empty cache")
    return resident(weir)


def test_memory_stays_within_the_limit_and_is_given_back(start):
    backend = start(Backend(behave))
    weir = start(Weir(proxy_config(backend, workers=WORKERS, route={"cache": {"zone": "main"}}, access_log={"path": "off"},
                                   caches={"main": {"memory": "8m", "max_object": "512k"}}), env=without_quarantine()))
    before, rest = resident(weir), []
    for seed in (1, 2):
        most = thrash(weir, 100 * seed)
        assert MEMORY // 4 < most.stored <= BOUND
        assert most.resident - before <= BOUND + (CLIENTS + SLOW) * LAID_UP + KEPT or not tells_its_memory()
        rest.append(forget(weir))
    assert (rest[1] - before <= KEPT and rest[1] - rest[0] < 4 * MIB) or not tells_its_memory()
    assert weir.metrics().total("weir_cache_requests_total", result="hit") > 20
    assert weir.metrics().total("weir_cache_evictions_total", cache="main") == caches(weir)[0]["evicted"] > 20
