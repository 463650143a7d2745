# SPDX-License-Identifier: Apache-2.0
"""A config that changes on disk is loaded again by itself."""
import os

import pytest
import yaml

from support import RawClient, Weir, as_yaml, free_address, wait_until


LIMIT = 20


def config_saying(body, first=None):
    tree = yaml.safe_load(first) if first else {
        "workers": 1, "log": {"level": "info", "format": "text", "path": "stderr"}, "admin": {"listen": free_address()},
        "listeners": [{"name": "web", "listen": free_address()}]}
    tree["routes"] = [{"name": "all", "listener": "web", "respond": {"status": 200, "body": body}}]
    return as_yaml(tree)


def said(weir):
    with RawClient(weir.address) as browser:
        return browser.get("/").body.decode()


def hears(weir, body):
    wait_until(lambda: said(weir) == body, lambda: f"it says {body}, not {said(weir)}; stderr:\n{weir.stderr()}", LIMIT)


def test_a_file_that_is_written_anew(start):
    weir = start(Weir(config_saying("one")))
    assert said(weir) == "one"
    weir.config_path.write_text(config_saying("two", weir.config_text))
    hears(weir, "two")


def test_a_file_that_is_replaced(start):
    weir = start(Weir(config_saying("one")))
    beside = weir.folder / "weir.yaml.new"
    beside.write_text(config_saying("two", weir.config_text))
    os.rename(beside, weir.config_path)
    hears(weir, "two")


def test_the_swap_of_a_mounted_config_map(start, tmp_path):
    """As kubelet does it: weir.yaml -> ..data/weir.yaml, ..data -> a folder, and ..data is replaced."""
    first = config_saying("one")
    for name, text in (("..2026_1", first), ("..2026_2", config_saying("two", first))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weir.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("..2026_1")
    (tmp_path / "weir.yaml").symlink_to("..data/weir.yaml")
    weir = start(Weir(first, arguments=["-c", str(tmp_path / "weir.yaml")]))
    assert said(weir) == "one"
    (tmp_path / "..data_tmp").symlink_to("..2026_2")
    os.rename(tmp_path / "..data_tmp", tmp_path / "..data")
    hears(weir, "two")


def test_a_new_file_of_an_include(start, tmp_path):
    (tmp_path / "conf.d").mkdir()
    first = config_saying("one") + "include: conf.d/*.yaml\n"
    (tmp_path / "weir.yaml").write_text(first)
    weir = start(Weir(first, arguments=["-c", str(tmp_path / "weir.yaml")]))
    (tmp_path / "conf.d/new.yaml").write_text(as_yaml({"routes": [
        {"name": "new", "listener": "web", "match": {"path_exact": "/"}, "respond": {"status": 200, "body": "two"}}]}))
    hears(weir, "two")


@pytest.mark.parametrize("broken", ["listeners: nonsense\n", "", None])
def test_a_broken_file_changes_nothing_and_is_told(start, broken):
    weir = start(Weir(config_saying("one")))
    lines = len(weir.stderr().splitlines())
    if broken is None:
        weir.config_path.unlink()
    else:
        weir.config_path.write_text(broken)
    wait_until(lambda: len(weir.stderr().splitlines()) > lines, "something is told", LIMIT)
    assert said(weir) == "one"
    weir.config_path.write_text(config_saying("two", weir.config_text))
    hears(weir, "two")
