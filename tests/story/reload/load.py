# SPDX-License-Identifier: Apache-2.0
"""Clients at work: each on one kept connection, which must never break."""
import threading

from support import RawClient


class Workers:
    """So many clients that ask again and again; `pipelined` of them put as many requests on the wire at once."""

    def __init__(self, address, clients=4, pipelined=1):
        self.address, self.pipelined = address, pipelined
        self.each, self.errors, self.over = [[] for _ in range(clients)], [], threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(mine,), daemon=True) for mine in self.each]
        for thread in self.threads:
            thread.start()

    @property
    def statuses(self):
        return [status for mine in self.each for status in list(mine)]

    def _work(self, statuses):
        try:
            with RawClient(self.address) as browser:
                while not self.over.is_set():
                    browser.send(b"GET / HTTP/1.1\r\nHost: story.test\r\n\r\n" * self.pipelined)
                    statuses += [browser.read_response().status for _ in range(self.pipelined)]
        except Exception as error:  # a connection that breaks is what the stories look for
            self.errors.append(error)

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in self.threads)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
