# SPDX-License-Identifier: Apache-2.0
"""The load generators: wrk, h2load and our own, each on the CPU beside the proxy's, and what they say was done.

An answer that isn't what it ought to be is a Failure.
"""
import json
import re
import subprocess
from dataclasses import dataclass

from process import Failure, find, run_tool

TLS = {"TLS Protocol": "TLSv1.3", "Cipher": "TLS_AES_128_GCM_SHA256"}  # what has to be negotiated, where there is TLS


@dataclass
class Load:
    """What one run of a load generator did."""
    requests: int
    seconds: float


def wrk(bench, port, path, connections, seconds, size, lua=(), fields=(), most=0):
    """One run of wrk. wrk only counts statuses from 400 on as errors, so the bytes are checked too: of a body of that size,
    and with its head, most."""
    script = ["-s", lua[0]] if lua else []
    script += [word for field in fields for word in ("-H", field)]
    command = ["taskset", "-c", bench.other_cpu, find("wrk"), "-t1", "--timeout", "10s", f"-c{connections}", f"-d{seconds:g}s", *script,
               f"http://127.0.0.1:{port}{path}"] + (["--", *lua[1:]] if lua else [])
    code, out, complaints = run_tool(command, seconds)
    done = re.search(r"(\d+) requests in ([\d.]+)(m?s|m), ([\d.]+)([KMGT]?)B read", out)
    if code or not done:
        raise Failure(f"wrk: {out}{complaints}")
    wrong = re.search(r"(Socket errors|Non-2xx).*", out)
    if wrong:
        raise Failure(f"wrk: {wrong.group(0)}")
    requests, took = int(done[1]), float(done[2]) * {"ms": 0.001, "s": 1, "m": 60}[done[3]]
    read = float(done[4]) * 1024 ** " KMGT".index(done[5] or " ")
    if requests == 0 or read < 0.99 * requests * size or (most and read > 1.01 * requests * most):
        raise Failure(f"wrk: {requests} answers, but only {read:.0f} bytes")
    return Load(requests, took)


def h2load(bench, url, size, speaks, flags):
    """One run of h2load; what it negotiated and each answer's status and length are checked. size 0: they are 304."""
    command = ["taskset", "-c", bench.other_cpu, find("h2load"), "-t1", "--tls13-ciphers=" + TLS["Cipher"], *flags, url]
    code, out, complaints = run_tool(command, 60)
    done = re.search(r"requests: \d+ total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed", out)
    took, traffic = re.search(r"finished in ([\d.]+)(m?s)", out), re.search(r"\((\d+)\) data", out)
    if code or not done or not took or not traffic:
        raise Failure(f"h2load: {out}{complaints}")
    told = dict(re.findall(r"^(TLS Protocol|Cipher|Application protocol): (.+)$", out, re.M))
    if any(told.get(name, value) != value for name, value in {**TLS, "Application protocol": speaks}.items()):
        raise Failure(f"h2load: negotiated {told}")
    started, requests, good, failed = map(int, done.groups())
    if size == 0 and int(re.search(r"(\d+) 3xx", out)[1]) < 0.99 * requests:
        raise Failure(f"h2load: they are not 304\n{out}")
    most = started * size if size else 0.01 * started * 1024
    if failed or not requests or good != requests or not requests * size <= int(traffic[1]) <= most:
        raise Failure(f"h2load: {done[0]}, {traffic[1]} bytes of bodies\n{out}")
    return Load(requests, float(took[1]) * {"ms": 0.001, "s": 1}[took[2]])


def h1_over_tls(bench, url, connections, seconds, size):
    """Kept connections with a request each; those that are under way at the end are cut off and don't count."""
    return h2load(bench, url, size, "http/1.1", ["--h1", "-c", connections, "-D", seconds])


def h2(bench, url, connections, streams, seconds, size, flags=()):
    """Two runs, a short one to learn how many answers the seconds are worth, so that none is cut off: hundreds of resets
    at once would leave their mark (haproxy 2.6 later loses connections to its origin), and the count would be vague."""
    speaks = "h2" if url.startswith("https:") else "h2c"
    shape = ["-c", connections, "-m", streams, *flags]
    first = h2load(bench, url, size, speaks, [*shape, "-n", 4 * connections * streams])
    count = max(connections, int(first.requests / first.seconds * seconds))
    then = h2load(bench, url, size, speaks, [*shape, "-n", count])
    return Load(first.requests + then.requests, first.seconds + then.seconds)


def load(bench, program, kind, port, connections, seconds):
    """One run of a generator of our own: load.c or handshakes.c."""
    command = ["taskset", "-c", bench.other_cpu, bench.dir / program, kind, port, "-c", connections, "-d", seconds]
    return read_load(*run_tool(command, seconds))


def read_load(code, out, complaints):
    try:
        done = json.loads(out.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise Failure(f"load: ended with {code}: {out}{complaints}") from None
    if code or done["bad"] or done["errors"] or not done["answers"]:
        raise Failure(f"load: {done['answers']} answers, {done['bad']} wrong, {done['errors']} errors of transport")
    return Load(done["answers"], done["seconds"])


class Idle:
    """Connections that had one answer each and stay open while the block runs: of plain HTTP/1.1, "tls", "h2" or "h2c"."""

    def __init__(self, bench, kind, port, connections):
        holder = ["load", "idle", port, "-c", connections, "-d", 30] if kind == "http1" else ["hold", kind, port, connections]
        self.command = ["taskset", "-c", str(bench.other_cpu), *(str(word) for word in (bench.dir / holder[0], *holder[1:]))]

    def __enter__(self):
        self.popen = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)
        line = self.popen.stdout.readline()
        if line.strip() != "holding":
            self.popen.kill()
            raise Failure(f"{self.command[3]}: {line}")
        return self

    def __exit__(self, kind, *_):
        try:
            out, _ = self.popen.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            raise Failure(f"{self.command[3]}: doesn't end") from None
        if kind is None:
            read_load(self.popen.returncode, out, "")
