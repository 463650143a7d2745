# SPDX-License-Identifier: Apache-2.0
"""weir reload, against an admin API that the story plays."""
import json
import os
import socket
import threading

import pytest
import yaml

from support import Weir, as_yaml, proxy_config, run_weir
from support.ports import refusing_address


class Played:
    """Answers one request with the bytes given, and keeps the request."""

    def __init__(self, answer, family=socket.AF_INET, place=("127.0.0.1", 0)):
        self.answer, self.request = answer, b""
        self.socket = socket.socket(family)
        self.socket.bind(place)
        self.socket.listen(1)
        self.socket.settimeout(20)
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.socket.getsockname()[1]

    def _serve(self):
        try:
            link, _ = self.socket.accept()
        except OSError:
            return
        with link:
            link.settimeout(20)
            while b"\r\n\r\n" not in self.request:
                piece = link.recv(65536)
                if not piece:
                    return
                self.request += piece
            link.sendall(self.answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.thread.join(25)
        assert not self.thread.is_alive()


def answer(status, body, extra=b""):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), extra, body)


def reload_at(admin, *more, **options):
    return run_weir("reload", "-a", admin, *more, **options)


def test_the_generation_is_printed():
    with Played(answer(200, {"generation": 4})) as played:
        done = reload_at(played.address)
        assert (done.returncode, done.stdout, done.stderr) == (0, "generation 4\n", "")
        assert played.request.startswith(b"POST /api/v1/reload HTTP/1.1\r\nHost: " + played.address.encode() + b"\r\n")
        assert b"Authorization" not in played.request


def test_problems_are_printed_and_the_exit_code_is_1():
    problems = [{"file": "/etc/weir/weir.yaml", "line": 3, "column": 7, "message": "there is no upstream 'ap'"},
                {"file": "", "line": 0, "column": 0, "message": "the error log says why"}]
    with Played(answer(422, {"problems": problems})) as played:
        done = reload_at(played.address)
    assert done.returncode == 1
    assert done.stdout == "/etc/weir/weir.yaml:3:7: there is no upstream 'ap'\nthe error log says why\n"
    assert "refused" in done.stderr


def test_a_thousand_problems_are_printed():
    problems = [{"file": "w", "line": n, "column": 1, "message": "m"} for n in range(1000)]
    with Played(answer(422, {"problems": problems})) as played:
        done = reload_at(played.address)
    assert len(done.stdout.splitlines()) == 1000


def test_warnings_are_printed():
    warning = {"file": "w", "line": 1, "column": 1, "severity": "warning", "message": "workers needs a restart"}
    with Played(answer(200, {"generation": 2, "warnings": [warning]})) as played:
        done = reload_at(played.address)
    assert (done.returncode, done.stdout) == (0, "w:1:1: warning: workers needs a restart\ngeneration 2\n")


def test_warnings_are_marked_as_weir_check_marks_them(start):
    weir = start(Weir(proxy_config("127.0.0.1:9")))
    tree = yaml.safe_load(weir.config_path.read_text())
    tree["upstreams"]["idle"] = {"endpoints": ["127.0.0.1:9"]}
    weir.config_path.write_text(as_yaml(tree))
    line = run_weir("check", "-c", weir.config_path).stdout.splitlines()[0]
    assert "warning: upstreams.idle: nothing uses this upstream" in line
    admin = tree["admin"]["listen"]
    assert line in reload_at(admin).stdout.splitlines()
    tree["listeners"][0]["listn"] = 1
    weir.config_path.write_text(as_yaml(tree))
    refused = reload_at(admin)
    assert refused.returncode == 1
    assert [one for one in refused.stdout.splitlines() if "idle" in one][0].count("warning: ") == 1
    assert all("warning" not in one for one in refused.stdout.splitlines() if "listn" in one)


def test_the_token_comes_from_the_environment():
    with Played(answer(200, {"generation": 1})) as played:
        assert reload_at(played.address, env={"WEIR_ADMIN_TOKEN": "s3cret"}).returncode == 0
        assert b"\r\nAuthorization: Bearer s3cret\r\n" in played.request


def test_a_token_with_a_line_end_is_not_sent():
    with Played(b"") as played:
        done = reload_at(played.address, env={"WEIR_ADMIN_TOKEN": "a\r\nX-Evil: 1"})
        assert done.returncode == 1 and played.request == b""
        socket.create_connection(("127.0.0.1", int(played.address.split(":")[1]))).close()


def test_a_wrong_token_is_told():
    with Played(answer(401, {"error": "the token of the admin API is missing or wrong"})) as played:
        done = reload_at(played.address)
    assert done.returncode == 1 and "answers 401: the token" in done.stderr


@pytest.mark.parametrize("bytes_", [
    b"", b"\n", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nnot json", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
    b"HTTP/1.1 abc\r\n\r\n{}", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", answer(200, []), answer(200, {}), answer(200, {"generation": -1}),
    answer(422, b"{"), answer(422, b"[" * 100000), answer(500, b"\xff"), answer(501, {"error": 3})])
def test_garbage_is_an_error_and_no_crash(bytes_):
    with Played(bytes_) as played:
        done = reload_at(played.address)
    assert done.returncode == 1 and "weir reload: " in done.stderr and done.stdout == ""


def test_what_the_other_side_says_cannot_move_the_cursor():
    with Played(answer(422, {"problems": [{"file": "w\u001b[2J", "line": 1, "column": 1, "message": "a\nb\u009b"}]})) as played:
        done = reload_at(played.address)
    assert done.stdout == "w?[2J:1:1: a?b?\n"


def test_problems_that_are_not_of_the_form_do_no_harm():
    with Played(answer(422, {"problems": [1, None, {}, [], {"file": 1, "line": "x", "message": {}}, {"file": "w", "line": 1.5}]})) as played:
        done = reload_at(played.address)
    assert done.returncode == 1 and "w:0:0: \n" in done.stdout


def test_nobody_there_is_1():
    with refusing_address() as address:
        done = reload_at(address)
    assert done.returncode == 1 and "refused" in done.stderr


def test_it_finds_the_admin_api_by_a_name():
    with Played(answer(200, {"generation": 4})) as played:
        assert reload_at("localhost:" + played.address.split(":")[1]).returncode == 0


def test_it_finds_the_admin_api_on_a_unix_socket(tmp_path):
    with Played(answer(200, {"generation": 4}), socket.AF_UNIX, str(tmp_path / "admin.sock")) as played:
        assert reload_at(f"unix:{tmp_path}/admin.sock").returncode == 0
        assert b"\r\nHost: localhost\r\n" in played.request


def test_the_usual_file_says_where(tmp_path):
    with Played(answer(200, {"generation": 4})) as played:
        (tmp_path / "weir.yaml").write_text(f"admin: {{listen: '{played.address}', token: from-file}}\nlisteners: broken\nnosuchkey: 1\n")
        assert run_weir("reload", cwd=tmp_path).returncode == 0
        assert b"\r\nAuthorization: Bearer from-file\r\n" in played.request


def test_the_environment_counts_more_than_the_file(tmp_path):
    with Played(answer(200, {"generation": 4})) as played:
        (tmp_path / "weir.yaml").write_text(f"admin: {{listen: '{played.address}', token: from-file}}\n")
        assert run_weir("reload", cwd=tmp_path, env={"WEIR_ADMIN_TOKEN": "mine"}).returncode == 0
        assert b"\r\nAuthorization: Bearer mine\r\n" in played.request


def test_an_admin_api_that_is_off_is_told(tmp_path):
    (tmp_path / "weir.yaml").write_text("admin: {listen: off}\n")
    done = run_weir("reload", cwd=tmp_path)
    assert done.returncode == 1 and "admin.listen is off" in done.stderr


@pytest.mark.parametrize("admin", ["nobody", "127.0.0.1", "http://127.0.0.1:1", ":1", "unix:", "127.0.0.1:99999", "a b:1"])
def test_an_address_that_is_none_is_wrong_usage(admin):
    done = reload_at(admin)
    assert done.returncode == 2 and "-a" in done.stderr


def test_an_answer_that_does_not_end_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = reload_at("127.0.0.1:%d" % silent.getsockname()[1], limit=20)
    assert done.returncode == 1 and "timed out" in done.stderr


def test_help_says_where_it_looks():
    done = run_weir("reload", "--help")
    assert done.returncode == 0 and "-a ADMIN" in done.stdout and "WEIR_ADMIN_TOKEN" in done.stdout and "admin.token" in done.stdout


def test_a_socket_that_is_not_there_is_named():
    assert reload_at("unix:/nope").stderr == "weir reload: unix:/nope: No such file or directory\n"


def test_another_server_is_told_to_be_one(proxy):
    weir, _ = proxy()
    done = reload_at(weir.address)
    assert done.returncode == 1 and f"{weir.address}: what answers there is not the admin API of weir" in done.stderr


@pytest.mark.skipif(os.access("/etc/weir/weir.yaml", os.R_OK), reason="this host has a config")
def test_the_usual_address_is_said_to_be_that(tmp_path):
    done = run_weir("reload", cwd=tmp_path)
    if done.returncode == 0 or "refused" not in done.stderr:
        pytest.skip("something is at the usual address")
    assert "127.0.0.1:9900 (the usual address: there is neither ./weir.yaml nor /etc/weir/weir.yaml; -a names another): Connection refused" in done.stderr
