# SPDX-License-Identifier: Apache-2.0
"""Purging by the admin API."""
import json

from .client import RawClient


def purge(weir, name="main", **what):
    """Its status, and what it says."""
    body = json.dumps(what).encode()
    with RawClient(weir.admin) as client:
        answer = client.request(b"POST /api/v1/caches/%s/purge HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" %
                                (name.encode(), weir.admin.encode(), len(body)) + body)
    return answer.status, json.loads(answer.body)
