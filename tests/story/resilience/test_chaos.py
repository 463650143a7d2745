# SPDX-License-Identifier: Apache-2.0
"""Backends that are killed, stopped, slow, and lie, under load: every request is accounted for, and nothing is left behind."""
import collections
import os
import random
import signal
import subprocess
import sys
import threading
import time

from support import RawClient, Weir, descriptors, free_port, proxy_config, wait_until
from support.message import Ended, Malformed
from support.process import owned_tcp_states

SECONDS = 12

# A small server in a process of its own, which can be killed and stopped: answers by target.
SERVER = r"""
import random, socket, sys, threading, time
def serve(link):
    with link:
        file = link.makefile("rb")
        while line := file.readline():
            target = line.split()[1].decode()
            while file.readline() not in (b"\r\n", b""):
                pass
            if target == "/reset":
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                return
            if target == "/half":
                return link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
            if target == "/garbage":
                return link.sendall(b"garbage\r\n\r\n")
            if target == "/slow":
                time.sleep(random.random() * 0.1)
            if target == "/sorry":
                link.sendall(b"HTTP/1.1 503 Sorry\r\nContent-Length: 0\r\n\r\n")
                continue
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b"x" * 3000)
def quietly(link):
    try:
        serve(link)
    except OSError:
        pass
server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=200)
while True:
    threading.Thread(target=quietly, args=(server.accept()[0],), daemon=True).start()
"""


class Server:
    def __init__(self):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.begin()

    def begin(self):
        self.process = subprocess.Popen([sys.executable, "-c", SERVER, str(self.port)])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.kill()
        self.begin()

    def stop_for(self, seconds):
        os.kill(self.process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self.process.pid, signal.SIGCONT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


class Client(threading.Thread):
    """Asks for moody pages until it is told to stop; counts what it got."""

    def __init__(self, address, number, over):
        super().__init__(daemon=True)
        self.address, self.over, self.dice = address, over, random.Random(number)
        self.seen, self.broken = collections.Counter(), 0
        self.start()

    def run(self):
        browser = RawClient(self.address)
        while not self.over.is_set():
            page = self.dice.choice(["/"] * 12 + ["/slow", "/reset", "/half", "/garbage", "/sorry"])
            try:
                answer = browser.get(page)
                self.seen[answer.status] += 1
                if answer.get("Connection") != "close":
                    continue
            except (Ended, Malformed, OSError):
                self.broken += 1  # an answer that had begun can only be cut off
            browser.close()
            browser = RawClient(self.address)
        browser.close()


def disturb(servers, seconds):
    dice, end = random.Random(7), time.monotonic() + seconds
    while time.monotonic() < end:
        server = dice.choice(servers)
        if dice.random() < 0.5:
            server.restart()
        else:
            server.stop_for(0.3)
        time.sleep(0.2)


def test_every_request_is_accounted_for(start):
    servers = [start(Server()) for _ in range(3)]
    weir = start(Weir(proxy_config(*servers, workers=2, upstream={
        "health_check": {"interval": "200ms", "timeout": "200ms", "unhealthy": 2, "healthy": 1},
        "outlier": {"failures": 5, "window": "2s", "eject": "500ms"}},
        route={"timeouts": {"connect": "500ms", "first_byte": "1s"}, "retries": {"attempts": 2, "on": ["connect", "reset", "504"]}})))
    wait_until(lambda: weir.metrics().total("weir_upstream_up") == 3, "all are up")
    before, over = descriptors(weir.pid), threading.Event()
    clients = [Client(weir.address, number, over) for number in range(12)]
    disturb(servers, SECONDS)
    over.set()
    for client in clients:
        client.join(30)
        assert not client.is_alive()
    seen = sum((client.seen for client in clients), collections.Counter())
    broken = sum(client.broken for client in clients)
    asked = sum(seen.values()) + broken
    assert asked > 500 and seen[200] > asked / 2

    log = weir.access_log(asked)
    assert len(log) == asked
    assert weir.metrics().total("weir_requests_total", listener="web") == asked
    unexplained = [line for line in log if line["status"] not in (200, 503) and "fault" not in line]
    assert unexplained == []
    faults = collections.Counter(line["fault"] for line in log if "fault" in line)
    assert weir.metrics().total("weir_faults_total", listener="web") == sum(faults.values())
    assert set(faults) <= {"upstream_reset", "upstream_garbage", "connect_refused", "connect_failed", "connect_timeout", "first_byte_timeout",
                           "no_endpoint", "client_gone"}, faults
    assert broken == sum(line["status"] == 200 and "fault" in line for line in log)

    for server in servers:
        server.kill()
    wait_until(lambda: "CLOSE_WAIT" not in owned_tcp_states(weir.pid), lambda: f"none is left in CLOSE_WAIT: {owned_tcp_states(weir.pid)}")
    wait_until(lambda: descriptors(weir.pid) <= before + 2, lambda: f"{descriptors(weir.pid)} descriptors, {before} before")


def test_connections_to_backends_are_reused(start):
    """So TIME_WAIT does not pile up on either side."""
    server = start(Server())
    weir = start(Weir(proxy_config(server, workers=2)))
    wait_until(lambda: weir.admin_json("/api/v1/upstreams") and RawClient(weir.address).get("/").status == 200, "it serves")
    over = threading.Event()

    class Steady(Client):
        def run(self):
            with RawClient(self.address) as browser:
                while not self.over.is_set():
                    self.seen[browser.get("/").status] += 1
    clients = [Steady(weir.address, number, over) for number in range(8)]
    wait_until(lambda: sum(client.seen[200] for client in clients) > 2000, "many requests")
    over.set()
    for client in clients:
        client.join(20)
    states = weir.admin_json("/api/v1/connections")["backends"]
    assert states.get("TIME_WAIT", 0) <= 2 and states.get("CLOSE_WAIT", 0) == 0
    assert 1 <= states["ESTABLISHED"] <= 16
