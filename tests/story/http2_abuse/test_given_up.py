# SPDX-License-Identifier: Apache-2.0
"""A stream that is given up while its next frame waits for room on the connection: the others on it go on."""
import struct
import threading

from support import Backend, Weir, proxy_config, wait_until
from support.backend import OK
from support.frames import CANCEL, DATA, HEADERS, RST_STREAM, WINDOW_UPDATE, FrameClient, frame, request
from support.h2backend import H2Backend

WIDE = struct.pack(">HI", 4, 0x7fffffff)  # SETTINGS_INITIAL_WINDOW_SIZE


def behave(connection):
    for got in connection.requests():
        if got.target != "/much":
            connection.send(OK)
            continue
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 400000000\r\n\r\n")
        for _ in range(400):
            connection.send(b"x" * 1_000_000)


def test_an_answer_that_is_given_up_while_the_client_does_not_read(start):
    weir = start(Weir(proxy_config(start(Backend(behave)), route={"timeouts": {"request": "2s"}})))
    client = start(FrameClient(weir.address, settings=WIDE))
    client.send(frame(WINDOW_UPDATE, payload=struct.pack(">I", 0x7fff0000 - 65535)))
    client.send(client.headers(request("/much")))
    assert client.answer(1)[0] == 200
    weir.access_log(1)
    assert client.until(RST_STREAM, 1)
    client.send(client.headers(request("/after"), 3))
    assert client.until(HEADERS, 3)


def test_an_upload_that_is_given_up_while_the_backend_does_not_read(start):
    """Its connection is shared: the request of another client on it is answered all the same."""
    release = threading.Event()

    def stops_reading(connection, got):
        if got.get(":path") == "/much":
            connection.speaker.increment_flow_control_window(0x7fff0000 - 65535)
            connection.flush()
            release.wait(30)
    backend = start(H2Backend(settings={4: 0x7fffffff}, on_head=stops_reading))
    weir = start(Weir(proxy_config(backend, upstream={"protocol": "http2"}, route={"retries": {"attempts": 0}})))
    client, other = start(FrameClient(weir.address)), start(FrameClient(weir.address))
    client.send(client.headers(request("/much", "POST"), end=False))
    upload(client)
    other.send(other.headers(request("/other")))
    wait_until(lambda: weir.metrics().total("weir_upstream_connections", state="active") >= 1, "both are on their way")
    client.send(frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)))
    assert weir.access_log(1)[0]["status"] == 499
    release.set()
    assert other.answer(1)[0] == 200
    assert len(backend.connections) == 1


def upload(client):
    """As much as the windows allow, until they have stayed shut for a while."""
    client.socket.settimeout(1)
    room, link = 65535, 65535
    try:
        while True:
            while min(room, link) >= 16000:
                client.send(frame(DATA, 0, 1, b"u" * 16000))
                room, link = room - 16000, link - 16000
            one = client.read()
            if one.kind == WINDOW_UPDATE:
                more = int.from_bytes(one.payload, "big")
                room, link = (room + more, link) if one.stream else (room, link + more)
    except TimeoutError:
        client.socket.settimeout(15)
