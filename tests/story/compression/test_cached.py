# SPDX-License-Identifier: Apache-2.0
"""A cache behind the compression: what is stored is what the backend sent, and each client gets it as it asks."""
from support.coding import ALL, PAGE, answers, decode

ON = {"compress": {}, "cache": {"zone": "main", "ttl": "60s"}}
ZONES = {"main": {"memory": "16m"}}


def test_one_stored_answer_serves_every_coding(proxy, client):
    weir, backend = proxy(answers(PAGE, 'ETag: "v1"', "Cache-Control: max-age=60"), route=ON, caches=ZONES)
    one = client(weir)
    for coding in [*ALL, "identity", *ALL]:
        answer = one.get("/", f"Accept-Encoding: {coding}")
        packed = answer.get("content-encoding")
        assert packed == (None if coding == "identity" else coding)
        assert (decode(packed, answer.body) if packed else answer.body) == PAGE
        assert (answer.get("vary"), answer.get("etag")) == ("Accept-Encoding", 'W/"v1"' if packed else '"v1"')
    assert len(backend.requests) == 1


def test_validators_and_ranges_of_a_stored_answer(proxy, client):
    weir, backend = proxy(answers(PAGE, 'ETag: "v1"', "Cache-Control: max-age=60"), route=ON, caches=ZONES)
    one = client(weir)
    one.get("/", "Accept-Encoding: gzip")
    assert one.get("/", "Accept-Encoding: gzip", 'If-None-Match: W/"v1"').status == 304
    part = one.get("/", "Accept-Encoding: gzip", "Range: bytes=0-9")
    assert (part.status, part.get("content-encoding"), part.body) == (206, None, PAGE[:10])
    head = one.request(b"HEAD / HTTP/1.1\r\nHost: story.test\r\nAccept-Encoding: gzip\r\n\r\n", "HEAD")
    assert (head.get("content-encoding"), head.get("content-length")) == ("gzip", None)
    assert len(backend.requests) == 1
