# SPDX-License-Identifier: Apache-2.0
"""Orders through the admin API, and the config that it shows."""
import json

import pytest

from support import Weir, as_yaml, wait_until
from support.config import proxy_tree
from support.ports import free_address


def send(weir, method, path, body=b"", **fields):
    status, _, answer = weir.admin_request(method, path, fields, body)
    return status, json.loads(answer)


def test_the_log_level_takes_effect_at_once(start):
    weir = start(Weir(as_yaml(proxy_tree(["127.0.0.1:9"], log={"level": "info"}))))
    assert send(weir, "PUT", "/api/v1/log", b'{"level": "error"}') == (200, {"level": "error"})
    weir.stop()
    assert " info draining" not in weir.stderr()


@pytest.mark.parametrize("body", [b"", b"{}", b'{"level": "loud"}', b"level=debug", b'{"level": "debug", "for": "1m"}', b'"debug"', b"{" * 5000])
def test_a_log_level_that_is_none_is_400(proxy, body):
    weir, _ = proxy()
    status, answer = send(weir, "PUT", "/api/v1/log", body)
    assert status == 400 and answer["error"]


def test_the_type_of_the_body_does_not_matter(proxy):
    weir, _ = proxy()
    fields = {"Content-Type": "application/x-www-form-urlencoded"}
    assert weir.admin_request("PUT", "/api/v1/log", fields, b'{"level": "info"}')[0] == 200


def test_a_body_may_be_chunked(proxy):
    weir, _ = proxy()
    pieces = iter([b'{"level"', b': "in', b'fo"}'])
    status, _, answer = weir.admin_request("PUT", "/api/v1/log", {}, pieces)
    assert (status, json.loads(answer)) == (200, {"level": "info"})


def test_the_config_is_shown_without_its_secrets(start):
    token, password = "hunter2-token", "hunter2-password"
    route = {"upstream": None, "respond": {"headers": {"X-Api-Key": password}, "body": f"http://user:{password}@host/"}}
    tree = proxy_tree(["127.0.0.1:9"], admin={"listen": free_address(), "token": token})
    tree["routes"].append({"name": "own", "match": {"path": "/own"}, **{k: v for k, v in route.items() if v}})
    weir = start(Weir(as_yaml(tree)))
    assert weir.admin_get("/api/v1/config")[0] == 401
    status, _, body = weir.admin_get("/api/v1/config", Authorization=f"Bearer {token}")
    assert status == 200 and b"hunter2" not in body
    shown = json.loads(body)
    assert shown["generation"] == 1 and len(shown["hash"]) == 16
    config = shown["config"]
    assert config["workers"] == 1 and config["admin"]["token"] == "***"
    assert config["upstreams"]["pool"]["endpoints"] == [{"address": "127.0.0.1:9", "weight": 1, **config["upstreams"]["pool"]["endpoints"][0]}]
    assert config["routes"][1]["respond"]["body"] == "http://***@host/"
    assert config["listeners"][0]["timeouts"]["header"] == "10s"


def test_the_hash_is_that_of_the_content(start):
    tree = proxy_tree(["127.0.0.1:9"])
    hashes = []
    for token in ("one", "two", "two"):
        tree["admin"]["token"] = token
        with Weir(as_yaml(tree)) as weir:
            hashes.append(json.loads(weir.admin_get("/api/v1/config", Authorization=f"Bearer {token}")[2])["hash"])
    assert hashes[0] != hashes[1] == hashes[2]


def test_endpoints_of_an_unknown_upstream_are_not_found_or_not_there(proxy):
    weir, _ = proxy()
    assert send(weir, "PUT", "/api/v1/upstreams/nobody/endpoints/127.0.0.1:1", b"{}")[0] in (404, 501)


def test_orders_need_the_token(start):
    weir = start(Weir(as_yaml(proxy_tree(["127.0.0.1:9"], admin={"listen": free_address(), "token": "s3cret"}))))
    for method, path in [("POST", "/api/v1/reload"), ("POST", "/api/v1/drain"), ("PUT", "/api/v1/log"),
                         ("PUT", "/api/v1/upstreams/pool/endpoints/127.0.0.1:9"), ("DELETE", "/api/v1/upstreams/pool/endpoints/127.0.0.1:9")]:
        assert send(weir, method, path, b'{"level": "error"}')[0] == 401
        assert send(weir, method, path, b'{"level": "error"}', Authorization="Bearer s3cre")[0] == 401
    assert weir.admin_get("/livez")[0] == 200


def test_metrics_show_the_first_generation(proxy):
    weir, _ = proxy()
    assert weir.metrics().total("weir_config_generation") == 1


def test_readyz_says_what_it_looked_at(start):
    weir = start(Weir(as_yaml(proxy_tree(["127.0.0.1:9"]))))
    wait_until(lambda: weir.admin_get("/readyz")[0] == 200, "it is ready")
    said = weir.admin_json("/readyz?verbose")
    assert said["status"] == "ok" and said["reasons"] == []
    assert [check["name"] for check in said["checks"]] == ["listeners", "config", "upstreams"]
    assert all(check["ok"] for check in said["checks"])
