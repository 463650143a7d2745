# SPDX-License-Identifier: Apache-2.0
"""A cache before servers of files: nginx, and Python's own."""
import gzip
import os
import subprocess
import sys
import time

import pytest
from support import RawClient, Weir, free_port, proxy_config, wait_until
from .conftest import DATA

ZONE = {"main": {"memory": "32m", "max_object": "8m"}}


def cached(start, origin, **route):
    weir = start(Weir(proxy_config(origin, route={"cache": {"zone": "main"}, **route}, caches=ZONE)))
    return weir, start(RawClient(weir.address)).get


def logged(tmp_path, path):
    return [line.split('"')[2].split()[0] for line in (tmp_path / "access.log").read_text().splitlines() if f" {path} " in line]


def served(tmp_path, path, times):
    """What nginx has answered; it may log that after the client has it."""
    wait_until(lambda: len(logged(tmp_path, path)) >= times, f"nginx logs {path} {times} times")
    return logged(tmp_path, path)


def test_files_of_nginx_are_fetched_once_and_asked_about_later(start, nginx, tmp_path):
    _, get = cached(start, nginx)
    whole = [get("/kept/big.bin") for _ in range(3)]
    assert all(answer.body == DATA for answer in whole)
    assert get("/kept/big.bin", "Range: bytes=1000000-1000099").body == DATA[1000000:1000100]
    assert get("/kept/big.bin", f"If-None-Match: {whole[0].one('etag')}").status == 304
    assert get("/kept/big.bin", f"If-Modified-Since: {whole[0].one('last-modified')}").status == 304
    assert get("/kept/big.bin", "Cache-Control: max-age=0").body == DATA
    assert served(tmp_path, "/kept/big.bin", 2) == ["200", "304"]
    (tmp_path / "www/big.bin").write_bytes(DATA[:100])
    assert get("/kept/big.bin", "Cache-Control: no-cache").body == DATA[:100]
    assert get("/kept/big.bin").body == DATA[:100]
    assert served(tmp_path, "/kept/big.bin", 3) == ["200", "304", "200"]


def test_what_nginx_has_compressed_is_a_variant(start, nginx, tmp_path):
    _, get = cached(start, nginx)
    for _ in range(2):
        packed, plain = get("/kept/small.txt", "Accept-Encoding: gzip"), get("/kept/small.txt")
        assert (packed.one("content-encoding"), gzip.decompress(packed.body)) == ("gzip", b"small\n")
        assert not plain.has("content-encoding") and plain.body == b"small\n"
    assert len(served(tmp_path, "/kept/small.txt", 2)) == 2


def test_and_is_decoded_where_weir_compresses(start, nginx, tmp_path):
    _, get = cached(start, nginx, compress={})
    assert get("/kept/small.txt", "Accept-Encoding: gzip").one("content-encoding") == "gzip"
    assert get("/kept/small.txt").body == b"small\n"
    assert len(served(tmp_path, "/kept/small.txt", 1)) == 1


@pytest.fixture
def python_server(tmp_path):
    """It tells when a file was changed, and nothing of how long that is good."""
    port, page = free_port(), tmp_path / "page.html"
    page.write_text("<p>python</p>")
    ten_days_ago = time.time() - 10 * 86400
    os.utime(page, (ten_days_ago, ten_days_ago))
    with open(tmp_path / "said", "wb") as said:
        process = subprocess.Popen([sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)], stdout=said, stderr=said)

    def listens():
        try:
            RawClient(port).close()
            return True
        except OSError:
            return False
    try:
        wait_until(listens, "it listens")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_what_has_not_changed_for_long_is_kept_for_a_while(start, python_server, tmp_path):
    _, get = cached(start, python_server)
    answers = [get("/page.html") for _ in range(3)]
    assert [answer.body for answer in answers] == [b"<p>python</p>"] * 3
    left = int(answers[2].one("cache-status").rpartition("ttl=")[2])
    assert 86000 < left <= 86400
    assert (tmp_path / "said").read_text().count("GET /page.html") == 1
