# SPDX-License-Identifier: Apache-2.0
"""A config that can't be loaded changes nothing and says why; and reloads don't get in each other's way."""
import signal
import socket
import threading

import pytest

from reload.change import generation, reload, reload_well, tree_of, write
from support import Backend, RawClient, Weir, as_yaml, free_address, proxy_config, wait_until


def ask(weir):
    with RawClient(weir.address) as browser:
        return browser.get("/").status


def failures(weir):
    return weir.metrics().total("weir_config_reloads_total", result="failed")


def test_a_broken_file(start):
    weir = start(Weir(proxy_config(start(Backend()))))
    status, answer = reload(weir, "listeners:\n  - {name: web, listn: 127.0.0.1:1}\n")
    assert status == 422
    problems = {(one["line"], one["column"]): one["message"] for one in answer["problems"]}
    assert "listn" in problems[2, 17]
    assert all(one["file"] == str(weir.config_path) for one in answer["problems"])
    assert "not reloaded" in weir.stderr() and "listn" in weir.stderr()
    assert ask(weir) == 200 and generation(weir) == 1 and failures(weir) == 1


def test_a_file_that_is_gone_and_comes_back(start):
    weir = start(Weir(proxy_config(start(Backend()))))
    weir.config_path.unlink()
    assert reload(weir)[0] == 422
    assert ask(weir) == 200
    assert reload_well(weir, tree_of(weir)) == 2


def test_a_half_written_file(start):
    """The watch waits until it is quiet; whatever it sees in between, the old config goes on."""
    weir = start(Weir(proxy_config(start(Backend()))))
    tree = tree_of(weir)
    tree["routes"] = [{"name": "own", "respond": {"status": 204}}]
    text = as_yaml(tree)
    cut = text.index("routes:") + 20
    weir.config_path.write_text(text[:cut])
    with pytest.raises(AssertionError):
        reload_well(weir)
    assert ask(weir) == 200
    with open(weir.config_path, "a") as file:
        file.write(text[cut:])
    wait_until(lambda: ask(weir) == 204, "the whole file is loaded", 20)


def test_an_include_that_breaks(start):
    weir = start(Weir(proxy_config(start(Backend())) + "include: more.yaml\n", files={"more.yaml": "caches: {}\n"}))
    (weir.folder / "more.yaml").write_text("routes: {\n")
    status, answer = reload(weir)
    assert status == 422 and answer["problems"][0]["file"].endswith("more.yaml")
    assert ask(weir) == 200


def test_a_socket_in_a_folder_that_is_not_there(start):
    weir = start(Weir(proxy_config(start(Backend()))))
    tree = tree_of(weir)
    tree["listeners"][0]["listen"] = "unix:/nodir-of-weir/web.sock"
    status, answer = reload(weir, tree)
    assert status == 422 and "the folder of the socket is not there: make it, or choose another" in answer["problems"][0]["message"]
    assert ask(weir) == 200


@pytest.mark.parametrize("key", ["log", "access_log"])
def test_a_log_that_cannot_be_opened(start, key):
    weir = start(Weir(proxy_config(start(Backend()))))
    tree = tree_of(weir)
    tree[key]["path"] = "/nodir-of-weir/a.log"
    status, answer = reload(weir, tree)
    assert status == 422
    assert [one["message"] for one in answer["problems"]] == [f"{key}.path: '/nodir-of-weir/a.log' is in a folder that does not exist; make it, or name another"]
    assert answer["problems"][0]["line"] > 1
    tree[key]["path"] = "/proc/a.log"  # seen when it is opened
    status, answer = reload(weir, tree)
    assert status == 422 and f"{key}.path: cannot open /proc/a.log" in answer["problems"][0]["message"]
    assert ask(weir) == 200 and generation(weir) == 1 and "the old config goes on" in weir.stderr()


def test_a_port_that_is_taken(start):
    weir = start(Weir(proxy_config(start(Backend()))))
    with socket.create_server(("127.0.0.1", 0)) as other:
        tree = tree_of(weir)
        tree["listeners"].append({"name": "free", "listen": free_address()})
        tree["listeners"].append({"name": "taken", "listen": "127.0.0.1:%d" % other.getsockname()[1]})
        tree["routes"].append({"name": "more", "respond": {"status": 204}})
        before = weir.config
        status, answer = reload(weir, tree)
        assert status == 422 and "listener taken" in answer["problems"][0]["message"]
        with pytest.raises(ConnectionRefusedError):
            RawClient(tree["listeners"][1]["listen"])
        weir.config = before
        assert ask(weir) == 200
    assert reload_well(weir, tree) == 2


def test_a_log_that_cannot_be_opened_leaves_no_new_listener_open(start):
    weir = start(Weir(proxy_config(start(Backend()))))
    tree = tree_of(weir)
    tree["listeners"].append({"name": "more", "listen": free_address()})
    tree["routes"].append({"name": "more", "respond": {"status": 204}})
    tree["access_log"]["path"] = "/nowhere/access.log"
    status, answer = reload(weir, tree)
    assert status == 422 and "/nowhere/access.log" in answer["problems"][0]["message"]
    with pytest.raises(ConnectionRefusedError):
        RawClient(tree["listeners"][1]["listen"])
    assert ask(weir) == 200


def test_reloads_while_a_reload_runs(start):
    weir = start(Weir(proxy_config(start(Backend()), workers=2)))
    first, second = tree_of(weir), tree_of(weir)
    second["routes"][0]["name"] = "second"
    problems, over = [], threading.Event()

    def keep_asking():
        while not over.is_set():
            status, answer = reload(weir)
            if status != 200:
                problems.append(answer)
    askers = [threading.Thread(target=keep_asking) for _ in range(3)]
    for asker in askers:
        asker.start()
    for number in range(60):
        write(weir, second if number % 2 else first)
        weir.process.send_signal(signal.SIGHUP)
        assert ask(weir) == 200
    over.set()
    for asker in askers:
        asker.join(20)
    assert problems == []
    assert generation(weir) > 10
