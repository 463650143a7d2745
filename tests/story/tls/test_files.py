# SPDX-License-Identifier: Apache-2.0
"""Certificates that change on disk while requests run."""
import ssl
import threading

from support import wait_until
from .conftest import ask, open_tls


def serial_of(weir, context):
    with open_tls(weir, context) as client:
        return client.getpeercert()["serialNumber"]


def test_a_swap_under_load_loses_nothing_and_takes_effect(secure, authority, context):
    weir, _ = secure()
    before = serial_of(weir, context())
    failures, done = [], threading.Event()

    def load():
        while not done.is_set():
            try:
                with open_tls(weir, context()) as client:
                    if not ask(client).startswith(b"HTTP/1.1 200"):
                        failures.append("another answer")
            except (ssl.SSLError, OSError) as error:
                failures.append(repr(error))
    workers = [threading.Thread(target=load) for _ in range(4)]
    for worker in workers:
        worker.start()
    kept = open_tls(weir, context())
    authority.issue("site")
    wait_until(lambda: serial_of(weir, context()) != before, "the new certificate is shown", 15)
    assert ask(kept).startswith(b"HTTP/1.1 200")
    done.set()
    for worker in workers:
        worker.join()
    assert failures == []
    assert "reloaded" not in weir.stderr()


def test_a_broken_pair_keeps_the_old_one_and_says_so(secure, authority, context):
    weir, _ = secure()
    before = serial_of(weir, context())
    (authority.folder / "site.key").write_text("not a key")
    wait_until(lambda: "the old ones stay" in weir.stderr(), "it is told", 15)
    assert "site.key" in weir.stderr()
    assert serial_of(weir, context()) == before
    authority.issue("site")
    wait_until(lambda: serial_of(weir, context()) != before, "the next pair is shown", 15)
