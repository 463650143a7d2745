# SPDX-License-Identifier: Apache-2.0
"""weir as PID 1 of a container: here, of a PID namespace."""
import os
import signal
import subprocess

import pytest

from support import Backend, RawClient, Weir, proxy_config, wait_until
from support.process import children_of, has_ended

UNSHARE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def can_unshare():
    return os.geteuid() == 0 and subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not can_unshare(), reason="needs root and PID namespaces")


@pytest.fixture
def contained(start):
    """A weir that is PID 1 there, and its number here."""
    weir = start(Weir(proxy_config(start(Backend())), wrap=UNSHARE))
    (pid,) = children_of(weir.pid)
    return weir, pid


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_as_pid_1_it_ends_on_a_signal_with_0(contained, sign):
    weir, pid = contained
    with RawClient(weir.address) as browser:
        assert browser.get("/").status == 200
    os.kill(pid, sign)
    assert weir.wait_for_exit(10) == 0


def test_as_pid_1_it_leaves_no_zombie(contained):
    weir, pid = contained
    subprocess.run(["nsenter", "-t", str(pid), "-p", "sh", "-c", "for i in 1 2 3 4 5; do sleep 0.2 & done"], check=True, timeout=10,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: children_of(pid) == [], lambda: f"the orphans {children_of(pid)} are gone")
    assert not has_ended(pid)
    os.kill(pid, signal.SIGTERM)
    assert weir.wait_for_exit(10) == 0
