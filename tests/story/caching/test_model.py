# SPDX-License-Identifier: Apache-2.0
"""weir against a model of RFC 9111: sequences of requests, states of the backend and purges, and after each the same question to both.

WEIR_MODEL_EXAMPLES=20000 runs so many other ones, new ones each time."""
import json
import os
import re
import time

import pytest
from hypothesis import HealthCheck, given, note, settings
from support import Backend, RawClient, Weir, proxy_config, wait_until
from support.message import Ended
from .model import Model, Outcome
from .rules import Ask, as_client_sees
from .scripts import scripts

MANY = int(os.environ.get("WEIR_MODEL_EXAMPLES", 0))
HIT = re.compile(r"weir; hit; ttl=(-?\d+)\Z")
ROUTES = {"plain": {}, "told": {"ttl": "150s", "stale_if_error": "75s", "background_update": "off"}}
MODELS = {"plain": {}, "told": {"ttl": 150, "stale_if_error": 75, "behind": False}}
SEEN = ("if-none-match", "if-modified-since", "range")


class Scripted:
    """A backend that answers as its state says, and keeps what it was asked and said."""

    def __init__(self):
        self.state, self.talk, self.said, self.number = None, [], 0, 0

    def __call__(self, connection):
        for request in connection.requests():
            if request.target == "/ping":
                connection.send(b"HTTP/1.1 204 No Content\r\n\r\n")
                continue
            self.number += 1
            path = request.target[request.target.index("/", 1):]
            ask = Ask(request.method, path[path.index("/", 1):], {name: request.get(name) for name in SEEN if request.has(name)})
            answer = self.state.answer(ask, time.time(), self.number)
            self.talk.append((ask, answer))
            self.send(connection, ask, answer)
            if answer is None or answer.cut:
                connection.close()
            self.said += 1

    @staticmethod
    def send(connection, ask, answer):
        if answer is None:
            connection.send(b"nothing\r\n\r\n")  # a kept connection that just ends would be tried again
            return
        fields = [f"{name}: {value}" for name, value in answer.fields.items()]
        if answer.status not in (204, 304) and ask.method != "HEAD":
            fields.append(f"Content-Length: {len(answer.body)}")
        head = "\r\n".join([f"HTTP/1.1 {answer.status} Said", *fields, "", ""]).encode()
        connection.send(head + (answer.body[:-3] if answer.cut else answer.body))


class Stage:
    """One weir for all examples: each has paths of its own."""

    def __init__(self, start):
        self.script = Scripted()
        self.backend = start(Backend(self.script))
        routes = [{"name": name, "listener": "web", "match": {"path": f"/{name}"}, "upstream": "pool", "retries": {"attempts": 0},
                   "cache": {"zone": "main", **cache}} for name, cache in ROUTES.items()]
        routes.append({"name": "ping", "listener": "web", "match": {"path": "/ping"}, "upstream": "pool"})
        self.weir = start(Weir(proxy_config(self.backend, upstream={"outlier": {"failures": 1000000}}, routes=routes, caches={"main": {}},
                                            access_log={"path": "off"})))
        self.client = RawClient(self.weir.address)
        self.admin = RawClient(self.weir.admin)
        self.examples = 0

    def ask(self, ask, prefix):
        """None when it is cut."""
        fields = [f"{name}: {value}" for name, value in ask.fields.items()]
        if ask.method in ("POST", "PUT"):
            fields.append("Content-Length: 0")
        head = "\r\n".join([f"{ask.method} {prefix}{ask.path} HTTP/1.1", "Host: story.test", *fields, "", ""])
        try:
            return self.client.request(head.encode(), ask.method)
        except Ended:
            self.client.close()
            self.client = RawClient(self.weir.address)
            return None

    def settle(self):
        """What reached weir before has been dealt with."""
        assert self.client.get("/ping").status == 204

    def purge(self, url, soft):
        body = json.dumps({"url": url, **({"soft": True} if soft else {})}).encode()
        head = f"POST /api/v1/caches/main/purge HTTP/1.1\r\nHost: {self.weir.admin}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return json.loads(self.admin.request(head.encode() + body).body)["purged"]


class Example:
    def __init__(self, stage, route):
        stage.examples += 1
        self.stage, self.model = stage, Model(**MODELS[route])
        self.prefix = f"/{route}/{stage.examples}"

    def run(self, script):
        for step in script:
            if step[0] == "purge":
                assert self.stage.purge(f"http://story.test{self.prefix}{step[1]}", step[2]) == self.model.purge(*step[1:], time.time())
            else:
                self.meet(*step)
        self.stage.settle()

    def meet(self, ask, state):
        script = self.stage.script
        script.state, script.talk = state, []
        now = time.time()
        plan = self.model.look(ask, now)
        got = self.stage.ask(ask, self.prefix)
        note(f"{ask}\n    backend: {script.talk}\n    plan: {plan}\n    got: {got and (got.status, got.fields, got.body)}")
        if plan.kind == "behind" or (state.failure and plan.kind not in ("serve", "fail")):
            wait_until(lambda: script.talk and script.said == script.number, "the backend has answered", 5, 0.0005)
            self.stage.settle()
        self.check_asked(ask, plan, script.talk)
        if plan.kind == "fail":
            assert got.status == 504 and not got.one("cache-status").startswith("weir; hit")
        elif plan.kind in ("serve", "behind"):
            self.check_stored(ask, plan.stored, got, now)
            assert abs(int(HIT.match(got.one("cache-status"))[1]) + plan.stored.late_at(now)) < 4
        if script.talk:
            outcome = self.model.hear(ask, plan, script.talk[-1][1], now)
            if plan.kind != "behind":
                self.check_outcome(ask, plan, outcome, script.talk[-1][1], got, now)

    def check_asked(self, ask, plan, talk):
        """Whether the backend was asked, once, and what."""
        assert len(talk) == (plan.kind not in ("serve", "fail")), f"the backend was asked {len(talk)} times: {plan}"
        for seen, _ in talk:
            assert seen.method == ("GET" if plan.kind == "behind" else ask.method)
            assert [seen.fields.get(name) for name in SEEN] == self.model.conditions(ask, plan)

    def check_outcome(self, ask, plan, outcome, answer, got, now):
        cut = outcome.stored.answer.cut and outcome.kept if outcome.stored else outcome.passed and outcome.passed.cut
        if cut and not (got and got.status in (304, 416)):
            assert got is None or got.status == 206
            return
        if outcome == Outcome():
            assert got.status in (502, 503, 504)
            return
        if outcome.stored:
            self.check_stored(ask, outcome.stored, got, now, arriving=outcome.kept and answer.status != 304)
        else:
            self.check_passed(outcome.passed, got)
        self.check_told(plan, outcome, answer, got)

    @staticmethod
    def check_told(plan, outcome, answer, got):
        """Cache-Status"""
        told = got.one("cache-status")
        if answer is None:
            assert told == "weir; fwd=stale"
        else:
            match = re.fullmatch(r"weir; fwd=([a-z-]+); fwd-status=(\d+)(; stored)?", told)
            assert match and match[1] in plan.words, (told, plan.words)
            assert (int(match[2]), match[3] is not None) == (answer.status, outcome.kept), (told, outcome)

    @staticmethod
    def check_passed(answer, got):
        assert (got.status, got.body) == (answer.status, answer.body)
        for name, value in answer.fields.items():
            assert got.one(name) == value

    @staticmethod
    def check_stored(ask, one, got, now, arriving=False):
        """arriving: parts can only be given of what is there."""
        status, body, told = as_client_sees(ask, one)
        if "," in ask.fields.get("range", "") and got.status == 206:
            assert all(one.answer.body[first:last] + b"\r\n--" in got.body for first, last in ((0, 2), (10, 13)))
            return
        if arriving and status in (206, 416) and got.status == 200:
            status, body, told = 200, one.answer.body, None
        assert (got.status, got.get("content-range")) == (status, told)
        assert body is None or got.body == body
        if status == 416:
            return
        names = ("etag", "vary", "cache-control", "expires") if status == 304 else (*one.answer.fields.keys() - {"age"}, "etag")
        for name in names:
            assert got.get(name) == one.answer.fields.get(name), name
        age = int(got.get("age", "0"))
        assert -2 < age - one.age_at(now) < 3, (age, one.age_at(now))


@pytest.fixture(scope="module")
def stage():
    started = []
    try:
        yield Stage(lambda thing: started.append(thing) or thing)
    finally:
        for thing in reversed(started):
            thing.__exit__(None, None, None)


@pytest.mark.parametrize("route", ROUTES)
def test_it_does_what_the_model_does(stage, route):
    @settings(max_examples=MANY or 250, derandomize=not MANY, deadline=None, database=None, print_blob=False,
              suppress_health_check=list(HealthCheck))
    @given(scripts())
    def compare(script):
        Example(stage, route).run(script)
    compare()
