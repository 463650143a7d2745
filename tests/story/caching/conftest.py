# SPDX-License-Identifier: Apache-2.0
"""A weir with a cache before a backend."""
import pytest
from support import Backend, RawClient, Weir, proxy_config
from support.backend import response


@pytest.fixture
def cached(start):
    """cached(answer, ...) is (weir, backend, get): answer(request) makes the bytes of each answer; get(...) asks over one
    connection."""
    def begin(answer, cache=None, zone=None, **changes):
        def behave(connection):
            for request in connection.requests():
                connection.send(answer(request))
        backend = start(Backend(behave))
        route = {"cache": {"zone": "main", **(cache or {})}, **changes.pop("route", {})}
        weir = start(Weir(proxy_config(backend, route=route, caches={"main": zone or {}}, **changes)))
        client = start(RawClient(weir.address))
        return weir, backend, client.get
    return begin


def says(*fields, body=b"hello", status="200 OK"):
    """The same answer each time."""
    return lambda request: response(body, status, *fields)


def numbered(*fields):
    """Each answer has another body: its number."""
    count = iter(range(1, 1000000))
    return lambda request: response(b"%d" % next(count), "200 OK", *fields)
