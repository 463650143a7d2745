# SPDX-License-Identifier: Apache-2.0
"""Stored answers, compressed for those who accept it."""
import gzip

from .conftest import says


def test_one_stored_answer_serves_both(cached):
    body = b"weir " * 2000
    _, backend, get = cached(says("Cache-Control: max-age=60", 'ETag: "v1"', "Content-Type: text/plain", body=body),
                             route={"compress": {"algorithms": ["gzip"]}})
    for _ in range(2):
        packed, plain = get("/a", "Accept-Encoding: gzip"), get("/a")
        assert (packed.one("content-encoding"), gzip.decompress(packed.body), packed.one("etag")) == ("gzip", body, 'W/"v1"')
        assert (plain.body, plain.one("etag")) == (body, '"v1"') and not plain.has("content-encoding")
        assert all("Accept-Encoding" in one.one("vary") for one in (packed, plain))
    assert get("/a", "Accept-Encoding: gzip", 'If-None-Match: W/"v1"').status == 304
    part = get("/a", "Accept-Encoding: gzip", "Range: bytes=0-3")
    assert (part.status, part.body) == (206, b"weir")
    assert len(backend.requests) == 1
