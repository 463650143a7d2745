# SPDX-License-Identifier: Apache-2.0
"""One request through a proxy, with curl, before anything is measured: does the answer come as the origin would give it,
by the protocol that the case is about, under the certificate that was made for it?
"""
from process import Failure, find, run_tool

SIZES = {("/text", False): 100 * 1024, ("/kept-100k", False): 100 * 1024, ("/", False): 1024, ("/100k", False): 100 * 1024, ("/", True): 105, ("/100k", True): 100 * 1024 + 5}
SPEAKS = {"http/1.1": ("--http1.1", "1.1"), "h2": ("--http2", "2"), "h2c": ("--http2-prior-knowledge", "2")}
SECONDS = 10


def command(bench, case, port):
    host, path = case.service.pairs[-1][0], case.path
    scheme = "https" if case.service.front == "tls" else "http"
    words = [find("curl"), "-sS", "-q", "--noproxy", "*", "--max-time", SECONDS, SPEAKS[case.speaks][0], "--cacert",
             bench.dir / "site.pem", "-H", f"Host: {host}", "-o", "/dev/null", "-w",
             "%{http_code} %{http_version} %{size_download}", f"{scheme}://127.0.0.1:{port}{path}"]
    return words + (["-H", "content-type: application/grpc", "-H", "te: trailers", "-d", ""] if case.is_call else [])


def probe(bench, case, port):
    _, out, complaints = run_tool(command(bench, case, port), SECONDS)
    wanted = f"200 {SPEAKS[case.speaks][1]} {SIZES.get((case.path, case.is_call), 1024)}"
    if out != wanted:
        raise Failure(f"curl says {out!r}, not {wanted!r} {complaints}")
