# SPDX-License-Identifier: Apache-2.0
"""How calls end that don't come to their own end: what the client is told, and what the access log has."""
import base64
import struct

import pytest
from support import RawClient, Weir, proxy_config
from support.frames import CANCEL, DATA, END_STREAM, HEADERS, RST_STREAM, FrameClient, frame, request
from support.h2backend import H2Backend
from support.message import Ended
from support.node import grpc_calls

DEADLINE_EXCEEDED, UNAVAILABLE = 4, 14
GRPC = ("content-type", "application/grpc")


def message(text):
    return b"\0" + struct.pack(">I", len(text)) + text


def begins(*pieces, then=lambda connection: None, fields=(GRPC,)):
    """The answer's head and these bytes of it, and then something else than its end."""
    def behave(connection, got):
        connection.speaker.send_headers(got.stream, [(":status", "200"), *fields])
        for piece in pieces:
            connection.speaker.send_data(got.stream, piece)
        connection.flush()
        then(connection)
    return behave


def dies(connection):
    connection.raw.half_close()


def proxied(start, behave, **changes):
    backend = start(H2Backend(behave))
    return start(Weir(proxy_config(backend, upstream={"protocol": "http2"}, **changes)))


def ask(start, weir, *fields, body=message(b"hi")):
    client = start(FrameClient(weir.address))
    head = request("/story.Story/Spread", "POST", GRPC, ("te", "trailers"), *fields)
    client.send(client.headers(head, end=False) + frame(DATA, END_STREAM, 1, body))
    return client


def end_of(client, stream=1):
    """The bytes of an answer and its trailers, or the code of its RST_STREAM."""
    assert client.answer(stream)[0] == 200
    body = b""
    while one := client.read():
        if one.stream == stream and one.kind == DATA:
            body += one.payload
        elif one.stream == stream and one.kind == RST_STREAM:
            return body, int.from_bytes(one.payload, "big")
        elif one.stream == stream and one.kind == HEADERS:
            assert one.flags & END_STREAM
            return body, dict(client.decoder.decode(one.payload))


@pytest.mark.parametrize("cut", ["between messages", "within a message"])
def test_a_backend_that_dies_within_the_answer_is_unavailable(start, cut):
    sent = message(b"first") + (message(b"second")[:8] if cut == "within a message" else b"")
    weir = proxied(start, begins(sent, then=dies))
    body, trailers = end_of(ask(start, weir))
    assert (body, trailers["grpc-status"]) == (sent, str(UNAVAILABLE)) and "closed" in trailers["grpc-message"]
    line, = weir.access_log(1)
    assert (line["status"], line["grpc_status"], line["fault"]) == (200, str(UNAVAILABLE), "upstream_reset")


def test_a_real_client_keeps_what_came_and_learns_that_the_backend_died(start):
    weir = proxied(start, begins(message(b"first"), message(b"second"), then=dies))
    result, = grpc_calls(weir.address, {"kind": "Spread", "message": "x"})
    assert (result["code"], result["messages"]) == (UNAVAILABLE, ["first", "second"]) and "closed" in result["details"]


@pytest.mark.parametrize("limit,fault", [("idle", "idle_timeout"), ("request", "request_timeout")])
def test_an_answer_that_stalls_exceeds_its_deadline(start, limit, fault):
    weir = proxied(start, begins(message(b"first")), route={"timeouts": {limit: "300ms"}})
    body, trailers = end_of(ask(start, weir))
    assert (body, trailers["grpc-status"]) == (message(b"first"), str(DEADLINE_EXCEEDED))
    line, = weir.access_log(1)
    assert (line["status"], line["grpc_status"], line["fault"]) == (200, str(DEADLINE_EXCEEDED), fault)


def test_the_clients_own_deadline_ends_a_stream_in_the_same_way(start):
    weir = proxied(start, begins(message(b"first")))
    _, trailers = end_of(ask(start, weir, ("grpc-timeout", "300m")))
    assert trailers["grpc-status"] == str(DEADLINE_EXCEEDED)
    assert weir.access_log(1)[0]["grpc_status"] == str(DEADLINE_EXCEEDED)


@pytest.mark.parametrize("fields", [(GRPC, ("content-length", "100")), (("content-type", "text/plain"),)])
def test_what_can_have_no_trailers_is_reset(start, fields):
    weir = proxied(start, begins(message(b"first"), then=dies, fields=fields))
    _, code = end_of(ask(start, weir))
    assert isinstance(code, int)
    line, = weir.access_log(1)
    assert (line["fault"], line["grpc_status"]) == ("upstream_reset", str(UNAVAILABLE))


def test_a_call_that_the_client_gives_up_is_cancelled_in_the_log(start):
    weir = proxied(start, begins(message(b"first")))
    client = ask(start, weir)
    client.until(DATA, 1)
    client.send(frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)))
    line, = weir.access_log(1)
    assert (line["fault"], line["grpc_status"]) == ("client_gone", "1")


def test_a_call_without_a_route_has_its_status_in_the_log(start):
    weir = proxied(start, None, route={"match": {"path": "/elsewhere"}})
    assert dict(ask(start, weir).answer()[1])["grpc-status"] == "12"
    line, = weir.access_log(1)
    assert (line["status"], line["grpc_status"], line["fault"]) == (200, "12", "no_route")


# gRPC-Web

def call(start, weir, kind):
    client = start(RawClient(weir.address))
    body = message(b"hi") if "text" not in kind else base64.b64encode(message(b"hi"))
    client.send(b"POST /story.Story/Spread HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" %
                (kind.encode(), len(body)) + body)
    return client


def decoded(body, kind):
    """Each message of a text is padded by itself; those here are six and nine bytes, so only their ends can be."""
    if "text" not in kind:
        return body
    return b"".join(base64.b64decode(part + b"=" * (-len(part) % 4)) for part in body.replace(b"==", b"=").split(b"=") if part)


@pytest.mark.parametrize("kind", ["application/grpc-web", "application/grpc-web-text+proto"])
def test_web_clients_are_told_in_the_last_frame(start, kind):
    weir = proxied(start, begins(message(b"first"), then=dies))
    answer = call(start, weir, kind).read_response()
    body = decoded(answer.body, kind)
    assert answer.status == 200 and body.startswith(message(b"first") + b"\x80")
    assert b"grpc-status: 14\r\n" in body and b"grpc-message: " in body
    assert weir.access_log(1)[0]["grpc_status"] == str(UNAVAILABLE)


@pytest.mark.parametrize("kind", ["application/grpc-web", "application/grpc-web-text"])
def test_within_a_message_web_clients_can_be_told_nothing(start, kind):
    """What comes next would be read as the rest of the message."""
    weir = proxied(start, begins(message(b"first") + message(b"second")[:8], then=dies))
    client = call(start, weir, kind)
    with pytest.raises(Ended):
        client.read_response()
    assert weir.access_log(1)[0]["fault"] == "upstream_reset"


@pytest.mark.parametrize("kind", ["application/grpc-web", "application/grpc-web-text+proto"])
def test_web_clients_without_a_route_get_a_status_of_grpc(start, kind):
    weir = proxied(start, None, route={"match": {"path": "/elsewhere"}})
    answer = call(start, weir, kind).read_response()
    assert (answer.status, answer.get("grpc-status"), answer.body) == (200, "12", b"") and answer.get("grpc-message")
    assert answer.get("content-type") == kind.removesuffix("+proto")
    assert weir.access_log(1)[0]["grpc_status"] == "12"
