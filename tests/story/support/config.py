# SPDX-License-Identifier: Apache-2.0
"""Configurations as YAML text."""
import yaml

from .ports import free_address


def as_yaml(tree):
    return yaml.safe_dump(tree, sort_keys=False, default_flow_style=False)


def proxy_tree(endpoints, listener=None, route=None, upstream=None, **top):
    """A listener `web`, a route `all` and an upstream `pool`, as a tree; the arguments add keys or replace them."""
    tree = {
        "workers": 1,
        "log": {"level": "info", "format": "text", "path": "stderr"},
        "access_log": {"path": "stdout", "format": "json"},
        "admin": {"listen": free_address()},
        "listeners": [{"name": "web", "listen": free_address(), **(listener or {})}],
        "routes": [{"name": "all", "listener": "web", "match": {"path": "/"}, "upstream": "pool", **(route or {})}],
        "upstreams": {"pool": {"endpoints": [getattr(one, "address", one) for one in endpoints], **(upstream or {})}},
    }
    tree.update(top)
    return tree


def proxy_config(*endpoints, **changes):
    return as_yaml(proxy_tree(endpoints, **changes))
