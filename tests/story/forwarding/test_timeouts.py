# SPDX-License-Identifier: Apache-2.0
"""Time limits are each route's own: two routes to one backend, and only the impatient one gives up."""
import time

import pytest

from support import Backend, Weir, as_yaml, unanswering_address
from support import backend as act
from support.config import proxy_tree

PATIENT = {"connect": "20s", "first_byte": "20s", "idle": "20s", "request": "0"}
LATE = 1.2


def late(before, after):
    """Answers in two parts with a pause in between."""
    def behave(connection):
        for _ in connection.requests():
            connection.send(before)
            time.sleep(LATE)
            connection.send(after)
    return behave


HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha"


def two_routes(start, endpoint, **limit):
    tree = proxy_tree([endpoint], route={"timeouts": PATIENT})
    tree["routes"].append({"name": "impatient", "match": {"path": "/soon"}, "upstream": "pool", "timeouts": {**PATIENT, **limit}})
    return start(Weir(as_yaml(tree)))


@pytest.mark.parametrize("limit", [{"first_byte": "300ms"}, {"request": "300ms"}], ids=["first_byte", "request"])
def test_a_late_head_is_504_on_the_impatient_route_alone(start, client, limit):
    weir = two_routes(start, start(Backend(late(b"", act.OK))), **limit)
    assert client(weir).get("/soon").status == 504
    assert client(weir).get("/later").status == 200


@pytest.mark.parametrize("limit", [{"idle": "300ms"}, {"request": "300ms"}], ids=["idle", "request"])
def test_a_body_that_stalls_is_cut_on_the_impatient_route_alone(start, client, limit):
    weir = two_routes(start, start(Backend(late(HALF, b"lf"))), **limit)
    browser = client(weir)
    browser.send(b"GET /soon HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"lf" not in browser.read_until_close()
    assert client(weir).get("/later").body == b"half"


def test_a_silent_address_is_504_after_the_routes_own_connect_limit(start, client):
    with unanswering_address() as address:
        weir = two_routes(start, address, connect="300ms")
        patient, impatient = client(weir), client(weir)
        patient.send(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
        assert impatient.get("/soon").status == 504
        assert not patient.is_closed_by_peer()
        patient.close()
