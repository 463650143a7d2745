# SPDX-License-Identifier: Apache-2.0
"""What the stories are told with: a weir process, clients and backends that do exactly what they are told."""
from .backend import Backend, Connection
from .client import RawClient
from .config import as_yaml, proxy_config, proxy_tree
from .load import CUT, Load
from .message import Malformed, Request, Response, parse_requests, parse_response
from .nameserver import NameServer
from .ports import free_address, free_port, refusing_address, unanswering_address
from .process import descriptors, memory_kb, tcp_states
from .standalone import Standalone
from .metrics import Metrics, parse_prometheus
from .wait import LIMIT, wait_until
from .weir import Successor, Weir, binary, run_weir, without_quarantine
