# SPDX-License-Identifier: Apache-2.0
"""Real peers: curl before weir, nginx behind it, WebSocket libraries on both sides."""
import asyncio
import hashlib
import subprocess

import pytest

from support import RawClient, Weir, free_port, proxy_config, wait_until
from support import backend as act
from .conftest import DATA


def curl(weir, path, *options, stdin=None):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", *options, f"http://{weir.address}{path}"], capture_output=True, timeout=30, input=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_gets(proxy):
    weir, _ = proxy(act.answers(act.response(DATA)))
    assert hashlib.sha1(curl(weir, "/")).digest() == hashlib.sha1(DATA).digest()


def test_curl_posts(proxy):
    weir, _ = proxy(act.echoes())
    assert curl(weir, "/", "--data-binary", "@-", stdin=DATA) == DATA


def test_curl_uploads_in_chunks(proxy):
    weir, backend = proxy(act.echoes())
    assert curl(weir, "/", "-T", "-", stdin=DATA) == DATA
    assert backend.requests[0].method == "PUT"


def test_curl_speaks_http_1_0(proxy):
    weir, _ = proxy(act.answers(act.chunked(b"one", b"two")))
    assert curl(weir, "/", "--http1.0") == b"onetwo"


def test_curl_asks_for_the_head(proxy):
    weir, _ = proxy(act.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\nX-A: b\r\n\r\n"))
    out = curl(weir, "/", "-I")
    assert out.startswith(b"HTTP/1.1 200") and b"77" in out


def test_curl_reuses_its_connection(proxy):
    weir, _ = proxy()
    out = curl(weir, "/[1-5]", "-o", "/dev/null", "-w", "%{http_code} %{num_connects}\n")
    assert out == b"200 1\n" + b"200 0\n" * 4


def test_nginx_serves_files_through_weir(start, nginx):
    weir = start(Weir(proxy_config(nginx)))
    assert curl(weir, "/small.txt") == b"small\n"
    assert curl(weir, "/big.bin") == DATA
    assert curl(weir, "/big.bin", "-r", "100-199") == DATA[100:200]
    assert curl(weir, "/missing", "-o", "/dev/null", "-w", "%{http_code}") == b"404"


def test_nginx_sees_host_target_and_client(start, nginx):
    weir = start(Weir(proxy_config(nginx)))
    assert curl(weir, "/where?a=b%20c", "-H", "Host: public.test") == b"public.test /where?a=b%20c 127.0.0.1"


def test_nginx_keeps_its_connection_to_weir(start, nginx):
    from support import tcp_states
    weir = start(Weir(proxy_config(nginx)))
    with RawClient(weir.address) as client:
        assert all(client.get("/small.txt").body == b"small\n" for _ in range(150))
    states = tcp_states(int(nginx.rpartition(":")[2]))
    assert sum(states.values()) <= 3 and "CLOSE_WAIT" not in states, states


def test_conditional_requests_through_weir(start, nginx):
    weir = start(Weir(proxy_config(nginx)))
    with RawClient(weir.address) as client:
        first = client.get("/small.txt")
        second = client.get("/small.txt", f"If-None-Match: {first.one('etag')}")
        assert (second.status, second.body) == (304, b"")
        assert client.get("/small.txt").body == b"small\n"


def test_post_to_a_static_file_is_405_and_the_connection_lives(start, nginx):
    weir = start(Weir(proxy_config(nginx)))
    with RawClient(weir.address) as client:
        answer = client.request(b"POST /small.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        assert answer.status == 405
        assert client.get("/small.txt").body == b"small\n"


def test_websocket_libraries_talk_through_weir(start):
    import websockets

    async def echo(socket, *_):
        async for message in socket:
            await socket.send(message)

    async def story():
        async with websockets.serve(echo, "127.0.0.1", 0, max_size=None) as server:
            port = server.sockets[0].getsockname()[1]
            loop = asyncio.get_running_loop()
            weir = await loop.run_in_executor(None, lambda: start(Weir(proxy_config(f"127.0.0.1:{port}"))))
            async with websockets.connect(f"ws://{weir.address}/chat", max_size=None) as socket:
                for message in ("hello", b"\x00\xff", "x" * 100000, DATA):
                    await socket.send(message)
                    assert await asyncio.wait_for(socket.recv(), 20) == message
                pong = await socket.ping()
                await asyncio.wait_for(pong, 10)
            assert socket.close_code == 1000
            many = [await websockets.connect(f"ws://{weir.address}/chat") for _ in range(30)]
            for n, one in enumerate(many):
                await one.send(str(n))
            assert [await asyncio.wait_for(one.recv(), 10) for one in many] == [str(n) for n in range(30)]
            for one in many:
                await one.close()
    asyncio.run(asyncio.wait_for(story(), 60))
