# SPDX-License-Identifier: Apache-2.0
"""A stream that is given up while its next frame waits for room on the connection: the others on it go on."""
import struct

from support import Backend, Weir, proxy_config
from support.backend import OK
from support.frames import HEADERS, RST_STREAM, WINDOW_UPDATE, FrameClient, frame, request

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
