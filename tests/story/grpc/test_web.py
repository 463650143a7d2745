# SPDX-License-Identifier: Apache-2.0
"""gRPC-Web, binary and text, as a browser would send it over HTTP/1.1 and HTTP/2."""
import base64
import struct

import pytest
from support import RawClient, Weir, proxy_config
from support.frames import END_STREAM, DATA, FrameClient, frame, request
from support.node import GrpcServer


@pytest.fixture
def weir(start):
    server = start(GrpcServer("one"))
    return start(Weir(proxy_config(server, upstream={"protocol": "http2"})))


def message(text):
    return b"\0" + struct.pack(">I", len(text)) + text


def frames_of(body):
    """[(flag, payload)] of a gRPC-Web body."""
    out = []
    while body:
        size = struct.unpack(">I", body[1:5])[0]
        out.append((body[0], body[5:5 + size]))
        body = body[5 + size:]
    return out


def call(start, weir, body, kind="application/grpc-web+proto", method="Unary"):
    client = start(RawClient(weir.address))
    client.send(b"POST /story.Story/%s HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\nX-Grpc-Web: 1\r\nContent-Length: %d\r\n\r\n" %
                (method.encode(), kind.encode(), len(body)) + body)
    return client.read_response()


def test_binary(start, weir):
    answer = call(start, weir, message(b"hello"))
    assert (answer.status, answer.get("content-type")) == (200, "application/grpc-web+proto")
    (flag, data), (last, trailers) = frames_of(answer.body)
    assert (flag, data, last) == (0, b"one hello", 0x80)
    assert b"grpc-status: 0\r\n" in trailers and b"x-server: one\r\n" in trailers


def test_text_is_base64_both_ways(start, weir):
    sent = base64.b64encode(message(b"hello"))
    answer = call(start, weir, sent, "application/grpc-web-text+proto")
    assert answer.get("content-type") == "application/grpc-web-text+proto"
    decoded = b"".join(base64.b64decode(part + b"=" * (-len(part) % 4)) for part in pieces(answer.body))
    (flag, data), (last, trailers) = frames_of(decoded)
    assert (flag, data, last) == (0, b"one hello", 0x80) and b"grpc-status: 0" in trailers


def pieces(text):
    """Each message is padded by itself."""
    out, at = [], 0
    while at < len(text):
        end = text.find(b"=", at)
        if end < 0:
            out.append(text[at:])
            break
        while end < len(text) and text[end:end + 1] == b"=":
            end += 1
        out.append(text[at:end])
        at = end
    return out


def test_many_messages_come_as_they_are_made(start, weir):
    answer = call(start, weir, message(b"100 5000"), method="Spread")
    got = frames_of(answer.body)
    assert len(got) == 101 and sum(len(data) for flag, data in got if flag == 0) == 500_000
    assert b"grpc-status: 0" in got[-1][1]


def test_an_error_without_a_body_is_in_the_fields_or_the_last_frame(start, weir):
    answer = call(start, weir, message(b"fail 5 not here"))
    told = dict(line.split(b": ", 1) for _, data in frames_of(answer.body) for line in data.split(b"\r\n") if line)
    status = answer.get("grpc-status") or told.get(b"grpc-status", b"").decode()
    assert answer.status == 200 and status == "5"


def test_bad_base64_is_refused(start, weir):
    answer = call(start, weir, b"!!!! not base64", "application/grpc-web-text")
    assert answer.status == 400 or answer.get("grpc-status") == "13"


def test_over_http2(start, weir):
    client = start(FrameClient(weir.address))
    client.send(client.headers(request("/story.Story/Unary", "POST", ("content-type", "application/grpc-web")), end=False) +
                frame(DATA, END_STREAM, 1, message(b"hello")))
    status, fields = client.answer()
    body = bytearray()
    while True:
        one = client.until(DATA, 1)
        body += one.payload
        if one.flags & END_STREAM:
            break
    assert status == 200 and dict(fields)["content-type"].startswith("application/grpc-web")
    assert frames_of(bytes(body))[0] == (0, b"one hello")


def test_a_route_to_http1_is_left_alone(start):
    from support import Backend
    from support.backend import OK
    backend = start(Backend())
    weir = start(Weir(proxy_config(backend)))
    call(start, weir, message(b"x"))
    assert backend.requests[0].get("content-type") == "application/grpc-web+proto"
