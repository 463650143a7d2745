# SPDX-License-Identifier: Apache-2.0
"""Fixtures that every area shares."""
import sys

import pytest

sys.dont_write_bytecode = True

from support import Backend, RawClient, Weir, proxy_config  # noqa: E402


@pytest.fixture
def start():
    """Starts things that are ended in reverse order when the story ends: start(Backend(...)), start(Weir(...))."""
    started = []

    def keep(thing):
        started.append(thing)
        return thing
    failed = False
    try:
        yield keep
    except BaseException:
        failed = True
        raise
    finally:
        _end_all(started, failed)


def _end_all(started, failed):
    problem = None
    for thing in reversed(started):
        try:
            thing.__exit__(RuntimeError if failed else None, None, None)
        except Exception as new:
            problem = problem or new
    if problem:
        raise problem


@pytest.fixture
def proxy(start):
    """proxy(behaviour, ...) is a weir before a backend of that behaviour; further arguments go into the config."""
    def begin(behave=None, weir_options=None, **changes):
        backend = start(Backend(behave))
        weir = start(Weir(proxy_config(backend, **changes), **(weir_options or {})))
        return weir, backend
    return begin


@pytest.fixture
def client(start):
    """client(weir) is a connection to its listener `web`."""
    def connect(weir, **options):
        return start(RawClient(weir.address, **options))
    return connect


def pytest_make_parametrize_id(val):
    """Long values would make unreadable names."""
    text = ascii(val)
    return f"{text[:40]}...{len(text)}" if isinstance(val, (str, bytes)) and len(text) > 60 else None
