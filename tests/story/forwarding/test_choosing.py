# SPDX-License-Identifier: Apache-2.0
"""Who answers: upstreams of a split, endpoints by hash and by cookie."""
import re
from collections import Counter

from support import Backend, RawClient, Weir, as_yaml
from support import backend as act
from support.config import proxy_tree


def named_backends(start, count):
    return [start(Backend(act.names_itself(f"b{n}"))) for n in range(count)]


def weir_for(start, backends, upstream, **changes):
    return start(Weir(as_yaml(proxy_tree(backends, upstream=upstream, **changes))))


def test_a_split_shares_requests_by_weight(start, client):
    backends = named_backends(start, 3)
    tree = proxy_tree(backends[:1])
    tree["upstreams"].update(next={"endpoints": [backends[1].address]}, off={"endpoints": [backends[2].address]})
    del tree["routes"][0]["upstream"]
    tree["routes"][0]["split"] = {"pool": 3, "next": 1, "off": 0}
    browser = client(start(Weir(as_yaml(tree))))
    answers = Counter(browser.get("/").body for _ in range(400))
    assert set(answers) == {b"b0", b"b1"} and 60 < answers[b"b1"] < 140, answers


def test_the_same_client_stays_and_users_are_spread(start, client):
    backends = named_backends(start, 4)
    browser = client(weir_for(start, backends, {"balance": "ring_hash"}))
    assert len({browser.get("/").body for _ in range(20)}) == 1
    for balance in ("ring_hash", "maglev"):
        weir = weir_for(start, backends, {"balance": balance, "hash_on": "header:X-User"}, workers=2)
        homes = {}
        for _ in range(3):
            for user in range(40):
                with RawClient(weir.address) as fresh:
                    homes.setdefault(user, set()).add(fresh.get("/", f"X-User: {user}").body)
        assert all(len(home) == 1 for home in homes.values()), homes
        assert len(set.union(*homes.values())) == 4


def test_a_cookie_keeps_the_client_where_it_is(start, client):
    backends = named_backends(start, 3)
    weir = weir_for(start, backends, {"sticky": {"cookie": "weir_id", "ttl": "90s"}}, workers=2)
    answer = client(weir).get("/")
    cookie = re.fullmatch(r"(weir_id=[0-9a-f]{16}); Path=/; Max-Age=90; HttpOnly; SameSite=Lax", answer.one("set-cookie"))[1]
    for _ in range(20):
        with RawClient(weir.address) as fresh:
            again = fresh.get("/", f"Cookie: theme=dark; {cookie}")
            assert (again.body, again.has("set-cookie")) == (answer.body, False)
    home = next(one for n, one in enumerate(backends) if answer.body == b"b%d" % n)
    home.stop()
    moved = client(weir).get("/", f"Cookie: {cookie}")
    assert moved.status == 200 and moved.body != answer.body
    assert moved.has("set-cookie") and cookie not in moved.one("set-cookie")


def test_another_weir_knows_the_cookie(start, client):
    backends = named_backends(start, 3)
    upstream = {"sticky": {"cookie": "id"}}
    first, second = weir_for(start, backends, upstream), weir_for(start, backends, upstream)
    answer = client(first).get("/")
    cookie = answer.one("set-cookie").split(";")[0]
    assert {client(second).get("/", f"Cookie: {cookie}").body for _ in range(6)} == {answer.body}
