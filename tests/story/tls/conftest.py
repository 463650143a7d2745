# SPDX-License-Identifier: Apache-2.0
"""A weir that speaks TLS, and clients for it."""
import socket
import ssl
import subprocess

import pytest
from support import Backend, Weir, proxy_config
from support.authority import Authority


@pytest.fixture(scope="module")
def authority():
    with Authority() as made:
        yield made


@pytest.fixture
def secure(start, authority):
    """secure(tls={...}, backend=...) is a weir whose listener has the certificate `site` unless told otherwise."""
    def begin(tls=None, backend=None, **changes):
        backend = backend or start(Backend())
        settings = {"certificates": [authority.issue("site")], **(tls or {})}
        listener = {"tls": settings, **changes.pop("listener", {})}
        weir = start(Weir(proxy_config(backend, listener=listener, **changes)))
        return weir, backend
    return begin


@pytest.fixture
def context(authority):
    """context(...) trusts the authority."""
    def make(alpn=("http/1.1",), maximum=None, cert=None):
        made = ssl.create_default_context(cafile=authority.ca)
        if alpn:
            made.set_alpn_protocols(list(alpn))
        if maximum:
            made.maximum_version = maximum
        if cert:
            made.load_cert_chain(cert["cert"], cert["key"])
        return made
    return make


def open_tls(weir, context, name="story.test", strict=False):
    """strict: an end without close_notify is an error."""
    host, _, port = weir.address.rpartition(":")
    raw = socket.create_connection((host, int(port)), timeout=15)
    return context.wrap_socket(raw, server_hostname=name, suppress_ragged_eofs=not strict)


def ask(connection, request=b"GET / HTTP/1.1\r\nHost: story.test\r\nConnection: close\r\n\r\n"):
    connection.sendall(request)
    data = b""
    while more := connection.recv(65536):
        data += more
    return data


def s_client(weir, *arguments, sends=b"GET / HTTP/1.1\r\nHost: story.test\r\nConnection: close\r\n\r\n", limit=20):
    """What openssl's client says, and whether it liked it."""
    done = subprocess.run(["openssl", "s_client", "-connect", weir.address, "-servername", "story.test", "-ign_eof",
                           *map(str, arguments)], input=sends, capture_output=True, timeout=limit)
    return (done.stdout + done.stderr).decode(errors="replace")
