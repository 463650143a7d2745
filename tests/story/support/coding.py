# SPDX-License-Identifier: Apache-2.0
"""Decoders that are not weir's, and a backend whose answers stories choose by path."""
import gzip
import subprocess
import zlib

import brotli

from .backend import chunks_of, response

ALL = ["zstd", "br", "gzip"]
PAGE = b"".join(b"<p>%d: the quick brown fox jumps over the lazy dog</p>\n" % i for i in range(2000))


def decode(coding, body):
    if coding == "gzip":
        decoder = zlib.decompressobj(31)
        plain = decoder.decompress(body) + decoder.flush()
        assert decoder.eof and not decoder.unused_data
        return plain
    if coding == "br":
        return brotli.decompress(body)
    assert coding == "zstd", coding
    return subprocess.run(["zstd", "-d", "-c"], input=body, capture_output=True, check=True, timeout=20).stdout


def encode(coding, body):
    if coding == "gzip":
        return gzip.compress(body)
    if coding == "br":
        return brotli.compress(body)
    assert coding == "zstd", coding
    return subprocess.run(["zstd", "-c"], input=body, capture_output=True, check=True, timeout=20).stdout


class Decoder:
    """What has come so far of a stream."""
    def __init__(self, coding):
        self.step = {"gzip": lambda: zlib.decompressobj(31).decompress, "br": lambda: brotli.Decompressor().process}[coding]()

    def __call__(self, data):
        return self.step(data)


def answers(body=PAGE, *fields, status="200 OK", kind="text/html"):
    def behave(connection):
        for request in connection.requests():
            head = response(body, status, f"Content-Type: {kind}", *fields)
            connection.send(head[:-len(body)] if request.method == "HEAD" and body else head)
    return behave


def streams(*pieces, kind="text/html", trailers=()):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()

    def behave(connection):
        for _ in connection.requests():
            connection.send(head + chunks_of(*pieces, trailers=trailers))
    return behave
