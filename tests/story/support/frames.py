# SPDX-License-Identifier: Apache-2.0
"""A client of HTTP/2 that sends whatever frames it is told to, right or wrong, and reads those that come back."""
import socket
import struct
from collections import namedtuple

from hpack import Decoder, Encoder

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = 0, 1, 2, 3
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL = 5, 6, 7, 8
ENHANCE_YOUR_CALM = 11

Frame = namedtuple("Frame", "kind flags stream payload")


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def request(path="/", method="GET", *fields):
    return [(":method", method), (":scheme", "http"), (":authority", "story.test"), (":path", path), *fields]


class FrameClient:
    def __init__(self, address, settings=b"", limit=15):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=limit)
        self.encoder, self.decoder = Encoder(), Decoder()
        self.buffer = bytearray()
        self.heads = {}  # stream -> heads that were read while another one's was awaited
        self.ended = False
        self.goaway = None  # the code of the last one that was read
        self.send(PREFACE + frame(SETTINGS, payload=settings))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False when the server has closed already."""
        try:
            self.socket.sendall(data)
        except (ConnectionError, socket.timeout):
            return False
        return True

    def headers(self, fields, stream=1, end=True):
        return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, self.encoder.encode(fields))

    def read(self):
        """The next frame; None at the end of the connection."""
        while not self._has_frame():
            try:
                more = self.socket.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                self.ended = True
                return None
            self.buffer += more
        length = int.from_bytes(self.buffer[:3], "big")
        head, payload = bytes(self.buffer[:9]), bytes(self.buffer[9:9 + length])
        del self.buffer[:9 + length]
        if head[3] == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8], "big")
        return Frame(head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7fffffff, payload)

    def _has_frame(self):
        return len(self.buffer) >= 9 and len(self.buffer) >= 9 + int.from_bytes(self.buffer[:3], "big")

    def until(self, kind, stream=None, flags=0):
        """The next frame of that kind; the connection must not end before."""
        while True:
            one = self.read()
            assert one is not None, f"the connection ended while frame {kind} was awaited"
            if one.kind == kind and (stream is None or one.stream == stream) and one.flags & flags == flags:
                return one

    def answer(self, stream=1):
        """Status and fields of the next head on a stream; those of others are kept for when they are asked for."""
        while not self.heads.get(stream):
            one = self.until(HEADERS)
            self.heads.setdefault(one.stream, []).append(self.decoder.decode(one.payload))
        fields = self.heads[stream].pop(0)
        return int(dict(fields)[":status"]), fields

    def error_of(self, stream=1):
        """The code of the RST_STREAM that ends it, or of the GOAWAY."""
        while True:
            one = self.read()
            assert one is not None, "the connection ended without a word"
            if one.kind == RST_STREAM and one.stream == stream:
                return int.from_bytes(one.payload, "big")
            if one.kind == GOAWAY and int.from_bytes(one.payload[4:8], "big") != NO_ERROR:
                return int.from_bytes(one.payload[4:8], "big")
            if one.kind == HEADERS and one.stream == stream:
                return ("answered", dict(self.decoder.decode(one.payload))[":status"])

    def farewell(self):
        """The code of the GOAWAY that ends the connection, which must end; None without one."""
        code = None
        while (one := self.read()) is not None:
            if one.kind == GOAWAY:
                code = int.from_bytes(one.payload[4:8], "big")
        return code
