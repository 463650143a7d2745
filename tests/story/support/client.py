# SPDX-License-Identifier: Apache-2.0
"""A client that sends exactly the bytes it is given and reads answers strictly, all with time limits."""
import socket
import struct
import time

from . import message
from .wait import LIMIT


class RawClient:
    def __init__(self, address, limit=LIMIT, receive_buffer=None):
        """`address` is a port on 127.0.0.1, "host:port" or "unix:/path"."""
        self.limit = limit
        self.received = bytearray()
        self.source = message.Source(self._more)
        if isinstance(address, int):
            address = f"127.0.0.1:{address}"
        if address.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            target = address[5:]
        else:
            self.socket = socket.socket()
            host, _, port = address.rpartition(":")
            target = (host, int(port))
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(limit)
        self.socket.connect(target)
        if self.socket.family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _more(self):
        try:
            data = self.socket.recv(262144)
        except TimeoutError:
            raise AssertionError(f"nothing more within {self.limit} s; so far {bytes(self.source.buffer[:300])!r}") from None
        except ConnectionResetError:
            data = b""
        self.received += data if len(self.received) < 1 << 20 else b""
        return data

    def send(self, data):
        self.socket.settimeout(self.limit)
        self.socket.sendall(data)
        return self

    def send_if_open(self, data):
        """Sends what the peer may no longer want; says whether it all went out."""
        try:
            self.send(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def read_response(self, method="GET"):
        self.socket.settimeout(self.limit)
        return message.read_response(self.source, method)

    def read_head(self):
        self.socket.settimeout(self.limit)
        return message.read_response_head(self.source)

    def read_exactly(self, count):
        self.socket.settimeout(self.limit)
        return self.source.exactly(count)

    def read_until_close(self):
        self.socket.settimeout(self.limit)
        return self.source.rest()

    def request(self, data, method=None):
        self.send(data)
        return self.read_response(method or data.split(b" ", 1)[0].decode())

    def get(self, target="/", *fields, host="story.test"):
        lines = [f"GET {target} HTTP/1.1", f"Host: {host}", *fields, "", ""]
        return self.request("\r\n".join(lines).encode("latin-1"))

    def is_closed_by_peer(self):
        """Whether the peer has closed, without waiting and without losing bytes that came."""
        self.socket.setblocking(False)
        try:
            data = self.socket.recv(65536)
            self.source.buffer += data
            return data == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
        finally:
            self.socket.settimeout(self.limit)

    def seconds_until_close(self):
        started = time.monotonic()
        self.read_until_close()
        return time.monotonic() - started

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()
