# SPDX-License-Identifier: Apache-2.0
"""A slow reader on one side stops the reading on the other; memory stays bounded whatever the size."""
import threading
import time

from support import Backend, RawClient, Weir, memory_kb, proxy_config, wait_until, without_quarantine
from support import backend as act

MIB = 1 << 20
HONEST = {"env": without_quarantine()}
HUGE = 200 * MIB
# What the kernel may hold in socket buffers on both sides (tcp_rmem, tcp_wmem), and weir's own room.
KERNEL = 24 * MIB


def settled(number, quiet=0.7, limit=30):
    """The value of `number()` once it has not changed for `quiet` seconds."""
    last, since, end = number(), time.monotonic(), time.monotonic() + limit
    while time.monotonic() - since < quiet:
        assert time.monotonic() < end, f"still moving after {limit} s: {last}"
        time.sleep(0.02)
        now = number()
        if now != last:
            last, since = now, time.monotonic()
    return last


def growth_kb(weir, before):
    return memory_kb(weir.pid, "Rss") - before


def test_a_slow_client_stops_the_backend(proxy, client):
    weir, backend = proxy(act.sends_body_of(HUGE), HONEST)
    before = memory_kb(weir.pid, "Rss")
    slow = client(weir, receive_buffer=8192, limit=60)
    slow.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_until(lambda: backend.sent_count() > 0, "the download began")
    sent = settled(backend.sent_count)
    assert sent < KERNEL, f"the backend could send {sent >> 20} MiB to a client that reads nothing"
    assert growth_kb(weir, before) < 8 * 1024
    # It goes on when the client reads, to the last byte.
    assert slow.read_head().status == 200
    left = HUGE - len(slow.source.buffer)
    while left:
        left -= len(slow.socket.recv(min(left, 1 << 18)))
    assert growth_kb(weir, before) < 16 * 1024


def test_a_slow_backend_stops_the_client(start, client):
    backend = start(Backend(act.reads_slowly_until_released(), receive_buffer=8192))
    weir = start(Weir(proxy_config(backend, route={"timeouts": {"first_byte": "60s", "idle": "60s"}}), **HONEST))
    before = memory_kb(weir.pid, "Rss")
    browser = client(weir, limit=60)
    sent = [0]

    def upload():
        browser.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % HUGE)
        block = b"u" * 65536
        while sent[0] < HUGE:
            sent[0] += browser.socket.send(block[:HUGE - sent[0]])
    thread = threading.Thread(target=upload, daemon=True)
    thread.start()
    wait_until(lambda: sent[0] > 0, "the upload began")
    stopped = settled(lambda: sent[0])
    assert stopped < KERNEL, f"the client could send {stopped >> 20} MiB to a backend that reads nothing"
    assert growth_kb(weir, before) < 8 * 1024
    backend.release.set()
    thread.join(60)
    assert sent[0] == HUGE
    assert browser.read_response().body == b"%d" % HUGE
    assert growth_kb(weir, before) < 16 * 1024


def test_fifty_slow_downloads_stay_bounded(proxy, client):
    weir, backend = proxy(act.sends_body_of(50 * MIB), HONEST)
    with RawClient(weir.address) as first:
        first.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        first.read_head()
    before = memory_kb(weir.pid, "Rss")
    slow = [client(weir, receive_buffer=8192) for _ in range(50)]
    for one in slow:
        one.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_until(lambda: len(backend.connections) >= 50, "50 downloads began")
    settled(backend.sent_count)
    assert growth_kb(weir, before) < 50 * 1024, f"{growth_kb(weir, before)} KiB for 50 slow downloads"
    # Others are served meanwhile.
    assert weir.admin_get("/livez", limit=3)[0] == 200


def test_a_stalled_download_does_not_stall_others(proxy, client):
    def behave(connection):
        for request in connection.requests():
            if request.target == "/huge":
                act.sends_body_of(HUGE)(_Replay(connection))
            else:
                connection.send(act.OK)
    weir, backend = proxy(behave, HONEST)
    stalled = client(weir, receive_buffer=8192)
    stalled.send(b"GET /huge HTTP/1.1\r\nHost: a\r\n\r\n")
    settled(backend.sent_count)
    browser = client(weir)
    started = time.monotonic()
    assert all(browser.get("/").status == 200 for _ in range(100))
    assert time.monotonic() - started < 5


class _Replay:
    """A connection whose request was read already."""
    def __init__(self, connection):
        self.connection = connection

    def requests(self):
        return [None]

    def send(self, data):
        self.connection.send(data)


def test_a_slow_tunnel_stops_its_other_side(proxy, client):
    def behave(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        while True:
            connection.send(b"t" * 65536)
    weir, backend = proxy(behave, HONEST)
    before = memory_kb(weir.pid, "Rss")
    slow = client(weir, receive_buffer=8192)
    slow.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
    wait_until(lambda: backend.sent_count() > 100, "the tunnel carries")
    assert settled(backend.sent_count) < KERNEL
    assert growth_kb(weir, before) < 8 * 1024


def test_pipelining_without_reading_stays_bounded(proxy, client):
    """A client that asks and asks and never reads is stopped."""
    weir, backend = proxy(act.answers(act.response(b"x" * 65536)), HONEST)
    before = memory_kb(weir.pid, "Rss")
    greedy = client(weir, receive_buffer=8192, limit=60)
    greedy.socket.settimeout(1.0)
    asked = 0
    try:
        while asked < 64 * MIB:
            asked += greedy.socket.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2000)
    except TimeoutError:
        pass
    assert asked < 64 * MIB, "weir took 64 MiB of requests from a client that reads nothing"
    settled(lambda: len(backend.requests))
    assert growth_kb(weir, before) < 16 * 1024
