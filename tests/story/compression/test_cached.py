# SPDX-License-Identifier: Apache-2.0
"""A cache behind the compression: what is stored is what the backend sent, and each client gets it as it asks."""
import gzip
import random

import pytest
from support.coding import ALL, PAGE, answers, decode, encode
from support.message import Ended
from support.purge import purge

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


def test_what_was_compressed_once_is_kept(proxy, client):
    weir, backend = proxy(answers(PAGE, 'ETag: "v1"', "Cache-Control: max-age=60"), route=ON, caches=ZONES)
    one = client(weir)
    one.get("/", "Accept-Encoding: identity")
    size = weir.metrics().total("weir_cache_bytes", cache="main")
    for coding in ALL:
        first, second = (one.get("/", f"Accept-Encoding: {coding}") for _ in range(2))
        assert first.get("content-length") is None and second.one("content-length") == str(len(second.body))
        assert first.body == second.body and decode(coding, second.body) == PAGE
        assert (second.get("vary"), second.get("etag"), second.get("content-encoding")) == ("Accept-Encoding", 'W/"v1"', coding)
        grown = weir.metrics().total("weir_cache_bytes", cache="main")
        assert grown > size + len(second.body)
        size = grown
        head = one.request(f"HEAD / HTTP/1.1\r\nHost: story.test\r\nAccept-Encoding: {coding}\r\n\r\n".encode(), "HEAD")
        assert head.one("content-length") == str(len(second.body))
    assert len(backend.requests) == 1
    purge(weir, all=True)
    assert weir.metrics().total("weir_cache_bytes", cache="main") == 0


def test_a_client_that_leaves_early_leaves_it_to_the_next(proxy, client, start):
    from support import RawClient, wait_until
    large = b"".join(b"%d lines of this\n" % n for n in range(400_000))
    weir, _ = proxy(answers(large, "Cache-Control: max-age=60"), route=ON, caches={"main": {"memory": "64m", "max_object": "32m"}})
    one = client(weir)
    one.get("/", "Accept-Encoding: identity")
    leaver = start(RawClient(weir.address))
    leaver.send(b"GET / HTTP/1.1\r\nHost: story.test\r\nAccept-Encoding: zstd\r\n\r\n")
    leaver.read_head()
    leaver.close()

    def is_kept():
        return one.get("/", "Accept-Encoding: zstd").get("content-length") is not None
    wait_until(is_kept, "the compressed answer")


def packed(coding, *fields):
    return answers(encode(coding, PAGE), f"Content-Encoding: {coding}", "Cache-Control: max-age=60", "Vary: Accept-Encoding",
                   'ETag: "v1"', *fields)


def test_what_the_backend_compressed_is_decoded_for_those_who_lack_it(proxy, client):
    for coding in ALL:
        weir, backend = proxy(packed(coding), route=ON, caches=ZONES)
        one = client(weir)
        assert one.get("/", f"Accept-Encoding: {coding}").get("content-encoding") == coding
        plain = one.get("/")
        assert (plain.body, plain.get("content-encoding"), plain.one("etag"), plain.one("vary")) == \
            (PAGE, None, 'W/"v1"', "Accept-Encoding")
        assert one.get("/", "Range: bytes=0-9").body == PAGE
        assert one.get("/", "Range: bytes=0-9", f"Accept-Encoding: {coding}").status == 206
        assert one.get("/", 'If-None-Match: W/"v1"').one("etag") == 'W/"v1"'
        assert len(backend.requests) == 1


def test_all_are_told_that_there_are_other_codings(proxy, client):
    """Also those who get the one that the backend chose, which says nothing of it."""
    weir, backend = proxy(answers(encode("gzip", PAGE), "Content-Encoding: gzip", "Cache-Control: max-age=60", 'ETag: "v1"'),
                          route=ON, caches=ZONES)
    one = client(weir)
    for accept in ("gzip", "gzip", "br", "identity"):
        assert one.get("/", f"Accept-Encoding: {accept}").all("vary") == ["Accept-Encoding"]
    assert one.get("/", "Accept-Encoding: gzip", 'If-None-Match: "v1"').all("vary") == ["Accept-Encoding"]
    assert len(backend.requests) == 1


@pytest.mark.parametrize("body", [b"this is no gzip" * 50, encode("gzip", PAGE)[:-20], encode("gzip", PAGE) + b"something else"],
                         ids=["words", "cut off", "more behind it"])
def test_what_is_not_what_it_says_is_given_as_it_came(proxy, client, body):
    """And it isn't kept for those who can't read it."""
    weir, backend = proxy(answers(body, "Content-Encoding: gzip", "Cache-Control: max-age=60"), route=ON, caches=ZONES)
    one = client(weir)
    for asked, accept in ((1, "gzip"), (1, "gzip"), (1, "identity"), (2, "identity"), (2, "br"), (3, "gzip")):
        answer = one.get("/", f"Accept-Encoding: {accept}")
        assert (answer.status, answer.body, answer.one("content-encoding")) == (200, body, "gzip")
        assert len(backend.requests) == asked


def test_what_may_not_be_changed_is_fetched_for_those_who_lack_it(proxy, client):
    weir, backend = proxy(packed("gzip", "Content-Digest: sha-256=:x:"), route=ON, caches=ZONES)
    one = client(weir)
    one.get("/", "Accept-Encoding: gzip")
    assert one.get("/").get("content-encoding") == "gzip"
    assert len(backend.requests) == 2


def test_without_compress_each_coding_is_a_variant(proxy, client):
    weir, backend = proxy(packed("gzip"), route={"cache": {"zone": "main"}}, caches=ZONES)
    one = client(weir)
    for accept in ["gzip", "br", "gzip", "br"]:
        one.get("/", f"Accept-Encoding: {accept}")
    assert len(backend.requests) == 2


LONG = gzip.compress(random.Random(1).randbytes(1 << 20))


@pytest.mark.parametrize("body", [LONG[:-9], LONG + b"x", LONG[:600000] + b"rubbish" + LONG[600007:]],
                         ids=["cut off", "more behind it", "rubbish"])
def test_what_cannot_be_decoded_further_on_ends_the_answer_and_not_weir(proxy, client, body):
    weir, _ = proxy(answers(body, "Content-Encoding: gzip", "Cache-Control: max-age=60"), route=ON, caches=ZONES)
    other = client(weir)
    assert other.get("/", "Accept-Encoding: gzip").body == body
    with pytest.raises(Ended):
        client(weir).get("/")
    assert other.get("/", "Accept-Encoding: gzip").body == body
