# SPDX-License-Identifier: Apache-2.0
"""Calls of every kind between a real client and real servers."""
import struct

import pytest
from support import Weir, free_address, proxy_config, refusing_address, wait_until
from support.frames import HEADERS, FrameClient, request
from support.h2backend import H2Backend
from support.node import GrpcServer, grpc_calls

OK, DEADLINE_EXCEEDED, UNIMPLEMENTED, UNAVAILABLE = 0, 4, 12, 14


def config(*servers, **changes):
    upstream = {"protocol": "http2", **changes.pop("upstream", {})}
    return proxy_config(*servers, upstream=upstream, **changes)


@pytest.fixture
def grpc(start):
    server = start(GrpcServer("one"))
    return start(Weir(config(server)))


def test_unary_with_metadata_both_ways(grpc):
    result, = grpc_calls(grpc.address, {"kind": "Unary", "message": "hello", "metadata": {"x-ask": "a", "x-ask-bin": "bytes"}})
    assert (result["code"], result["messages"]) == (OK, ["one hello"])
    assert result["metadata"]["x-got"] == "a" and "x-got-bin" in result["metadata"]
    assert result["trailers"]["x-server"] == "one"
    line, = grpc.access_log(1)
    assert (line["protocol"], line["status"]) == ("HTTP/2.0", 200)


def test_streams_of_every_kind(grpc):
    results = grpc_calls(grpc.address, {"kind": "Collect", "count": 50, "size": 1000}, {"kind": "Spread", "message": "200 10000"},
                         {"kind": "Echo", "count": 30})
    assert [one["code"] for one in results] == [OK, OK, OK]
    assert results[0]["messages"] == ["50 50000"]
    assert results[1]["bytes"] == 2_000_000
    assert results[2]["messages"][:2] == ["ping 1", "ping 2"] and results[2]["bytes"] == sum(len(f"ping {i}") for i in range(1, 31))


def test_large_messages_both_ways(grpc):
    result, = grpc_calls(grpc.address, {"kind": "Unary", "size": 8 << 20})
    assert (result["code"], result["bytes"]) == (OK, (8 << 20) + 4)


def test_many_calls_at_once_over_one_connection(grpc):
    results = grpc_calls(grpc.address, *[{"kind": "Unary", "message": f"call {i}"} for i in range(300)], together=True)
    assert [one["messages"] for one in results] == [[f"one call {i}"] for i in range(300)]
    assert grpc.metrics().total("weir_connections_total", listener="web") == 1


def test_errors_keep_their_code_text_and_metadata(grpc):
    result, = grpc_calls(grpc.address, {"kind": "Unary", "message": "fail 9 not now"})
    assert (result["code"], result["details"], result["trailers"]["why"]) == (9, "not now", "told to")
    unknown, = grpc_calls(grpc.address, {"kind": "Nothing", "count": 1})
    assert unknown["code"] == UNIMPLEMENTED
    assert [(line["status"], line["grpc_status"]) for line in grpc.access_log(2)] == [(200, "9"), (200, "12")]


def ask(path="/story.Story/Unary", *fields):
    return request(path, "POST", ("content-type", "application/grpc"), ("te", "trailers"), *fields)


def message(text):
    return b"\0" + struct.pack(">I", len(text)) + text


def answer_of(client, stream=1):
    """The fields of the only head."""
    status, fields = client.answer(stream)
    return status, dict(fields)


def test_a_deadline_is_honoured_by_weir_itself(start):
    grpc = start(Weir(config(start(H2Backend(lambda connection, request: None)))))
    client = start(FrameClient(grpc.address))
    client.send(client.headers(ask("/story.Story/Unary", ("grpc-timeout", "200m")), end=False))
    status, fields = answer_of(client)
    assert (status, fields["content-type"], fields["grpc-status"]) == (200, "application/grpc", str(DEADLINE_EXCEEDED))
    line, = grpc.access_log(1)
    assert line["fault"] == "request_timeout" and 150 < line["duration_ms"] < 5000


def test_a_deadline_that_has_passed_ends_the_call_at_the_server(grpc):
    result, = grpc_calls(grpc.address, {"kind": "Unary", "message": "sleep 20000", "deadline": 300})
    assert result["code"] == DEADLINE_EXCEEDED


@pytest.mark.parametrize("case", ["refused", "no_route", "no_endpoint"])
def test_faults_of_weir_are_statuses_of_grpc(start, case):
    changes = {"route": {"match": {"path": "/elsewhere"}}} if case == "no_route" else {}
    if case == "no_endpoint":
        changes = {"upstream": {"endpoints": [{"address": free_address(), "weight": 0}]}}
    weir = start(Weir(config(start(refusing_address()), **changes)))
    result, = grpc_calls(weir.address, {"kind": "Unary", "message": "hello"})
    assert result["code"] == (UNIMPLEMENTED if case == "no_route" else UNAVAILABLE)
    assert result["details"]


def test_calls_of_one_connection_are_balanced_one_by_one(start):
    servers = [start(GrpcServer(name)) for name in ("one", "two")]
    weir = start(Weir(config(*servers)))
    results = grpc_calls(weir.address, *[{"kind": "Unary", "message": "x"}] * 40)
    served = [one["trailers"]["x-server"] for one in results]
    assert (served.count("one"), served.count("two")) == (20, 20)


def test_unavailable_is_tried_again_elsewhere(start):
    good = start(GrpcServer("good"))
    bad = start(UnavailableBackend())
    weir = start(Weir(config(bad, good)))
    results = grpc_calls(weir.address, *[{"kind": "Unary", "message": "x"}] * 6)
    assert [one["messages"] for one in results] == [["good x"]] * 6
    assert weir.metrics().total("weir_upstream_retries_total") >= 1


class UnavailableBackend:
    """Answers every call with UNAVAILABLE in place of an answer."""

    def __init__(self):
        import h2.config
        import h2.connection
        import h2.events
        from support import Backend

        def behave(connection):
            speaker = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            speaker.initiate_connection()
            connection.send(speaker.data_to_send())
            while data := connection._more():
                for event in speaker.receive_data(data):
                    if isinstance(event, h2.events.StreamEnded):
                        speaker.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/grpc"),
                                                               ("grpc-status", "14"), ("grpc-message", "later")], end_stream=True)
                connection.send(speaker.data_to_send())
        self.backend = Backend(behave)
        self.address = self.backend.address

    def __enter__(self):
        self.backend.__enter__()
        return self

    def __exit__(self, *arguments):
        self.backend.__exit__(*arguments)


def test_health_checks_ask_the_health_service(start):
    server = start(GrpcServer("one"))
    weir = start(Weir(config(server, upstream={"health_check": {"grpc": True, "interval": "100ms", "timeout": "2s", "healthy": 1,
                                                                 "unhealthy": 1}})))
    assert grpc_calls(weir.address, {"kind": "Unary", "message": "x"})[0]["code"] == OK
    server.change_health()
    wait_until(lambda: "left out" in weir.stderr(), "the server is left out")
    assert grpc_calls(weir.address, {"kind": "Unary", "message": "x"})[0]["code"] == UNAVAILABLE
    server.change_health()
    wait_until(lambda: "well again" in weir.stderr(), "the server is back")
    assert grpc_calls(weir.address, {"kind": "Unary", "message": "x"})[0]["code"] == OK
