# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 messages, read as strictly as RFC 9112 allows: what could be read in two ways is Malformed."""
import re
from dataclasses import dataclass, field

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\Z")
NO_BODY = (204, 304)


class Malformed(Exception):
    pass


class Ended(Exception):
    """The peer closed before the message was complete; `rest` is what had come."""

    def __init__(self, rest):
        super().__init__(f"ended after {bytes(rest[:300])!r}")
        self.rest = bytes(rest)


class Message:
    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def one(self, name):
        values = self.all(name)
        assert len(values) == 1, f"expected exactly one {name}, got {values} in {self.fields}"
        return values[0]

    def get(self, name, default=None):
        return ", ".join(self.all(name)) if self.has(name) else default

    def has(self, name):
        return bool(self.all(name))


@dataclass
class Request(Message):
    method: str
    target: str
    version: str
    fields: list
    body: bytes = b""
    trailers: list = field(default_factory=list)
    chunks: list = None
    connection: object = None


@dataclass
class Response(Message):
    status: int
    reason: str
    version: str
    fields: list
    body: bytes = b""
    trailers: list = field(default_factory=list)
    chunks: list = None
    interim: list = field(default_factory=list)
    framing: str = "none"


class Source:
    """Bytes with a memory: `more()` returns further bytes, or b"" at the end."""

    def __init__(self, more=lambda: b"", initial=b""):
        self.more = more
        self.buffer = bytearray(initial)

    def fill(self):
        data = self.more()
        if not data:
            raise Ended(self.buffer)
        self.buffer += data

    def until(self, mark):
        start = 0
        while (at := self.buffer.find(mark, start)) < 0:
            start = max(0, len(self.buffer) - len(mark) + 1)
            self.fill()
        return self.exactly(at + len(mark))

    def exactly(self, count):
        while len(self.buffer) < count:
            self.fill()
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def line(self):
        data = self.until(b"\n")
        if not data.endswith(b"\r\n") or b"\r" in data[:-2]:
            raise Malformed(f"a line does not end in exactly CRLF: {data!r}")
        return data[:-2]

    def rest(self):
        try:
            while True:
                self.fill()
        except Ended:
            data = bytes(self.buffer)
            self.buffer.clear()
            return data


def read_fields(source):
    fields = []
    while line := source.line():
        name, colon, value = line.partition(b":")
        if not colon or not TOKEN.match(name):
            raise Malformed(f"not a field: {line!r}")
        if not VALUE.match(value):
            raise Malformed(f"control character in a field: {line!r}")
        fields.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    return fields


def framing(fields):
    """("chunked", None), ("length", N) or ("none", None); raises where a reader could choose."""
    codings = [value for name, value in fields if name.lower() == "transfer-encoding"]
    lengths = [value for name, value in fields if name.lower() == "content-length"]
    if codings and lengths:
        raise Malformed(f"Content-Length {lengths} beside Transfer-Encoding {codings}")
    if codings:
        if len(codings) != 1 or codings[0].lower() != "chunked":
            raise Malformed(f"Transfer-Encoding {codings}")
        return "chunked", None
    if lengths:
        if len(lengths) != 1 or not re.fullmatch("[0-9]{1,18}", lengths[0]):
            raise Malformed(f"Content-Length {lengths}")
        return "length", int(lengths[0])
    return "none", None


def read_chunked(source, message):
    message.chunks = []
    parts = []
    while True:
        line = source.line()
        match = CHUNK_SIZE.match(line)
        if not match:
            raise Malformed(f"chunk size line {line[:100]!r}")
        size = int(match.group(1), 16)
        if size == 0:
            break
        parts.append(source.exactly(size))
        message.chunks.append(size)
        if source.exactly(2) != b"\r\n":
            raise Malformed("no CRLF after a chunk")
    message.body = b"".join(parts)
    message.trailers = read_fields(source)


def read_request_head(source):
    line = source.line()
    match = re.fullmatch(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) (HTTP/1\.[01])", line)
    if not match:
        raise Malformed(f"request line {line!r}")
    request = Request(*[part.decode("latin-1") for part in match.groups()], read_fields(source))
    framing(request.fields)
    if request.version == "HTTP/1.1" and len(request.all("host")) != 1:
        raise Malformed(f"Host {request.all('host')}")
    return request


def read_request_body(source, request):
    kind, length = framing(request.fields)
    if kind == "chunked":
        read_chunked(source, request)
    elif kind == "length":
        request.body = source.exactly(length)


def read_request(source):
    request = read_request_head(source)
    read_request_body(source, request)
    return request


def parse_requests(data):
    """All requests in `data`, which must be complete and hold nothing else."""
    source, requests = Source(initial=data), []
    while source.buffer:
        requests.append(read_request(source))
    return requests


def read_response_head(source):
    line = source.line()
    match = re.fullmatch(rb"(HTTP/1\.[01]) ([1-9][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)", line)
    if not match:
        raise Malformed(f"status line {line!r}")
    version, status, reason = [part.decode("latin-1") for part in match.groups()]
    return Response(int(status), reason, version, read_fields(source))


def read_response_body(source, response, method):
    if method == "HEAD" or response.status in NO_BODY or response.status < 200:
        return
    if method == "CONNECT" and 200 <= response.status < 300:
        return
    response.framing, length = framing(response.fields)
    if response.framing == "chunked":
        read_chunked(source, response)
    elif response.framing == "length":
        response.body = source.exactly(length)
    else:
        response.framing = "close"
        response.body = source.rest()


def read_response(source, method="GET"):
    interim = []
    while True:
        response = read_response_head(source)
        if response.status >= 200 or response.status == 101:
            response.interim = interim
            read_response_body(source, response, method)
            return response
        interim.append(response)


def parse_response(data, method="GET"):
    source = Source(initial=data)
    response = read_response(source, method)
    if source.buffer:
        raise Malformed(f"more after the response: {bytes(source.buffer[:200])!r}")
    return response
