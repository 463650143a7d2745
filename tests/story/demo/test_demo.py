# SPDX-License-Identifier: Apache-2.0
"""`weir demo`: three backends, weir before them on 8080, the admin API on 9900, and lines that work when typed."""
import re
import signal
import socket
import subprocess

import pytest

from support import RawClient, wait_until
from support.weir import REPORT, binary


def assert_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            pytest.fail(f"port {port} is not free, and the demo needs it: {problem}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    assert_free(8080)
    assert_free(9900)
    folder = tmp_path_factory.mktemp("demo")
    out, err = open(folder / "out", "wb"), open(folder / "err", "wb")
    process = subprocess.Popen([binary(), "demo"], stdout=out, stderr=err, cwd=folder, stdin=subprocess.DEVNULL)

    def text():
        return (folder / "out").read_text() + (folder / "err").read_text()

    def ready():
        assert process.poll() is None, text()
        try:
            with RawClient("127.0.0.1:9900") as one:
                return one.get("/readyz", host="127.0.0.1:9900").status == 200 and "curl" in text()
        except OSError:
            return False
    try:
        wait_until(ready, lambda: f"the demo is ready: {text()}", limit=20)
        yield process, text
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert not REPORT.search(text()), text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def curl_lines(text):
    return [line[line.index("curl "):] for line in (one.strip().lstrip("$ ") for one in text.splitlines()) if line.startswith("curl ")]


def test_requests_are_balanced_over_three_backends(demo):
    with RawClient("127.0.0.1:8080") as client:
        bodies = {bytes(client.get("/", host="127.0.0.1:8080").body) for _ in range(12)}
    with_digits = {re.sub(rb"\b(request|served|count)\D*\d+", b"", one) for one in bodies}
    assert len(bodies) >= 3 or len(with_digits) >= 3, bodies


def test_the_curl_lines_that_it_prints_work(demo):
    _, text = demo
    lines = curl_lines(text())
    assert len(lines) >= 2, text()
    for line in lines:
        command = re.split(r"\s{2,}|\s#", line)[0]
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, (command, done.stderr)


def test_the_admin_api_knows_the_backends(demo):
    import json
    with RawClient("127.0.0.1:9900") as client:
        answer = client.get("/api/v1/upstreams", host="127.0.0.1:9900")
    assert answer.status == 200 and len(re.findall(rb"127\.0\.0\.1:\d+|unix:", answer.body)) >= 3
    json.loads(answer.body)


def test_the_text_says_how_to_take_a_backend_down(demo):
    _, text = demo
    assert re.search(r"down|stop|kill|fail", text(), re.I), text()


def test_a_second_demo_says_why_it_cannot_start(demo):
    done = subprocess.run([binary(), "demo"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "8080" in done.stdout + done.stderr


def test_no_request_fails_while_a_backend_is_down(demo):
    """One of the printed lines has taken a backend down."""
    _, text = demo
    stop = next(line for line in curl_lines(text()) if "stop" in line or "down" in line)
    subprocess.run(["bash", "-c", re.split(r"\s{2,}|\s#", stop)[0]], capture_output=True, timeout=20)
    with RawClient("127.0.0.1:8080") as client:
        answers = [client.get("/", host="127.0.0.1:8080") for _ in range(30)]
    assert {one.status for one in answers} == {200}
    assert len({bytes(one.body) for one in answers}) == 2
