# SPDX-License-Identifier: Apache-2.0
"""RFC 9113 and RFC 7541 from the server's side, section by section: what must be refused, with which code, and what must
be borne. A connection that is closed is as good as a GOAWAY with the right code."""
import struct

import pytest
from hpack import Encoder
from support.backend import response
from support.frames import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY, HEADERS, PADDED,
                            PING, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE, REFUSED_STREAM, RST_STREAM, SETTINGS, STREAM_CLOSED,
                            WINDOW_UPDATE, FrameClient, frame, request)

COMPRESSION_ERROR = 9
WITH_PRIORITY = 0x20
PONG = frame(PING, payload=b"are you?")

HEAD, BODY_HEAD = Encoder().encode(request()), Encoder().encode(request(method="POST"))
MORE = Encoder().encode([("x-more", "y" * 200)])


def head(stream=1, flags=END_HEADERS | END_STREAM, block=HEAD):
    return frame(HEADERS, flags, stream, block)


def post(stream=1):
    return head(stream, END_HEADERS, BODY_HEAD)


def word(number):
    return struct.pack(">I", number)


def setting(number, value):
    return frame(SETTINGS, payload=struct.pack(">HI", number, value))


def fields(*more, without=(), method="GET"):
    kept = [one for one in request(method=method) if one[0] not in without]
    return Encoder().encode(kept + list(more))


def end_of(client):
    """("reset", code), ("goaway", code), ("answered", status), "pong" or "closed": what comes first."""
    while (one := client.read()) is not None:
        if one.kind == RST_STREAM:
            return "reset", int.from_bytes(one.payload, "big")
        if one.kind == GOAWAY:
            return "goaway", int.from_bytes(one.payload[4:8], "big")
        if one.kind == HEADERS:
            return "answered", dict(client.decoder.decode(one.payload))[":status"]
        if one.kind == PING and one.flags & ACK:
            return "pong"
    return "closed"


@pytest.fixture
def speak(proxy, start):
    weir, _ = proxy()

    def begin(settings=b""):
        return start(FrameClient(weir.address, settings))
    return begin


CONNECTION_ERRORS = {
    "4.2_data_too_large": (post() + frame(DATA, END_STREAM, 1, b"x" * 16385), FRAME_SIZE_ERROR),
    "4.2_headers_too_large": (head(block=HEAD + Encoder().encode([("x-big", "~" * 16385)])), FRAME_SIZE_ERROR),
    "4.3_bad_block": (head(block=b"\x40"), COMPRESSION_ERROR),
    "4.3_priority_within": (head(flags=END_STREAM) + frame(PRIORITY, 0, 1, word(0) + b"\xff") + frame(CONTINUATION, END_HEADERS, 1, MORE), PROTOCOL_ERROR),
    "4.3_other_stream_within": (head(flags=END_STREAM) + head(3), PROTOCOL_ERROR),
    "5.1_idle_data": (frame(DATA, END_STREAM, 1, b"x"), PROTOCOL_ERROR),
    "5.1_idle_reset": (frame(RST_STREAM, 0, 1, word(8)), PROTOCOL_ERROR),
    "5.1_idle_window": (frame(WINDOW_UPDATE, 0, 1, word(100)), PROTOCOL_ERROR),
    "5.1_idle_continuation": (frame(CONTINUATION, END_HEADERS, 1, HEAD), PROTOCOL_ERROR),
    "5.1.1_even_stream": (head(2), PROTOCOL_ERROR),
    "5.1.1_smaller_stream": (head(5) + head(3), PROTOCOL_ERROR),
    "5.1.1_much_smaller_stream": (head(1) + head(127) + head(3), PROTOCOL_ERROR),
    "5.5_unknown_within": (head(flags=END_STREAM) + frame(0x16, 0, 1, b"12345678") + frame(CONTINUATION, END_HEADERS, 1, MORE), PROTOCOL_ERROR),
    "6.1_data_on_0": (frame(DATA, END_STREAM, 0, b"x"), PROTOCOL_ERROR),
    "6.1_padding": (post() + frame(DATA, END_STREAM | PADDED, 1, b"\x07test"), PROTOCOL_ERROR),
    "6.2_headers_on_0": (head(0), PROTOCOL_ERROR),
    "6.2_padding": (frame(HEADERS, END_STREAM | END_HEADERS | PADDED, 1, b"\xff" + HEAD), PROTOCOL_ERROR),
    "6.3_priority_on_0": (frame(PRIORITY, 0, 0, word(0) + b"\xff"), PROTOCOL_ERROR),
    "6.4_reset_on_0": (frame(RST_STREAM, 0, 0, word(8)), PROTOCOL_ERROR),
    "6.4_reset_length": (post() + frame(RST_STREAM, 0, 1, b"\0\0\0"), FRAME_SIZE_ERROR),
    "6.5_ack_with_payload": (frame(SETTINGS, ACK, 0, b"\0"), FRAME_SIZE_ERROR),
    "6.5_on_a_stream": (frame(SETTINGS, 0, 1, struct.pack(">HI", 3, 100)), PROTOCOL_ERROR),
    "6.5_length": (frame(SETTINGS, 0, 0, b"\0\3\0"), FRAME_SIZE_ERROR),
    "6.5.2_push": (setting(2, 2), PROTOCOL_ERROR),
    "6.5.2_window": (setting(4, 1 << 31), FLOW_CONTROL_ERROR),
    "6.5.2_frame_too_small": (setting(5, 16383), PROTOCOL_ERROR),
    "6.5.2_frame_too_large": (setting(5, 1 << 24), PROTOCOL_ERROR),
    "6.7_ping_on_a_stream": (frame(PING, 0, 1, b"12345678"), PROTOCOL_ERROR),
    "6.7_ping_length": (frame(PING, 0, 0, b"123456"), FRAME_SIZE_ERROR),
    "6.8_goaway_on_a_stream": (frame(GOAWAY, 0, 1, word(0) + word(0)), PROTOCOL_ERROR),
    "6.9_increment_0": (frame(WINDOW_UPDATE, 0, 0, word(0)), PROTOCOL_ERROR),
    "6.9_length": (frame(WINDOW_UPDATE, 0, 0, b"\0\0\1"), FRAME_SIZE_ERROR),
    "6.9.1_overflow": (frame(WINDOW_UPDATE, 0, 0, word((1 << 31) - 1)) * 2, FLOW_CONTROL_ERROR),
    "6.10_followed_by_another": (head(flags=END_STREAM) + frame(CONTINUATION, 0, 1, MORE) + frame(DATA, END_STREAM, 1, b"x"), PROTOCOL_ERROR),
    "6.10_on_0": (head(flags=END_STREAM) + frame(CONTINUATION, END_HEADERS, 0, MORE), PROTOCOL_ERROR),
    "6.10_after_the_end": (post() + frame(CONTINUATION, END_HEADERS, 1, MORE), PROTOCOL_ERROR),
    "6.10_after_its_end": (head(1, 0, BODY_HEAD) + frame(CONTINUATION, END_HEADERS, 1, MORE) * 2, PROTOCOL_ERROR),
    "6.10_after_data": (post() + frame(DATA, 0, 1, b"x") + frame(CONTINUATION, END_HEADERS, 1, MORE), PROTOCOL_ERROR),
    "8.4_push_promise": (frame(PUSH_PROMISE, END_HEADERS, 1, word(2) + HEAD), PROTOCOL_ERROR),
    "hpack_2.3.3_index": (head(block=HEAD + b"\xc6"), COMPRESSION_ERROR),
    "hpack_2.3.3_literal_index": (head(block=HEAD + b"\x7f\x07\x01a"), COMPRESSION_ERROR),
    "hpack_4.2_update_at_the_end": (head(block=HEAD + b"\x20"), COMPRESSION_ERROR),
    "hpack_5.2_padding_of_8_bits": (head(block=HEAD + b"\x00\x85\xf2\xb2\x4a\x84\xff\x84\x49\x50\x9f\xff"), COMPRESSION_ERROR),
    "hpack_5.2_padding_of_zeros": (head(block=HEAD + b"\x00\x85\xf2\xb2\x4a\x84\xff\x83\x49\x50\x90"), COMPRESSION_ERROR),
    "hpack_5.2_end_of_string": (head(block=HEAD + b"\x00\x85\xf2\xb2\x4a\x84\xff\x87\x49\x51\xff\xff\xff\xfa\x7f"), COMPRESSION_ERROR),
    "hpack_6.1_index_0": (head(block=HEAD + b"\x80"), COMPRESSION_ERROR),
    "hpack_6.3_table_too_large": (head(block=b"\x3f\xe2\x1f" + HEAD), COMPRESSION_ERROR),
}


@pytest.mark.parametrize("name", CONNECTION_ERRORS)
def test_errors_of_the_connection(speak, name):
    frames, code = CONNECTION_ERRORS[name]
    client = speak()
    client.send(frames)
    verdict = end_of(client)
    while verdict[0] in ("answered", "reset"):
        verdict = end_of(client)
    assert verdict in (("goaway", code), "closed"), verdict
    client.socket.settimeout(10)
    while client.read() is not None:
        pass


def wrong_head(*more, **changes):
    return head(block=fields(*more, **changes))


def wrong_length(*pieces):
    block = fields(("content-length", "4"), method="POST")
    last = len(pieces) - 1
    return head(1, END_HEADERS, block) + b"".join(frame(DATA, END_STREAM if at == last else 0, 1, piece) for at, piece in enumerate(pieces))


STREAM_ERRORS = {
    "5.1_half_closed_data": (head() + frame(DATA, END_STREAM, 1, b"x"), STREAM_CLOSED),
    "5.1_half_closed_headers": (head() + head(), STREAM_CLOSED),
    "5.3_depends_on_itself": (frame(HEADERS, END_STREAM | END_HEADERS | WITH_PRIORITY, 1, word(1) + b"\xff" + HEAD), PROTOCOL_ERROR),
    "6.3_priority_length": (post() + frame(PRIORITY, 0, 1, b"\0\0\0\0"), FRAME_SIZE_ERROR),
    "6.9_stream_increment_0": (post() + frame(WINDOW_UPDATE, 0, 1, word(0)), PROTOCOL_ERROR),
    "6.9.1_stream_overflow": (post() + frame(WINDOW_UPDATE, 0, 1, word((1 << 31) - 1)) * 2, FLOW_CONTROL_ERROR),
    "8.1_second_head": (post() + post(), PROTOCOL_ERROR),
    "8.2_upper_case": (wrong_head(("X-TEST", "ok")), PROTOCOL_ERROR),
    "8.2.2_connection": (wrong_head(("connection", "keep-alive")), PROTOCOL_ERROR),
    "8.2.2_te": (wrong_head(("trailers", "test"), ("te", "trailers, deflate")), PROTOCOL_ERROR),
    "8.3_unknown_pseudo": (wrong_head((":test", "ok")), PROTOCOL_ERROR),
    "8.3_status": (wrong_head((":status", "200")), PROTOCOL_ERROR),
    "8.3_in_trailers": (post() + head(block=Encoder().encode([(":method", "GET")])), PROTOCOL_ERROR),
    "8.3_after_regular": (head(block=Encoder().encode([("x-test", "ok"), *request()])), PROTOCOL_ERROR),
    "8.3.1_empty_path": (wrong_head((":path", ""), without=(":path",)), PROTOCOL_ERROR),
    "8.3.1_no_method": (wrong_head(without=(":method",)), PROTOCOL_ERROR),
    "8.3.1_no_scheme": (wrong_head(without=(":scheme",)), PROTOCOL_ERROR),
    "8.3.1_no_path": (wrong_head(without=(":path",)), PROTOCOL_ERROR),
    "8.3.1_two_methods": (wrong_head((":method", "GET")), PROTOCOL_ERROR),
    "8.3.1_two_schemes": (wrong_head((":scheme", "http")), PROTOCOL_ERROR),
    "8.3.1_two_paths": (wrong_head((":path", "/")), PROTOCOL_ERROR),
    "8.1.1_length_one_frame": (wrong_length(b"test!"), PROTOCOL_ERROR),
    "8.1.1_length_two_frames": (wrong_length(b"te", b"st!"), PROTOCOL_ERROR),
    "8.1.1_length_too_short": (wrong_length(b"te"), PROTOCOL_ERROR),
}


@pytest.mark.parametrize("name", STREAM_ERRORS)
def test_errors_of_a_stream(speak, name):
    frames, code = STREAM_ERRORS[name]
    client = speak(struct.pack(">HI", 4, 0))  # no window for an answer's body: its stream can't end by itself
    client.send(frames)
    verdict = end_of(client)
    while verdict[0] == "answered":
        verdict = end_of(client)
    assert verdict in (("reset", code), ("goaway", code), "closed"), verdict


BEHIND_THE_END = {"data": frame(DATA, END_STREAM, 1, b"x"), "headers": head(),
                  "continuation": frame(CONTINUATION, END_HEADERS, 1, MORE)}


@pytest.mark.parametrize("ended_by", ["reset", "answer"])
@pytest.mark.parametrize("name", BEHIND_THE_END)
def test_frames_behind_the_end_of_a_stream(speak, name, ended_by):
    """RFC 9113 section 5.1, closed: an error, or nothing where the frame may have crossed the end of the stream."""
    client = speak()
    if ended_by == "reset":
        client.send(post() + frame(RST_STREAM, 0, 1, word(8)))
    else:
        client.send(head())
        client.until(DATA, 1, END_STREAM)
    client.send(BEHIND_THE_END[name] + PONG)
    verdict = end_of(client)
    assert verdict in (("reset", STREAM_CLOSED), ("goaway", STREAM_CLOSED), ("goaway", PROTOCOL_ERROR), "closed", "pong"), verdict


BORNE = {
    "4.1_unknown_type": frame(0xff, 0, 0, b"12345678"),
    "4.1_undefined_flags": frame(PING, 0xfe, 0, b"12345678"),
    "4.1_reserved_bit": struct.pack(">I", 8)[1:] + bytes([PING, 0]) + word(1 << 31) + b"12345678",
    "5.3_priority_on_itself": frame(PRIORITY, 0, 1, word(1) + b"\xff"),  # an error in RFC 7540, without meaning since
    "5.3_priority_on_idle": frame(PRIORITY, 0, 1, word(0) + b"\xff"),
    "5.5_extension": frame(0x16, 0, 0, b"12345678"),
    "6.5.2_unknown_setting": setting(0xff, 1),
    "6.7_answer_to_no_ping": frame(PING, ACK, 0, b"invalid!"),
    "7_unknown_code_of_reset": post() + frame(RST_STREAM, 0, 1, word(0xff)),
    "hpack_6.3_table_size": setting(1, 4096),
}


@pytest.mark.parametrize("name", BORNE)
def test_what_must_be_borne(speak, name):
    client = speak()
    client.send(BORNE[name] + PONG)
    verdicts = [end_of(client)]
    if name in ("4.1_reserved_bit", "4.1_undefined_flags"):
        verdicts.append(end_of(client))
    assert set(verdicts) == {"pong"}
    client.send(head(5))
    assert end_of(client) == ("answered", "200")


SERVED = {
    "3.4_data_of_the_largest_frame": post() + frame(DATA, END_STREAM, 1, b"x" * 16384),
    "6.1_padded_data": post() + frame(DATA, END_STREAM | PADDED, 1, b"\x04body\0\0\0\0"),
    "6.2_padded_headers": frame(HEADERS, END_STREAM | END_HEADERS | PADDED, 1, b"\x05" + HEAD + b"\0" * 5),
    "6.2_with_priority": frame(HEADERS, END_STREAM | END_HEADERS | WITH_PRIORITY, 1, word(0) + b"\x10" + HEAD),
    "6.10_many_continuations": head(flags=END_STREAM) + frame(CONTINUATION, 0, 1, MORE) * 2 + frame(CONTINUATION, END_HEADERS, 1, MORE),
    "8.1_trailers": post() + frame(DATA, 0, 1, b"body") + head(block=Encoder().encode([("x-test", "ok")])),
    "8.2.2_te_trailers": wrong_head(("te", "trailers")),
    "hpack_never_indexed": head(block=HEAD + b"\x10\x06x-name\x05value"),
    "hpack_table_size_update": head(block=b"\x20\x3f\xe1\x1f" + HEAD),
}


@pytest.mark.parametrize("name", SERVED)
def test_what_must_be_served(speak, name):
    client = speak()
    client.send(SERVED[name])
    assert end_of(client) == ("answered", "200")


def test_more_streams_than_allowed_are_refused(proxy, start):
    weir, _ = proxy(lambda connection: [None for _ in connection.requests()])  # never answers
    client = start(FrameClient(weir.address))
    client.send(b"".join(head(2 * n + 1) for n in range(101)))
    assert end_of(client) in (("reset", REFUSED_STREAM), ("reset", PROTOCOL_ERROR), ("goaway", PROTOCOL_ERROR))


def test_the_windows_of_the_client_are_kept_to(proxy, start):
    weir, _ = proxy(lambda connection: [connection.send(response(b"0123456789")) for _ in connection.requests()])
    client = start(FrameClient(weir.address, struct.pack(">HI", 4, 1)))
    client.send(head())
    assert client.until(DATA, 1).payload == b"0"
    client.send(setting(4, 0) + setting(4, 3))  # it has used 1 of 3
    assert client.until(DATA, 1).payload == b"12"
    client.send(setting(4, 1) + frame(WINDOW_UPDATE, 0, 1, word(3)))  # -2, then 1
    assert client.until(DATA, 1).payload == b"3"
    client.send(frame(WINDOW_UPDATE, 0, 1, word(100)))
    assert client.until(DATA, 1).payload == b"456789"
