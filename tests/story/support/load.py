# SPDX-License-Identifier: Apache-2.0
"""Clients at work side by side: each request is noted with what became of it."""
import random
import threading
from collections import Counter

from .client import RawClient
from .message import Ended, Malformed

CUT = "cut"  # the head of an answer came, its body did not end


class Load:
    """`targets` are asked for in random order until `stop`. `outcomes` counts the statuses that came, and CUT."""

    def __init__(self, weir, targets, clients=8, seed=1):
        self.weir, self.targets = weir, targets
        self.outcomes, self.faults, self.wrong = Counter(), Counter(), []
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.runs = [threading.Thread(target=self._run, args=(random.Random(seed + n),), daemon=True) for n in range(clients)]
        for one in self.runs:
            one.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ending.set()

    def count(self):
        with self.lock:
            return sum(self.outcomes.values())

    def stop(self, limit=30):
        self.ending.set()
        for one in self.runs:
            one.join(limit)
            assert not one.is_alive(), "a client that hangs"
        return self.outcomes

    def told(self):
        return f"{dict(self.outcomes)} {dict(self.faults)}"

    def _note(self, outcome, fault=None):
        with self.lock:
            self.outcomes[outcome] += 1
            if fault:
                self.faults[fault] += 1

    def _run(self, dice):
        client = RawClient(self.weir.address, limit=20)
        while not self.ending.is_set():
            if not self._ask(client, dice.choice(self.targets)):
                client.close()
                client = RawClient(self.weir.address, limit=20)
        client.close()

    def _ask(self, client, target):
        """Whether the connection can be used again."""
        client.received.clear()
        try:
            answer = client.get(target)
        except (Ended, ConnectionError):
            self._note(CUT if client.received else "nothing")
            return False
        except (Malformed, AssertionError, OSError) as problem:
            with self.lock:
                self.wrong.append(f"{target}: {type(problem).__name__} {problem}")
            return False
        self._note(answer.status, answer.get("proxy-status") if answer.status != 200 else None)
        return not answer.has("connection")
