# SPDX-License-Identifier: Apache-2.0
"""TERM drains, a second TERM ends at once, and running out of descriptors sheds load instead of dying."""
import resource
import signal
import socket
import threading
import time

import pytest

from support import RawClient, wait_until
from support import backend as act
from support.message import Ended

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def refuses(address):
    try:
        with RawClient(address, limit=1):
            return False
    except OSError:
        return True


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_ends_at_once_when_nothing_runs(proxy, sign):
    weir, _ = proxy()
    started = time.monotonic()
    weir.process.send_signal(sign)
    assert weir.wait_for_exit(10) == 0
    assert time.monotonic() - started < 5
    weir.assert_no_report()


def test_idle_connections_do_not_hold_up_the_end(proxy, client):
    weir, _ = proxy()
    idle = [client(weir) for _ in range(20)]
    assert all(one.get("/").status == 200 for one in idle)
    silent = client(weir)
    assert weir.stop() < 5
    assert all(one.read_until_close() == b"" for one in [*idle, silent])


def test_a_running_request_finishes_and_new_connections_are_refused(proxy, client):
    weir, backend = proxy(act.answers_when_released())
    browser = client(weir)
    browser.send(GET)
    backend.wait_for_requests(1)
    weir.terminate()
    wait_until(lambda: refuses(weir.address), "new connections are refused")
    assert weir.process.poll() is None
    backend.release.set()
    answer = browser.read_response()
    assert (answer.status, answer.body) == (200, b"ok")
    assert "close" in answer.get("connection", "").lower()
    assert browser.read_until_close() == b""
    assert weir.wait_for_exit(10) == 0


def test_a_running_download_finishes(proxy, client):
    weir, backend = proxy(act.sends_part_and_waits(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf ", b"full"))
    browser = client(weir)
    browser.send(GET)
    assert browser.read_head().status == 200
    assert browser.read_exactly(5) == b"half "
    weir.terminate()
    wait_until(lambda: refuses(weir.address), "new connections are refused")
    backend.release.set()
    assert browser.read_exactly(4) == b"full"
    assert browser.read_until_close() == b""
    assert weir.wait_for_exit(10) == 0


def test_a_running_upload_finishes(proxy, client):
    weir, backend = proxy(act.echoes())
    browser = client(weir)
    browser.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf")
    wait_until(lambda: backend.received().endswith(b"half"), "half of the upload is at the backend")
    weir.terminate()
    wait_until(lambda: refuses(weir.address), "new connections are refused")
    assert browser.send(b"full").read_response().body == b"halffull"
    assert weir.wait_for_exit(10) == 0


def test_readyz_is_503_while_draining(proxy, client):
    weir, backend = proxy(act.answers_when_released())
    browser = client(weir)
    browser.send(GET)
    backend.wait_for_requests(1)
    weir.terminate()
    wait_until(lambda: refuses(weir.address), "new connections are refused")
    try:
        assert weir.admin_get("/readyz")[0] == 503
        assert weir.admin_get("/livez")[0] == 200
    except ConnectionRefusedError:
        pytest.fail("the admin API is gone while requests still drain")
    finally:
        backend.release.set()
    assert browser.read_response().status == 200
    assert weir.wait_for_exit(10) == 0


def test_a_second_term_ends_at_once(proxy, client):
    weir, backend = proxy(act.hangs())
    browser = client(weir)
    browser.send(GET)
    wait_until(lambda: backend.received(), "the request is at the backend")
    weir.terminate()
    wait_until(lambda: refuses(weir.address), "new connections are refused")
    assert weir.process.poll() is None
    started = time.monotonic()
    weir.terminate()
    weir.wait_for_exit(10)
    assert time.monotonic() - started < 3
    weir.assert_no_report()


def test_many_workers_end_together_under_load(proxy):
    weir, _ = proxy(workers=4)
    stop, wrong = threading.Event(), []

    def load():
        while not stop.is_set():
            try:
                with RawClient(weir.address, limit=10) as browser:
                    while "close" not in browser.get("/").get("connection", "").lower():
                        pass
            except Ended as ended:
                if ended.rest:
                    wrong.append(ended.rest)
            except OSError:
                if stop.is_set():
                    return
                time.sleep(0.01)
    threads = [threading.Thread(target=load, daemon=True) for _ in range(8)]
    for one in threads:
        one.start()
    wait_until(lambda: weir.metrics().total("weir_requests_total") > 200, "load runs")
    assert weir.stop() < 15
    stop.set()
    for one in threads:
        one.join(15)
    assert wrong == [], "answers were cut"


def test_the_limit_of_descriptors_is_raised(proxy):
    def lower():
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, min(hard, 4000)))
    weir, _ = proxy(weir_options={"preexec": lower})
    with open(f"/proc/{weir.pid}/limits") as limits:
        line = next(one for one in limits if one.startswith("Max open files"))
    assert line.split()[3] == line.split()[4] == "4000"


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        columns = stat.read().rpartition(")")[2].split()
    return (int(columns[11]) + int(columns[12])) / 100


def test_running_out_of_descriptors_sheds_and_recovers(proxy):
    weir, _ = proxy(weir_options={"preexec": few_descriptors})
    crowd = []
    for _ in range(150):
        one = socket.socket()
        one.settimeout(5)
        one.connect(("127.0.0.1", weir.port))
        crowd.append(one)
    wait_until(lambda: weir.stderr().strip(), "a log line says so", limit=10)
    before, started = cpu_seconds(weir.pid), time.monotonic()
    time.sleep(1)  # an interval to measure over, not something to wait for
    assert cpu_seconds(weir.pid) - before < 0.5 * (time.monotonic() - started), "it spins"
    assert weir.process.poll() is None
    for one in crowd:
        one.close()

    def serves():
        try:
            with RawClient(weir.address, limit=2) as browser:
                return browser.get("/").status == 200
        except (OSError, AssertionError, Ended):
            return False
    wait_until(serves, "requests are served again")
    assert len(weir.stderr().splitlines()) < 500, "the log is flooded"


def test_no_descriptor_for_the_backend_is_a_503_or_502_and_not_a_hang(proxy):
    """The clients take all descriptors but a few; each that is let in gets an answer of some kind."""
    weir, _ = proxy(act.answers_when_released(), weir_options={"preexec": few_descriptors})
    crowd = []
    for _ in range(60):
        one = RawClient(weir.address, limit=10)
        one.send_if_open(GET)
        crowd.append(one)

    def outcome(one):
        if one.is_closed_by_peer():
            return "closed"
        return "answered" if one.source.buffer else None
    wait_until(lambda: any(outcome(one) for one in crowd), "some are shed")
    shed = [one for one in crowd if one.source.buffer]
    assert all(one.read_response().status in (502, 503) for one in shed)
    for one in crowd:
        one.close()
