# SPDX-License-Identifier: Apache-2.0
"""Backends on plain sockets, so that they can misbehave on purpose.

A backend is a listener and a behaviour: a function that is called with each Connection, in a thread of its own.
Every byte that arrives is recorded; requests are read strictly, and what is Malformed is kept in `malformed`."""
import socket
import struct
import threading
import time

from . import message
from .wait import LIMIT, wait_until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PATIENCE = 30.0


def response(body=b"ok", status="200 OK", *fields):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def chunked(*chunks, fields=(), trailers=()):
    lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *fields, "", ""]
    return "\r\n".join(lines).encode() + chunks_of(*chunks, trailers=trailers)


def chunks_of(*chunks, trailers=()):
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return body + b"0\r\n" + "".join(f"{line}\r\n" for line in trailers).encode() + b"\r\n"


class Connection:
    def __init__(self, backend, sock, number):
        self.backend, self.socket, self.number = backend, sock, number
        self.received = bytearray()
        self.received_count = 0
        self.sent_count = 0
        self.requests_read = 0
        self.ended_by_peer = threading.Event()
        self.source = message.Source(self._more)
        sock.settimeout(PATIENCE)

    def _more(self):
        try:
            data = self.socket.recv(262144)
        except (OSError, ValueError):
            data = b""
        self.received_count += len(data)
        if len(self.received) < 1 << 20:
            self.received += data
        if not data:
            self.ended_by_peer.set()
        return data

    def read_head(self):
        """The head of the next request, or None when the peer has closed between requests."""
        try:
            request = message.read_request_head(self.source)
        except message.Ended as ended:
            if ended.rest:
                self.backend.incomplete.append(ended.rest)
            return None
        request.connection = self
        self.requests_read += 1
        return request

    def read_body(self, request):
        message.read_request_body(self.source, request)
        return request

    def read_request(self):
        request = self.read_head()
        if request is None:
            return None
        try:
            self.read_body(request)
        except message.Ended:
            self.backend.cut_short.append(request)
            return None
        self.backend.requests.append(request)
        return request

    def requests(self):
        while (request := self.read_request()) is not None:
            yield request

    def send(self, data):
        view = memoryview(data)
        while view:
            sent = self.socket.send(view[:65536])
            self.sent_count += sent
            view = view[sent:]

    def wait_for_end(self, limit=PATIENCE):
        self.socket.settimeout(limit)
        while self._more():
            pass

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Backend:
    def __init__(self, behave=None, unix_path=None, receive_buffer=None, backlog=512, port=0):
        self.behave = behave or answers(OK)
        self.connections, self.requests = [], []
        self.malformed, self.incomplete, self.cut_short, self.failures = [], [], [], []
        self.release = threading.Event()
        self.ending = False
        self.listener = socket.socket(socket.AF_UNIX if unix_path else socket.AF_INET)
        if receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(unix_path or ("127.0.0.1", port))
        self.listener.listen(backlog)
        self.address = f"unix:{unix_path}" if unix_path else "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.port = None if unix_path else self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _accept(self):
        while not self.ending:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if sock.family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, sock, len(self.connections))
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self.behave(connection)
        except message.Malformed as problem:
            self.malformed.append((str(problem), bytes(connection.received)))
        except (OSError, message.Ended):
            pass
        except Exception as problem:  # shown by the story that asks for `failures`
            self.failures.append(problem)
        finally:
            connection.close()

    def stop(self):
        self.ending = True
        self.release.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for connection in list(self.connections):
            connection.close()

    def wait_for_requests(self, count, limit=LIMIT):
        wait_until(lambda: len(self.requests) >= count,
                   lambda: f"{count} requests at the backend, {len(self.requests)} came; malformed {self.malformed}", limit)
        return self.requests

    def wait_for_connections(self, count, limit=LIMIT):
        wait_until(lambda: len(self.connections) >= count,
                   lambda: f"{count} connections at the backend, {len(self.connections)} came", limit)
        return self.connections

    def heads_read(self):
        return sum(connection.requests_read for connection in self.connections)

    def wait_for_heads(self, count, limit=LIMIT):
        wait_until(lambda: self.heads_read() >= count, f"{count} request heads at the backend", limit)

    def received(self):
        return b"".join(bytes(connection.received) for connection in self.connections)

    def received_count(self):
        return sum(connection.received_count for connection in self.connections)

    def sent_count(self):
        return sum(connection.sent_count for connection in self.connections)

    def open_connections(self):
        return [one for one in self.connections if not one.ended_by_peer.is_set()]


# Behaviours. Each returns a function for Backend(behave).

def answers(*scripted):
    """Answers the n-th request of the backend with the n-th of `scripted` (bytes, or a function of the request); the last repeats."""
    lock, count = threading.Lock(), [0]

    def behave(connection):
        for request in connection.requests():
            with lock:
                answer = scripted[min(count[0], len(scripted) - 1)]
                count[0] += 1
            connection.send(answer(request) if callable(answer) else answer)
    return behave


def echoes():
    """Answers with the body that came."""
    return answers(lambda request: response(request.body))


class Mood:
    """What a backend does just now: `now` is called with each request; bytes are sent, None ends the connection."""

    def __init__(self, now=OK):
        self.now = now

    def __call__(self, connection):
        for request in connection.requests():
            answer = self.now(request) if callable(self.now) else self.now
            if answer is None:
                return
            connection.send(answer)


def names_itself(name, release=None):
    return answers(response(name.encode()))


def answers_and_closes(data):
    """Answers one request and closes: a close-delimited body, or one that ends too early."""
    def behave(connection):
        if connection.read_request():
            connection.send(data)
    return behave


def answers_and_resets(data=b""):
    def behave(connection):
        if connection.read_request():
            connection.send(data)
            connection.reset()
    return behave


def answers_when_released(data=OK):
    """Reads a request and answers only after `backend.release` is set."""
    def behave(connection):
        for _ in connection.requests():
            connection.backend.release.wait(PATIENCE)
            connection.send(data)
    return behave


def sends_part_and_waits(first, then=b""):
    """Sends the first part of an answer, and the other after `backend.release` is set."""
    def behave(connection):
        for _ in connection.requests():
            connection.send(first)
            connection.backend.release.wait(PATIENCE)
            connection.send(then)
    return behave


def sends_part_and_closes(first):
    """Sends the first part of an answer; closes after `backend.release` is set, when the client has got something of it."""
    def behave(connection):
        if connection.read_request():
            connection.send(first)
            connection.backend.release.wait(PATIENCE)
    return behave


def drips(data, pause):
    """Sends an answer byte by byte with a pause between them."""
    def behave(connection):
        for _ in connection.requests():
            for at in range(len(data)):
                connection.send(data[at:at + 1])
                time.sleep(pause)
    return behave


def drips_its_body(size, pause):
    """Sends the head at once and the body byte by byte."""
    def behave(connection):
        for _ in connection.requests():
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(size):
                connection.send(b"x")
                time.sleep(pause)
    return behave


def hangs():
    """Reads everything and never answers."""
    return lambda connection: connection.wait_for_end()


def sends_body_of(size, block=b"x" * 65536):
    """Answers every request with `size` bytes."""
    def behave(connection):
        for _ in connection.requests():
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            left = size
            while left:
                connection.send(block[:min(left, len(block))])
                left -= min(left, len(block))
    return behave


def reads_slowly_until_released():
    """Reads the head of a request, then nothing until `backend.release` is set; then answers with the number of body bytes."""
    def behave(connection):
        while (request := connection.read_head()) is not None:
            connection.backend.release.wait(PATIENCE)
            kind, length = message.framing(request.fields)
            if kind == "length":
                left = length - len(connection.source.buffer)
                connection.source.buffer.clear()
                while left > 0 and (data := connection._more()):
                    left -= len(data)
                count = length - left
            else:
                connection.read_body(request)
                count = len(request.body)
            connection.send(response(b"%d" % count))
    return behave


def upgrades(protocol="websocket", after=b""):
    """Switches protocols and then echoes every byte; after the peer's end it says goodbye and closes."""
    def behave(connection):
        request = connection.read_request()
        if request is None:
            return
        connection.send(f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n".encode() + after)
        if connection.source.buffer:
            connection.send(bytes(connection.source.buffer))
            connection.source.buffer.clear()
        while data := connection._more():
            connection.send(data)
        connection.send(b"goodbye")
    return behave
