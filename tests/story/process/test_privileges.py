# SPDX-License-Identifier: Apache-2.0
"""Started as root, weir binds and then becomes `user`."""
import errno
import os
import pathlib
import pwd
import shutil
import signal
import socket
import tempfile

import pytest

from support import Backend, RawClient, Successor, Weir, binary, proxy_config, run_weir, wait_until

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
NET_BIND_SERVICE = 1 << 10


def status_of(pid, thread=None):
    path = f"/proc/{pid}/status" if thread is None else f"/proc/{pid}/task/{thread}/status"
    return dict(line.split(":\t", 1) for line in pathlib.Path(path).read_text().splitlines() if ":\t" in line)


def low_address():
    for port in range(1023, 1, -1):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return f"127.0.0.1:{port}"
            except OSError as error:
                assert error.errno == errno.EADDRINUSE
    pytest.skip("every port below 1024 is taken")


@pytest.fixture
def open_folder():
    """One that others can reach and write to, unlike tmp_path."""
    with tempfile.TemporaryDirectory(prefix="weir-story-") as folder:
        os.chmod(folder, 0o777)
        yield pathlib.Path(folder)


@root
def test_every_thread_becomes_the_user(start):
    nobody = pwd.getpwnam("nobody")
    weir = start(Weir(proxy_config(start(Backend()), user="nobody", workers=2)))
    for thread in os.listdir(f"/proc/{weir.pid}/task"):
        status = status_of(weir.pid, thread)
        assert status["Uid"].split() == [str(nobody.pw_uid)] * 4
        assert status["Gid"].split() == [str(nobody.pw_gid)] * 4
        assert "0" not in status["Groups"].split()
        assert int(status["CapEff"], 16) | NET_BIND_SERVICE == NET_BIND_SERVICE
    with RawClient(weir.address) as browser:
        assert browser.get("/").status == 200
    assert weir.admin_get("/metrics")[0] == 200


@root
def test_ports_below_1024_are_bound_before_and_can_be_later(start):
    weir = start(Weir(proxy_config(start(Backend()), user="nobody", listener={"listen": low_address()})))
    assert int(status_of(weir.pid)["CapEff"], 16) == NET_BIND_SERVICE
    assert status_of(weir.pid)["NoNewPrivs"] == "1"
    with RawClient(weir.address) as browser:
        assert browser.get("/").status == 200


@root
def test_a_new_binary_may_bind_them_too(start, open_folder):
    """The binary must be reachable for the user, which the build folder may not be."""
    program = shutil.copy(binary(), open_folder / "weir")
    weir = start(Weir(proxy_config(start(Backend()), user="nobody", listener={"listen": low_address()}), program=program))
    os.chmod(weir.folder, 0o755)  # the config must be readable for the user from now on
    successor = start(Successor(weir))
    assert weir.wait_for_exit() == 0
    status = status_of(successor.pid)
    assert int(status["CapEff"], 16) == int(status["CapAmb"], 16) == NET_BIND_SERVICE
    with RawClient(weir.address) as browser:
        assert browser.get("/").status == 200


@root
def test_logs_are_the_users_and_can_be_opened_again(start, open_folder):
    logs = {name: open_folder / f"{name}.log" for name in ("access", "error")}
    weir = start(Weir(proxy_config(start(Backend()), user="nobody", access_log={"path": str(logs["access"]), "format": "json"},
                                   log={"path": str(logs["error"]), "level": "info", "format": "text"})))
    assert {path.stat().st_uid for path in logs.values()} == {pwd.getpwnam("nobody").pw_uid}
    for path in logs.values():
        path.rename(path.with_suffix(".1"))
    os.kill(weir.pid, signal.SIGUSR1)
    wait_until(lambda: all(path.exists() for path in logs.values()), "both are opened again")
    assert "logs are reopened" in logs["error"].read_text()


@root
def test_a_log_that_cannot_be_opened_again_is_named_with_the_reason(start, tmp_path):
    """The folder stays root's."""
    log = tmp_path / "access.log"
    weir = start(Weir(proxy_config(start(Backend()), user="nobody", access_log={"path": str(log), "format": "json"})))
    log.rename(tmp_path / "access.1")
    os.kill(weir.pid, signal.SIGUSR1)
    wait_until(lambda: f"error access_log.path: cannot open {log} again: Permission denied; the old file stays" in weir.stderr(), "it is told")
    assert "logs are reopened" not in weir.stderr()


@root
def test_without_a_user_root_stays(start):
    weir = start(Weir(proxy_config(start(Backend()))))
    assert status_of(weir.pid)["Uid"].split() == ["0"] * 4


def test_an_unknown_user_is_a_problem_with_its_place(tmp_path):
    path = tmp_path / "weir.yaml"
    path.write_text("user: weir-nobody-has-this-name\n" + proxy_config("127.0.0.1:9001"))
    done = run_weir("check", "-c", path)
    assert done.returncode == 1
    assert f"{path}:1:7: user: 'weir-nobody-has-this-name' does not exist; create it or name another" in done.stdout
