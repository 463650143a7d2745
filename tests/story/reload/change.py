# SPDX-License-Identifier: Apache-2.0
"""A config that is changed under a running weir."""
import copy
import json
import os
import signal

import yaml

from support import as_yaml, wait_until


def tree_of(weir):
    """A copy of the config that it was started with, to be changed."""
    return copy.deepcopy(weir.config)


def write(weir, tree):
    """Replaces the file as a whole, so that nobody reads half of it."""
    text = tree if isinstance(tree, str) else as_yaml(tree)
    beside = weir.folder / "weir.yaml.new"
    beside.write_text(text)
    os.rename(beside, weir.config_path)


def generation(weir):
    return int(weir.metrics().total("weir_config_generation"))


def reload(weir, tree=None):
    """Loads it, and answers status and body of the admin API."""
    if tree is not None:
        write(weir, tree)
    status, _, body = weir.admin_request("POST", "/api/v1/reload")
    if status == 200 and tree is not None and not isinstance(tree, str):
        weir.config = yaml.safe_load(as_yaml(tree))
    return status, json.loads(body)


def reload_well(weir, tree=None):
    status, answer = reload(weir, tree)
    assert status == 200, answer
    return answer["generation"]


def hang_up(weir):
    """HUP, and waits until that config is in force."""
    before = generation(weir)
    weir.process.send_signal(signal.SIGHUP)
    wait_until(lambda: generation(weir) > before, lambda: f"HUP loads the config; stderr:\n{weir.stderr()}")
