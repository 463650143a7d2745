# SPDX-License-Identifier: Apache-2.0
"""Mixed load for a bounded time: memory and descriptors end where they began."""
import os
import random
import threading
import time

from support import Backend, RawClient, Weir, as_yaml, descriptors, memory_kb, refusing_address, wait_until, without_quarantine
from support import backend as act
from support.config import proxy_tree
from support.message import Ended, Malformed
from support.process import owned_tcp_states

SECONDS = float(os.environ.get("WEIR_SOAK_SECONDS", "60"))
H = b" HTTP/1.1\r\nHost: soak.test\r\n"


def moody(connection):
    """A backend that answers by target, well and badly."""
    for request in connection.requests():
        kind = request.target.split("/")[1]
        if kind == "reset":
            return connection.reset()
        if kind == "close":
            return None
        if kind == "garbage":
            return connection.send(b"garbage\r\n\r\n")
        if kind == "half":
            return connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        if kind == "slow":
            time.sleep(0.05)
        if kind == "chunks":
            connection.send(act.chunked(*[b"c" * 3000] * 20))
        elif kind == "big":
            connection.send(act.response(b"b" * 500000))
        else:
            connection.send(act.response(request.body[:100000]))


class Soak:
    def __init__(self, weir, seed):
        self.weir, self.random = weir, random.Random(seed)
        self.counts, self.wrong = {}, []

    def expect(self, answer, *statuses):
        self.counts[answer.status] = self.counts.get(answer.status, 0) + 1
        if answer.status not in statuses:
            self.wrong.append((answer.status, statuses))

    def keeps_alive(self, client):
        for _ in range(self.random.randint(1, 20)):
            self.expect(client.request(b"GET /ok" + H + b"\r\n"), 200)

    def pipelines(self, client):
        client.send((b"GET /ok" + H + b"\r\n") * 10)
        for _ in range(10):
            self.expect(client.read_response(), 200)

    def uploads(self, client):
        data = b"u" * self.random.choice([0, 10, 5000, 300000])
        answer = client.request(b"POST /up" + H + b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.expect(answer, 200)
        if answer.body != data[:100000]:
            self.wrong.append("a body that is not the one sent")

    def uploads_chunks(self, client):
        self.expect(client.request(b"POST /up" + H + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" * 1 + b"0\r\n\r\n"), 200)

    def downloads(self, client):
        for kind, size in ((b"big", 500000), (b"chunks", 60000)):
            answer = client.request(b"GET /" + kind + H + b"\r\n")
            self.expect(answer, 200)
            if len(answer.body) != size:
                self.wrong.append((kind, len(answer.body)))

    def leaves_in_a_download(self, client):
        client.send(b"GET /big" + H + b"\r\n")
        client.read_head()
        client.reset()

    def leaves_in_an_upload(self, client):
        client.send(b"POST /up" + H + b"Content-Length: 100000\r\n\r\n" + b"x" * 5000)
        client.close()

    def leaves_before_the_answer(self, client):
        client.send(b"GET /slow" + H + b"\r\n")
        client.close()

    def leaves_in_the_head(self, client):
        client.send(b"GET /ok HTT")
        client.close()

    def meets_failures(self, client):
        for kind in (b"reset", b"close", b"garbage"):
            self.expect(client.request(b"GET /" + kind + H + b"\r\n"), 502)

    def meets_a_cut_body(self, client):
        client.send(b"GET /half" + H + b"\r\n")
        try:
            client.read_response()
            self.wrong.append("a cut body looked complete")
        except Ended:
            pass

    def is_refused(self, client):
        self.expect(client.request(b"GET /ok" + H + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400)

    def finds_nobody(self, client):
        self.expect(client.request(b"GET /dead" + H + b"\r\n"), 502)

    def step(self):
        deed = self.random.choice([self.keeps_alive, self.keeps_alive, self.pipelines, self.uploads, self.uploads_chunks, self.downloads,
                                   self.leaves_in_a_download, self.leaves_in_an_upload, self.leaves_before_the_answer, self.leaves_in_the_head,
                                   self.meets_failures, self.meets_a_cut_body, self.is_refused, self.finds_nobody])
        with RawClient(self.weir.address, limit=20) as client:
            try:
                deed(client)
            except (Ended, Malformed, OSError, AssertionError) as problem:
                self.wrong.append(f"{deed.__name__}: {type(problem).__name__} {problem}")

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(self.wrong) < 20:
            self.step()


def soak(weir, seconds, threads=6):
    soaks = [Soak(weir, seed) for seed in range(threads)]
    running = [threading.Thread(target=one.run, args=(seconds,), daemon=True) for one in soaks]
    for one in running:
        one.start()
    for one in running:
        one.join(seconds + 60)
        assert not one.is_alive(), "a client hangs"
    assert [problem for one in soaks for problem in one.wrong] == []
    return sum(sum(one.counts.values()) for one in soaks)


def rests(weir):
    return weir.metrics().total("weir_connections", listener="web") == 0


def test_memory_and_descriptors_end_where_they_began(start):
    backends = [start(Backend(moody)) for _ in range(2)]
    with refusing_address() as refusing:
        tree = proxy_tree(backends, workers=2, access_log={"path": "off"}, upstream={"pool": {"idle": 8, "idle_timeout": "1s"}})
        tree["routes"].append({"name": "dead", "listener": "web", "match": {"path": "/dead"}, "upstream": "dead"})
        tree["upstreams"]["dead"] = {"endpoints": [refusing]}
        weir = start(Weir(as_yaml(tree), env=without_quarantine()))
        warm = max(3.0, SECONDS / 4)
        soak(weir, warm)
        wait_until(lambda: rests(weir), "all connections are gone")
        wait_until(lambda: weir.metrics().total("weir_upstream_connections") == 0, "idle connections are gone", limit=15)
        memory, files = memory_kb(weir.pid), descriptors(weir.pid)
        requests = soak(weir, SECONDS - warm)
        wait_until(lambda: rests(weir), "all connections are gone")
        wait_until(lambda: weir.metrics().total("weir_upstream_connections") == 0, "idle connections are gone", limit=15)
        assert descriptors(weir.pid) <= files + 1, f"{files} descriptors became {descriptors(weir.pid)}"
        assert owned_tcp_states(weir.pid).get("CLOSE_WAIT", 0) == 0
        grown = memory_kb(weir.pid) - memory
        assert grown < 2048 + memory // 20, f"{memory} KiB grew by {grown} KiB over {requests} requests"
