# SPDX-License-Identifier: Apache-2.0
"""Real peers of HTTP/2 and TLS: node, nghttp, nghttpd, openssl, and a browser."""
import json
import re
import shutil
import subprocess

import pytest

from support import Backend, RawClient, Weir, free_port, proxy_config, wait_until
from support.authority import Authority
from support.backend import response
from support.node import NodeServer, http2_posts

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not there; tests/run.sh installs it")


@pytest.fixture(scope="module")
def authority():
    with Authority() as made:
        yield made


@pytest.fixture
def secure(start, authority):
    """secure(endpoint, ...) is a weir with TLS before that endpoint."""
    def begin(endpoint, **changes):
        return start(Weir(proxy_config(endpoint, listener={"tls": {"certificates": [authority.issue("site")]}}, **changes)))
    return begin


def port_of(weir):
    return weir.address.rpartition(":")[2]


@needs_node
def test_node_posts_over_one_connection(start, secure, authority):
    pair = authority.issue("node")
    server = start(NodeServer("http2.js", "server", pair["cert"], pair["key"]))
    weir = secure(server.address, upstream={"protocol": "http2", "tls": {"ca": str(authority.ca), "server_name": "story.test"}})
    got = http2_posts(f"https://127.0.0.1:{port_of(weir)}", authority.ca, 50, 150_000)
    assert got["protocol"] == "h2"
    assert got["answers"] == [{"path": f"/n{n}", "status": 200, "sawPath": f"/n{n}", "trailer": "reached", "same": True} for n in range(50)]


def test_nghttp_gets_pages_with_priorities(start, secure):
    backend = start(Backend(lambda connection: [connection.send(response(one.target.encode() * 2000)) for one in connection.requests()]))
    weir = secure(backend)
    urls = [f"https://127.0.0.1:{port_of(weir)}/{n}" for n in range(20)]
    done = subprocess.run(["nghttp", "-s", "-n", "--no-verify-peer", *urls], capture_output=True, text=True, timeout=30)
    lines = re.findall(r"^\s*\d+\s.*?\s(\d{3})\s+(\S+)\s+(/\S+)$", done.stdout, re.M)
    assert sorted(path for status, _, path in lines if status == "200") == sorted(f"/{n}" for n in range(20)), done.stdout + done.stderr


def test_curl_upgrades_no_plain_connection(proxy):
    """`Upgrade: h2c` is gone from the standard (RFC 9113, 3.1): the request is answered as HTTP/1.1 says."""
    weir, backend = proxy()
    done = subprocess.run(["curl", "-sS", "--http2", "-w", "%{http_version}", f"http://{weir.address}/"], capture_output=True, text=True, timeout=20)
    assert done.stdout == "ok1.1", done.stderr
    assert not backend.requests[0].has("http2-settings")


@pytest.mark.parametrize("protocol", ["http2", "auto"])
def test_nghttpd_as_upstream(start, secure, authority, tmp_path, protocol):
    pair, port = authority.issue("nghttpd"), free_port()
    (tmp_path / "big.bin").write_bytes(b"weir " * 200_000)
    server = subprocess.Popen(["nghttpd", "-d", str(tmp_path), "-a", "127.0.0.1", str(port), pair["key"], pair["cert"]],
                              stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), "nghttpd listens")
        weir = secure(f"127.0.0.1:{port}", upstream={"protocol": protocol, "tls": {"ca": str(authority.ca), "server_name": "story.test"}})
        done = subprocess.run(["h2load", "-n", "200", "-c", "4", "-m", "10", f"https://{weir.address}/big.bin"], capture_output=True,
                              text=True, timeout=60)
        assert "200 succeeded, 0 failed" in done.stdout and "200 2xx" in done.stdout, done.stdout
    finally:
        server.kill()
        server.wait()


def test_openssls_server_as_upstream(start, secure, authority, tmp_path):
    """It answers HTTP/1.0 and ends each answer by closing."""
    pair, port = authority.issue("sserver"), free_port()
    (tmp_path / "page.txt").write_text("from openssl\n" * 5000)
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pair["cert"], "-key", pair["key"], "-WWW",
                               "-quiet"], cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), "s_server listens")
        weir = secure(f"127.0.0.1:{port}", upstream={"tls": {"ca": str(authority.ca), "server_name": "story.test"}})
        for how in ("--http1.1", "--http2"):
            done = subprocess.run(["curl", "-sS", how, "--cacert", str(authority.ca), "--resolve", f"story.test:{port_of(weir)}:127.0.0.1",
                                   f"https://story.test:{port_of(weir)}/page.txt"], capture_output=True, text=True, timeout=20)
            assert done.stdout == "from openssl\n" * 5000, done.stderr
    finally:
        server.kill()
        server.wait()


def _listens(port):
    try:
        RawClient(port).close()
        return True
    except OSError:
        return False


PAGE = """<!doctype html><title>waiting</title><body>%s<script>
onload = () => {
  const all = performance.getEntriesByType('resource');
  const images = [...document.images].filter((one) => one.complete && one.naturalWidth === 1).length;
  const protocols = [...new Set(all.map((one) => one.nextHopProtocol))];
  document.body.innerHTML = '<pre>' + JSON.stringify({ images, resources: all.length, protocols }) + '</pre>';
};
</script>""" % "".join(f"<img src=/{n}.svg>" for n in range(100))
IMAGE = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def _site(connection):
    for request in connection.requests():
        page = request.target == "/"
        connection.send(response(PAGE.encode() if page else IMAGE, "200 OK", "Content-Type: " + ("text/html" if page else "image/svg+xml")))


def _browse(url, folder):
    """What the page has become."""
    return subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--ignore-certificate-errors",
                           "--no-first-run", "--disable-background-networking", "--disable-component-update", "--no-proxy-server",
                           f"--user-data-dir={folder}", "--timeout=30000", "--virtual-time-budget=20000", "--dump-dom", url],
                          capture_output=True, text=True, timeout=90)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not there; tests/run.sh installs it where apt has it")
def test_a_browser_loads_a_page_with_100_resources(start, secure, tmp_path):
    tried = _browse("data:text/html,<p>shown</p>", tmp_path / "trial")
    if "<p>shown</p>" not in tried.stdout:
        pytest.skip(f"chromium can't show any page on this system: {tried.stderr[-300:]}")
    weir = secure(start(Backend(_site)))
    done = _browse(f"https://127.0.0.1:{port_of(weir)}/", tmp_path / "profile")
    told = re.search(r"<pre>(.*)</pre>", done.stdout)
    assert told, done.stdout[-2000:] + done.stderr[-2000:]
    assert json.loads(told[1]) == {"images": 100, "resources": 100, "protocols": ["h2"]}
    served = {one["path"] for one in weir.access_log(101)}
    assert {f"/{n}.svg" for n in range(100)} <= served
