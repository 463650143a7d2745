# SPDX-License-Identifier: Apache-2.0
"""Fields that routes set, add and remove."""
from support import Weir, as_yaml, run_weir
from support import backend as act
from support.config import proxy_tree

RULES = {"headers": {
    "request": {"remove": ["X-Debug"], "set": {"X-Tenant": "acme", "X-From": "{client_ip} {listener}/{route}"}, "add": {"X-Tag": "weir"}},
    "response": {"remove": "X-Powered-By", "set": {"X-Frame-Options": "DENY", "X-Seen": "{request_id}"}, "add": {"Set-Cookie": "w=1"}}}}


def test_requests_and_answers_are_changed(proxy, client):
    weir, backend = proxy(act.answers(act.response(b"ok", "200 OK", "X-Powered-By: a", "x-powered-by: b", "X-Frame-Options: ALLOW", "Set-Cookie: b=1")),
                          route=RULES)
    answer = client(weir).get("/", "x-debug: 1", "X-DEBUG: 2", "X-Tenant: evil", "x-tenant: worse", "X-Tag: mine", "X-Request-Id: id7")
    request = backend.requests[0]
    assert not request.has("x-debug")
    assert (request.one("x-tenant"), request.one("x-from")) == ("acme", "127.0.0.1 web/all")
    assert request.all("x-tag") == ["mine", "weir"]
    assert not answer.has("x-powered-by")
    assert (answer.one("x-frame-options"), answer.one("x-seen"), answer.all("set-cookie")) == ("DENY", "id7", ["b=1", "w=1"])


def test_weirs_own_answers_have_them_too(start, client):
    tree = proxy_tree(["127.0.0.1:1"], route=RULES)
    tree["routes"].append({"name": "own", "match": {"path": "/own"}, "respond": {"body": "mine"}, **RULES})
    browser = client(start(Weir(as_yaml(tree))))
    for target, status in (("/", 502), ("/own", 200)):
        answer = browser.get(target)
        assert (answer.status, answer.one("x-frame-options")) == (status, "DENY")


def test_what_cannot_be_changed_is_said_with_its_line(tmp_path):
    path = tmp_path / "weir.yaml"
    path.write_text(as_yaml(proxy_tree(["127.0.0.1:1"], route={"headers": {"request": {"set": {"Host": "a", "Content-Length": "{size}"}}}})))
    said = run_weir("check", "-c", path)
    text = path.read_text().splitlines()
    lines = {word: next(n for n, line in enumerate(text, 1) if word in line) for word in ("Host:", "Content-Length:")}
    assert said.returncode == 1
    output = said.stdout + said.stderr
    assert any(line.startswith(f"{path}:{lines['Host:']}:") and "rewrite.host" in line for line in output.splitlines()), output
    assert any(line.startswith(f"{path}:{lines['Content-Length:']}:") and "itself" in line for line in output.splitlines()), output
    assert "{client_ip}" in output
