# SPDX-License-Identifier: Apache-2.0
"""Waiting for something that can be observed, never longer than a limit."""
import time

LIMIT = 10.0


def wait_until(question, what, limit=LIMIT, every=0.01):
    """Asks `question` until its answer is true and returns that answer; fails with `what` after `limit` seconds."""
    end = time.monotonic() + limit
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() >= end:
            raise AssertionError(f"not within {limit} s: {what() if callable(what) else what}")
        time.sleep(every)
